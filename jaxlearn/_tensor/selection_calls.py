"""What functions do to what a mask selects in a compiled function: by rows, or as one of the tables here tells."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .selection import Selection, by_rows, equal, refuse
from .selection_order import ALONG
from .selection_reading import getitem
from .selection_size import Count
from .selection_whole import WHOLE
from .selection_writes import BY_PLACES, write, write_at_places
from .tree import flatten, unflatten

__all__ = ["call"]

# What tells of a tensor without its size.
_TOLD = set(
    """
    device dim dtype grad_fn is_complex is_cpu is_cuda is_floating_point is_leaf is_meta is_sparse itemsize layout
    ndim ndimension requires_grad element_size is_signed is_inference is_quantized
    """.split()
)
# What reads values.
_READS = set(
    """
    __array__ __bool__ __complex__ __contains__ __float__ __format__ __index__ __int__ __iter__ __len__ __repr__
    __reversed__ item numpy tolist
    """.split()
)
# What is given sizes.
_SHAPING = set("expand reshape view".split())
# Reductions, by what rows that are not selected are to hold so that they make no difference.
_ZERO = set("any count_nonzero nansum norm sum vector_norm".split())
_ONE = set("all prod".split())
_LOW = set("amax logsumexp max".split())
_HIGH = set("amin min".split())


def call(
    func: Callable[..., Any], name: str, given: list[Selection], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """The result of a function.

    Args:
        func: the function.
        name: its name, a property's own.
        given: the selections among its arguments.
        args: the arguments.
        kwargs: those by keyword.

    Raises:
        HostRead: it needs the number of what is selected, or mixes the rows in a way that is not known here.
    """
    first = given[0]
    if name in _TOLD:
        return func(*_rows(args), **_rows(kwargs))
    if name in _READS:
        refuse(first, f"{name}()")
    if name in ("size", "shape", "numel", "nelement"):
        return _size(first, name, *args[1:], **kwargs)
    if name == "__getitem__":
        return getitem(func, args[0], args[1])
    if name in ("__setitem__", "masked_scatter", "masked_scatter_", "index_put", "index_put_"):
        return write(name, *args, **kwargs)
    if name in BY_PLACES and type(args[0]) is not Selection:
        return write_at_places(func, name, *args, **kwargs)
    along = ALONG.get(name) or WHOLE.get(name)
    if along is not None:
        result = along(func, *args, **kwargs)
        if result is not None:
            return result
    args, kwargs, given = _aligned(name, args, kwargs, given)
    first = given[0]
    if name in ("cross_entropy", "nll_loss") and not args[1].is_floating_point():
        return _ignoring(func, args, kwargs)
    if kwargs.get("reduction", "none") != "none":
        return _reduced_loss(func, args, kwargs)
    result = by_rows(func, given, args, kwargs)
    if result is None:
        result = _reduced(func, name, first, args[1:], kwargs)
    if result is None:
        result = by_rows(func, given, args, kwargs, zeros=True)
    if result is None:
        refuse(first, f"{name}()")
    return result


def _aligned(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], given: list[Selection]
) -> tuple[tuple[Any, ...], dict[str, Any], list[Selection]]:
    """The arguments with their selections' rows at the same places."""
    first = given[0]
    leaves, structure = flatten((args, kwargs))
    if all(s.aligned(first) for s in given):
        if any(type(x) is Count for x in leaves):
            args, kwargs = unflatten([_as_rows(name, x, first) for x in leaves], structure)
        return args, kwargs, given
    if any(not equal(s.count._current(), first.count._current()) for s in given):
        refuse(first, f"{name}() of what different masks select")
    packed = {id(s): s.pack() for s in given}
    n = min(s.valid.shape[0] for s in packed.values())
    for key, s in packed.items():
        if s.valid.shape[0] != n:
            packed[key] = s.shortened(n)
    args, kwargs = unflatten([_as_rows(name, packed.get(id(x), x), first) for x in leaves], structure)
    return args, kwargs, [packed[id(s)] for s in given]


def _as_rows(name: str, x: Any, selection: Selection) -> Any:
    """A number of selected rows as the number of all rows, where it stands for a size, else as a tensor."""
    if type(x) is not Count:
        return x
    if name not in _SHAPING:
        return x.count
    if not equal(x.count._current(), selection.count._current()):
        refuse(selection, "a size")
    return selection.valid.shape[0]


def _rows(tree: Any) -> Any:
    leaves, structure = flatten(tree)
    return unflatten([x.rows if type(x) is Selection else x for x in leaves], structure)


def _size(selection: Selection, name: str, dim: Any = None) -> Any:
    rows, place = selection.rows, selection.place
    if name in ("numel", "nelement"):
        others = math.prod(n for d, n in enumerate(rows.shape) if d != place)
        return Count(selection) * others
    if name == "size" and dim is not None:
        return Count(selection) if dim % rows.dim() == place else rows.size(dim)
    sizes = list(rows.shape)
    sizes[place] = Count(selection)
    return tuple(sizes)


def _reduced(
    func: Callable[..., Any], name: str, selection: Selection, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """A reduction over the selected rows."""
    if any(type(x) is Selection for x in flatten((args, kwargs))[0]):
        return None
    if name in ("mean", "var", "std"):
        return _averaged(name, selection, args, kwargs)
    if name in ("var_mean", "std_mean"):
        dims, keep, _, correction = _averaging(*args, **kwargs)
        spread = _averaged(name[:3], selection, (dims,), {"keepdim": keep, "correction": correction})
        return spread, _averaged("mean", selection, (dims,), {"keepdim": keep})
    if name == "nanmean":
        known = selection.like(~selection.rows.isnan())
        return selection.nansum(*args, **kwargs) / known.sum(
            *args, **{k: v for k, v in kwargs.items() if k != "dtype"}
        )
    if name in ("max", "min") and (args or kwargs):
        return None
    if name in _ZERO:
        power = next((x for x in (*args[:1], kwargs.get("p"), kwargs.get("ord")) if x is not None), 0)
        if name.endswith("norm") and not isinstance(power, str) and power < 0:
            return None
        rows = selection.filled(0)
    elif name in _ONE:
        rows = selection.filled(1)
    elif name in _LOW or name in _HIGH:
        rows = selection.extreme(name in _LOW)
    else:
        return None
    return func(rows, *args, **kwargs)


def _averaged(name: str, selection: Selection, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The mean, variance or standard deviation over the selected rows."""
    rows = selection.rows
    dims, keep, dtype, correction = _averaging(*args, **kwargs)
    if dtype is not None:
        rows = rows.to(dtype)
    if not rows.is_floating_point() and not rows.is_complex():
        return getattr(rows, name)()  # which torch refuses
    dims = tuple(range(rows.dim())) if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    dims = tuple([d % rows.dim() for d in dims])
    others = math.prod(rows.shape[d] for d in dims if d != selection.place)
    count = selection.count * others
    total = selection.like(rows).filled(0).sum(dims, keepdim=keep or name != "mean")
    mean = total / count
    if name == "mean":
        return mean
    away = selection.like(rows - mean).filled(0).abs().square().sum(dims, keepdim=keep)
    variance = away / (count - correction).clamp(min=0)
    return variance if name == "var" else variance.sqrt()


def _averaging(
    dim: Any = None,
    unbiased: Any = True,
    keepdim: Any = False,
    *,
    correction: Any = None,
    dtype: Any = None,
    axis: Any = None,
) -> tuple[Any, bool, Any, Any]:
    """The arguments of mean, var and std: dimensions, whether they stay, the type, the correction."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    correction = (1 if unbiased else 0) if correction is None else correction
    return axis if dim is None else dim, bool(keepdim), dtype, correction


def _reduced_loss(func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """A loss: of each row, then put together."""
    losses = func(*args, **{**kwargs, "reduction": "none"})
    if kwargs["reduction"] == "mean":
        return losses.mean()
    total = losses.sum()
    return total / losses.count if kwargs["reduction"] == "batchmean" else total


def _ignoring(func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """A loss of class numbers, in which those that are not selected are ignored."""
    input, target, *rest = args
    given = target if type(target) is Selection else None
    if given is None or type(input) is not Selection or kwargs.get("reduction") == "none":
        result = by_rows(func, [a for a in args if type(a) is Selection], args, kwargs)
        return refuse(input if given is None else given, f"{func.__name__}()") if result is None else result
    given = given.like(given.filled(kwargs.get("ignore_index", -100)))
    each = by_rows(func, [input, given], (input, given, *rest), {**kwargs, "reduction": "none"})
    if each is None:
        refuse(given, f"{func.__name__}()")
    return func(input.rows, given.rows, *rest, **kwargs)

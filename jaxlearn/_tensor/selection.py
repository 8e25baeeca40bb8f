"""What a mask selects inside a compiled function, ``x[mask]``: its size is known only when the program runs.

It is computed with among all rows, those that the mask leaves out too, in as far as each row's results are its own
(:mod:`.._engine.rows` tells); a sum, a mean and the like then take those alone that the mask selects, and
``y[mask] = ...`` puts them back. Whatever else needs the size, or mixes the rows, is refused as a read on the host.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .._engine.capture import HostRead
from .._engine.lines import user_line
from .._engine.recorder import recorder
from .._engine.rows import MIXED, follow
from .._engine.value import Value
from .._overrides.modes import look
from ..ops.indexing import mask_rows, mask_set
from ..ops.shape import view_in_shape
from .dispatch import TENSOR_TYPES
from .index_writes import check_broadcast, is_mask
from .inplace import check_writable
from .tensor import Tensor
from .tree import flatten, unflatten
from .views import assign

__all__ = ["Selection", "select"]

# What tells of a tensor without its size.
_TOLD = set(
    """
    device dim dtype grad_fn is_complex is_cpu is_cuda is_floating_point is_leaf is_meta is_sparse itemsize layout
    ndim ndimension requires_grad element_size is_signed is_inference is_quantized
    """.split()
)
# Reductions, by what rows that are not selected are to hold so that they make no difference.
_ZERO = set("any count_nonzero nansum norm sum vector_norm".split())
_ONE = set("all prod".split())
_LOW = set("amax logsumexp max".split())
_HIGH = set("amin min".split())


def _settled(name: str) -> Any:
    return property(lambda self: getattr(_settle(self), name))


class Selection(Tensor):
    """The tensor that a mask selects, as all rows together with the mask, while a compiled function is recorded."""

    _transient = True

    _all: Any  # the tensor of all rows
    _mask: Any  # the mask tensor's value
    _count: Any  # the mask, flat
    _dim: int  # the dimension of the rows
    _made: Any  # the user's line

    # What the library looks at in a tensor that it is given.
    _cell = _settled("_cell")
    _view = _settled("_view")
    _grad_fn = _settled("_grad_fn")
    _requires_grad = _settled("_requires_grad")

    def __init__(self) -> None:
        """Made by :func:`select`."""

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Do to the selected rows what a function does."""
        kwargs = kwargs or {}
        name = func.__name__
        if name in ("__get__", "__set__", "__delete__"):
            name = func.__self__.fget.__name__  # type: ignore[attr-defined]
        given = [a for a in flatten((args, kwargs))[0] if type(a) is Selection]
        if recorder.capture is None:
            for selection in given:
                _settle(selection)
            return func(*args, **kwargs)
        first = given[0]
        if any(not _equal(s._mask, first._mask) for s in given):
            _refuse(first, f"{name}() of what different masks select")
        if name in _TOLD:
            return func(*_rows(args), **_rows(kwargs))
        if name in ("__setitem__", "masked_scatter", "masked_scatter_"):
            return _write(name, *args)
        if name == "size" and len(args) == 2 and args[1] % first._all.dim() != first._dim:
            return first._all.size(args[1])
        if name == "__getitem__" and type(args[1]) is Selection:
            return _select_again(*args)
        if name in ("cross_entropy", "nll_loss") and not args[1].is_floating_point():
            return _ignoring(func, args, kwargs)
        if kwargs.get("reduction", "none") != "none":
            return _reduced_loss(func, args, kwargs)
        result = _by_rows(func, given, args, kwargs)
        if result is None:
            result = _reduced(func, name, first, args[1:], kwargs)
        if result is None:
            _refuse(first, f"{name}()")
        return result


def _settle(selection: Selection) -> Any:
    """Make it the tensor that it stands for, where the recording has been given up and values can be read."""
    if recorder.capture is not None:
        _refuse(selection, "this use")
    places = (*[slice(None)] * selection._dim, selection._count)
    tensor = selection._all[places]
    selection.__class__ = Tensor  # type: ignore[assignment]
    selection.__dict__.clear()
    selection.__dict__.update(tensor.__dict__)
    return selection


def _refuse(selection: Selection, what: str) -> NoReturn:
    raise HostRead(
        f"{selection._made}: the number of elements that a mask selects was read on the host inside a compiled "
        f"function, but it is known only when the program runs: {what} needs it, or mixes the elements. What is done "
        "to each by itself, a sum, mean, maximum and the like, a loss, and y[mask] = ... with the same mask do not. "
        "Use torch.where or a product with the mask, or leave this function uncompiled (torch.compiler.disable)"
    )


def select(source: Any, tensors: list[Any]) -> Any:
    """What one mask selects while a compiled function is recorded; None if there are other index tensors.

    Args:
        source: the tensor.
        tensors: the index tensors by the dimension that they belong to.
    """
    places = [d for d, item in enumerate(tensors) if item is not None and item is not ...]
    mask = tensors[places[0]]
    if len(places) > 1 or mask.dtype._np != np.bool_:
        return None
    return _make(
        mask_rows(source, mask, places[0]), mask._current(), mask.reshape(-1), places[0], user_line()
    )


def _make(rows: Any, mask: Value, count: Any, dim: int, made: Any) -> Selection:
    capture = recorder.capture
    if not getattr(capture, "selects", True):
        capture.selects = True
        look()
    selection: Selection = object.__new__(Selection)
    selection.__dict__.update(_all=rows, _mask=mask, _count=count, _dim=dim, _made=made)
    return selection


def _equal(a: Value, b: Value, depth: int = 8) -> bool:
    """Whether two values are the same, or what the same operations give of the same."""
    if a is b:
        return True
    return bool(
        depth
        and a.inputs
        and a.code == b.code
        and a.signature is b.signature
        and repr(a.numbers) == repr(b.numbers)
        and all(_equal(x, y, depth - 1) for x, y in zip(a.inputs, b.inputs, strict=True))
    )


def _rows(tree: Any) -> Any:
    leaves, structure = flatten(tree)
    return unflatten([x._all if type(x) is Selection else x for x in leaves], structure)


def _like(first: Selection, rows: Any, dim: int) -> Selection:
    return _make(rows, first._mask, first._count, dim, first._made)


def _by_rows(func: Callable[..., Any], given: list[Selection], args: Any, kwargs: Any) -> Any:
    """The function on all rows, if it keeps them apart."""
    seeds = {id(s._all._current()): s._dim for s in given}
    start = len(recorder.nodes)
    leaves, structure = flatten(func(*_rows(args), **_rows(kwargs)))
    values = [x._current() if type(x) in TENSOR_TYPES else None for x in leaves]
    dim_of = follow(recorder.nodes[start:], seeds)
    results = []
    for x, value in zip(leaves, values, strict=True):
        if value is None:
            return None  # a number, as of the elements
        dim = dim_of(value)
        if dim == MIXED:
            return None
        own = next((s for s in given if s._all is x), None)
        if own is not None and own._dim != dim:
            return None
        if dim < 0 and func.__name__.endswith("_like"):
            dim = given[0]._dim
        results.append(own if own is not None else x if dim < 0 else _like(given[0], x, dim))
    return unflatten(results, structure)


def _counted(selection: Selection, rows: Any) -> Any:
    """The mask in a shape that broadcasts with the rows."""
    return selection._count.reshape(-1, *[1] * (rows.dim() - selection._dim - 1))


def _filled(selection: Selection, fill: Any) -> Any:
    rows = selection._all
    return rows.masked_fill(~_counted(selection, rows), fill)


def _extreme(rows: Any, low: bool) -> Any:
    kind = rows.dtype._np
    if kind == np.bool_:
        return not low
    if kind.kind in "iu":
        return int(np.iinfo(kind).min if low else np.iinfo(kind).max)
    return -math.inf if low else math.inf


def _reduced(
    func: Callable[..., Any], name: str, selection: Selection, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """A reduction over the selected rows."""
    if any(type(x) is Selection for x in flatten((args, kwargs))[0]):
        return None
    if name in ("mean", "var", "std"):
        return _averaged(name, selection, args, kwargs)
    if name in ("max", "min") and (args or kwargs):
        return None
    if name in _ZERO:
        power = next((x for x in (*args[:1], kwargs.get("p"), kwargs.get("ord")) if x is not None), 0)
        if name.endswith("norm") and not isinstance(power, str) and power < 0:
            return None
        fill: Any = 0
    elif name in _ONE:
        fill = 1
    elif name in _LOW or name in _HIGH:
        fill = _extreme(selection._all, name in _LOW)
    else:
        return None
    return func(_filled(selection, fill), *args, **kwargs)


def _averaged(name: str, selection: Selection, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The mean, variance or standard deviation over the selected rows."""
    rows = selection._all
    dims, keep, dtype, correction = _averaging(*args, **kwargs)
    if dtype is not None:
        rows = rows.to(dtype)
    if not rows.is_floating_point() and not rows.is_complex():
        return getattr(rows, name)()  # which torch refuses
    dims = tuple(range(rows.dim())) if dims is None else (dims,) if isinstance(dims, int) else tuple(dims)
    dims = tuple([d % rows.dim() for d in dims])
    others = math.prod(rows.shape[d] for d in dims if d != selection._dim)
    count = selection._count.sum() * others
    valid = _counted(selection, rows)
    total = rows.masked_fill(~valid, 0).sum(dims, keepdim=keep or name != "mean")
    mean = total / count
    if name == "mean":
        return mean
    away = (rows - mean).masked_fill(~valid, 0).abs().square().sum(dims, keepdim=keep)
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
    return total / losses._count.sum() if kwargs["reduction"] == "batchmean" else total


def _ignoring(func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """A loss of class numbers, in which those that are not selected are ignored."""
    input, target, *rest = args
    given = target if type(target) is Selection else None
    if given is None or type(input) is not Selection or kwargs.get("reduction") == "none":
        result = _by_rows(func, [a for a in args if type(a) is Selection], args, kwargs)
        return _refuse(input if given is None else given, f"{func.__name__}()") if result is None else result
    ignored = kwargs.get("ignore_index", -100)
    rows = _filled(given, ignored)
    given = _like(given, rows, given._dim)
    each = _by_rows(func, [input, given], (input, given, *rest), {**kwargs, "reduction": "none"})
    if each is None:
        _refuse(given, f"{func.__name__}()")
    return func(input._all, rows, *rest, **kwargs)


def _select_again(selection: Selection, index: Selection) -> Any:
    """``selected[mask]`` with a mask computed from what is selected."""
    if selection._all.dim() > 1 or index._all.dim() != 1 or not is_mask(index._all):
        _refuse(selection, "indexing")
    return selection._all[index._all & index._count]


def _write(name: str, target: Any, index: Any, value: Any) -> Any:
    """``target[index] = value`` with a selection for the value, by the mask that selected it."""
    given = next(x for x in (value, index, target) if type(x) is Selection)
    if type(target) is Selection or type(index) is Selection or type(value) is not Selection:
        _refuse(given, f"{name}()")
    if name != "__setitem__":
        if target.shape != index.shape:
            _refuse(given, f"{name}()")
        target = target.clone() if name == "masked_scatter" else target
    from .indexing import items_of, walk

    viewed, tensors = walk(target, items_of(index))
    places = [d for d, item in enumerate(tensors) if item is not None and item is not ...]
    start, rows = places[0] if places else 0, value._all
    mask = tensors[start] if len(places) == 1 else None
    if mask is None or not is_mask(mask) or not _equal(mask._current(), value._mask):
        _refuse(value, "writing it at another index")
    after = viewed.dim() - start - mask.dim()
    if rows.dim() - value._dim - 1 != after:
        _refuse(value, "broadcasting it")
    if rows.dtype != viewed.dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {viewed.dtype._scalar_name} for the "
            f"destination and {rows.dtype._scalar_name} for the source."
        )
    shape = (*rows.shape[: value._dim], *mask.shape, *rows.shape[value._dim + 1 :])
    rows = view_in_shape(rows, shape)
    check_broadcast(rows, tuple(viewed.shape))
    check_writable(viewed, rows, shared=True)
    assign(viewed, mask_set(viewed, mask, rows, start))
    return None if name == "__setitem__" else target

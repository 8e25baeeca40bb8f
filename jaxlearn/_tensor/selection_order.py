"""What needs the order of the rows that a mask selects in a compiled function: sums along them, sorting, joining.

Each function here takes the function that is called and its arguments, and gives the result, or None where the
dimension is another than that of the rows and they stay apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from ..ops.joining import cat
from ..ops.reduction_order import nanquantile
from ..ops.shape_dims import wrap_dim
from .creation_constants import ones
from .creation_ranges import arange
from .dispatch import TENSOR_TYPES
from .selection import Selection, first_rows
from .selection_finding import unique_elements
from .selection_reading import at, or_nan, row, span
from .selection_size import Count

__all__ = ["ALONG"]


def _is_along(x: Any, dim: Any) -> bool:
    return type(x) is Selection and isinstance(dim, int) and wrap_dim(dim, x.rows.dim()) == x.place


def _running(neutral: Any) -> Callable[..., Any]:
    def along(func: Any, x: Any, dim: Any = None, *, axis: Any = None, dtype: Any = None) -> Any:
        dim = axis if dim is None else dim
        if not _is_along(x, dim):
            return None
        options = {} if dtype is None else {"dtype": dtype}
        return x.sound(func(x.filled(neutral), dim, **options))

    return along


def _prefix(func: Any, x: Any, dim: Any = None) -> Any:
    """``cummax`` and ``cummin``: of the packed rows the first are as if there were no others."""
    if not _is_along(x, dim):
        return None
    packed = x.pack()
    values, indices = found = func(packed.rows, dim)
    return type(found)(packed.sound(values), packed.sound(indices))


def _shares(func: Any, x: Any, dim: Any = None, *_: Any, dtype: Any = None, **__: Any) -> Any:
    if not _is_along(x, dim):
        return None
    y = x if dtype is None else x.like(x.rows.to(dtype))
    return x.sound(func(y.filled(-math.inf), dim=dim))


def _last(x: Selection, descending: bool) -> tuple[Selection, Any]:
    """The packed rows, and the same with something in the others that a stable sort puts behind them."""
    packed = x.pack()
    if not descending and packed.rows.is_floating_point():
        return packed, packed.filled(math.nan)
    return packed, packed.extreme(descending)


def _sort(func: Any, x: Any, dim: Any = -1, descending: bool = False, stable: Any = None) -> Any:
    if not _is_along(x, dim):
        return None
    packed, rows = _last(x, descending)
    values, indices = found = rows.sort(dim=dim, descending=descending, stable=True)
    if func.__name__ == "argsort":
        return packed.sound(indices)
    return type(found)(packed.sound(values), packed.sound(indices))


def _msort(func: Any, x: Any) -> Any:
    return x.sort(0)[0] if _is_along(x, 0) else None


def _topk(func: Any, x: Any, k: Any, dim: Any = -1, largest: bool = True, sorted: bool = True) -> Any:
    if not _is_along(x, dim):
        return None
    if type(k) is Count:
        return None
    packed, rows = _last(x, largest)
    if largest and rows.is_floating_point():
        # NaN is the largest, and what is not selected comes after the lowest.
        values, indices = rows.sort(dim=dim, descending=True, stable=True)
        values, indices = values.narrow(dim, 0, k), indices.narrow(dim, 0, k)
    else:
        values, indices = func(rows, k, dim, largest)
    found = func(packed.rows, k, dim, largest)  # torch's checks, and its type of result
    return type(found)(or_nan(values, packed.count >= k), indices)


def _extreme_place(func: Any, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    if dim is None and x.place == 0 and type(x) is Selection:
        return func(x.pack().extreme(func.__name__ == "argmax"), dim, keepdim)
    if not _is_along(x, dim):
        return None
    return func(x.pack().extreme(func.__name__ == "argmax"), dim, keepdim)


def _extreme(func: Any, x: Any, dim: Any = None, keepdim: bool = False, **_: Any) -> Any:
    if not _is_along(x, dim):
        return None
    return func(x.pack().extreme(func.__name__ == "max"), dim, keepdim)


def _median(func: Any, x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    whole = dim is None and type(x) is Selection and x.rows.dim() == 1
    if not whole and not _is_along(x, dim):
        return None
    place = x.place
    packed, rows = _last(x, False)
    values, indices = rows.sort(dim=place, stable=True)
    counted = packed.like(values == values).filled(False).sum(place, keepdim=True)  # those that are no NaN
    middle = (counted - 1) // 2
    if func.__name__ == "median":
        middle = ((packed.count - 1) // 2).where(counted == packed.count, counted)
    middle = middle.clamp(min=0)
    value, index = values.gather(place, middle), indices.gather(place, middle)
    if not keepdim:
        value, index = value.squeeze(place), index.squeeze(place)
    if whole:
        return value
    return type(func(x.rows, dim))(value, index)


def _kthvalue(func: Any, x: Any, k: Any, dim: Any = -1, keepdim: bool = False) -> Any:
    if not _is_along(x, dim) or type(k) is Count:
        return None
    packed, rows = _last(x, False)
    values, indices = rows.sort(dim=dim, stable=True)
    value, index = values.narrow(dim, k - 1, 1), indices.narrow(dim, k - 1, 1)
    if not keepdim:
        value, index = value.squeeze(dim), index.squeeze(dim)
    return type(func(packed.rows, k, dim))(or_nan(value, packed.count >= k), index)


def _mode(func: Any, x: Any, dim: Any = -1, keepdim: bool = False) -> Any:
    if not _is_along(x, dim):
        return None
    packed, rows = _last(x, False)
    ordered = rows.sort(dim=dim, stable=True)[0]
    n = ordered.shape[dim]
    shape = [1] * ordered.dim()
    shape[dim] = n
    places = arange(n).reshape(shape)
    new = ordered.narrow(dim, 1, n - 1) != ordered.narrow(dim, 0, n - 1)
    new = cat([ones(ordered.narrow(dim, 0, 1).shape, dtype=dtypes.bool), new], dim)
    run = packed.like(places - places.where(new, 0).cummax(dim)[0]).filled(-1)
    value = ordered.gather(dim, run.argmax(dim, keepdim=True))
    index = places.where(packed.like(packed.rows == value).filled(False), 0).amax(dim, keepdim=True)
    value = packed.rows.gather(dim, index)
    if not keepdim:
        value, index = value.squeeze(dim), index.squeeze(dim)
    return type(func(packed.rows, dim))(or_nan(value, packed.count > 0), index)


def _quantile(func: Any, x: Any, q: Any, dim: Any = None, keepdim: bool = False, **options: Any) -> Any:
    whole = dim is None and type(x) is Selection
    if not whole and not _is_along(x, dim):
        return None
    if not x.rows.is_floating_point():
        return func(x.rows, q, dim, keepdim, **options)  # which torch refuses
    found = nanquantile(x.filled(math.nan), q, dim, keepdim, **options)
    if func.__name__ == "nanquantile":
        return found
    missing = x.like(x.rows.isnan()).filled(False)
    return found.masked_fill(missing.any() if whole else missing.any(dim, keepdim), math.nan)


def _flip(func: Any, x: Any, *dims: Any, **kwargs: Any) -> Any:
    dims = kwargs.get("dims", dims[0] if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims)
    if type(x) is not Selection or x.place not in [wrap_dim(d, x.rows.dim()) for d in dims]:
        return None
    packed = x.pack()
    places = packed.count - 1 - arange(packed.valid.shape[0])
    turned = packed.sound(packed.rows.index_select(packed.place, places.clamp(min=0)))
    others = [d for d in dims if wrap_dim(d, x.rows.dim()) != x.place]
    return turned.flip(others) if others else turned


def _diff(func: Any, x: Any, n: int = 1, dim: Any = -1, prepend: Any = None, append: Any = None) -> Any:
    if not _is_along(x, dim) or prepend is not None or append is not None:
        return None
    for _ in range(n):
        later, earlier = span(x, 1, None), span(x, None, -1)
        x = later != earlier if x.rows.dtype._np == np.bool_ else later - earlier
    return x


def _joined(func: Any, tensors: Any, dim: Any = 0, *, axis: Any = None) -> Any:
    dim = dim if axis is None else axis
    selections = [t for t in tensors if type(t) is Selection]
    if not all(_is_along(s, dim) for s in selections):
        return None
    rows, valid, count = [], [], 0
    for t in tensors:
        if type(t) is Selection:
            rows.append(t.rows)
            valid.append(t.valid)
            count = t.count + count
        else:
            if t.dim() == 1 and t.shape[0] == 0:
                continue
            rows.append(t)
            valid.append(ones(t.shape[dim], dtype=dtypes.bool))
            count = count + t.shape[dim]
    first = selections[0]
    return first.like(func(rows, dim)).chosen(func(valid, 0), count)


def _merged(func: Any, x: Any, *sizes: Any, **_: Any) -> Any:
    """``reshape(-1)`` and ``flatten()``: all elements of all rows, one after the other."""
    if func.__name__ in ("flatten", "ravel"):
        merges = not sizes or [wrap_dim(d, x.rows.dim()) for d in sizes[:2]] == [0, x.rows.dim() - 1]
    else:
        merges = list(sizes) in ([-1], [(-1,)], [[-1]])
    if not merges or type(x) is not Selection or x.rows.dim() == 1 or x.place:
        return None
    each = math.prod(x.rows.shape[1:])
    rows, count = x.rows.reshape(-1), x.count * each
    if x.packed:
        return first_rows(rows, count, 0, x.made)
    valid = x.valid.reshape(-1, 1).expand(-1, each).reshape(-1)
    return x.like(rows, 0).chosen(valid, count)


def _take(func: Any, x: Any, dim: Any, index: Any) -> Any:
    """``index_select`` of the rows by numbers."""
    return at(x, index) if _is_along(x, dim) else None


def _part(func: Any, x: Any, dim: Any, start: Any = None, length: Any = None, *, index: Any = None) -> Any:
    """``select`` and ``narrow``."""
    if not _is_along(x, dim) or type(start) in TENSOR_TYPES:
        return None
    if func.__name__ == "select":
        return row(x, start if index is None else index)
    return span(x, start, start + length)


def _unique(func: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """``unique`` and ``unique_consecutive``, where they are of elements."""
    options = dict(zip(("sorted", "return_inverse", "return_counts", "dim"), args, strict=False))
    if func.__name__ == "unique_consecutive":
        options = dict(zip(("return_inverse", "return_counts", "dim"), args, strict=False))
    options |= kwargs
    if type(x) is not Selection or x.rows.dim() != 1:
        return None
    wanted = bool(options.get("return_inverse")), bool(options.get("return_counts"))
    return unique_elements(x, *wanted, consecutive=func.__name__ == "unique_consecutive")


ALONG: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("cumsum",), _running(0)),
    **dict.fromkeys(("cumprod",), _running(1)),
    **dict.fromkeys(("logcumsumexp",), _running(-math.inf)),
    **dict.fromkeys(("cummax", "cummin"), _prefix),
    **dict.fromkeys(("softmax", "log_softmax"), _shares),
    **dict.fromkeys(("sort", "argsort"), _sort),
    **dict.fromkeys(("argmax", "argmin"), _extreme_place),
    **dict.fromkeys(("max", "min"), _extreme),
    **dict.fromkeys(("quantile", "nanquantile"), _quantile),
    **dict.fromkeys(("median", "nanmedian"), _median),
    **dict.fromkeys(("cat", "concat", "concatenate"), _joined),
    **dict.fromkeys(("reshape", "view", "flatten", "ravel"), _merged),
    **dict.fromkeys(("select", "narrow"), _part),
    "msort": _msort,
    "kthvalue": _kthvalue,
    "mode": _mode,
    "topk": _topk,
    "flip": _flip,
    "diff": _diff,
    "index_select": _take,
    **dict.fromkeys(("unique", "unique_consecutive"), _unique),
}

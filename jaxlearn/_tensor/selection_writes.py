"""Writing what a mask selects in a compiled function, and writing at places that a mask selects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from ..ops.indexing import index_set, mask_set
from ..ops.joining import cat
from ..ops.shape import view_in_shape
from ..ops.shape_dims import wrap_dim
from .dispatch import TENSOR_TYPES
from .index_writes import check_broadcast, is_mask
from .inplace import check_writable
from .selection import Selection, equal, refuse
from .selection_reading import is_whole
from .views import assign

__all__ = ["BY_PLACES", "write", "write_at_places"]

# What writes along a dimension at index tensors: (input, dim, index, source, ...).
BY_PLACES = {
    name + end
    for name in (
        "index_add",
        "index_copy",
        "index_fill",
        "index_reduce",
        "scatter",
        "scatter_add",
        "scatter_reduce",
    )
    for end in ("", "_")
}


def write(name: str, target: Any, index: Any, value: Any, accumulate: bool = False) -> Any:
    """``target[index] = value`` where the index or the value is a selection, and ``masked_scatter`` and the like."""
    items = list(index) if type(index) in (tuple, list) else [index]
    given = next(x for x in (value, *items, target) if type(x) is Selection)
    if type(target) is Selection:
        return _write_into(given, name, target, items, value)
    if name.startswith("masked_scatter"):
        if type(index) is Selection or target.shape != index.shape:
            refuse(given, f"{name}()")
    new = name in ("masked_scatter", "index_put")
    target = target.clone() if new else target
    if any(type(i) is Selection for i in items):
        _put(target, items, value, accumulate)
    else:
        _write_by_mask(target, tuple(items), value, accumulate)
    return None if name == "__setitem__" else target


def _write_into(given: Selection, name: str, target: Selection, items: list[Any], value: Any) -> Any:
    """``selected[mask] = value`` with a mask computed from what is selected, or at places of each row."""
    index = items[0] if len(items) == 1 else None
    if name != "__setitem__":
        refuse(given, f"{name}()")
    if type(index) is Selection and is_mask(index.rows) and index.aligned(target):
        if type(value) in TENSOR_TYPES and (type(value) is Selection or value.dim()):
            refuse(given, f"{name}()")
        target.rows[index.rows] = value
        return None
    whole = target.place < len(items) and all(is_whole(i) for i in items[: target.place + 1])
    if not whole or any(type(i) not in (slice, int) for i in items):
        refuse(given, f"{name}()")
    if type(value) is Selection:
        if not value.aligned(target):
            refuse(given, f"{name}()")
        value = value.rows
    elif type(value) in TENSOR_TYPES and value.dim():
        refuse(given, f"{name}()")
    target.rows[tuple(items)] = value
    return None


def _write_by_mask(target: Any, index: Any, value: Any, accumulate: bool) -> None:
    """With a selection for the value, by the mask that selected it."""
    from .indexing import items_of, walk

    viewed, tensors = walk(target, items_of(index))
    places = [d for d, item in enumerate(tensors) if item is not None and item is not ...]
    start, rows = places[0] if places else 0, value.rows
    mask = tensors[start] if len(places) == 1 else None
    if mask is None or not is_mask(mask):
        refuse(value, "writing it at another index")
    if not value.packed and equal(mask._current(), value.key):
        shape = (*rows.shape[: value.place], *mask.shape, *rows.shape[value.place + 1 :])
    elif equal(mask.sum()._current(), value.count._current()):
        # The n-th place that the mask selects takes the n-th row.
        numbers = (mask.reshape(-1).cumsum(0) - 1).clamp(0, max(rows.shape[value.place] - 1, 0))
        rows = value.pack().rows.index_select(value.place, numbers)
        shape = (*rows.shape[: value.place], *mask.shape, *rows.shape[value.place + 1 :])
    else:
        refuse(value, "writing it at another index")
    after = viewed.dim() - start - mask.dim()
    if rows.dim() - value.place - 1 != after:
        refuse(value, "broadcasting it")
    _check_types(rows, viewed)
    rows = view_in_shape(rows, shape)
    check_broadcast(rows, tuple(viewed.shape))
    check_writable(viewed, rows, shared=True)
    assign(viewed, mask_set(viewed, mask, viewed + rows if accumulate else rows, start))


def _check_types(rows: Any, viewed: Any) -> None:
    if rows.dtype != viewed.dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {viewed.dtype._scalar_name} for the "
            f"destination and {rows.dtype._scalar_name} for the source."
        )


def _put(target: Any, items: list[Any], value: Any, accumulate: bool) -> None:
    """At index tensors of which some are selections: of the others' rows nothing is written."""
    given = next(i for i in items if type(i) is Selection)
    dims = [d for d, i in enumerate(items) if type(i) is Selection]
    basic = all(type(i) is Selection or is_whole(i) for i in items)
    gap = dims[-1] - dims[0] + 1 != len(dims)
    if not basic or gap or any(i.rows.dim() != 1 or is_mask(i.rows) for i in items if type(i) is Selection):
        _refuse_places(given)
    chosen = [items[d] for d in dims]
    rows = value
    if type(value) is Selection:
        if value.place != dims[0] or value.rows.dim() != target.dim() - len(dims) + 1:
            _refuse_places(given)
        together = [*chosen, value]
        if any(not s.aligned(given) for s in together):
            if any(not equal(s.count._current(), given.count._current()) for s in together):
                refuse(given, "writing what another mask selects")
            chosen, value = [s.pack() for s in chosen], value.pack()
        rows = value.rows
        _check_types(rows, target)
    elif type(value) in TENSOR_TYPES and value.dim() > target.dim() - len(dims):
        _refuse_places(given)
    first = dims[0]
    wide, place = _with_room(target, first, chosen[0], chosen[0].rows)
    indices = [None] * first + [place] + [c.rows for c in chosen[1:]]
    written = index_set(wide, tuple(indices), rows, accumulate)
    check_writable(target, rows if type(rows) in TENSOR_TYPES else None, shared=True)
    assign(target, written.narrow(first, 0, target.shape[first]))


def _with_room(target: Any, dim: int, selection: Selection, index: Any) -> tuple[Any, Any]:
    """The tensor with one more slice along a dimension, and the index with that for what is not selected."""
    size = target.shape[dim]
    shape = [1] * index.dim()
    shape[selection.place] = -1
    index = index.where(index >= 0, index + size).masked_fill(~selection.valid.reshape(shape), size)
    return cat([target, target.narrow(dim, 0, 1).detach()], dim), index


def _refuse_places(given: Selection) -> NoReturn:
    refuse(given, "writing at these places")


def write_at_places(
    func: Callable[..., Any],
    name: str,
    target: Any,
    dim: int,
    index: Any,
    source: Any = None,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """``index_add``, ``scatter`` and the like, with a selection for the index, the source or both."""
    source = kwargs.pop("src", kwargs.pop("value", None)) if source is None else source
    given = index if type(index) is Selection else source
    dim = wrap_dim(dim, target.dim())
    if type(index) is not Selection:
        refuse(given, f"{name}()")
    if type(source) is Selection and not source.aligned(index):
        if not equal(source.count._current(), index.count._current()):
            refuse(given, f"{name}() of what different masks select")
        source, index = source.pack(), index.pack()
    along = dim if name.startswith("index") else index.place
    if along != dim:  # the rows' numbers are places as well
        index, source = index.pack(), source.pack() if type(source) is Selection else source
    if type(source) is Selection:
        if source.place != along:
            refuse(given, f"{name}()")
        source = source.rows
    elif type(source) in TENSOR_TYPES and source.dim():
        refuse(given, f"{name}()")
    wide, place = _with_room(target, dim, index, index.rows)
    if name.endswith("_"):
        getattr(wide, name)(dim, place, source, *args, **kwargs)
        check_writable(target, source if type(source) in TENSOR_TYPES else None, shared=True)
        assign(target, wide.narrow(dim, 0, target.shape[dim]))
        return target
    return func(wide, dim, place, source, *args, **kwargs).narrow(dim, 0, target.shape[dim])

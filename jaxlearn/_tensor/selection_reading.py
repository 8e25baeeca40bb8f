"""Parts of what a mask selects in a compiled function: ``x[mask][0]``, ``x[mask][1:]``, ``x[mask][order]``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .creation_ranges import arange
from .dispatch import TENSOR_TYPES
from .selection import Selection, by_rows, equal, first_rows, refuse
from .selection_size import Count

__all__ = ["at", "getitem", "is_whole", "or_nan", "row", "span"]


def or_nan(rows: Any, there: Any) -> Any:
    """What is taken from a place, or NaN where the place is not there; whole numbers and truth values stay."""
    if rows.is_floating_point() or rows.is_complex():
        return rows.where(there, math.nan)
    return rows


def row(x: Selection, i: int) -> Any:
    """One of the selected rows, by its number among them."""
    packed = x.pack()
    size = packed.valid.shape[0]
    if not -size <= i < size:
        raise IndexError(f"index {i} is out of bounds for dimension {x.place} with size {size}")
    if i >= 0:
        return or_nan(packed.rows.select(x.place, i), packed.count > i)
    place = (packed.count + i).clamp(min=0).reshape(1)
    return or_nan(packed.rows.index_select(x.place, place).squeeze(x.place), packed.count >= -i)


def at(x: Selection, index: Any) -> Any:
    """The selected rows by their numbers among them, a tensor or another selection."""
    packed = x.pack()
    numbers = index.rows if type(index) is Selection else index
    numbers = numbers.where(numbers >= 0, numbers + packed.count).clamp(0, max(packed.valid.shape[0] - 1, 0))
    rows = packed.rows[(*[slice(None)] * x.place, numbers)]
    return index.like(rows, x.place + index.place) if type(index) is Selection else rows


def span(x: Selection, start: Any, stop: Any, step: Any = None) -> Any:
    """A slice of the selected rows."""
    packed = x.pack()
    size, count, place = packed.valid.shape[0], packed.count, x.place
    step = 1 if step is None else step
    start = 0 if start is None else start
    if type(start) is int and start >= 0 and step == 1 and (stop is None or type(stop) is int):
        rows = packed.rows.narrow(place, min(start, size), size - min(start, size))
        if stop is None or stop < 0:
            return first_rows(rows, (count - (start - (stop or 0))).clamp(min=0), place, x.made)
        bound = max(stop - start, 0)
        left = (count - start).clamp(min=0) if start else count
        rows = rows.narrow(place, 0, min(bound, rows.shape[place]))
        return first_rows(rows, left.clamp(max=bound), place, x.made)
    if type(start) is int and start < 0 and stop is None and step == 1:
        bound = min(-start, size)
        first = (count + start).clamp(min=0)
        places = (first + arange(bound)).clamp(max=max(size - 1, 0))
        return first_rows(packed.rows.index_select(place, places), count.clamp(max=-start), place, x.made)
    first, last = _bound(start, count), count if stop is None else _bound(stop, count)
    places = (first + arange(0, size * step, step)).clamp(max=max(size - 1, 0))
    count = ((last - first).clamp(min=0) + (step - 1)) // step
    return first_rows(packed.rows.index_select(place, places), count, place, x.made)


def _bound(number: Any, count: Any) -> Any:
    """One end of a slice as Python counts it."""
    if type(number) is Count:
        number = number.count
    elif type(number) is int:
        number = count.new_full((), number)
    number = number.where(number >= 0, number + count)
    return number.clamp(min=0).minimum(count)


def getitem(func: Callable[..., Any], x: Any, index: Any) -> Any:
    """``x[index]`` where ``x``, or a tensor in the index, is a selection."""
    items = list(index) if type(index) is tuple else [index]
    chosen = [i for i in items if type(i) is Selection]
    if type(x) is not Selection:
        if any(s.dtype._np == np.bool_ for s in chosen):
            refuse(chosen[0], "a mask of the size of what is selected, for another tensor,")
        return _by_rows(func, chosen, (x, index), {})
    number = _item_of_rows(items, x)
    item: Any = None if number is None else items[number]
    kind = type(item)
    if number is None or is_whole(item):
        if kind is not slice and any(type(i) is list or type(i) in TENSOR_TYPES for i in items):
            refuse(x, "indexing")
        return _by_rows(func, [x, *chosen], (x, index), {})
    if kind is slice:
        taken, rest = span(x, item.start, item.stop, item.step), slice(None)
    elif kind is int:
        taken, rest = row(x, item), None
    elif kind is Selection and item.dtype._np == np.bool_:
        taken, rest = _masked(x, item), slice(None)
    elif kind in TENSOR_TYPES and item.dtype._np.kind in "iu" and item.dim():
        taken, rest = at(x, item), slice(None)
        if item.dim() != 1 and len(items) > 1:
            refuse(x, "indexing")
    else:
        refuse(x, "indexing")
    others = [
        rest if i == number else other for i, other in enumerate(items) if i != number or rest is not None
    ]
    if any(other is not Ellipsis and not is_whole(other) for other in others):
        if kind in TENSOR_TYPES and any(type(o) not in (int, slice, type(None), type(...)) for o in others):
            refuse(x, "indexing")
        return taken[tuple(others)]
    return taken


def is_whole(item: Any) -> bool:
    """Whether an item of an index is ``:``."""
    return type(item) is slice and item.start is None and item.stop is None and item.step in (None, 1)


def _by_rows(func: Any, given: list[Selection], args: Any, kwargs: Any) -> Any:
    if any(not s.aligned(given[0]) for s in given):
        if any(not equal(s.count._current(), given[0].count._current()) for s in given):
            refuse(given[0], "indexing with what different masks select")
        packed = {id(s): s.pack() for s in given}
        x, index = args
        index = (
            tuple([packed.get(id(i), i) for i in index])
            if type(index) is tuple
            else packed.get(id(index), index)
        )
        given, args = list(packed.values()), (packed.get(id(x), x), index)
    result = by_rows(func, given, args, kwargs)
    return refuse(given[0], "indexing") if result is None else result


def _item_of_rows(items: list[Any], x: Selection) -> int | None:
    """Which item of an index is that for the rows' dimension; None if there is none."""
    taken = [_taken(i) for i in items]
    dim = 0
    for n, (item, width) in enumerate(zip(items, taken, strict=True)):
        if item is Ellipsis:
            dim += x.rows.dim() - sum(taken)
        elif dim <= x.place < dim + width:
            return n
        else:
            dim += width
    return None


def _taken(item: Any) -> int:
    if item is None or item is Ellipsis or type(item) is bool:
        return 0
    if type(item) in TENSOR_TYPES and type(item) is not Selection:
        return int(item.dim()) if item.dtype._np == np.bool_ else 1
    return 1


def _masked(x: Selection, mask: Selection) -> Any:
    """``selected[mask]`` with a mask computed from what is selected."""
    if not x.aligned(mask):
        if not equal(x.count._current(), mask.count._current()):
            refuse(x, "indexing with what different masks select")
        x, mask = x.pack(), mask.pack()
    if mask.rows.dim() == 1:
        return x.chosen(x.valid & mask.rows)
    if mask.rows.dim() == x.rows.dim() and x.place == mask.place == 0:
        each = math.prod(x.rows.shape[1:])
        valid = mask.filled(False).reshape(-1)
        return x.like(x.rows.reshape(valid.shape[0]), 0).chosen(valid) if each else x
    return refuse(x, "indexing")

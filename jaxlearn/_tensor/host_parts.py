"""``x[index]`` and ``x[index] = value`` by NumPy, where everything is on the host: what datasets do in Python loops.

Each function does the commonest case and leaves the others, and the telling of mistakes, to the general way.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .._autograd.modes import modes
from .._engine.recorder import recorder, unusual
from .._engine.value import Aval, held, intern
from ..ops.host import quietly
from ..ops.indexing import index_get
from ..ops.op import HOST_ELEMENTS
from ..ops.shape import unsqueeze
from ..ops.shape_parts import select_view, slice_view
from .dispatch import TENSOR_TYPES, host_alias, host_array_of, host_view, new_on_host
from .host_writes import brought_to_host, is_alone, rebind_on_host, writable_part
from .layout import laid_out, strides_of
from .views import current

__all__ = ["part_on_host", "place_on_host", "row_on_host", "set_on_host", "span", "written_on_host"]


def span(part: slice, size: int) -> tuple[int, int, int]:
    """A slice's start, length and step.

    Raises:
        ValueError: the step is not positive.
    """
    if part.step is not None and operator.index(part.step) <= 0:
        zero = operator.index(part.step) == 0
        raise ValueError("slice step cannot be zero" if zero else "step must be greater than zero")
    start, stop, step = part.indices(size)
    if stop <= start:
        return start, 0, step
    return start, stop - start if step == 1 else -(-(stop - start) // step), step


def row_on_host(x: Any, index: int) -> Any:
    """``x[index]`` as a view, where all is on the host; else, and where the index is wrong, None."""
    view = x._view
    value = x._cell.value if view is None else current(x)
    array, aval = value.array, value.aval
    shape = aval.shape
    if (
        type(array) is not np.ndarray
        or (unusual and recorder.capture is not None)
        or (x._requires_grad and modes.grad)
    ):
        return None
    if not shape or not -shape[0] <= index < shape[0]:
        return None
    row = _rows.get(aval)
    if row is None:
        rows = intern(shape[1:], aval.dtype, aval.device)
        row = _rows[aval] = laid_out(rows, strides_of(aval)[1:])
    return host_alias(
        x, ((select_view.op, (0, index if index >= 0 else index + shape[0])),), array[index, ...], row
    )


# The type of a row, by the type of what it is a row of.
_rows: dict[Aval, Aval] = {}


def part_on_host(x: Any, items: tuple[Any, ...]) -> Any:
    """The part at an index, where all is on the host; else, and where the index is wrong, None.

    Integers, slices, None and one Ellipsis give one view; masks and tensors or lists of integers, beside whole slices,
    a copy.
    """
    view = x._view
    value = x._cell.value if view is None else current(x)
    array = value.array
    if (
        type(array) is not np.ndarray
        or (unusual and recorder.capture is not None)
        or (x._requires_grad and modes.grad)
    ):
        return None
    # All but the integers tells the view's type, and which steps lead to it.
    key = [value.aval]
    for item in items:
        kind = type(item)
        if kind is int:
            key.append(kind)
        elif kind is slice:
            begin, end, step = item.start, item.stop, item.step
            if type(begin) not in _BOUNDS or type(end) not in _BOUNDS or type(step) not in _BOUNDS:
                break
            key.append((begin, end, step))
        elif item is None or item is Ellipsis:
            key.append(item)
        else:
            break
    else:
        known = _parts.get(tuple(key))
        if known is not None:
            steps, whole, aval, sizes = known
            if sizes:
                found = []
                at = 0
                for step in steps:
                    if step is None:
                        dim, place, size = sizes[at]
                        index = items[place]
                        if not -size <= index < size:
                            return None
                        found.append((select_view.op, (dim, index if index >= 0 else index + size)))
                        at += 1
                    else:
                        found.append(step)
                steps = tuple(found)
            return host_alias(x, steps, array[items + whole], aval)
        return _new_part(x, items, array, value.aval, tuple(key))
    return _new_part(x, items, array, value.aval, None)


_BOUNDS = {int, type(None)}
# What leads to a part, by the type and the index without its integers: the steps (None for an integer's), what NumPy's
# index ends with, the part's type, and each integer's dimension, place in the index and bound.
_parts: dict[Any, tuple[tuple[Any, ...], tuple[Any, ...], Aval, list[tuple[int, int, int]]]] = {}
_PARTS = 1024


def _new_part(x: Any, items: tuple[Any, ...], array: np.ndarray[Any, Any], aval: Aval, key: Any) -> Any:
    """:func:`part_on_host` for an index of another kind than those before."""
    shape = aval.shape
    rest = len(shape)
    whole: tuple[Any, ...] = (...,)
    for item in items:
        kind = type(item)
        if kind is int or kind is slice:
            rest -= 1
        elif item is Ellipsis and whole:
            whole = ()
        elif item is not None:
            return _copied_part(array, items, aval)
    if rest < 0:
        return None
    own = strides_of(aval)
    steps: list[Any] = []
    strides: list[int] = []
    sizes: list[tuple[int, int, int]] = []
    at = 0
    for place, item in enumerate(items):
        if type(item) is int:
            size = shape[at]
            if not -size <= item < size:
                return None
            sizes.append((len(strides), place, size))
            steps.append((select_view.op, (len(strides), item + size if item < 0 else item)))
            at += 1
        elif type(item) is slice:
            if item == _WHOLE:
                strides.append(own[at])
            else:
                start, length, step = span(item, shape[at])
                if length != shape[at] or step != 1:
                    steps.append((slice_view.op, (len(strides), start, length, step)))
                strides.append(own[at] * step)
            at += 1
        elif item is None:
            steps.append((unsqueeze.op, (len(strides),)))
            strides.append(shape[at] * own[at] if at < len(shape) else 1)
        else:
            strides += own[at : at + rest]
            at += rest
    if not steps:
        return None
    part = host_view(x, tuple(steps), array[items + whole], (*strides, *own[at:]))
    if key is not None:
        if len(_parts) >= _PARTS:
            _parts.clear()
        steps = [None if step[0] is select_view.op else step for step in steps]
        _parts[key] = tuple(steps), whole, part._view.value.aval, sizes
    return part


_WHOLE = slice(None)
_INT = {int}


def _copied_part(array: np.ndarray[Any, Any], items: tuple[Any, ...], aval: Aval) -> Any:
    """The copy of a part, made at once; None where that is not the common case."""
    places = _places(items, aval.shape)
    if places is None:
        return None
    try:
        found = array[places]
    except IndexError:
        return None
    return new_on_host(found, intern(found.shape, found.dtype, aval.device))


def _places(items: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """The index for NumPy, of tensors and lists among whole slices; None where one of them is anything else, is not on
    the host, or where the result is large."""
    if len(items) > len(shape):
        return None
    places: list[Any] = []
    size = 1
    for item in items:
        kind = type(item)
        if kind is slice:
            if item != _WHOLE or len(places) >= len(shape):
                return None
            size *= shape[len(places)]
            places.append(item)
            continue
        if kind in TENSOR_TYPES:
            array = item._current().array
            if type(array) is not np.ndarray:
                return None
        elif kind is list and item and set(map(type, item)) == _INT:
            array = np.array(item)
        else:
            return None
        letter = array.dtype.kind
        if letter == "b":
            # a mask takes as many dimensions as it has: beside others that is left to the general way
            if len(items) > 1 or not array.ndim or array.shape != shape[: array.ndim]:
                return None
            size *= array.size
        elif letter != "i" or not array.ndim or array.dtype.itemsize < 4:
            return None
        else:
            size *= array.size
        places.append(array)
    for n in shape[len(places) :]:
        size *= n
    return tuple(places) if size <= index_get.op.host_limit else None


# The kinds of dtypes that NumPy converts a number to as torch does.
_TAKES = {float: "f", int: "fi", bool: "fi"}


def set_on_host(self: Any, items: tuple[Any, ...], value: Any) -> bool:
    """Write to a part of a storage that is on the host, by NumPy; False where more than that is to be looked at."""
    array, cell, view = host_array_of(self), self._cell, self._view
    if array is None and view is None and not self._requires_grad and brought_to_host(self):
        array = host_array_of(self)
    if array is None or self._requires_grad or self._inference or self._untracked:
        return False
    dtype, array = array.dtype, None  # what refers to it counts: see is_alone()
    base = None if view is None else view.base
    if base is not None and (base._requires_grad or base._untracked):
        return False
    if type(value) in TENSOR_TYPES:
        written = host_array_of(value)
        if written is None or written.dtype != dtype:
            return False
        if value._cell is cell:
            return _is_part(self, items, value)
    elif (
        (dtype.itemsize > 2 and dtype.kind in _TAKES.get(type(value), ""))
        or (type(value) is bool and dtype.kind == "b")
        or (type(value) is int and dtype.kind in "iu" and 0 <= value < 128)
    ):
        written = value
    else:
        return False
    place: Any = items
    whole = False
    for item in items:
        kind = type(item)
        if kind is slice:
            if item.step is not None:
                return False
        elif item is Ellipsis and not whole:
            whole = True
        elif kind is not int and item is not None:
            place = _places(items, self._current().aval.shape)
            if place is None:
                return False
            whole = True
            break
    if not whole:
        place = (*items, ...)
    if view is None:
        new = part = cell.value.array if is_alone(cell) else cell.value.array.copy()
    else:
        copied = writable_part(view, cell)
        if copied is None:
            return False
        new, part = copied
    try:
        quietly(part.__setitem__, place, written)
    except (IndexError, ValueError, OverflowError, TypeError):
        return False  # the general way tells what is wrong
    rebind_on_host(self, new, part)
    return True


def _is_part(x: Any, items: tuple[Any, ...], value: Any) -> bool:
    """Whether a view is written to the very place that it shows, as ``x[i] += 1`` does; it is counted as a write."""
    if (
        value._view is None
        or x._view is not None
        or (value._view.base is not None and value._view.base is not x)
    ):
        return False
    part = part_on_host(x, items)
    if (
        part is None
        or part._view is None
        or part._cell is not x._cell
        or part._view.steps != value._view.steps
    ):
        return False
    x._cell.version += 1
    return True


def written_on_host(target: Any, make: Any, *arguments: Any) -> bool:
    """Give a whole small storage on the host new elements; False, and nothing done, where more is to be looked at.

    Args:
        target: the tensor written to.
        make: gives the new array, of the target's shape and dtype; or None.
        arguments: of ``make``, after the array that is there.
    """
    cell = target._cell
    value = cell.value
    array = value.array
    if (
        target._view is not None
        or type(array) is not np.ndarray
        or (unusual and recorder.capture is not None)
        or target._requires_grad
        or target._inference
        or target._untracked is not None
        or array.size > HOST_ELEMENTS
    ):
        return False
    new = make(array, *arguments)
    if new is None:
        return False
    cell.value = held(new, value.aval)
    cell.version += 1
    return True


def place_on_host(index: Any) -> int | None:
    """The integer that an index tensor without dimensions is, if it is on the host."""
    value = index._current()
    dtype = value.aval.dtype
    if value.aval.shape or type(value.array) is not np.ndarray or dtype.kind != "i" or dtype.itemsize < 4:
        return None
    return int(value.array) if recorder.capture is None else None

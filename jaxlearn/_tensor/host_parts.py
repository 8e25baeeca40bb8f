"""``x[index]`` and ``x[index] = value`` by NumPy, where everything is on the host: what datasets do in Python loops.

Each function does the commonest case and leaves the others, and the telling of mistakes, to the general way.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .._engine.value import concrete, intern
from ..ops.host import quietly
from ..ops.indexing import index_get
from ..ops.shape import unsqueeze
from ..ops.shape_parts import select_view, slice_view
from .dispatch import TENSOR_TYPES, host_array_of, host_view, wrap
from .layout import strides_of
from .views import part_of_copy, rebind_on_host

__all__ = ["part_on_host", "rows_on_host", "set_on_host", "span"]


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


def part_on_host(x: Any, items: tuple[Any, ...]) -> Any:
    """The part at integers, slices, None and one Ellipsis as one view, where all is on the host; else, and where an
    index is wrong, None."""
    array = host_array_of(x)
    if array is None:
        return None
    aval = x._current().aval
    shape, own = aval.shape, strides_of(aval)
    rest = len(shape)
    whole: tuple[Any, ...] = (...,)
    for item in items:
        if type(item) is int or type(item) is slice:
            rest -= 1
        elif item is Ellipsis and whole:
            whole = ()
        elif item is not None:
            return None
    if rest < 0:
        return None
    steps: list[Any] = []
    strides: list[int] = []
    at = 0
    for item in items:
        if type(item) is int:
            size = shape[at]
            if not -size <= item < size:
                return None
            steps.append((select_view.op, (len(strides), item + size if item < 0 else item)))
            at += 1
        elif type(item) is slice:
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
    return host_view(x, tuple(steps), array[items + whole], (*strides, *own[at:]))


def rows_on_host(x: Any, index: Any) -> Any:
    """The elements at one tensor of integers, where all is on the host; else, and where an index is wrong, None."""
    array, places = host_array_of(x), index._current().array
    if array is None or not array.ndim or type(places) is not np.ndarray:
        return None
    if not places.ndim or places.dtype.kind != "i" or places.dtype.itemsize < 4:
        return None
    if places.size * (array.size // max(len(array), 1)) > index_get.op.host_limit:
        return None
    try:
        found = array.take(places, 0)
    except IndexError:
        return None
    return wrap(concrete(found, intern(found.shape, found.dtype, x._current().aval.device)))


# The kinds of dtypes that NumPy converts a number to as torch does.
_TAKES = {float: "f", int: "fi", bool: "fi"}


def set_on_host(self: Any, items: tuple[Any, ...], value: Any) -> bool:
    """Write to a part of a storage that is on the host, by NumPy; False where more than that is to be looked at."""
    array, cell, view = host_array_of(self), self._cell, self._view
    if array is None or self._requires_grad or self._inference or self._untracked:
        return False
    base = None if view is None else view.base
    if base is not None and (base._requires_grad or base._untracked):
        return False
    if type(value) in TENSOR_TYPES:
        written = host_array_of(value)
        if written is None or value._cell is cell or written.dtype != array.dtype:
            return False
    elif array.dtype.itemsize > 2 and array.dtype.kind in _TAKES.get(type(value), ""):
        written = value
    else:
        return False
    if any(type(i) is slice and i.step is not None for i in items):
        return False
    place = items if Ellipsis in items else (*items, ...)
    if view is None:
        new = part = array.copy()
    else:
        copied = part_of_copy(view, cell)
        if copied is None:
            return False
        new, part = copied
    try:
        quietly(part.__setitem__, place, written)
    except (IndexError, ValueError, OverflowError):
        return False  # the general way tells what is wrong
    rebind_on_host(self, new, part)
    return True

"""Writing to a storage whose array is on the host: where it lies, if nobody else reads it, else to a copy."""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np

from .._engine.recorder import recorder, unusual
from .._engine.value import Lent, held
from ..ops.conversion import filled
from ..ops.op import HOST_ELEMENTS
from ..ops.view_rules import read_on_host, retypes
from .cell import Cell, View

__all__ = ["brought_to_host", "is_alone", "rebind_on_host", "writable_part"]

# To a value that a storage alone has: the cell, a variable of the function below and getrefcount's argument.
# To its array the value in place of the cell.
_ALONE = 3


def is_alone(cell: Cell, parts: int = 0) -> bool:
    """Whether nobody but a storage refers to its array, on the host, so that it may be written to where it lies.

    Recorded operations, running programs, saved tensors, NumPy's users and views that have been read do refer to it.

    Args:
        cell: the storage.
        parts: how many views of the array the caller knows of that nobody reads any more.
    """
    value = cell.value
    array = value.array
    return (
        type(array) is np.ndarray
        and type(value) is not Lent
        and getrefcount(value) <= _ALONE
        and getrefcount(array) <= _ALONE + parts
        and array.base is None
        and array.flags.writeable
    )


def writable_part(view: View, cell: Cell) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None:
    """A storage's array on the host and NumPy's view of that which shows a view's part, to be written to.

    The array is a copy where others refer to it. None where there is none: NumPy has to copy on the way, protects what
    may show an element twice, the storage is not on the host, or it is too large to copy. It saves the look for a
    signature: Python loops write to rows.
    """
    if (unusual and recorder.capture is not None) or type(cell.value.array) is not np.ndarray:
        return None
    for op, _ in view.steps:
        if retypes(op):
            return None
    shown = view.value
    part = shown.array
    if (
        type(part) is np.ndarray
        and part.base is cell.value.array
        and getrefcount(shown) <= _ALONE
        and getrefcount(part) <= _ALONE
        and is_alone(cell, 1)
    ):
        new = cell.value.array
        if view.version != cell.version:
            part = read_on_host(new, view.steps)
    else:
        new = cell.value.array
        if new.size > HOST_ELEMENTS:
            return None
        new = new.copy()
        part = read_on_host(new, view.steps)
    return (new, part) if part.flags.writeable and (part is new or part.base is new) else None


def rebind_on_host(target: Any, new: np.ndarray[Any, Any], part: np.ndarray[Any, Any]) -> None:
    """Make an array that was written to on the host the storage's value, and its part that of the view written through.

    Args:
        target: the tensor written to.
        new: the storage's array.
        part: the target's.
    """
    view, cell = target._view, target._cell
    cell.rebind(held(new, cell.value.aval))
    if view is not None:
        view.value, view.version = held(part, view.value.aval), cell.version


# Up to so many bytes; NumPy gets zeros from the operating system without touching them.
_MOST = 1 << 28


def brought_to_host(tensor: Any) -> bool:
    """Make one number in all places, which was left to a program because it is large, an array on the host.

    Loops write to such a tensor element by element, where each write would be an operation of a program.
    """
    value = tensor._cell.value
    aval, signature = value.aval, value.signature
    if (
        value.array is not None
        or signature is None
        or signature.op is not filled.op
        or recorder.capture is not None
    ):
        return False
    if aval.device.type != "cpu" or aval.strides is not None or aval.size * aval.dtype.itemsize > _MOST:
        return False
    (number,) = value.numbers
    array = np.zeros(aval.shape, aval.dtype)
    if number != 0 or str(number).startswith("-"):
        array.fill(np.asarray(number).astype(aval.dtype))
    tensor._cell.value = held(array, aval)
    return True

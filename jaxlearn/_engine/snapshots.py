"""Copies of NumPy arrays that others may write to, in memory that is used again and again.

An array that ``from_numpy`` was given is copied when an operation on it is recorded (see :class:`~.value.Lent`). In
memory fresh from the operating system, a page fault for every 4 KiB makes that several times as slow as the copy
itself: 120 µs for a batch of 64 rows of 784. So the buffers are remembered, and one that nobody reads any more takes
the next copy. They begin where XLA wants its operands to, so that it reads them where they lie.
"""

from __future__ import annotations

import threading
from sys import getrefcount
from typing import Any

import numpy as np

__all__ = ["snapshot"]

# Below this many bytes the allocator has memory at hand; above, the buffers would hold too much.
_SMALL, _LARGE = 1 << 16, 1 << 24
# Buffers of a type: one that a program reads, one that the next is recorded with, and those of a second loop.
_BUFFERS = 4
_TYPES = 8
_ALIGNMENT = 64
# To a buffer: the pool's list and getrefcount's argument. To its memory, which a view of the buffer refers to: the
# buffer and getrefcount's argument.
_FREE = 2

_pool: dict[tuple[tuple[int, ...], np.dtype[Any]], list[np.ndarray[Any, Any]]] = {}
_taking = threading.Lock()  # two threads would find the same buffer free


def snapshot(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A copy of the array as it is now.

    Args:
        array: the array.
    """
    if not _SMALL <= array.nbytes <= _LARGE:
        return array.copy()
    with _taking:
        buffer = _free_buffer(array)
    np.copyto(buffer, array)
    return buffer


def _free_buffer(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A buffer for an array that nobody reads; it counts as read as long as the caller has it."""
    key = array.shape, array.dtype
    buffers = _pool.get(key)
    if buffers is None:
        if len(_pool) == _TYPES:
            del _pool[next(iter(_pool))]
        buffers = _pool[key] = []
    for i in range(len(buffers)):
        if getrefcount(buffers[i]) <= _FREE and getrefcount(buffers[i].base) <= _FREE:
            return buffers[i]
    if len(buffers) == _BUFFERS:
        del buffers[0]
    buffers.append(_aligned(array))
    return buffers[-1]


def _aligned(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Memory for an array of the same type."""
    memory = np.empty(array.nbytes + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)

"""``Size``: the tuple of a tensor's extents."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any, Self, SupportsIndex, overload

import numpy as np

__all__ = ["Size"]


class Size(tuple[int, ...]):
    """A tensor's shape: a tuple of ints that stays a ``Size`` when sliced, joined or repeated.

    See https://docs.pytorch.org/docs/stable/size.html

    Args:
        iterable: the extents, outermost first.

    Raises:
        TypeError: when an item is no integer.
        ValueError: when an item does not fit 64 bits.

    Example::

        >>> shape = Size([2, 3, 4])
        >>> shape
        torch.Size([2, 3, 4])
        >>> shape.numel(), shape[1:]
        (24, torch.Size([3, 4]))
    """

    __slots__ = ()

    def __new__(cls, iterable: Iterable[SupportsIndex] = (), /) -> Self:
        items = tuple(iterable)
        for position, item in enumerate(items):
            try:
                extent = operator.index(item)
            except TypeError:
                raise TypeError(
                    f"torch.Size() takes an iterable of 'int' (item {position} is '{type(item).__name__}')"
                ) from None
            if not -(2**63) <= extent < 2**63:
                raise ValueError("Overflow when unpacking long long")
        return tuple.__new__(cls, map(operator.index, items))

    def numel(self) -> int:
        """The number of elements of a tensor of this shape: the product of the extents, 1 when there are none.

        Example::

            >>> Size([2, 3]).numel()
            6
        """
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    def __reduce__(self) -> tuple[type[Size], tuple[tuple[int, ...]]]:
        return Size, (tuple(self),)

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, key: slice, /) -> Size: ...
    def __getitem__(self, key: SupportsIndex | slice, /) -> int | Size:
        if type(key) is slice:
            return tuple.__new__(Size, tuple.__getitem__(self, key))
        return tuple.__getitem__(self, key)

    def __add__(self, other: Any, /) -> Any:
        if isinstance(other, tuple):
            return Size(tuple.__add__(self, other))
        if isinstance(other, np.ndarray):  # an array knows how to add a tuple
            return NotImplemented
        raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")

    def __radd__(self, other: Any, /) -> Any:
        if isinstance(other, tuple):
            return Size(other + tuple(self))
        return NotImplemented

    def __mul__(self, times: Any, /) -> Any:
        if isinstance(times, np.ndarray):
            return NotImplemented
        if hasattr(times, "__index__"):
            return tuple.__new__(Size, tuple.__mul__(self, times))
        raise TypeError(f"can't multiply sequence by non-int of type '{type(times).__name__}'")

    __rmul__ = __mul__

"""What stands in for a masked-out element: the number that leaves an operation's result as it is."""

from __future__ import annotations

import math
from typing import Any

from .. import _dtypes as dtypes
from .._tensor.reshaping import clone
from ..ops.pointwise_select import where
from ..ops.shape import broadcast_to
from ..ops.shape_dims import wrap_dims

__all__ = ["dims_of", "filled", "full_mask"]


def dims_of(dim: Any, ndim: int) -> tuple[int, ...]:
    """The dimensions in ascending order, all for None and for ``()``.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: one comes twice.
    """
    if dim is None or dim == ():
        return tuple(range(ndim))
    return tuple(sorted(wrap_dims(dim, ndim)))


def full_mask(input: Any, mask: Any) -> Any:
    """The mask as booleans of the tensor's shape.

    Raises:
        IndexError: it has more dimensions than the tensor.
    """
    if mask.ndim > input.ndim:
        raise IndexError(
            "_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)"
        )
    # PyTorch keeps a copy of a mask that it broadcasts, which may be written to before backward.
    wide = mask if mask.shape == input.shape else broadcast_to(clone(mask), tuple(input.shape))
    return wide.to(dtypes.bool)


def _least(dtype: Any) -> Any:
    return -math.inf if dtype.is_floating_point else dtypes.iinfo(dtype).min


def _greatest(dtype: Any) -> Any:
    return math.inf if dtype.is_floating_point else dtypes.iinfo(dtype).max


def _infinity(dtype: Any) -> Any:
    assert dtype.is_floating_point, f"input must be floating point, got {dtype}"
    return math.inf


_NEUTRAL = {
    "sum": lambda dtype: 0,
    "prod": lambda dtype: 1,
    "amax": _least,
    "amin": _greatest,
    "argmax": _least,
    "argmin": _greatest,
    "logaddexp": _least,
    "logsumexp": lambda dtype: -math.inf if dtype.is_complex else _least(dtype),
    "median": lambda dtype: math.nan,
    "norm": _infinity,
}
_OF_NUMBERS = ("amax", "amin", "argmax", "argmin", "logaddexp", "logsumexp")


def filled(name: str, input: Any, mask: Any) -> Any:
    """The tensor with the number that is neutral for an operation where the mask is False.

    Raises:
        NotImplementedError: the operation compares, and the elements are booleans.
        AssertionError: the norm of order minus infinity of elements that are no floating point numbers.
    """
    if mask is None:
        return input
    if name in _OF_NUMBERS and input.dtype is dtypes.bool:
        raise NotImplementedError(f"identity of {name} on {input.dtype} input")
    fill = input.new_full((), _NEUTRAL[name](input.dtype))
    return where(full_mask(input, mask), input, fill)

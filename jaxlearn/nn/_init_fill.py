"""How parameters are set, and the fixed patterns: constants, the identity, the kernel that changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._autograd.modes import no_grad
from .._engine.value import concrete
from .._tensor.dispatch import wrap
from .._tensor.views import assign

__all__ = [
    "constant_",
    "dirac_",
    "dtype_of",
    "eye_",
    "ones_",
    "shape_of",
    "write",
    "zeros_",
]


def write(tensor: Any, array: np.ndarray[Any, Any]) -> Any:
    """Give the tensor this array, of its own shape and dtype, as its values."""
    if tensor.is_meta:
        return tensor
    with no_grad():
        assign(tensor, wrap(concrete(array, tensor._current().aval)))
    return tensor


def shape_of(tensor: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = tensor._current().aval.shape
    return shape


def dtype_of(tensor: Any) -> np.dtype[Any]:
    dtype: np.dtype[Any] = tensor._current().aval.dtype
    return dtype


def constant_(tensor: Any, val: float) -> Any:
    """Fill with one value.

    Args:
        tensor: to be filled; returned.
        val: the value.
    """
    if type(val) not in (int, float, bool, complex):
        with no_grad():
            return tensor.fill_(val)  # also says what is wrong with what is no number
    if tensor.is_meta:
        return tensor  # without an array that no memory may hold
    return write(tensor, np.full(shape_of(tensor), val, dtype_of(tensor)))


def ones_(tensor: Any) -> Any:
    """Fill with ones.

    Args:
        tensor: to be filled; returned.
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Any) -> Any:
    """Fill with zeros.

    Args:
        tensor: to be filled; returned.
    """
    return constant_(tensor, 0.0)


def eye_(tensor: Any) -> Any:
    """Make the identity matrix, so that a Linear layer keeps as many of its inputs as it can.

    Args:
        tensor: of two dimensions; returned.

    Raises:
        ValueError: another number of dimensions.
    """
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return write(tensor, np.eye(*shape_of(tensor), dtype=dtype_of(tensor)))


def dirac_(tensor: Any, groups: int = 1) -> Any:
    """Make the kernel that keeps as many of a convolution's input channels as it can.

    Args:
        tensor: a convolution's weight, of three to five dimensions; returned.
        groups: of the convolution; each group keeps its channels.

    Raises:
        ValueError: another number of dimensions, or output channels that ``groups`` does not divide.
    """
    shape = shape_of(tensor)
    if len(shape) not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    per_group = shape[0] // groups
    kernel = np.zeros(shape, dtype_of(tensor))
    channel = np.arange(min(per_group, shape[1]))
    center = [n // 2 for n in shape[2:]]
    for group in range(groups):
        place: tuple[Any, ...] = (group * per_group + channel, channel, *center)
        kernel[place] = 1
    return write(tensor, kernel)

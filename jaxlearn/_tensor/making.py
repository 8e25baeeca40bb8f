"""Tensors of random numbers for tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import _dtypes as dtypes
from ..ops.shape_rearrange import view_as_real
from .creation import empty
from .random import randint

__all__ = ["make_tensor"]


def _bounds(dtype: dtypes.dtype, low: Any, high: Any) -> tuple[Any, Any]:
    """The bounds with their defaults, clamped to the dtype's."""
    least: Any
    most: Any
    if dtype is dtypes.bool:
        least, most, defaults = 0, 2, (0, 2)
    elif dtype.is_floating_point or dtype.is_complex:
        info = dtypes.finfo(dtype)
        least, most, defaults = info.min, info.max, (-9, 9)
    else:
        whole = dtypes.iinfo(dtype)
        least, most, defaults = whole.min, whole.max + (dtype is not dtypes.int64), (-9, 10)
    low, high = defaults[0] if low is None else low, defaults[1] if high is None else high
    if any(isinstance(x, float) and math.isnan(x) for x in (low, high)):
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    if low > high or (low == high and not (dtype.is_floating_point or dtype.is_complex)):
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    if high < least or low >= most:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}), but {dtype} only supports "
            f"[{least}, {most})"
        )
    low, high = min(max(low, least), most), min(max(high, least), most)
    return (low, high) if dtype.is_floating_point or dtype.is_complex else (math.ceil(low), math.ceil(high))


def make_tensor(
    *shape: Any,
    dtype: Any,
    device: Any,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Any:
    """A tensor of random numbers, uniform over an interval: PyTorch's numbers from the same seed.

    https://docs.pytorch.org/docs/stable/testing.html#torch.testing.make_tensor

    Args:
        shape: the sizes.
        dtype: the dtype.
        device: the device.
        low: the least number; by default -9, for booleans and unsigned integers 0.
        high: the end, not included; by default 9, for integers 10.
        requires_grad: whether gradients are wanted.
        noncontiguous: every second element of a larger tensor.
        exclude_zero: put 1, or the least positive number, in place of zeros.
        memory_format: the layout.

    Raises:
        ValueError: the interval is empty or outside the dtype's, integers were to require grad, or two layouts were
            asked for.

    Example::

        >>> import jaxlearn as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.testing.make_tensor(3, dtype=torch.int64, device="cpu", low=0, high=5)
        tensor([4, 4, 3])
    """
    wanted = dtypes.as_dtype(dtype, "make_tensor")
    size = tuple(shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape)
    whole = not (wanted.is_floating_point or wanted.is_complex)
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got "
            f"{noncontiguous=} and {memory_format=}"
        )
    if requires_grad and whole:
        raise ValueError(
            f"`requires_grad=True` is not supported for boolean and integral dtypes, but got dtype={wanted}"
        )
    apart = noncontiguous and math.prod(size) > 1
    if apart:
        size = (*size[:-1], 2 * size[-1])
    least, most = _bounds(wanted, low, high)
    if whole:
        result = randint(least, most, size, dtype=wanted, device=device)
    else:
        result = empty(size, dtype=wanted, device=device)
        part = view_as_real(result) if wanted.is_complex else result
        if most - least >= dtypes.finfo(wanted).max:
            part.uniform_(least / 2, most / 2).mul_(2)
        else:
            part.uniform_(least, most)
    if apart:
        result = result[..., 1::2]
    elif memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        result[result == 0] = 1 if whole else dtypes.finfo(wanted).tiny
    return result.requires_grad_() if requires_grad else result

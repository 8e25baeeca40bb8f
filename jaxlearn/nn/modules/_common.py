"""What the layers share: fresh parameters, and one number standing for a number in every dimension."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import numpy as np

from ... import _dtypes as dtypes
from ..._engine.device import Device, default_device
from ..._engine.value import concrete, intern
from ..._tensor.core import tensor_from_array
from ..._tensor.dispatch import TENSOR_TYPES, wrap
from ..parameter import Parameter

__all__ = ["new_buffer", "new_parameter", "ntuple", "on_tensors"]


def _new(array: np.ndarray[Any, Any], device: Any) -> Any:
    where = default_device() if device is None else Device(device)
    return wrap(concrete(array, intern(array.shape, array.dtype, where)))


def new_parameter(shape: Sequence[int], device: Any = None, dtype: dtypes.dtype | None = None) -> Parameter:
    """A parameter whose values are still to be set.

    Raises:
        RuntimeError: a size is negative.
    """
    for size in shape:
        if size < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {list(shape)}")
    numpy_dtype = (dtypes.get_default_dtype() if dtype is None else dtype)._np
    return Parameter(_new(np.empty(tuple(shape), numpy_dtype), device))


def new_buffer(
    shape: Sequence[int], fill: float, device: Any = None, dtype: dtypes.dtype | None = None
) -> Any:
    """A tensor filled with a number."""
    numpy_dtype = (dtypes.get_default_dtype() if dtype is None else dtype)._np
    return _new(np.full(tuple(shape), fill, numpy_dtype), device)


def ntuple(value: Any, n: int) -> tuple[Any, ...]:
    """``n`` values from one or from a sequence of them."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return tuple(value)
    return (value,) * n


def on_tensors(forward: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Let a layer that needs a Tensor's methods take a JAX array too, as in NNX models, and return one."""

    @functools.wraps(forward)
    def call(self: Any, input: Any) -> Any:
        if type(input) not in TENSOR_TYPES and isinstance(input, jax.Array):
            return forward(self, tensor_from_array(input)).jax()
        return forward(self, input)

    return call

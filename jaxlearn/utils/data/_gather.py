"""A batch of rows of tensors by one indexing operation per tensor, instead of one per sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..._engine.device import default_device
from ..._engine.signature import x64

_INTEGERS = frozenset({int, np.int64, np.int32, np.int16, np.int8, np.uint8, np.uint16, np.uint32})


def plain_indices(indices: Any) -> bool:
    """Whether this is a list of integers, none of them a bool, which torch takes as a mask."""
    return type(indices) in (list, tuple) and len(indices) > 0 and all(type(i) in _INTEGERS for i in indices)


def gather(tensors: Sequence[Any], indices: Sequence[int]) -> tuple[Any, ...] | None:
    """The rows of all tensors at ``indices``, as new arrays.

    Args:
        tensors: with one size in their first dimension.
        indices: integers; negative ones count from the end.

    Returns:
        NumPy arrays on a CPU, JAX arrays for tensors on an accelerator; None where sample by sample is right:
        gradients, tracers, tensors on another device than the default, an index out of range.
    """
    device = default_device()
    if any(tensor.requires_grad or tensor.device is not device for tensor in tensors):
        return None
    rows = np.array(indices, dtype=np.int64)
    size = len(tensors[0])
    if rows.max() >= size or rows.min() < -size:
        return None
    arrays = [tensor._array() for tensor in tensors]
    if any(isinstance(array, jax.core.Tracer) for array in arrays):
        return None
    return tuple(_take(array, rows, device.type == "cpu") for array in arrays)


def _take(array: Any, rows: np.ndarray[Any, Any], on_cpu: bool) -> Any:
    if type(array) is np.ndarray:
        return array[rows]
    if on_cpu:
        return np.asarray(array)[rows]  # the CPU backend's memory is read without a copy
    with x64():
        return jnp.take(array, rows, axis=0, mode="wrap")

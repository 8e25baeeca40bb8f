"""Batches of any loader: tensors, or NumPy and JAX arrays, in tuples, lists and dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from .._tensor.core import tensor_from_array
from .._tensor.dispatch import TENSOR_TYPES

__all__ = ["as_tensors", "batch_size", "first_tensor", "inputs_of", "loader_length", "stacked"]


def as_tensors(batch: Any) -> Any:
    """The batch with tensors in the place of arrays.

    NumPy arrays are copied: the step that reads them may run after the loader has filled them anew.
    """
    kind = type(batch)
    if kind in TENSOR_TYPES:
        return batch
    if kind is tuple or kind is list:
        return kind([as_tensors(x) for x in batch])
    if isinstance(batch, np.ndarray):
        return tensor_from_array(batch.copy())
    if isinstance(batch, jax.Array):
        return tensor_from_array(batch)
    if isinstance(batch, dict):
        return {key: as_tensors(value) for key, value in batch.items()}
    if isinstance(batch, tuple):
        return kind(*[as_tensors(x) for x in batch])
    return batch


def _tensors(batch: Any) -> Iterator[Any]:
    if type(batch) in TENSOR_TYPES:
        yield batch
    elif isinstance(batch, (tuple, list, dict)):
        for part in batch.values() if isinstance(batch, dict) else batch:
            yield from _tensors(part)


def first_tensor(batch: Any) -> Any:
    """The first tensor in the batch.

    Raises:
        TypeError: there is none.
    """
    for tensor in _tensors(batch):
        return tensor
    raise TypeError(f"a batch must hold tensors or arrays, got {type(batch).__name__}")


def batch_size(batch: Any) -> int:
    """The number of samples in a batch: the first dimension of its first tensor, 1 if that has none."""
    shape = first_tensor(batch)._current().aval.shape
    return int(shape[0]) if shape else 1


def inputs_of(batch: Any) -> Any:
    """The model's input in a batch: the batch itself, or the first of (inputs, targets)."""
    return batch[0] if isinstance(batch, (tuple, list)) else batch


def loader_length(loader: Any) -> int | None:
    """How many batches a loader gives, None if it does not know."""
    try:
        return len(loader)
    except TypeError:
        return None


def stacked(pieces: list[Any], read: Callable[[Any], Any]) -> Any:
    """Results of batches one after the other: tensors, or equal nests of them."""
    leaves, structures = zip(
        *[jax.tree.flatten(p, is_leaf=lambda x: type(x) in TENSOR_TYPES) for p in pieces], strict=True
    )
    joined = [
        tensor_from_array(np.concatenate([read(x) for x in parts])) for parts in zip(*leaves, strict=True)
    ]
    return jax.tree.unflatten(structures[0], joined)

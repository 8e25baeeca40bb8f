"""Random numbers of the shape and dtype of a tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _random
from .._tensor.generator import stream_of
from .._tensor.views import in_memory_order
from ._init_fill import dtype_of, shape_of

__all__ = [
    "draw_normal",
    "draw_uniform",
]


def draw_uniform(tensor: Any, low: float, high: float, generator: Any) -> np.ndarray[Any, Any]:
    if tensor.is_meta:
        return _nothing(tensor)
    stream = stream_of(generator)
    kind = dtype_of(tensor)
    return _in_order(tensor, lambda shape: _random.uniform(stream, shape, float(low), float(high), kind))


def draw_normal(tensor: Any, mean: float, std: float, generator: Any) -> np.ndarray[Any, Any]:
    if tensor.is_meta:
        return _nothing(tensor)
    stream = stream_of(generator)
    kind = dtype_of(tensor)
    dense = tensor.is_contiguous()  # torch draws sixteen numbers at a time where it can
    return _in_order(
        tensor, lambda shape: _random.normal(stream, shape, float(mean), float(std), kind, dense)
    )


def _in_order(tensor: Any, sample: Callable[[tuple[int, ...]], np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """What ``sample(shape)`` draws; like torch, in the order of the memory."""
    return sample(shape_of(tensor)) if tensor.is_contiguous() else in_memory_order(tensor, sample)


def _nothing(tensor: Any) -> np.ndarray[Any, Any]:
    """In place of numbers for a tensor without data: zeros that take no memory, and the stream stays where it is."""
    return np.broadcast_to(np.zeros((), dtype_of(tensor)), shape_of(tensor))

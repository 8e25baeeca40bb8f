"""Random numbers of the shape and dtype of a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _random
from ._init_fill import dtype_of, shape_of

__all__ = [
    "draw_normal",
    "draw_uniform",
]


def draw_uniform(tensor: Any, low: float, high: float, generator: Any) -> np.ndarray[Any, Any]:
    if tensor.is_meta:
        return _nothing(tensor)
    generator = generator or _random.current_generator()
    return _random.uniform(generator, shape_of(tensor), float(low), float(high), dtype_of(tensor))


def draw_normal(tensor: Any, mean: float, std: float, generator: Any) -> np.ndarray[Any, Any]:
    if tensor.is_meta:
        return _nothing(tensor)
    generator = generator or _random.current_generator()
    return _random.normal(generator, shape_of(tensor), float(mean), float(std), dtype_of(tensor))


def _nothing(tensor: Any) -> np.ndarray[Any, Any]:
    """In place of numbers for a tensor without data: zeros that take no memory, and the stream stays where it is."""
    return np.broadcast_to(np.zeros((), dtype_of(tensor)), shape_of(tensor))

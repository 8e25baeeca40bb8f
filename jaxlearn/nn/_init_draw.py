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
    generator = generator or _random.current_generator()
    return _random.uniform(generator, shape_of(tensor), float(low), float(high), dtype_of(tensor))


def draw_normal(tensor: Any, mean: float, std: float, generator: Any) -> np.ndarray[Any, Any]:
    generator = generator or _random.current_generator()
    return _random.normal(generator, shape_of(tensor), float(mean), float(std), dtype_of(tensor))

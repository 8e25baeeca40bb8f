"""Normal numbers within bounds."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ._init_draw import draw_normal, draw_uniform
from ._init_fill import dtype_of, shape_of, write

__all__ = [
    "trunc_normal_",
]


def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Any:
    """Fill with normal numbers restricted to [a, b], by drawing again what falls outside.

    https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.trunc_normal_

    Args:
        tensor: to be filled; returned.
        mean: of the normal distribution.
        std: its standard deviation.
        a: the least value.
        b: the greatest value.
        generator: to draw from; default the global one.
    """
    if tensor.is_meta:
        return tensor
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )

    def below(x: float) -> float:
        return (1.0 + math.erf((x - mean) / std / math.sqrt(2.0))) / 2.0

    if below(b) - below(a) > 0.3:
        return write(tensor, _normal_until_inside(tensor, mean, std, a, b, generator))
    return write(tensor, _uniform_until_accepted(tensor, mean, std, a, b, generator))


def _normal_until_inside(
    tensor: Any, mean: float, std: float, a: float, b: float, generator: Any
) -> np.ndarray[Any, Any]:
    low, high = dtype_of(tensor).type(a), dtype_of(tensor).type(b)
    values = draw_normal(tensor, mean, std, generator)
    while (outside := (values < low) | (values > high)).any():
        values = np.where(outside, draw_normal(tensor, mean, std, generator), values)
    return values


def _uniform_until_accepted(
    tensor: Any, mean: float, std: float, a: float, b: float, generator: Any
) -> np.ndarray[Any, Any]:
    """Far from the mean few normal numbers would be inside: accept uniform ones with their relative density."""
    kind = dtype_of(tensor)
    # Half types are computed with one by one in float32, where the numbers keep their digits.
    wide = np.dtype(np.float32) if kind.itemsize < 4 else kind
    number = wide.type
    peak = number(-0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2)
    values = np.zeros(shape_of(tensor), kind)
    pending = np.ones(shape_of(tensor), bool)
    while pending.any():
        candidates = draw_uniform(tensor, a, b, generator)
        values = np.where(pending, candidates, values)
        density = candidates
        for step in (
            lambda x: x - number(mean),
            lambda x: x / number(std),
            np.square,
            lambda x: x * number(-0.5),
            lambda x: x - peak,
        ):
            density = step(density.astype(wide)).astype(kind)
        with np.errstate(divide="ignore"):
            accepted = np.log(draw_uniform(tensor, 0.0, 1.0, generator).astype(wide)).astype(kind)
        pending &= accepted > density
    return values

"""How wide to draw: the gain of a nonlinearity and the number of inputs and outputs of a layer."""

from __future__ import annotations

import math
from typing import Any

from ._init_fill import shape_of

__all__ = [
    "calculate_gain",
    "correct_fan",
    "fans",
]


_GAINS: dict[str, float] = {
    "linear": 1,
    "conv1d": 1,
    "conv2d": 1,
    "conv3d": 1,
    "conv_transpose1d": 1,
    "conv_transpose2d": 1,
    "conv_transpose3d": 1,
    "sigmoid": 1,
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4.0,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The gain recommended for a nonlinearity: by how much to widen the weights before it.

    https://docs.pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain

    Args:
        nonlinearity: the name of the function in :mod:`jaxlearn.nn.functional`.
        param: the negative slope of ``leaky_relu``, 0.01 by default.

    Raises:
        ValueError: an unknown nonlinearity, or a slope that is no number.

    Example::

        >>> calculate_gain("leaky_relu", 0.2)
        1.3867504905630728
    """
    if nonlinearity == "leaky_relu":
        if param is None:
            param = 0.01
        elif isinstance(param, bool) or not isinstance(param, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + param**2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return _GAINS[nonlinearity]


def fans(tensor: Any) -> tuple[int, int]:
    """How many inputs each output of a layer with this weight has, and how many outputs each input.

    Raises:
        ValueError: fewer than two dimensions.
    """
    shape = shape_of(tensor)
    if len(shape) < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def correct_fan(tensor: Any, mode: str) -> int:
    mode = mode.lower()
    valid_modes = ["fan_in", "fan_out"]
    if mode not in valid_modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {valid_modes}")
    fan_in, fan_out = fans(tensor)
    return fan_in if mode == "fan_in" else fan_out

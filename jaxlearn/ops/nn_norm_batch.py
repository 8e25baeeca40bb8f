"""Batch normalisation: with the batch's own statistics, or with given ones."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import lax

from .nn_norm_kernel import normalized_channels
from .nn_rules import accumulator, check_parameter_types, floating_only
from .op import op
from .promotion import cast

__all__ = ["batch_norm_eval", "batch_norm_train"]


def _check(input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any) -> None:
    channels = input.shape[1] if input.ndim > 1 else 0
    named = (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias))
    for name, v in named:
        if v is not None and v.size != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {v.size}")
    floating_only("batch_norm", input)
    check_parameter_types(input, weight, bias, running_mean, running_var)


def _name(input: Any, *rest: Any) -> str:
    return "NativeBatchNormBackward0" if math.prod(input.shape) else "AddBackward0"


@op(name="batch_norm", saves=("input", "weight"), numbers=("momentum",), grad_name=_name, fused=True)
def batch_norm_train(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    momentum: float,
    eps: float,
) -> Any:
    """Each channel of (N, C, *) normalised with the batch's mean and biased variance.

    Args:
        input: (N, C, *).
        weight: factors (C,) or None.
        bias: offsets (C,) or None.
        running_mean: (C,) or None.
        running_var: (C,) or None.
        momentum: weight of this batch in the new running statistics.
        eps: added to the variance.

    Returns:
        The normalised tensor; with running statistics also their new values, the variance's unbiased.
    """
    _check(input, weight, bias, running_mean, running_var)
    x = accumulator(input)
    channels = x.shape[1]
    weight = jnp.ones(channels, x.dtype) if weight is None else cast(weight, x.dtype)
    bias = jnp.zeros(channels, x.dtype) if bias is None else cast(bias, x.dtype)
    if not input.size:  # of nothing there are no statistics, and the gradients are zero
        shape = (channels,) + (1,) * (x.ndim - 2)
        y = cast(x * weight.reshape(shape) + bias.reshape(shape), input.dtype)
        return y if running_mean is None else (y, running_mean, running_var)
    y, mean, variance = normalized_channels(x, weight, bias, running_mean, running_var, momentum, eps)
    y = cast(y, input.dtype)
    return y if running_mean is None else (y, mean, variance)


@op(
    name="batch_norm",
    saves=("input", "weight", "running_mean", "running_var"),
    grad_name=_name,
    fused=True,
)
def batch_norm_eval(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, eps: float
) -> Any:
    """Each channel of (N, C, *) normalised with the given statistics: one factor and one offset per channel.

    Args:
        input: (N, C, *).
        weight: factors (C,) or None.
        bias: offsets (C,) or None.
        running_mean: (C,).
        running_var: (C,).
        eps: added to the variance.

    Returns:
        A tensor of the input's shape and dtype.
    """
    _check(input, weight, bias, running_mean, running_var)
    x = accumulator(input)
    factor = lax.rsqrt(cast(running_var, x.dtype) + eps)
    if weight is not None:
        factor = factor * cast(weight, x.dtype)
    offset = -cast(running_mean, x.dtype) * factor
    if bias is not None:
        offset = offset + cast(bias, x.dtype)
    shape = (1, -1) + (1,) * (x.ndim - 2)
    return cast(x * factor.reshape(shape) + offset.reshape(shape), input.dtype)

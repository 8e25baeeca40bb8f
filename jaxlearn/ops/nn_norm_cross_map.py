"""Local response normalisation as an old layer of torch defines it."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from .op import op

__all__ = ["cross_map_lrn"]


def _scale(x: Any, size: int, alpha: float, k: float) -> Any:
    """``k`` plus the mean square of the neighbouring channels, as torch adds it up.

    The first channel stays in all windows: torch takes away only those after it.
    """
    channels = x.shape[1]
    half = int((size - 1) / 2 + 1)
    squares = jnp.concatenate([jnp.zeros_like(x[:, :1]), jnp.cumsum(x * x, 1)], 1)
    c = jnp.arange(channels)
    upper = squares[:, jnp.minimum(c + half, channels)]
    gone = jnp.maximum(c - half, 0)
    lower = jnp.where((gone > 0).reshape(-1, 1, 1), squares[:, gone + 1] - squares[:, 1:2], 0)
    return k + (upper - lower) * (alpha / size)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1, 2, 3, 4))
def _normalized(x: Any, size: int, alpha: float, beta: float, k: float) -> Any:
    return x * _scale(x, size, alpha, k) ** -beta


def _forward(x: Any, size: int, alpha: float, beta: float, k: float) -> Any:
    return _normalized(x, size, alpha, beta, k), x


def _backward(size: int, alpha: float, beta: float, k: float, x: Any, g: Any) -> Any:
    """torch's own derivative, whose window is shifted by a channel for odd sizes."""
    scale = _scale(x, size, alpha, k)
    y = x * scale**-beta
    front = int(size - (size - 1) / 2)
    ratio = g * y / scale
    padded = jnp.pad(ratio, ((0, 0), (front, size), (0, 0), (0, 0)))
    window = sum(padded[:, i : i + x.shape[1]] for i in range(size))
    return (scale**-beta * g - x * window * (2 * alpha * beta / size),)


_normalized.defvjp(_forward, _backward)


@op(name="cross_map_lrn", saves=("input",), grad_name="CrossMapLRN2dBackward")
def cross_map_lrn(input: Any, size: int, alpha: float, beta: float, k: float) -> Any:
    """The input divided by a power of the mean square of neighbouring channels.

    Args:
        input: (N, C, H, W).
        size: number of channels in a window.
        alpha: factor of the mean square.
        beta: exponent.
        k: added to it.

    Raises:
        ValueError: the input has another number of dimensions.
    """
    if input.ndim != 4:
        raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.ndim}D instead.")
    return _normalized(input, size, alpha, beta, k)

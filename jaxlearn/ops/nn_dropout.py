"""Dropout: random elements or channels are replaced, with masks drawn from a JAX key."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp

from .nn_activation import leaky_relu
from .nn_rules import accumulator
from .op import op
from .promotion import cast

__all__ = ["alpha_dropout_op", "dropout_op", "gumbel_noise", "rrelu_op"]


def _kept(key: Any, p: Any, ordinal: int, shape: tuple[int, ...]) -> Any:
    """A mask that is True with probability ``1 - p``, from the ``ordinal``-th key derived from the step's.

    Each element takes 16 random bits, so the probability is met within 2**-17. Four elements from each 64 bits:
    jax.random.bernoulli, which spends those on one element, takes 36 ms for 64x128x384 on XLA:CPU, this 5.

    A key of the user's own (``use_key``) comes as its words twice: it may be used inside ``jax.jit``, which makes code
    of random bits only when the program around is compiled, by then with 32 bits at most.
    """
    wide = key.shape[0] == 2
    size, word = (4, jnp.uint64) if wide else (2, jnp.uint32)
    drawn = jax.random.fold_in(jax.random.wrap_key_data(key[:2], impl="threefry2x32"), ordinal)
    count = math.prod(shape)
    bits = jax.random.bits(drawn, (-(-count // size),), word)
    parts = jnp.concatenate([((bits >> (16 * i)) & 0xFFFF).astype(jnp.uint32) for i in range(size)])
    dropped = jnp.round(cast(p, jnp.float32) * 65536).astype(jnp.uint32)
    return (parts[:count] >= dropped).reshape(shape)


def _mask_shape(x: Any, channels: bool) -> tuple[int, ...]:
    return (*x.shape[:2], *(1,) * (x.ndim - 2)) if channels else x.shape


def _not_integer(x: Any) -> None:
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        name = {"b": "Bool", "i": "Long", "u": "Byte"}[x.dtype.kind]
        raise RuntimeError(f"result type Float can't be cast to the desired output type {name}")


@op(name="dropout", numbers=("p",), grad_name="MulBackward0")
def dropout_op(input: Any, key: Any, p: float, ordinal: int, channels: bool = False) -> Any:
    """The input with elements zeroed with probability ``p`` and the others scaled by ``1 / (1 - p)``.

    Args:
        input: floating tensor.
        key: the step's key, (2,) uint32.
        p: probability, at most 1.
        ordinal: which mask of the step this is.
        channels: zero whole channels of (N, C, *).

    Returns:
        A tensor of the input's shape and dtype.
    """
    _not_integer(input)
    keep = 1 - cast(p, jnp.float32)
    scale = jnp.where(keep > 0, 1 / jnp.where(keep > 0, keep, 1), 0)
    mask = _kept(key, p, ordinal, _mask_shape(input, channels))
    return input * jnp.where(mask, cast(scale, input.dtype), jnp.zeros((), input.dtype))


@op(name="alpha_dropout", numbers=("p",), grad_name="AddBackward0")
def alpha_dropout_op(input: Any, key: Any, p: float, ordinal: int, channels: bool = False) -> Any:
    """Dropout to SELU's negative limit, then scaled and shifted so that mean 0 and variance 1 stay.

    Args:
        input: floating tensor.
        key: the step's key, (2,) uint32.
        p: probability, at most 1.
        ordinal: which mask of the step this is.
        channels: drop whole channels of (N, C, *).

    Returns:
        A tensor of the input's shape and dtype.
    """
    _not_integer(input)
    limit = -1.7580993408473766  # of SELU at minus infinity
    keep = 1 - cast(p, jnp.float32)
    scale = jnp.where(
        keep > 0, 1 / jnp.sqrt(jnp.where(keep > 0, (limit * limit * (1 - keep) + 1) * keep, 1)), 0
    )
    mask = _kept(key, p, ordinal, _mask_shape(input, channels))
    scaled = jnp.where(mask, input * cast(scale, input.dtype), cast(limit * scale, input.dtype))
    return scaled - cast(limit * scale * (1 - keep), input.dtype)


@op(name="rrelu", saves=("input",), grad_name="RreluWithNoiseBackward0")
def rrelu_op(input: Any, key: Any, lower: float, upper: float, ordinal: int) -> Any:
    """Negative elements times a slope: drawn uniformly for each, or the mean of the bounds.

    Args:
        input: floating tensor.
        key: the step's key, (2,) uint32; None for the mean.
        lower: smallest slope.
        upper: largest slope.
        ordinal: which draw of the step this is.

    Returns:
        A tensor of the input's shape and dtype.
    """
    if key is None:
        return leaky_relu.op.fn(input, (lower + upper) / 2)
    drawn = jax.random.fold_in(jax.random.wrap_key_data(key[:2], impl="threefry2x32"), ordinal)
    slope = cast(jax.random.uniform(drawn, input.shape, jnp.float32, lower, upper), input.dtype)
    return jnp.where(input > 0, input, input * slope)


@op(differentiable=False)
def gumbel_noise(like: Any, key: Any, ordinal: int) -> Any:
    """Numbers of the standard Gumbel distribution.

    Args:
        like: a floating tensor with the shape and dtype.
        key: the step's key, (2,) uint32.
        ordinal: which draw of the step this is.
    """
    drawn = jax.random.fold_in(jax.random.wrap_key_data(key[:2], impl="threefry2x32"), ordinal)
    return cast(jax.random.gumbel(drawn, like.shape, accumulator(like).dtype), like.dtype)

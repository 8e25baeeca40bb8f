"""Random numbers as functions of their parameters and of numbers drawn before, or of a key.

Where its parameters do not change how many draws a sampler needs, those are made on the host and the rest is an
operation like any other, so that a sample of a network's output is part of the step's program. Samplers by rejection
take a key there.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .op import op
from .promotion import cast

__all__ = [
    "below",
    "binomial_keyed",
    "derived_key",
    "drawn_from",
    "inversion",
    "moved",
    "poisson_keyed",
    "race",
]


@op(grad_name=lambda drawn, first, second, backward: backward)
def drawn_from(drawn: Any, first: Any, second: Any, backward: str) -> Any:
    """Drawn numbers as a result of their parameters, whose gradient is zero, as torch defines it.

    Args:
        drawn: the numbers.
        first: a parameter.
        second: another, or None.
        backward: the name of the result's backward node.

    Returns:
        The numbers.
    """
    return drawn


@op(name="normal", numbers=("mean", "std"), grad_name=lambda drawn, mean, std, backward: backward)
def moved(drawn: Any, mean: Any, std: Any, backward: str) -> Any:
    """Normal numbers of other means and deviations; their gradient by these is zero, as torch defines it.

    Args:
        drawn: standard normal numbers.
        mean: a number or a tensor that broadcasts.
        std: likewise.
        backward: the name of the result's backward node.

    Returns:
        A tensor of the shape and dtype of the numbers.
    """
    mean, std = (jax.lax.stop_gradient(jnp.asarray(x)) for x in (mean, std))
    mean = mean if mean.ndim else cast(mean, drawn.dtype)
    return cast(cast(drawn * std, drawn.dtype) + mean, drawn.dtype)


@op(name="bernoulli")
def below(input: Any, uniforms: Any) -> Any:
    """1 where a uniform number is below the probability, else 0.

    Args:
        input: probabilities.
        uniforms: as many numbers in [0, 1).

    Returns:
        A tensor of the probabilities' shape and dtype.
    """
    return cast(uniforms < input, input.dtype)


@op(name="multinomial", differentiable=False)
def race(input: Any, waits: Any, num_samples: int) -> Any:
    """The indices of the largest weights divided by exponential waiting times, in descending order.

    The first is each index with a probability proportional to its weight, and so on among those that are left.

    Args:
        input: weights, (categories,) or (rows, categories).
        waits: exponential numbers of the same shape and dtype.
        num_samples: indices per row.

    Returns:
        ``int64`` indices, (num_samples,) or (rows, num_samples).
    """
    speeds = input / waits
    if num_samples == 1:
        return jnp.argmax(speeds, axis=-1, keepdims=True).astype(jnp.int64)
    return jnp.argsort(-speeds, axis=-1, stable=True)[..., :num_samples].astype(jnp.int64)


@op(name="multinomial", differentiable=False)
def inversion(input: Any, uniforms: Any) -> Any:
    """For each uniform number the first index up to which the weights, normalised, add up to it.

    Args:
        input: weights, (categories,) or (rows, categories).
        uniforms: (num_samples,) or (rows, num_samples), ``float64``.

    Returns:
        ``int64`` indices of the shape of ``uniforms``.
    """
    wide = cast(input, jnp.promote_types(input.dtype, jnp.float32))
    rows = wide.reshape(-1, wide.shape[-1])
    steps = jnp.cumsum(rows, axis=-1)
    steps = (steps / steps[:, -1:]).at[:, -1].set(1).astype(uniforms.dtype)
    found = jax.vmap(jnp.searchsorted)(steps, uniforms.reshape(len(rows), -1))
    return found.reshape(uniforms.shape).astype(jnp.int64)


def derived_key(key: Any, ordinal: int) -> Any:
    """The ``ordinal``-th key derived from the step's.

    Args:
        key: two uint32 words, or those of a key of the user's own twice.
        ordinal: which draw of the step it is for.
    """
    return jax.random.fold_in(jax.random.wrap_key_data(key[:2], impl="threefry2x32"), ordinal)


@op(name="poisson", differentiable=False)
def poisson_keyed(input: Any, key: Any, ordinal: int) -> Any:
    """Poisson numbers.

    Args:
        input: rates.
        key: the step's key.
        ordinal: which draw of the step this is.

    Returns:
        A tensor of the shape and dtype of the rates.
    """
    rates = cast(input, jnp.promote_types(input.dtype, jnp.float32))
    return cast(jax.random.poisson(derived_key(key, ordinal), rates), input.dtype)


@op(name="binomial", differentiable=False)
def binomial_keyed(count: Any, prob: Any, key: Any, ordinal: int) -> Any:
    """Binomial numbers.

    Args:
        count: numbers of trials.
        prob: probabilities of success, of the same shape and dtype.
        key: the step's key.
        ordinal: which draw of the step this is.

    Returns:
        A tensor of that shape and dtype.
    """
    return jax.random.binomial(derived_key(key, ordinal), count, prob, dtype=count.dtype)

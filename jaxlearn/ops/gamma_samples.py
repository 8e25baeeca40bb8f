"""Samples of the gamma distribution as functions of its concentration."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .op import op
from .pointwise_gamma import digamma
from .pointwise_rules import undifferentiable
from .random import derived_key

__all__ = ["gamma_drawn", "gamma_keyed"]

# The logarithm of the gradient is p(v) / q(v), v the logarithm of the concentration; each coefficient of p (the first
# four) and q is a polynomial of degree 2 in the logarithm of sample / concentration. A fit, made for torch.
_FIT = (
    (0.16009398, -0.094634809, 0.025146376, -0.0030648343, 1, 0.32668115, 0.10406089, 0.0014179084),
    (
        0.53487893,
        0.1298071,
        0.065735949,
        -0.0015649758,
        0.16639465,
        0.020070113,
        -0.0035938915,
        -0.00058392623,
    ),
    (
        0.040121004,
        -0.0065914022,
        -0.0026286047,
        -0.0013441777,
        0.017050642,
        -0.0021309326,
        0.00085092367,
        -1.5247877e-07,
    ),
)


def _gradient(alpha: Any, x: Any) -> Any:
    r"""How a sample moves with its concentration: :math:`-\partial_\alpha F(x; \alpha) / p(x; \alpha)`.

    Approximations by region, torch's: a Taylor series for small samples, a saddle point expansion (S. O. Rice) for
    large concentrations, a rational fit in between. In double precision; without a gradient of its own, as in torch.
    """
    dtype = x.dtype
    alpha, x = (undifferentiable(v, "_standard_gamma_grad").astype(jnp.float64) for v in (alpha, x))
    large = jnp.where(jnp.abs(x / alpha - 1) <= 0.1, _near_the_mode(alpha, x), _far_from_it(alpha, x))
    result = jnp.where(x < 0.8, _of_small(alpha, x), jnp.where(alpha > 8, large, _fitted(alpha, x)))
    return result.astype(dtype)


def _of_small(alpha: Any, x: Any) -> Any:
    numerator, cdf, slope = jnp.ones_like(x), 1 / alpha, 1 / alpha**2
    for i in range(1, 6):
        numerator = numerator * (-x / i)
        cdf = cdf + numerator / (alpha + i)
        slope = slope + numerator / (alpha + i) ** 2
    power = x**alpha
    by_alpha = (jnp.log(x) - digamma(alpha)) * (power * cdf) - power * slope
    result = -by_alpha / (x ** (alpha - 1) * jnp.exp(-x))
    return jnp.where(jnp.isnan(result), 0.0, result)


def _near_the_mode(alpha: Any, x: Any) -> Any:
    first = 1 + 24 * alpha * (1 + 12 * alpha)
    second = 1440 * alpha**2 + 6 * x * (53 - 120 * x) - 65 * x**2 / alpha + alpha * (107 + 3600 * x)
    return first * second / (1244160 * alpha**4)


def _far_from_it(alpha: Any, x: Any) -> Any:
    ratio = jnp.log(x / alpha)
    root = jnp.sqrt(8 * alpha)
    cube = (x - alpha - alpha * ratio) ** -1.5
    between = root / (alpha - x) + jnp.where(x < alpha, -cube, cube)
    term = ratio * between - jnp.sqrt(2 / alpha) * (alpha + x) / (alpha - x) ** 2
    stirling = 1 + 1 / (12 * alpha) * (1 + 1 / (24 * alpha))
    return -stirling * x * term / root


def _fitted(alpha: Any, x: Any) -> Any:
    u, v = jnp.log(x / alpha), jnp.log(alpha)
    c = [a + u * (b + u * c) for a, b, c in zip(*_FIT, strict=True)]
    p = c[0] + v * (c[1] + v * (c[2] + v * c[3]))
    q = c[4] + v * (c[5] + v * (c[6] + v * c[7]))
    return jnp.exp(p / q)


@jax.custom_jvp
def _sample(drawn: Any, alpha: Any) -> Any:
    return drawn


@_sample.defjvp
def _sample_jvp(primals: Any, tangents: Any) -> Any:
    drawn, alpha = primals
    return _sample(drawn, alpha), _gradient(alpha, drawn) * tangents[1]


@op(name="_standard_gamma", grad_name="StandardGammaBackward0")
def gamma_drawn(drawn: Any, input: Any) -> Any:
    """Samples as functions of the concentrations that they were drawn for.

    Args:
        drawn: the samples.
        input: the concentrations, of the same shape.

    Returns:
        The samples.
    """
    return _sample(jax.lax.stop_gradient(drawn), input)


@op(name="_standard_gamma", differentiable=False)
def gamma_keyed(input: Any, key: Any, ordinal: int) -> Any:
    """Samples drawn inside the program.

    Args:
        input: the concentrations.
        key: the step's key.
        ordinal: which draw of the step this is.

    Returns:
        A tensor of the shape and dtype of the concentrations.
    """
    drawn = jax.random.gamma(derived_key(key, ordinal), input, dtype=input.dtype)
    return jnp.maximum(drawn, jnp.finfo(input.dtype).tiny)

"""How samples of the Dirichlet distribution move with its concentrations."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .op import op
from .pointwise_gamma import digamma
from .random import derived_key

__all__ = ["_dirichlet_grad", "dirichlet_keyed"]

# Two polynomials of degree 2 in log(x), of degree 2 in log(alpha / x) and of degree 3 in log(total * x / alpha), by
# which the analytic approximation is corrected (numerator and denominator). A fit, made for torch.
_FIT = (
    (
        (
            (1.003668233, -0.01061107488, -0.0657888334, 0.01201642863),
            (0.6336835991, -0.3557432599, 0.05486251648, -0.001465281033),
            (-0.03276231906, 0.004474107445, 0.002429354597, -0.0001557569013),
        ),
        (
            (0.221950385, -0.3187676331, 0.01799915743, 0.01074823814),
            (-0.2951249643, 0.06219954479, 0.01535556598, 0.001550077057),
            (0.02155310298, 0.004170831599, 0.001292462449, 6.976601077e-05),
        ),
        (
            (-0.05980841433, 0.008441916499, 0.01085618172, 0.002319392565),
            (0.02911413504, 0.01400243777, -0.002721828457, 0.000751041181),
            (0.005900514878, -0.001936558688, -9.495446725e-06, 5.385558597e-05),
        ),
    ),
    (
        (
            (1, -0.02924021934, -0.04438342661, 0.007285809825),
            (0.6357567472, -0.3473456711, 0.05454656494, -0.002407477521),
            (-0.03301322327, 0.004845219414, 0.00231480583, -0.0002307248149),
        ),
        (
            (0.5925320577, -0.1757678135, 0.01505928619, 0.000564515273),
            (0.1014815858, -0.06589186703, 0.01272886114, -0.0007316646956),
            (-0.007258481865, 0.001096195486, 0.0003934994223, -4.12701925e-05),
        ),
        (
            (0.06469649321, -0.0236701437, 0.002902096474, -5.896963079e-05),
            (0.001925008108, -0.002869809258, 0.0008000589141, -6.063713228e-05),
            (-0.0003477407336, 6.959756487e-05, 1.097287507e-05, -1.650964693e-06),
        ),
    ),
)


@op(differentiable=False)
def _dirichlet_grad(x: Any, alpha: Any, total: Any) -> Any:
    r"""How a beta sample moves with its concentration: :math:`-\partial_\alpha F(x; \alpha, \beta) / p(x) / (1 - x)`.

    Approximations by region, torch's: series for samples near 0 or 1, a saddle point expansion (S. O. Rice) where both
    concentrations are large, a rational fit in between.

    Args:
        x: samples.
        alpha: their concentrations.
        total: the sums :math:`\alpha + \beta`.

    Returns:
        A tensor of their shape and dtype.
    """
    x, alpha, total = jnp.broadcast_arrays(x, alpha, total)
    dtype = x.dtype
    beta = total - alpha
    edge = total * x * (1 - x)
    near_zero, near_one = (x <= 0.5) & (edge < 2.5), (x >= 0.5) & (edge < 0.75)
    large = (alpha > 6) & (beta > 6)
    # The series in the samples' own precision, as torch has them, the others in double.
    wide = [v.astype(jnp.float64) for v in (x, alpha, total)]
    inside = jnp.where(large, _both_large(*wide), _fitted(*wide)).astype(dtype)
    return jnp.where(
        near_zero, _near_zero(x, alpha, beta), jnp.where(near_one, -_near_one(1 - x, beta, alpha), inside)
    )


def _near_zero(x: Any, alpha: Any, beta: Any) -> Any:
    factor = digamma(alpha) - digamma(alpha + beta) - jnp.log(x)
    numerator = jnp.ones_like(x)
    series = numerator / alpha * (factor + 1 / alpha)
    for i in range(1, 11):
        numerator = numerator * (i - beta) * x / i
        series = series + numerator / (alpha + i) * (factor + 1 / (alpha + i))
    result = x * (1 - x) ** -beta * series
    return jnp.where(jnp.isnan(result), 0, result)


def _near_one(x: Any, alpha: Any, beta: Any) -> Any:
    """The series by the other concentration, at 1 less the sample."""
    factor = digamma(alpha + beta) - digamma(beta)
    numerator, product, slope = jnp.ones_like(x), jnp.ones_like(x), jnp.zeros_like(x)
    series = factor / alpha
    for i in range(1, 9):
        numerator = numerator * -x / i
        slope = slope * (beta - i) + product
        product = product * (beta - i)
        series = series + numerator / (alpha + i) * (slope + factor * product)
    result = -((1 - x) ** (1 - beta)) * series
    return jnp.where(jnp.isnan(result), 0, result)


def _both_large(x: Any, alpha: Any, total: Any) -> Any:
    beta = total - alpha
    mean, deviation = alpha / total, jnp.sqrt(alpha * beta / (total + 1)) / total
    near = jnp.abs(x - mean) <= 0.1 * deviation
    return jnp.where(near, _near_the_mean(x, alpha, beta), _far_from_it(x, alpha, beta))


def _near_the_mean(x: Any, alpha: Any, beta: Any) -> Any:
    total = alpha + beta
    polynomial = 8 * (1 - x) * (135 * beta - 11)
    polynomial = (453 + 1620 * beta * (1 - x) - 455 * x) * beta + alpha * polynomial
    polynomial = 3 * (59 + 180 * beta - 90 * x) * beta**2 + alpha * polynomial
    polynomial = (43 + 20 * (16 + 27 * beta) * x) * beta**3 + alpha * polynomial
    polynomial = 47 * x * beta**4 + alpha * polynomial
    scale = (1 + 12 * alpha) * (1 + 12 * beta) / total**2
    return scale / (1 - x) * polynomial / (12960 * alpha**3 * beta**2 * (1 + 12 * total))


def _far_from_it(x: Any, alpha: Any, beta: Any) -> Any:
    total = alpha + beta
    stirling = _stirling(alpha) * _stirling(beta) / _stirling(total)
    off = beta * x + alpha * (x - 1)
    first = (2 * alpha**2 + alpha * beta) * (x - 1) - x * beta**2
    first = first / (jnp.sqrt(2 * alpha / beta) * total**1.5 * off**2)
    half_log = 0.5 * jnp.log(alpha / (total * x))
    divergence = beta * jnp.log(beta / (total * (1 - x))) + alpha * jnp.log(alpha / (total * x))
    third = jnp.sqrt(8 * alpha * beta / total) / off
    fourth = jnp.where(off < 0, 1, -1) * divergence**-1.5
    return stirling * -x / jnp.sqrt(2 * alpha * beta / total) * (first + half_log * (third + fourth))


def _stirling(n: Any) -> Any:
    return 1 + 1 / (12 * n) + 1 / (288 * n**2)


def _fitted(x: Any, alpha: Any, total: Any) -> Any:
    u = jnp.log(x)
    a = jnp.log(alpha) - u
    b = jnp.log(total) - a
    p, q = (
        sum(
            u**i * a**j * (c[0] + b * (c[1] + b * (c[2] + b * c[3])))
            for i, rows in enumerate(table)
            for j, c in enumerate(rows)
        )
        for table in _FIT
    )
    return p / q * x * (digamma(total) - digamma(alpha)) / (total - alpha)


@op(name="_sample_dirichlet", differentiable=False)
def dirichlet_keyed(input: Any, key: Any, ordinal: int) -> Any:
    """Points of a simplex.

    Args:
        input: concentrations, along the last dimension.
        key: the step's key.
        ordinal: which draw of the step this is.

    Returns:
        A tensor of the shape and dtype of the concentrations.
    """
    drawn = jax.random.dirichlet(derived_key(key, ordinal), input, dtype=input.dtype)
    limits = jnp.finfo(input.dtype)
    return jnp.clip(drawn, limits.tiny, 1 - limits.epsneg)

"""Divergences between univariate distributions of two kinds.

That from ``p`` to ``q`` is the mean of ``-log q`` over ``p`` less the entropy of ``p``. For each kind of ``q`` the mean
takes a few moments of ``p``, so there is one function for each kind.
"""

from __future__ import annotations

import math
from typing import Any

from ..ops.pointwise_select import where
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .continuous_bernoulli import ContinuousBernoulli
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import Gumbel
from .kl import register_kl
from .laplace import Laplace
from .normal import Normal
from .pareto import Pareto
from .poisson import Poisson
from .uniform import Uniform
from .utils import euler_constant

__all__: list[str] = []


# --------------------------------------------------------------------------------------- where the support is larger


def _register_infinite(type_p: type, parameter: str, *types_q: type) -> None:
    """Make divergences infinite; ``parameter`` has the batch's shape."""

    def infinite(p: Any, q: Any) -> Any:
        value = getattr(p, parameter)
        return value.new_full(value.shape, math.inf)

    for type_q in types_q:
        register_kl(type_p, type_q)(infinite)


_BOUNDED = Beta, ContinuousBernoulli, Pareto, Uniform
_register_infinite(Beta, "concentration1", Pareto)
_register_infinite(ContinuousBernoulli, "probs", Pareto)
_register_infinite(Exponential, "rate", *_BOUNDED)
_register_infinite(Gamma, "concentration", *_BOUNDED)
_register_infinite(Gumbel, "loc", *_BOUNDED, Exponential, Gamma)
_register_infinite(Laplace, "loc", *_BOUNDED, Exponential, Gamma)
_register_infinite(Normal, "loc", *_BOUNDED, Exponential, Gamma)
_register_infinite(Pareto, "scale", Beta, ContinuousBernoulli, Uniform)
_register_infinite(Poisson, "rate", Bernoulli, Binomial)


# ------------------------------------------------------------------------------------------------------ moments of p


def _mean_log(p: Any) -> Any:
    """The mean of the logarithm."""
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Exponential):
        return -euler_constant - p.rate.log()
    if isinstance(p, Pareto):
        return p.scale.log() + p.alpha.reciprocal()
    return _mean_log_between(p.low, p.high)


def _mean_log_between(low: Any, high: Any) -> Any:
    """The mean of the logarithm of numbers uniform between two."""
    return (high.xlogy(high) - low.xlogy(low)) / (high - low) - 1


# ------------------------------------------------------------------------------------------------------- one for each q


@register_kl(Beta, Normal)
@register_kl(ContinuousBernoulli, Normal)
@register_kl(Exponential, Normal)
@register_kl(Gamma, Normal)
@register_kl(Gumbel, Normal)
@register_kl(Laplace, Normal)
@register_kl(Uniform, Normal)
def _to_normal(p: Any, q: Any) -> Any:
    return _to_normal_of(p, q, p.mean, p.variance)


def _to_normal_of(p: Any, q: Any, mean: Any, variance: Any) -> Any:
    spread = (variance + (mean - q.loc).pow(2)) / (2 * q.scale.pow(2))
    return q.scale.log() + 0.5 * math.log(2 * math.pi) - p.entropy() + spread


@register_kl(Pareto, Normal)
def _pareto_normal(p: Any, q: Any) -> Any:
    a, b = p.alpha, p.scale / (p.alpha - 1)
    result = _to_normal_of(p, q, a * b, a * b.pow(2) / (a - 2))
    return result.masked_fill(a <= 2, math.inf)


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
@register_kl(Gamma, Exponential)
def _to_exponential(p: Any, q: Any) -> Any:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@register_kl(Pareto, Exponential)
def _pareto_exponential(p: Any, q: Any) -> Any:
    mean = p.alpha * p.scale / (p.alpha - 1)
    return (q.rate * mean - q.rate.log() - p.entropy()).masked_fill(p.alpha <= 1, math.inf)


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Any, q: Any) -> Any:
    return _to_exponential(p, q).masked_fill(p.low < 0, math.inf)


@register_kl(Beta, Gamma)
@register_kl(Exponential, Gamma)
def _to_gamma(p: Any, q: Any) -> Any:
    return _to_gamma_of(p, q, p.mean)


def _to_gamma_of(p: Any, q: Any, mean: Any) -> Any:
    a = q.concentration
    return -p.entropy() + a.lgamma() - a * q.rate.log() - (a - 1) * _mean_log(p) + q.rate * mean


@register_kl(Pareto, Gamma)
def _pareto_gamma(p: Any, q: Any) -> Any:
    mean = p.alpha * p.scale / (p.alpha - 1)
    return _to_gamma_of(p, q, mean).masked_fill(p.alpha <= 1, math.inf)


@register_kl(Uniform, Gamma)
def _uniform_gamma(p: Any, q: Any) -> Any:
    return _to_gamma(p, q).masked_fill(p.low < 0, math.inf)


def _to_gumbel_of(p: Any, q: Any, decay: Any) -> Any:
    """``decay`` is the mean of exp(-(x - loc) / scale)."""
    return q.scale.log() + (p.mean - q.loc) / q.scale + decay - p.entropy()


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Any, q: Any) -> Any:
    product = p.rate * q.scale
    return _to_gumbel_of(p, q, (q.loc / q.scale).exp() * product / (product + 1))


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Any, q: Any) -> Any:
    shrunk = (1 + (p.rate * q.scale).reciprocal()).pow(-p.concentration)
    return _to_gumbel_of(p, q, (q.loc / q.scale).exp() * shrunk)


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Any, q: Any) -> Any:
    exponent = 0.5 * (p.scale / q.scale).pow(2) - (p.loc - q.loc) / q.scale
    return _to_gumbel_of(p, q, exponent.exp())


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Any, q: Any) -> Any:
    low, high = (((x - q.loc) / -q.scale).exp() for x in (p.low, p.high))
    return _to_gumbel_of(p, q, q.scale / (p.high - p.low) * (low - high))


@register_kl(Normal, Laplace)
def _normal_laplace(p: Any, q: Any) -> Any:
    distance = p.loc - q.loc
    scaled = distance / p.scale
    peak = math.sqrt(2 / math.pi) * p.scale * (-0.5 * scaled.pow(2)).exp()
    mean = peak + distance * (math.sqrt(0.5) * scaled).erf()
    return (2 * q.scale).log() + mean / q.scale - p.entropy()


@register_kl(Beta, ContinuousBernoulli)
def _to_continuous_bernoulli(p: Any, q: Any) -> Any:
    return -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._cont_bern_log_norm()


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p: Any, q: Any) -> Any:
    # As torch has it, also where the two supports are one.
    result = _to_continuous_bernoulli(p, q)
    return where((p.high >= 1) | (p.low <= 0), math.inf, result)


@register_kl(Uniform, Beta)
def _uniform_beta(p: Any, q: Any) -> Any:
    a, b = q.concentration1, q.concentration0
    logs = (a - 1) * _mean_log(p) + (b - 1) * _mean_log_between(1 - p.high, 1 - p.low)
    result = a.lgamma() + b.lgamma() - (a + b).lgamma() - logs - p.entropy()
    return result.masked_fill((p.high > 1) | (p.low < 0), math.inf)


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Any, q: Any) -> Any:
    result = (q.alpha + 1) * _mean_log(p) - q.alpha.log() - q.alpha * q.scale.log() - p.entropy()
    return result.masked_fill(p.low < q.scale, math.inf)


@register_kl(Beta, Uniform)
def _beta_uniform(p: Any, q: Any) -> Any:
    result = (q.high - q.low).log() - p.entropy()
    return result.masked_fill((q.low > 0) | (q.high < 1), math.inf)


@register_kl(ContinuousBernoulli, Uniform)
def _continuous_bernoulli_uniform(p: Any, q: Any) -> Any:
    # As torch has it, also where the two supports are one.
    result = (q.high - q.low).log() - p.entropy()
    return where((q.low >= 0) | (q.high <= 1), math.inf, result)


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Any, q: Any) -> Any:
    return q.rate - p.probs * q.rate.log() - p.entropy()

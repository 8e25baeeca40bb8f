"""Transforms of numbers, element by element."""

from __future__ import annotations

import math
from typing import Any

from ..._dtypes import finfo
from ..._tensor.creation_constants import full_like
from ...ops.joining import broadcast_shapes
from ...ops.nn_activation_smooth import softplus
from .. import constraints
from ..utils import broadcast_all, lazy_property
from .base import Parameterless, Transform

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "PowerTransform",
    "SigmoidTransform",
    "SoftplusTransform",
    "TanhTransform",
]


class ExpTransform(Parameterless):
    r""":math:`y = e^x`.

    Args:
        cache_size: see :class:`Transform`.
    """

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = +1

    def _call(self, x: Any) -> Any:
        return x.exp()

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x


class PowerTransform(Transform):
    r""":math:`y = x^{\text{exponent}}` of positive numbers.

    Args:
        exponent: a number or a tensor.
        cache_size: see :class:`Transform`.
    """

    domain = constraints.positive
    codomain = constraints.positive
    bijective = True

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        (self.exponent,) = broadcast_all(exponent)

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._recached(cache_size, PowerTransform, self.exponent)

    @lazy_property
    def sign(self) -> Any:
        return self.exponent.sign()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PowerTransform) and self.exponent.eq(other.exponent).all().item()

    def _call(self, x: Any) -> Any:
        return x.pow(self.exponent)

    def _inverse(self, y: Any) -> Any:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Any) -> Any:
        return broadcast_shapes(shape, self.exponent.shape)

    def inverse_shape(self, shape: Any) -> Any:
        return broadcast_shapes(shape, self.exponent.shape)


def within_unit_interval(y: Any) -> Any:
    """The number, but neither 0 nor 1."""
    limits = finfo(y.dtype)
    return y.clamp(min=limits.tiny, max=1.0 - limits.eps)


class SigmoidTransform(Parameterless):
    r""":math:`y = 1 / (1 + e^{-x})`, kept away from 0 and 1.

    Args:
        cache_size: see :class:`Transform`.
    """

    domain = constraints.real
    codomain = constraints.unit_interval
    bijective = True
    sign = +1

    def _call(self, x: Any) -> Any:
        return within_unit_interval(x.sigmoid())

    def _inverse(self, y: Any) -> Any:
        y = within_unit_interval(y)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x) - softplus(x)


class SoftplusTransform(Parameterless):
    r""":math:`y = \log(1 + e^x)`, which above 20 is :math:`x`.

    Args:
        cache_size: see :class:`Transform`.
    """

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = +1

    def _call(self, x: Any) -> Any:
        return softplus(x)

    def _inverse(self, y: Any) -> Any:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x)


class TanhTransform(Parameterless):
    r""":math:`y = \tanh x`; with a cache the inverse does not overflow at :math:`\pm 1`.

    Args:
        cache_size: see :class:`Transform`.
    """

    domain = constraints.real
    codomain = constraints.interval(-1.0, 1.0)
    bijective = True
    sign = +1

    def _call(self, x: Any) -> Any:
        return x.tanh()

    def _inverse(self, y: Any) -> Any:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        # log(1 - tanh(x)**2) without a difference of near equals.
        return 2.0 * (math.log(2.0) - x - softplus(-2.0 * x))


class AbsTransform(Parameterless):
    """:math:`y = |x|`, whose inverse gives the positive one.

    Args:
        cache_size: see :class:`Transform`.
    """

    domain = constraints.real
    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return x.abs()

    def _inverse(self, y: Any) -> Any:
        return y


def _is_number(x: Any) -> bool:
    return isinstance(x, (int, float))


def _same(a: Any, b: Any) -> bool:
    return a == b if _is_number(a) and _is_number(b) else (a == b).all().item()


class AffineTransform(Transform):
    r""":math:`y = \text{loc} + \text{scale} \cdot x`.

    Args:
        loc: a number or a tensor.
        scale: a number or a tensor.
        event_dim: how many dimensions make up one event: 0 for numbers, 1 for vectors.
        cache_size: see :class:`Transform`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.AffineTransform(1.0, 2.0)(torch.tensor([0.0, 3.0]))
        tensor([1., 7.])
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.loc = loc
        self.scale = scale
        self._event_dim = event_dim

    @property
    def event_dim(self) -> int:
        return self._event_dim

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        """The constraint of arguments."""
        return (
            constraints.independent(constraints.real, self.event_dim) if self.event_dim else constraints.real
        )

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        """The constraint of results."""
        return self.domain

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._recached(cache_size, AffineTransform, self.loc, self.scale, self.event_dim)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AffineTransform):
            return False
        return _same(self.loc, other.loc) and _same(self.scale, other.scale)

    @property
    def sign(self) -> Any:
        if _is_number(self.scale):
            return (self.scale > 0) - (self.scale < 0)
        return self.scale.sign()

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        shape = x.shape
        if _is_number(self.scale):
            result = full_like(x, math.log(abs(self.scale)))
        else:
            result = self.scale.abs().log()
        if self.event_dim:
            result = result.view(result.shape[: -self.event_dim] + (-1,)).sum(-1)
            shape = shape[: -self.event_dim]
        return result.expand(shape)

    def forward_shape(self, shape: Any) -> Any:
        return broadcast_shapes(shape, getattr(self.loc, "shape", ()), getattr(self.scale, "shape", ()))

    def inverse_shape(self, shape: Any) -> Any:
        return self.forward_shape(shape)


class CumulativeDistributionTransform(Transform):
    """The cumulative distribution function of a distribution, which makes its samples uniform.

    Args:
        distribution: the distribution; the inverse needs its ``icdf``.
        cache_size: see :class:`Transform`.

    Example::

        >>> import jaxlearn as torch
        >>> D = torch.distributions
        >>> D.CumulativeDistributionTransform(D.Normal(0.0, 1.0))(torch.tensor([0.0]))
        tensor([0.5000])
    """

    bijective = True
    codomain = constraints.unit_interval
    sign = +1

    def __init__(self, distribution: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.distribution = distribution

    @property
    def domain(self) -> Any:
        return self.distribution.support

    def _call(self, x: Any) -> Any:
        return self.distribution.cdf(x)

    def _inverse(self, y: Any) -> Any:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return self.distribution.log_prob(x)

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._recached(cache_size, CumulativeDistributionTransform, self.distribution)

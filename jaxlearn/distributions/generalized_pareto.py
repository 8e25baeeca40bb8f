"""The generalized Pareto distribution."""

from __future__ import annotations

import math
from typing import Any

from .._size import Size
from .._tensor.creation_constants import ones_like, zeros_like
from .._tensor.random import rand
from ..ops.comparison import isclose
from ..ops.pointwise_select import where
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    r"""The generalized Pareto distribution, of which the exponential one is the limit :math:`\xi \to 0`.

    .. math:: P(X > x) = (1 + \xi z)^{-1 / \xi}, \quad z = (x - \mu) / \sigma

    https://docs.pytorch.org/docs/stable/distributions.html#generalizedpareto

    Args:
        loc: the least value :math:`\mu`.
        scale: the scale :math:`\sigma`, positive.
        concentration: the shape :math:`\xi`; the values are bounded above if it is negative.
        validate_args: see :class:`Distribution`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.GeneralizedPareto(torch.tensor([0.0]), 1.0, torch.tensor([0.5])).mean
        tensor([2.])
    """

    arg_constraints: Any = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(GeneralizedPareto, batch_shape, _instance)

    def rsample(self, sample_shape: Any = Size()) -> Any:
        shape = self._extended_shape(sample_shape)
        return self.icdf(rand(shape, dtype=self.loc.dtype, device=self.loc.device))

    def _shape_or_one(self) -> tuple[Any, Any]:
        """Where the shape is zero, and the shape with 1 there."""
        zero = isclose(self.concentration, zeros_like(self.concentration))
        return zero, where(zero, ones_like(self.concentration), self.concentration)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        z = (value - self.loc) / self.scale
        zero, shape = self._shape_or_one()
        power = 1 / shape + ones_like(z)
        # At the shape -1 the density is constant, also where the logarithm is infinite.
        return -self.scale.log() - where(zero, z, where(power == 0, power, power * (shape * z).log1p()))

    def log_survival_function(self, value: Any) -> Any:
        """The logarithm of the probability of more than a value.

        Args:
            value: the value.

        Raises:
            ValueError: the value is outside the support, or of another shape.
        """
        if self._validate_args:
            self._validate_sample(value)
        z = (value - self.loc) / self.scale
        zero, shape = self._shape_or_one()
        return where(zero, -z, -(shape * z).log1p() / shape)

    def log_cdf(self, value: Any) -> Any:
        """The logarithm of :meth:`cdf`.

        Args:
            value: the value.
        """
        return (-self.log_survival_function(value).exp()).log1p()

    def cdf(self, value: Any) -> Any:
        return self.log_cdf(value).exp()

    def icdf(self, value: Any) -> Any:
        zero, shape = self._shape_or_one()
        logarithm = (-value).log1p()
        general = self.loc + self.scale / shape * (-shape * logarithm).expm1()
        return where(zero, self.loc - self.scale * logarithm, general)

    @property
    def mean(self) -> Any:
        known = self.concentration < 1
        return where(known, self.loc + self.scale / (1 - where(known, self.concentration, 0.5)), math.nan)

    @property
    def variance(self) -> Any:
        known = self.concentration < 0.5
        shape = where(known, self.concentration, 0.25)
        return where(known, self.scale**2 / ((1 - shape) ** 2 * (1 - 2 * shape)), math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    def entropy(self) -> Any:
        return (self.scale.log() + self.concentration + 1).broadcast_to(self._batch_shape)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From ``loc`` on, up to a bound if the shape is negative."""
        bound = self.loc - self.scale / self.concentration
        return constraints.interval(self.loc, where(self.concentration < 0, bound, math.inf))

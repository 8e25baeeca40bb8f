"""The von Mises distribution."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

from .. import _random as streams
from .._autograd.modes import no_grad
from .._dtypes import float64
from .._size import Size
from .._tensor.random_discrete import by_rejection
from ..ops.pointwise_select import where
from ..ops.von_mises_samples import von_mises_keyed
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, lazy_property

__all__ = ["VonMises"]

# Polynomials of the modified Bessel functions of orders 0 and 1, by (x / 3.75)**2 below 3.75 and by 3.75 / x above it
# (M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions", 9.8.1 to 9.8.4).
_SMALL = (
    (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.360768e-1, 0.45813e-2),
    (0.5, 0.87890594, 0.51498869, 0.15084934, 0.2658733e-1, 0.301532e-2, 0.32411e-3),
)
_LARGE = (
    (
        0.39894228,
        0.1328592e-1,
        0.225319e-2,
        -0.157565e-2,
        0.916281e-2,
        -0.2057706e-1,
        0.2635537e-1,
        -0.1647633e-1,
        0.392377e-2,
    ),
    (
        0.39894228,
        -0.3988024e-1,
        -0.362018e-2,
        0.163801e-2,
        -0.1031555e-1,
        0.2282967e-1,
        -0.2895312e-1,
        0.1787654e-1,
        -0.420059e-2,
    ),
)


def _polynomial(y: Any, coefficients: Sequence[float]) -> Any:
    return functools.reduce(lambda total, c: c + y * total, reversed(coefficients))


def _log_bessel(x: Any, order: int) -> Any:
    """The logarithm of the modified Bessel function of order 0 or 1 of positive numbers."""
    small = _polynomial((x / 3.75) ** 2, _SMALL[order])
    if order:
        small = x.abs() * small
    large = x - 0.5 * x.log() + _polynomial(3.75 / x, _LARGE[order]).log()
    return where(x < 3.75, small.log(), large)


class VonMises(Distribution):
    r"""The von Mises distribution of angles, :math:`p(x) \propto e^{\kappa \cos(x - \mu)}`.

    Angles may be any numbers; they count modulo :math:`2 \pi`.
    https://docs.pytorch.org/docs/stable/distributions.html#vonmises

    Args:
        loc: the middle :math:`\mu`.
        concentration: :math:`\kappa`, positive.
        validate_args: see :class:`Distribution`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.VonMises(torch.tensor([1.0]), torch.tensor([1.0])).variance
        tensor([0.5536])
    """

    arg_constraints: Any = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    has_rsample = False

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, Size(), validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        loc, concentration = self.loc.expand(batch_shape), self.concentration.expand(batch_shape)
        return type(self)(loc, concentration, validate_args=self.__dict__.get("_validate_args"))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        power = self.concentration * (value - self.loc).cos()
        return power - math.log(2 * math.pi) - _log_bessel(self.concentration, 0)

    @lazy_property
    def _proposal_r(self) -> Any:
        """The parameter of the Cauchy distribution that samples are chosen from, in double precision."""
        kappa = self.concentration.to(float64)
        tau = 1 + (1 + 4 * kappa**2).sqrt()
        rho = (tau - (2 * tau).sqrt()) / (2 * kappa)
        # Its Taylor expansion where the difference above would cancel.
        return where(kappa < 1e-5, 1 / kappa + kappa, (1 + rho**2) / (2 * rho))

    def sample(self, sample_shape: Any = Size()) -> Any:
        shape = tuple(self._extended_shape(sample_shape))

        def sample(stream: Any, loc: Any, concentration: Any, proposal: Any) -> Any:
            return streams.von_mises(stream, loc, concentration, proposal, shape)

        def keyed(loc: Any, concentration: Any, proposal: Any, key: Any, ordinal: int) -> Any:
            return von_mises_keyed(loc, concentration, proposal, shape, key, ordinal)

        with no_grad():
            parameters = self.loc.to(float64), self.concentration.to(float64), self._proposal_r
            return by_rejection(sample, keyed, *parameters).to(self.loc.dtype)

    @property
    def mean(self) -> Any:
        """The middle: the mean of points on the circle, as an angle."""
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @lazy_property
    def variance(self) -> Any:
        """One less the length of the mean of points on the circle."""
        return 1 - (_log_bessel(self.concentration, 1) - _log_bessel(self.concentration, 0)).exp()

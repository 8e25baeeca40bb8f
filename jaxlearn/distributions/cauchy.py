"""The Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any

from .._size import Size
from .._tensor.creation_constants import empty, full
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["Cauchy"]


class Cauchy(Distribution):
    r"""The Cauchy distribution of median :math:`m` and scale :math:`\gamma`.

    .. math:: p(x) = \frac{1}{\pi \gamma} \frac{\gamma^2}{(x - m)^2 + \gamma^2}

    https://docs.pytorch.org/docs/stable/distributions.html#cauchy

    Args:
        loc: the median, which is also the mode; there is no mean.
        scale: half of the width at half of the height, positive.
        validate_args: see :class:`Distribution`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.Cauchy(torch.tensor([0.0]), 1.0).cdf(torch.tensor([1.0]))
        tensor([0.7500])
    """

    arg_constraints: Any = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Cauchy, batch_shape, _instance)

    def _full(self, number: float) -> Any:
        return full(self._extended_shape(), number, dtype=self.loc.dtype, device=self.loc.device)

    @property
    def mean(self) -> Any:
        return self._full(math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return self._full(math.inf)

    def rsample(self, sample_shape: Any = Size()) -> Any:
        shape = self._extended_shape(sample_shape)
        return self.loc + empty(shape, dtype=self.loc.dtype, device=self.loc.device).cauchy_() * self.scale

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return -math.log(math.pi) - self.scale.log() - (((value - self.loc) / self.scale) ** 2).log1p()

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return ((value - self.loc) / self.scale).atan() / math.pi + 0.5

    def icdf(self, value: Any) -> Any:
        return (math.pi * (value - 0.5)).tan() * self.scale + self.loc

    def entropy(self) -> Any:
        return math.log(4 * math.pi) + self.scale.log()

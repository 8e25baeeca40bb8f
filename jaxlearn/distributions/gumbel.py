"""The Gumbel distribution."""

from __future__ import annotations

import math
from typing import Any

from .._dtypes import finfo
from .._tensor.creation_constants import full_like, ones_like
from . import constraints
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, ExpTransform
from .uniform import Uniform
from .utils import broadcast_all, euler_constant

__all__ = ["Gumbel"]


class Gumbel(TransformedDistribution):
    r"""The Gumbel distribution of mode :math:`\mu` and scale :math:`\beta`.

    .. math:: p(x) = \frac{1}{\beta} e^{y - e^y}, \quad y = (\mu - x) / \beta

    https://docs.pytorch.org/docs/stable/distributions.html#gumbel

    Args:
        loc: the mode.
        scale: the scale, positive.
        validate_args: see :class:`Distribution`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.Gumbel(torch.tensor([1.0]), torch.tensor([2.0])).mean
        tensor([2.1544])
    """

    arg_constraints: Any = {"loc": constraints.real, "scale": constraints.positive}
    support: Any = constraints.real

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        limits = finfo(self.loc.dtype)
        low, high = limits.tiny, 1 - limits.eps
        if not (isinstance(loc, (int, float)) and isinstance(scale, (int, float))):
            low, high = full_like(self.loc, low), full_like(self.loc, high)
        # -log(-log(u)) of a uniform number.
        transforms = [
            ExpTransform().inv,
            AffineTransform(loc=0, scale=-ones_like(self.scale)),
            ExpTransform().inv,
            AffineTransform(loc=loc, scale=-self.scale),
        ]
        base = Uniform(low, high, validate_args=validate_args)
        super().__init__(base, transforms, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return super().expand(batch_shape, self._get_checked_instance(Gumbel, _instance))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        y = (self.loc - value) / self.scale
        return (y - y.exp()) - self.scale.log()

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * euler_constant

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def stddev(self) -> Any:
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self) -> Any:
        return self.stddev.pow(2)

    def entropy(self) -> Any:
        return self.scale.log() + (1 + euler_constant)

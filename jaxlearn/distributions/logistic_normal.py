"""The logistic-normal distribution."""

from __future__ import annotations

from typing import Any

from . import constraints
from .normal import Normal
from .transformed_distribution import TransformedDistribution
from .transforms import StickBreakingTransform

__all__ = ["LogisticNormal"]


class LogisticNormal(TransformedDistribution):
    """The distribution of points of the simplex that come of vectors of normal numbers by breaking a stick.

    https://docs.pytorch.org/docs/stable/distributions.html#logisticnormal

    Args:
        loc: the normal numbers' means.
        scale: their standard deviations, positive.
        validate_args: see :class:`Distribution`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.LogisticNormal(torch.zeros(3), torch.ones(3)).event_shape
        torch.Size([4])
    """

    arg_constraints: Any = {"loc": constraints.real, "scale": constraints.positive}
    support: Any = constraints.simplex
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        if not base.batch_shape:
            base = base.expand([1])
        super().__init__(base, StickBreakingTransform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return super().expand(batch_shape, self._get_checked_instance(LogisticNormal, _instance))

    @property
    def loc(self) -> Any:
        """The normal numbers' means."""
        return self.base_dist.base_dist.loc

    @property
    def scale(self) -> Any:
        """The normal numbers' standard deviations."""
        return self.base_dist.base_dist.scale

"""The negative binomial distribution."""

from __future__ import annotations

from typing import Any

from .._autograd.modes import no_grad
from .._size import Size
from .._tensor.random_discrete import poisson
from ..ops.nn_activation_smooth import logsigmoid
from . import constraints
from ._probs_or_logits import ProbsOrLogits
from .gamma import Gamma
from .utils import lazy_property

__all__ = ["NegativeBinomial"]


class NegativeBinomial(ProbsOrLogits):
    r"""How many trials succeed before :math:`r` of them have failed.

    .. math:: P(k) = \frac{\Gamma(r + k)}{k! \, \Gamma(r)} p^k (1 - p)^r

    https://docs.pytorch.org/docs/stable/distributions.html#negativebinomial

    Args:
        total_count: the number of failures, not negative; it need not be an integer.
        probs: the probability of success of a trial, in [0, 1).
        logits: its log odds, in place of it.
        validate_args: see :class:`Distribution`.

    Raises:
        ValueError: both ``probs`` and ``logits`` are given, or none.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.NegativeBinomial(3, torch.tensor([0.0, 0.5])).mean
        tensor([3.5763e-07, 3.0000e+00])
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._set(probs, logits, total_count)
        super().__init__(self._param.size(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(NegativeBinomial, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Any:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Any:
        return self.mean / (-self.logits).sigmoid()

    @lazy_property
    def _gamma(self) -> Any:
        # Not validated, because there may be no failures to wait for.
        return Gamma(self.total_count, (-self.logits).exp(), validate_args=False)

    def sample(self, sample_shape: Any = Size()) -> Any:
        with no_grad():
            return poisson(self._gamma.sample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        r, logits = self.total_count, self.logits
        unnormalized = r * logsigmoid(-logits) + value * logsigmoid(logits)
        normalization = -(r + value).lgamma() + (1.0 + value).lgamma() + r.lgamma()
        # Without failures 0 is certain, but lgamma(0) is infinite.
        return unnormalized - normalization.masked_fill(r + value == 0.0, 0.0)

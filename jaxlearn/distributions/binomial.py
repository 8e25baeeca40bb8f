"""The binomial distribution."""

from __future__ import annotations

from typing import Any

from .._autograd.modes import no_grad
from .._size import Size
from .._tensor.creation_ranges import arange
from .._tensor.random_discrete import binomial
from . import constraints
from ._probs_or_logits import ProbsOrLogits

__all__ = ["Binomial"]


class Binomial(ProbsOrLogits):
    r"""How many of :math:`n` trials succeed: :math:`P(k) = \binom{n}{k} p^k (1 - p)^{n - k}`.

    https://docs.pytorch.org/docs/stable/distributions.html#binomial

    Args:
        total_count: the number of trials.
        probs: the probability of success of each.
        logits: its log odds, in place of it.
        validate_args: see :class:`Distribution`.

    Raises:
        ValueError: both ``probs`` and ``logits`` are given, or none.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.Binomial(100, torch.tensor([0.0, 0.25, 1.0])).mean
        tensor([  0.,  25., 100.])
    """

    arg_constraints = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._set(probs, logits, total_count)
        super().__init__(self._param.size(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Binomial, batch_shape, _instance)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """Integers from 0 to the number of trials."""
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = Size()) -> Any:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        n, logits = self.total_count, self.logits
        # log(1 - p) = -max(logit, 0) - log(1 + exp(-|logit|)), which does not overflow. The maximum is written such
        # that its gradient at 0 is one half.
        above = (logits.clamp(min=0) + logits - logits.clamp(max=0)) / 2
        at_zero = n * above + n * (-logits.abs()).exp().log1p() - (n + 1).lgamma()
        return value * logits - (value + 1).lgamma() - (n - value + 1).lgamma() - at_zero

    def entropy(self) -> Any:
        log_prob = self.log_prob(self._values("entropy", False))
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Any:
        return self._values("enumerate_support", expand)

    def _values(self, asked_for: str, expand: bool) -> Any:
        count = int(self.total_count.max())
        if self.total_count.min() != count:
            raise NotImplementedError(f"Inhomogeneous total count not supported by `{asked_for}`.")
        like = self._param
        return self._along_first(arange(1 + count, dtype=like.dtype, device=like.device), expand)

"""The categorical distribution."""

from __future__ import annotations

import math
from typing import Any

from .._dtypes import finfo, int64
from .._size import Size
from .._tensor.creation_constants import full
from .._tensor.creation_ranges import arange
from .._tensor.random_discrete import multinomial
from ..ops.joining import broadcast_tensors
from . import constraints
from ._probs_or_logits import ProbsOrLogits
from ._validation import violates

__all__ = ["Categorical"]


def _normalized_logits(logits: Any) -> Any:
    return logits - logits.logsumexp(dim=-1, keepdim=True)


def _normalized_probs(probs: Any) -> Any:
    return probs / probs.sum(-1, keepdim=True)


class Categorical(ProbsOrLogits):
    """One of the classes 0, ..., K - 1.

    https://docs.pytorch.org/docs/stable/distributions.html#categorical

    Args:
        probs: the classes' probabilities along the last dimension, of size K. They need not sum to one;
            the attribute ``probs`` does.
        logits: their logarithms up to a constant, in place of them; the attribute ``logits`` is normalised.
        validate_args: see :class:`Distribution`.

    Raises:
        ValueError: both are given, or none, or they have no dimension.

    Example::

        >>> import jaxlearn as torch
        >>> d = torch.distributions.Categorical(torch.tensor([1.0, 3.0]))
        >>> d.probs, d.log_prob(torch.tensor(1)).exp()
        (tensor([0.2500, 0.7500]), tensor(0.7500))
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True
    _is_binary = False

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._refuse_both(probs, logits)
        name, given = ("logits", logits) if probs is None else ("probs", probs)
        if given.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        self._given, self._normalize = given, _normalized_logits if probs is None else _normalized_probs
        self._param = self.__dict__[name] = self._normalize(given)
        self._num_events = given.size()[-1]
        super().__init__(given.size()[:-1], validate_args=validate_args)
        del self._given, self._normalize

    def _violates(self, constraint: Any, value: Any) -> bool:
        # What was given may exist, when what is made of it is a part of the step.
        return violates(lambda given: constraint.check(self._normalize(given)), self._given)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(Categorical, batch_shape, _instance)
        new._num_events = self._num_events
        return new

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """The classes."""
        return constraints.integer_interval(0, self._num_events - 1)

    def _undefined(self) -> Any:
        return full(self._extended_shape(), math.nan, dtype=self.probs.dtype, device=self.probs.device)

    @property
    def mean(self) -> Any:
        """NaN: classes have no mean."""
        return self._undefined()

    @property
    def mode(self) -> Any:
        return self.probs.argmax(dim=-1)

    @property
    def variance(self) -> Any:
        """NaN: classes have no variance."""
        return self._undefined()

    def sample(self, sample_shape: Any = Size()) -> Any:
        sample_shape = Size(sample_shape)
        rows = self.probs.reshape(-1, self._num_events)
        drawn = multinomial(rows, sample_shape.numel(), True)
        return drawn.T.reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        value, logits = broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, value[..., :1]).squeeze(-1)

    def entropy(self) -> Any:
        # 0 * log(0) is 0: no logarithm below the least number.
        logits = self.logits.clamp(min=finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        return self._along_first(arange(self._num_events, dtype=int64, device=self._param.device), expand)

"""The relaxed one-hot categorical distribution, and that of its logarithms."""

from __future__ import annotations

from typing import Any

from .._size import Size
from .._tensor.creation_constants import full_like
from .._tensor.random import rand
from . import constraints
from .categorical import Categorical
from .distribution import Distribution
from .transformed_distribution import TransformedDistribution
from .transforms import ExpTransform
from .utils import broadcast_all, clamp_probs

__all__ = ["ExpRelaxedCategorical", "RelaxedOneHotCategorical"]


class ExpRelaxedCategorical(Distribution):
    """The distribution of the logarithms of :class:`RelaxedOneHotCategorical` points.

    C. J. Maddison, A. Mnih, Y. W. Teh, "The concrete distribution: a continuous relaxation of discrete random
    variables", ICLR 2017; E. Jang, S. Gu, B. Poole, "Categorical reparameterization with Gumbel-softmax", ICLR 2017.

    Args:
        temperature: a tensor; the lower it is the closer to the corners the points are.
        probs: the classes' probabilities, along the last dimension.
        logits: their logarithms up to a constant, in place of them.
        validate_args: see :class:`Distribution`.

    Raises:
        ValueError: both are given, or none.
    """

    arg_constraints: Any = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.real_vector  # of which the distribution's own is a surface
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits)
        self.temperature = temperature
        event_shape = self._categorical.param_shape[-1:]
        super().__init__(self._categorical.batch_shape, event_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(ExpRelaxedCategorical, batch_shape, _instance)
        new.temperature = self.temperature
        new._categorical = self._categorical.expand(batch_shape)
        return new

    @property
    def param_shape(self) -> Any:
        """The shape of ``probs`` and ``logits``."""
        return self._categorical.param_shape

    @property
    def logits(self) -> Any:
        """The logarithms of the classes' probabilities."""
        return self._categorical.logits

    @property
    def probs(self) -> Any:
        """The classes' probabilities."""
        return self._categorical.probs

    def rsample(self, sample_shape: Any = Size()) -> Any:
        shape = self._extended_shape(sample_shape)
        uniforms = clamp_probs(rand(shape, dtype=self.logits.dtype, device=self.logits.device))
        gumbels = -((-(uniforms.log())).log())
        scores = (self.logits + gumbels) / self.temperature
        return scores - scores.logsumexp(dim=-1, keepdim=True)

    def log_prob(self, value: Any) -> Any:
        classes = self._categorical._num_events
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        log_scale = full_like(self.temperature, float(classes)).lgamma()
        log_scale = log_scale - self.temperature.log().mul(-(classes - 1))
        score = logits - value.mul(self.temperature)
        return (score - score.logsumexp(dim=-1, keepdim=True)).sum(-1) + log_scale


class RelaxedOneHotCategorical(TransformedDistribution):
    """Points of the simplex that take the place of one-hot vectors, as they have a gradient.

    https://docs.pytorch.org/docs/stable/distributions.html#relaxedonehotcategorical

    Args:
        temperature: a tensor; the lower it is the closer to the corners the points are.
        probs: the classes' probabilities, along the last dimension.
        logits: their logarithms up to a constant, in place of them.
        validate_args: see :class:`Distribution`.

    Raises:
        ValueError: both are given, or none.

    Example::

        >>> import jaxlearn as torch
        >>> d = torch.distributions.RelaxedOneHotCategorical(torch.tensor(2.2), torch.tensor([1.0, 3.0]))
        >>> d.probs, d.event_shape
        (tensor([0.2500, 0.7500]), torch.Size([2]))
    """

    arg_constraints: Any = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support: Any = constraints.simplex
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return super().expand(batch_shape, self._get_checked_instance(RelaxedOneHotCategorical, _instance))

    @property
    def temperature(self) -> Any:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Any:
        """The logarithms of the classes' probabilities."""
        return self.base_dist.logits

    @property
    def probs(self) -> Any:
        """The classes' probabilities."""
        return self.base_dist.probs

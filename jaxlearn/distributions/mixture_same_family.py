"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import Any

from .._autograd.modes import no_grad
from .._size import Size
from . import constraints
from .categorical import Categorical
from .distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """A mixture whose components are the last dimension of one distribution's batch.

    https://docs.pytorch.org/docs/stable/distributions.html#mixturesamefamily

    Args:
        mixture_distribution: a :class:`Categorical` that chooses the component.
        component_distribution: the components; the batch without its last dimension is that of the mixture.
        validate_args: see :class:`Distribution`.

    Raises:
        ValueError: an argument is something else, or their shapes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> D = torch.distributions
        >>> parts = D.Normal(torch.tensor([-1.0, 1.0]), torch.tensor([0.5, 0.5]))
        >>> mixture = D.MixtureSameFamily(D.Categorical(torch.ones(2)), parts)
        >>> mixture.mean, mixture.variance
        (tensor(0.), tensor(1.2500))
    """

    arg_constraints: Any = {}
    has_rsample = False

    def __init__(
        self,
        mixture_distribution: Any,
        component_distribution: Any,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(
                " The Mixture distribution needs to be an  instance of torch.distributions.Categorical"
            )
        if not isinstance(component_distribution, Distribution):
            raise ValueError(
                "The Component distribution needs to be an instance of torch.distributions.Distribution"
            )
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        chosen, batch_shape = mixture_distribution.batch_shape, component_distribution.batch_shape[:-1]
        for a, b in zip(reversed(chosen), reversed(batch_shape), strict=False):
            if a != 1 and b != 1 and a != b:
                raise ValueError(
                    f"`mixture_distribution.batch_shape` ({chosen}) is not compatible with "
                    f"`component_distribution.batch_shape`({batch_shape})"
                )
        classes = mixture_distribution.logits.shape[-1]
        components = component_distribution.batch_shape[-1]
        if classes != components:
            raise ValueError(
                f"`mixture_distribution component` ({classes}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({components})"
            )
        self._num_component = classes
        self._event_ndims = len(component_distribution.event_shape)
        super().__init__(batch_shape, component_distribution.event_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(MixtureSameFamily, batch_shape, _instance)
        batch_shape = Size(batch_shape)
        new._component_distribution = self._component_distribution.expand(
            batch_shape + (self._num_component,)
        )
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        new._num_component = self._num_component
        new._event_ndims = self._event_ndims
        return new

    @constraints.dependent_property
    def support(self) -> Any:
        """That of the components."""
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self) -> Any:
        """The distribution that chooses the component."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Any:
        """The components."""
        return self._component_distribution

    def _average(self, values: Any) -> Any:
        """The components' values, averaged with their probabilities."""
        probs, chosen = self._mixture_distribution.probs, self._mixture_distribution.batch_shape
        missing = 0 if len(chosen) == 1 else len(self._batch_shape) - len(chosen)
        probs = probs.reshape(
            tuple(probs.shape[:-1]) + (1,) * missing + probs.shape[-1:] + (1,) * self._event_ndims
        )
        return (probs * values).sum(-1 - self._event_ndims)

    @property
    def mean(self) -> Any:
        return self._average(self._component_distribution.mean)

    @property
    def variance(self) -> Any:
        components = self._component_distribution
        spread = (components.mean - self._pad(self.mean)).pow(2.0)
        return self._average(components.variance) + self._average(spread)

    def _pad(self, x: Any) -> Any:
        """The value for each component."""
        return x.unsqueeze(-1 - self._event_ndims)

    def cdf(self, x: Any) -> Any:
        return (self._component_distribution.cdf(self._pad(x)) * self._mixture_distribution.probs).sum(-1)

    def log_prob(self, x: Any) -> Any:
        if self._validate_args:
            self._validate_sample(x)
        parts = self._component_distribution.log_prob(self._pad(x))
        return (parts + self._mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)

    def sample(self, sample_shape: Any = Size()) -> Any:
        with no_grad():
            chosen = self._mixture_distribution.sample(sample_shape)
            parts = self._component_distribution.sample(sample_shape)
            dim = len(sample_shape) + len(self._batch_shape)
            index = chosen.reshape(tuple(chosen.shape) + (1,) * (self._event_ndims + 1))
            index = index.expand((-1,) * chosen.dim() + (1, *self._event_shape))
            return parts.gather(dim, index).squeeze(dim)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self.mixture_distribution},\n  {self.component_distribution})"

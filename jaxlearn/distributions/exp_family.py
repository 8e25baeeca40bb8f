"""Exponential families."""

from __future__ import annotations

from typing import Any

from ..autograd import grad
from .distribution import Distribution

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    r"""The base of distributions of an exponential family.

    Their densities are :math:`p(x; \theta) = \exp(\langle t(x), \theta \rangle - F(\theta) + k(x))` with natural
    parameters :math:`\theta`, sufficient statistic :math:`t`, log normalizer :math:`F` and carrier measure :math:`k`.
    A subclass gives ``_natural_params``, ``_log_normalizer`` and ``_mean_carrier_measure``, from which its entropy
    follows (F. Nielsen, R. Nock, "Entropies and cross-entropies of exponential families", ICIP 2010).

    Args:
        batch_shape: see :class:`Distribution`.
        event_shape: see :class:`Distribution`.
        validate_args: see :class:`Distribution`.
    """

    @property
    def _natural_params(self) -> Any:
        raise NotImplementedError

    def _log_normalizer(self, *natural_params: Any) -> Any:
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self) -> Any:
        raise NotImplementedError

    def entropy(self) -> Any:
        r"""The entropy, :math:`F(\theta) - \langle \theta, \nabla F(\theta) \rangle` less the mean carrier measure."""
        parameters = [p.detach().requires_grad_() for p in self._natural_params]
        normalizer = self._log_normalizer(*parameters)
        gradients = grad(normalizer.sum(), parameters, create_graph=True)
        result = normalizer - self._mean_carrier_measure
        for parameter, gradient in zip(parameters, gradients, strict=True):
            result = result - (parameter * gradient).reshape((*self._batch_shape, -1)).sum(-1)
        return result

"""Gamma numbers, with the gradient of a sample by its concentration."""

from __future__ import annotations

from typing import Any

from .. import _random as streams
from ..ops.dirichlet_samples import dirichlet_keyed
from ..ops.gamma_samples import gamma_drawn, gamma_keyed
from .random_discrete import by_rejection

__all__ = ["_sample_dirichlet", "_standard_gamma"]


def _standard_gamma(input: Any, generator: Any = None) -> Any:
    """Gamma numbers of rate 1.

    https://docs.pytorch.org/docs/stable/distributions.html#gamma

    Args:
        input: the concentrations, positive.
        generator: draw from this one instead of the default generator.

    Raises:
        NotImplementedError: the concentrations have another dtype than ``float32`` and ``float64``.
    """
    drawn = by_rejection(streams.standard_gamma, gamma_keyed, input, generator=generator)
    return gamma_drawn(drawn, input) if input.requires_grad else drawn


def _sample_dirichlet(input: Any, generator: Any = None) -> Any:
    """Points of a simplex, without a gradient; :class:`jaxlearn.distributions.Dirichlet` has one.

    https://docs.pytorch.org/docs/stable/distributions.html#dirichlet

    Args:
        input: the concentrations, along the last dimension, positive.
        generator: draw from this one instead of the default generator.

    Raises:
        NotImplementedError: the concentrations have another dtype than ``float32`` and ``float64``.
    """
    return by_rejection(streams.dirichlet, dirichlet_keyed, input, generator=generator)

"""Von Mises numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .continuous import uniform
from .generator import Generator

__all__ = ["von_mises"]


def von_mises(
    generator: Generator,
    loc: np.ndarray,
    concentration: np.ndarray,
    proposal: np.ndarray,
    shape: Sequence[int],
) -> np.ndarray:
    """Draw angles, by rejection from a wrapped Cauchy distribution.

    All of ``shape`` is drawn anew until each place was accepted once (D. J. Best, N. I. Fisher, "Efficient simulation
    of the von Mises distribution", Applied Statistics 28(2), 1979).

    Args:
        generator: the stream to draw from.
        loc: the middles, ``float64``, which broadcast to ``shape`` as the other parameters do.
        concentration: the concentrations, positive.
        proposal: the parameter of the Cauchy distribution, above 1.
        shape: shape of the result.

    Returns:
        An array of ``shape``, ``float64``, in [-pi, pi).

    Source: https://docs.pytorch.org/docs/stable/distributions.html#vonmises

    Example::

        >>> one = np.ones(1)
        >>> von_mises(Generator().manual_seed(0), one, one, 3.0 * one, (4,)).shape
        (4,)
    """
    angles, done = np.zeros(shape), np.zeros(shape, np.bool_)
    while not done.all():
        u, v, side = uniform(generator, (3, *shape), dtype=np.float64)
        cosine = np.cos(math.pi * u)
        f = (1 + proposal * cosine) / (proposal + cosine)
        c = concentration * (proposal - f)
        with np.errstate(divide="ignore"):
            accepted = (c * (2 - c) - v > 0) | (np.log(c / v) + 1 - c >= 0)
        # Places that were done take new angles too, as in torch.
        angles = np.where(accepted, np.sign(side - 0.5) * np.arccos(f), angles)
        done |= accepted
    return (angles + math.pi + loc) % (2 * math.pi) - math.pi

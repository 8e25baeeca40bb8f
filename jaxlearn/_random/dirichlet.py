"""Points of a simplex."""

from __future__ import annotations

import numpy as np

from .dtypes import not_implemented
from .gamma import standard_gamma
from .generator import Generator

__all__ = ["dirichlet"]


def dirichlet(generator: Generator, concentration: np.ndarray) -> np.ndarray:
    """Draw points of a simplex: gamma numbers divided by their sum.

    Args:
        generator: the stream to draw from.
        concentration: a ``float32`` or ``float64`` array; a point has the concentrations of its last dimension.

    Returns:
        An array of the same shape and dtype, strictly between 0 and 1.

    Raises:
        NotImplementedError: the dtype is another.

    Source: https://docs.pytorch.org/docs/stable/distributions.html#dirichlet

    Example::

        >>> dirichlet(Generator().manual_seed(0), np.ones((2, 3))).sum(-1).round(12).tolist()
        [1.0, 1.0]
    """
    dtype = concentration.dtype
    if dtype not in (np.float32, np.float64):
        raise not_implemented("dirichlet", dtype)
    # In double precision, where small concentrations do not underflow.
    gammas = standard_gamma(generator, concentration.astype(np.float64))
    shares = (gammas / gammas.sum(-1, keepdims=True) if gammas.ndim else np.ones(())).astype(dtype)
    return np.clip(shares, np.finfo(dtype).tiny, np.nextafter(dtype.type(1), dtype.type(0)))

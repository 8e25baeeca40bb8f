"""Distances between all rows of a matrix."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .op import op

__all__ = ["pdist"]


@op(saves=("result",), keeps=("input",))
def pdist(input: Any, p: float = 2) -> Any:
    r"""The p-norm distances of all pairs of rows, :math:`\|x_i - x_j\|_p` for :math:`i < j`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pdist.html

    Args:
        input: (N, M), floating.
        p: exponent of the norm, not negative; 0 counts the differing elements.

    Returns:
        A tensor (N (N - 1) / 2,).

    Raises:
        RuntimeError: the input has another number of dimensions, or ``p`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.pdist(torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
        tensor([5.0000, 1.0000, 4.2426])
    """
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if not p >= 0:
        raise RuntimeError("pdist only supports non-negative p values")
    if input.dtype not in (jnp.float32, jnp.float64):
        raise RuntimeError("pdist only supports floating-point dtypes")
    first, second = np.triu_indices(input.shape[0], 1)
    gap = input[first] - input[second]
    apart = gap * lax.stop_gradient(jnp.sign(gap))  # |gap|, with derivative 0 at 0
    if input.shape[1] == 0:
        return jnp.zeros(len(first), input.dtype)
    if p == 0:
        return jnp.sum(jnp.where(apart != 0, 1, 0), -1).astype(input.dtype) + 0 * jnp.sum(input)
    if p == 1:
        return jnp.sum(apart, -1)
    if math.isinf(p):
        # All elements that are the greatest have the whole gradient.
        top = lax.stop_gradient(jnp.max(apart, -1, keepdims=True))
        shares = jnp.sum(jnp.where(apart == top, apart, 0), -1)
        return top[..., 0] + (shares - lax.stop_gradient(shares))
    # Equal rows have distance 0 with gradient 0.
    some = jnp.any(apart != 0, -1)
    safe = jnp.where(apart != 0, apart, 1)
    total = jnp.sum(jnp.where(apart != 0, safe**p, 0), -1)
    return jnp.where(some, jnp.where(some, total, 1) ** (1 / p), 0)

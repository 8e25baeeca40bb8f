"""Weight normalisation: a tensor as magnitude times direction."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from .op import op

__all__ = ["norm_except_dim", "weight_norm"]


def _length(v: Any, dim: int) -> Any:
    """The 2-norm over all dimensions but one, which are kept with size 1; over all for -1."""
    if dim == -1:
        return jnp.sqrt(jnp.sum(v * v))
    axes = tuple(i for i in range(v.ndim) if i != dim)
    return jnp.sqrt(jnp.sum(v * v, axes, keepdims=True))


@op(grad_name="NormBackward1")
def norm_except_dim(v: Any, dim: int) -> Any:
    """The 2-norms of the slices along a dimension.

    Args:
        v: floating tensor.
        dim: the dimension that keeps its size; -1 for the norm of the whole.

    Returns:
        A tensor with size 1 in the other dimensions, or without dimensions for -1.
    """
    return _length(v, dim)


@op(grad_name="WeightNormInterfaceBackward0")
def weight_norm(v: Any, g: Any, dim: int) -> Any:
    """``v`` with the norms ``g`` in place of its own.

    Args:
        v: floating tensor.
        g: norms, as :func:`norm_except_dim` gives them.
        dim: the dimension along which they stand.

    Returns:
        A tensor of the shape of ``v``.
    """
    return v * (g / _length(v, dim))

"""Distances between vectors, and vectors cut to a length."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .linalg_rules import flat_batch
from .op import op
from .pointwise_rules import is_float, is_half, scalar_name, widened
from .reduction_moments import vector_norm
from .shape_dims import wrap_dim

__all__ = ["cdist", "renorm"]

# From so many rows on torch takes Euclidean distances by a matrix product.
_ROWS_FOR_PRODUCT = 25


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _length(d: Any, p: float) -> Any:
    """The p-norm over the last dimension; the gradient is 0 where it is 0, as torch has it for distances."""
    size = jnp.abs(d)
    if p == 0:
        return jnp.sum(jnp.where(jnp.isnan(d), d, d != 0), axis=-1).astype(d.dtype)
    if p == math.inf:
        return jnp.max(jnp.where(jnp.isnan(size), 0, size), axis=-1, initial=0)  # torch compares with >
    if p == 1:
        return jnp.sum(size, axis=-1)
    if p == 2:
        return jnp.sqrt(jnp.sum(d * d, axis=-1))
    return jnp.sum(size**p, axis=-1) ** (1 / p)


@_length.defjvp
def _length_jvp(p: float, primals: Any, tangents: Any) -> Any:
    (d,), (t,) = primals, tangents
    result = _length(d, p)
    whole = result[..., None]
    zero = whole == 0
    divisor = jnp.where(zero, 1, whole)
    if p == 0:
        slope = jnp.zeros_like(d)
    elif p == math.inf:
        slope = jnp.where(jnp.abs(d) == whole, jnp.sign(d), 0)
    elif p == 1:
        slope = jnp.sign(d)
    elif p == 2:
        slope = jnp.where(zero, 0, d / divisor)
    else:
        size = jnp.abs(d)
        flat = size == 0
        powers = jnp.where(flat, 1, size) ** (p - 1)
        slope = jnp.where(zero | flat, 0, jnp.sign(d) * powers / divisor ** (p - 1))
    return result, jnp.sum(slope * t, axis=-1)


def _by_product(a: Any, b: Any) -> Any:
    # Added up in torch's order: where vectors are near each other the rounding is most of what is left.
    product = jnp.matmul(-2 * a, jnp.swapaxes(b, -1, -2))
    square = product + jnp.sum(a * a, -1)[..., :, None] + jnp.sum(b * b, -1)[..., None, :]
    zero = square <= 0
    return jnp.where(zero, 0, jnp.sqrt(jnp.where(zero, 1, square)))


_MODES = (
    "use_mm_for_euclid_dist_if_necessary",
    "use_mm_for_euclid_dist",
    "donot_use_mm_for_euclid_dist",
    None,
)


def _multiplies(x1: Any, x2: Any, p: float, compute_mode: str | None) -> bool:
    many = max(x1.shape[-2], x2.shape[-2]) > _ROWS_FOR_PRODUCT
    return p == 2 and (compute_mode == _MODES[1] or (many and compute_mode in (_MODES[0], None)))


def _cdist_keeps(x1: Any, x2: Any, p: float, compute_mode: str | None) -> list[str]:
    """Of a product torch keeps what it makes one batch of."""
    batch = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    by_product = _multiplies(x1, x2, p, compute_mode)
    return [name for name, x in (("x1", x1), ("x2", x2)) if not by_product or flat_batch(x, batch)]


@op(saves=("result",), keeps=_cdist_keeps)
def cdist(
    x1: Any, x2: Any, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary"
) -> Any:
    """The p-norm distances between each vector of one set and each of another.

    https://docs.pytorch.org/docs/stable/generated/torch.cdist.html

    Args:
        x1: of shape (..., n, d).
        x2: of shape (..., m, d); the leading dimensions broadcast.
        p: the norm, from 0 to infinity.
        compute_mode: when Euclidean distances are taken by a matrix product, which is faster and less exact:
            ``"use_mm_for_euclid_dist_if_necessary"`` from 25 vectors on, ``"use_mm_for_euclid_dist"`` or
            ``"donot_use_mm_for_euclid_dist"``.

    Returns:
        Of shape (..., n, m).

    Raises:
        RuntimeError: the shapes do not fit, the elements are not real, or ``p`` is negative.
        ValueError: no such ``compute_mode``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cdist(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]]))
        tensor([[5., 1.]])
    """
    if compute_mode not in _MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for name, x in (("X1", x1), ("X2", x2)):
        if not is_float(x):
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {scalar_name(x)}")
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    if not p >= 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if x1.dtype != x2.dtype:
        raise RuntimeError(f"expected scalar type {scalar_name(x1)} but found {scalar_name(x2)}")
    product = _multiplies(x1, x2, p, compute_mode)
    if is_half(x1.dtype) and not product:
        raise NotImplementedError(f"\"cdist\" not implemented for '{scalar_name(x1)}'")

    def distances(a: Any, b: Any) -> Any:
        if product:
            return _by_product(a, b)
        return _length(a[..., :, None, :] - b[..., None, :, :], float(p))

    return widened(distances, x1, x2)


@op(numbers=("maxnorm",), saves=("input",))
def renorm(input: Any, p: float, dim: int, maxnorm: Any) -> Any:
    """The parts along one dimension, those longer than ``maxnorm`` scaled down to it.

    https://docs.pytorch.org/docs/stable/generated/torch.renorm.html

    Args:
        input: of two dimensions or more.
        p: the norm that is a part's length.
        dim: the dimension whose indices name the parts.
        maxnorm: the greatest length.

    Raises:
        RuntimeError: the tensor has fewer than two dimensions, or ``p`` or ``maxnorm`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.renorm(torch.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
        tensor([[0.6000, 0.8000],
                [0.3000, 0.4000]])
    """
    if not p > 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    dim = wrap_dim(dim, input.ndim)
    if isinstance(maxnorm, (int, float)) and maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")

    def scaled(x: Any) -> Any:
        over = tuple(d for d in range(x.ndim) if d != dim)
        length = vector_norm(x, p, over, True)
        factor = jnp.where(length > maxnorm, maxnorm / (length + 1e-7), 1)
        return x * factor.astype(x.dtype)

    return widened(scaled, input)

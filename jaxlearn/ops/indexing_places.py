"""Places of elements: those that are not zero, in a fixed number, and flat ones as coordinates."""

from __future__ import annotations

import itertools
import operator
from typing import Any

import jax.numpy as jnp
import numpy as np

from .op import op

__all__ = ["nonzero_static", "unravel_index"]


@op(differentiable=False)
def nonzero_static(input: Any, *, size: int, fill_value: int = -1) -> Any:
    """The places of the first ``size`` elements that are not zero, as rows; rows that are left hold ``fill_value``.

    https://docs.pytorch.org/docs/stable/generated/torch.nonzero_static.html

    Args:
        input: the tensor.
        size: how many rows the result has, whatever the values are.
        fill_value: what stands in rows that are left.

    Raises:
        RuntimeError: ``size`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nonzero_static(torch.tensor([0, 5, 7]), size=3)
        tensor([[ 1],
                [ 2],
                [-1]])
    """
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    if not input.size or not input.ndim:
        return jnp.full((size, input.ndim), fill_value, np.int64)
    places = jnp.nonzero(input, size=size, fill_value=fill_value)
    return jnp.stack([p.astype(np.int64) for p in places], axis=1)


@op(name="unravel_index", differentiable=False)
def _unravel_index(indices: Any, shape: tuple[int, ...]) -> Any:
    steps = [*itertools.accumulate(reversed(shape[1:]), operator.mul, initial=1)][::-1]
    return tuple([indices // max(step, 1) % max(n, 1) for step, n in zip(steps, shape, strict=True)])


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """Places in the flattened tensor as coordinates.

    https://docs.pytorch.org/docs/stable/generated/torch.unravel_index.html

    Args:
        indices: integers.
        shape: the tensor's sizes.

    Returns:
        One tensor for each dimension.

    Raises:
        ValueError: the indices are no integers, or a size is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.unravel_index(torch.tensor([4, 5]), (3, 2))
        (tensor([2, 2]), tensor([0, 1]))
    """
    sizes = (
        tuple(map(operator.index, shape)) if isinstance(shape, (tuple, list)) else (operator.index(shape),)
    )
    dtype = np.dtype(getattr(indices.dtype, "_np", indices.dtype))
    if dtype == np.bool_ or jnp.issubdtype(dtype, jnp.inexact):
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    if any(n < 0 for n in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    return _unravel_index(indices, sizes) if sizes else ()

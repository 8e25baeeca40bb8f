"""Reductions of the segments of a dimension."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .op import op
from .pointwise_rules import is_float, scalar_name

__all__ = ["segments_reduced"]

# By name: how a segment is reduced, and what an empty one gives.
_KINDS = {
    "sum": (jax.ops.segment_sum, 0.0),
    "mean": (jax.ops.segment_sum, 0.0),
    "prod": (jax.ops.segment_prod, 1.0),
    "max": (jax.ops.segment_max, -jnp.inf),
    "amax": (jax.ops.segment_max, -jnp.inf),
    "min": (jax.ops.segment_min, jnp.inf),
    "amin": (jax.ops.segment_min, jnp.inf),
}


@op(name="segment_reduce")
def segments_reduced(data: Any, offsets: Any, reduce: str, initial: float | None) -> Any:
    """Reduce the segments between offsets along the last dimension of these.

    Args:
        data: (\\*batch, n, \\*rest).
        offsets: (\\*batch, segments + 1): where each begins and the last ends.
        reduce: ``"sum"``, ``"mean"``, ``"prod"``, ``"max"`` or ``"min"``.
        initial: what the reduction begins with, or None.

    Returns:
        A tensor (\\*batch, segments, \\*rest).
    """
    if not is_float(data):
        raise NotImplementedError(f"\"_segment_reduce_cpu\" not implemented for '{scalar_name(data)}'")
    fold, empty = _KINDS[reduce]
    count = offsets.shape[-1] - 1
    axis = offsets.ndim - 1

    def one(x: Any, ends: Any) -> Any:
        # Element i is in the segment before the first one that begins after it; those outside of all are dropped.
        place = jnp.searchsorted(ends, jnp.arange(x.shape[0]), side="right") - 1
        place = jnp.where(place < 0, count, place)
        if reduce == "prod":  # JAX has no gradient for the product of scattered elements
            inside = place == jnp.arange(count)[:, None]
            return jnp.where(inside.reshape(*inside.shape, *[1] * (x.ndim - 1)), x, 1).prod(1)
        return fold(x, place, num_segments=count)

    inner = one
    for _ in range(axis):
        inner = jax.vmap(inner)
    found = inner(data, offsets)
    lengths = (offsets[..., 1:] - offsets[..., :-1]).reshape(
        *offsets.shape[:-1], count, *[1] * (data.ndim - axis - 1)
    )
    start = jnp.asarray(empty if initial is None else initial, data.dtype)
    if reduce in ("sum", "mean"):
        found = found + start
    elif reduce == "prod":
        found = found * start
    elif reduce in ("max", "amax"):
        found = jnp.where(found < start, start, found)
    else:
        found = jnp.where(found > start, start, found)
    found = jnp.where(lengths > 0, found, start)
    if reduce == "mean":
        nothing = jnp.asarray(jnp.nan if initial is None else initial, data.dtype)
        found = jnp.where(lengths > 0, found / jnp.maximum(lengths, 1).astype(data.dtype), nothing)
    return found

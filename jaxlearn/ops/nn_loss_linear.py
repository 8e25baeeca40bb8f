"""Cross entropy of a linear layer's scores, without all scores at once."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from .nn_linear import linear
from .nn_loss_classification import cross_entropy
from .nn_rules import accumulator
from .op import op
from .promotion import cast

__all__ = ["chunked_cross_entropy"]


@op(grad_name="LinearCrossEntropyBatchChunkedBackward")
def chunked_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    linear_bias: Any,
    weight: Any,
    ignore_index: int,
    reduction: str,
    chunk: int,
) -> Any:
    """Cross entropy of ``input @ linear_weight.T``, a part of the batch after the other.

    Args:
        input: (N, features).
        linear_weight: (classes, features).
        target: classes (N,), int64.
        linear_bias: (classes,), or None.
        weight: a factor for each class, or None.
        ignore_index: targets that do not count.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
        chunk: samples in a part.

    Returns:
        The losses (N,), or their mean or sum.
    """
    count = input.shape[0]
    parts = -(-count // chunk)
    missing = parts * chunk - count
    x = jnp.pad(input, ((0, missing), (0, 0))).reshape(parts, chunk, -1)
    t = jnp.pad(target, (0, missing), constant_values=ignore_index).reshape(parts, chunk)

    weight = None if weight is None else accumulator(weight)

    @jax.checkpoint
    def losses(part: Any) -> Any:
        # In float32 for half types: rounded scores would be all that is left of small losses.
        scores = linear.op.fn(
            accumulator(part[0]),
            accumulator(linear_weight),
            None if linear_bias is None else accumulator(linear_bias),
        )
        return cross_entropy.op.fn(scores, part[1], weight, ignore_index, "none", 0.0)

    loss = lax.map(losses, (x, t)).reshape(-1)[:count]
    if reduction == "none":
        return cast(loss, input.dtype)
    total = jnp.sum(loss)
    if reduction == "mean":
        counted = target != ignore_index
        share = (
            jnp.ones((), loss.dtype)
            if weight is None
            else jnp.take(cast(weight, loss.dtype), target, mode="clip")
        )
        total = total / jnp.sum(jnp.where(counted, share, 0))
    return cast(total, input.dtype)

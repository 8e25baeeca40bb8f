"""Look-up of rows by index, and one-hot vectors."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .nn_norm import vector_norm
from .op import op
from .pointwise_rules import scalar_name

__all__ = ["embedding", "embedding_bag", "one_hot", "renormalized"]


@op(saves=("input",), grad_name="EmbeddingBackward0")
def embedding(
    input: Any, weight: Any, padding_idx: int | None = None, scale_grad_by_freq: bool = False
) -> Any:
    """The rows of ``weight`` at the indices; an index outside gives NaN (torch's error needs the value on the host).

    Args:
        input: indices (*), int32 or int64.
        weight: (rows, features).
        padding_idx: the row that receives no gradient, not negative.
        scale_grad_by_freq: divide each row's gradient by how often its index occurs.

    Returns:
        A tensor (*, features).

    Raises:
        RuntimeError: the indices are no integers or the weight is no matrix.
    """
    if input.dtype not in (jnp.int32, jnp.int64):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{scalar_name(input)}Tensor instead (while checking arguments for embedding)"
        )
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    rows = weight.at[input].get(mode="fill", fill_value=jnp.nan, wrap_negative_indices=False)
    if scale_grad_by_freq:
        count = jnp.zeros(weight.shape[0], weight.dtype).at[input].add(1)[input][..., None]
        share = rows / count
        rows = share + lax.stop_gradient(rows - share)
    if padding_idx is not None:
        rows = jnp.where((input == padding_idx)[..., None], lax.stop_gradient(rows), rows)
    return rows


def _direct_one_hot(args: Any, out: Any) -> Any:
    numbers = np.arange(args[1])
    return lambda x: (x[..., None] == numbers).astype(np.int64)


@op(differentiable=False, direct=_direct_one_hot)
def one_hot(input: Any, num_classes: int) -> Any:
    """Vectors that are 1 at the index and 0 elsewhere, along a new last dimension.

    Args:
        input: indices (*), int64.
        num_classes: length of the vectors.

    Returns:
        An int64 tensor (*, num_classes).

    Raises:
        RuntimeError: the input is not int64.
    """
    if input.dtype != jnp.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    return (input[..., None] == jnp.arange(num_classes)).astype(jnp.int64)


@op(differentiable=False)
def renormalized(input: Any, weight: Any, max_norm: float, norm_type: float) -> Any:
    """The table with the rows at the indices scaled down to ``max_norm`` where they are longer.

    Args:
        input: indices (*).
        weight: (rows, features).
        max_norm: greatest length.
        norm_type: exponent of the norm.

    Returns:
        A tensor of the weight's shape.
    """
    length = vector_norm(weight, norm_type, -1)
    used = jnp.zeros(weight.shape[0], bool).at[input.reshape(-1)].set(True)[:, None]
    return jnp.where(used & (length > max_norm), weight * (max_norm / (length + 1e-7)), weight)


def _bags_save(input: Any, weight: Any, offsets: Any, per_sample_weights: Any, *rest: Any) -> tuple[str, ...]:
    return () if per_sample_weights is None else ("weight", "per_sample_weights")


@op(saves=_bags_save, keeps=("input", "offsets"))
def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any,
    per_sample_weights: Any,
    mode: str,
    scale_grad_by_freq: bool,
    padding_idx: int | None,
) -> Any:
    """The rows at the indices reduced bag by bag.

    Args:
        input: indices, (bags, size), or (total,) with ``offsets``.
        weight: (rows, features).
        offsets: where each bag begins, or None.
        per_sample_weights: factors of the rows, or None.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        scale_grad_by_freq: divide each row's gradient by how often an index occurs: by torch's rule the row's own
            only if it is the smallest.
        padding_idx: indices that are left out.

    Returns:
        A tensor (bags, features).
    """
    flat = input.reshape(-1)
    rows = embedding.op.fn(flat, weight, padding_idx)
    if scale_grad_by_freq:
        # torch divides the gradient of the n-th smallest index by the count of the n-th in order, repeated ones
        # included.
        count = jnp.zeros(weight.shape[0], weight.dtype).at[flat].add(1)
        rank = (jnp.cumsum(count > 0) - 1)[flat]
        share = rows / count[jnp.sort(flat)[rank]][:, None]
        rows = share + lax.stop_gradient(rows - share)
    if offsets is None:
        bags = input.shape[0]
        bag = jnp.repeat(jnp.arange(bags), input.shape[1])
    else:
        bags = offsets.shape[0]
        bag = jnp.searchsorted(offsets, jnp.arange(flat.size), side="right") - 1
    kept = jnp.ones(flat.shape, bool) if padding_idx is None else flat != padding_idx
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1, 1)
    count = jnp.zeros(bags, rows.dtype).at[bag].add(kept.astype(rows.dtype))[:, None]
    if mode == "max":
        best = jnp.full((bags, weight.shape[1]), -jnp.inf, rows.dtype)
        best = best.at[bag].max(jnp.where(kept[:, None], rows, -jnp.inf))
        return jnp.where(count > 0, best, 0)
    total = jnp.zeros((bags, weight.shape[1]), rows.dtype).at[bag].add(jnp.where(kept[:, None], rows, 0))
    return total / jnp.maximum(count, 1) if mode == "mean" else total

"""Scaled dot product attention."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .nn_dropout import dropout_op
from .nn_rules import accumulator
from .nn_softmax import softmax_along
from .op import op
from .pointwise_rules import check_broadcast, scalar_name
from .promotion import cast

__all__ = ["additive_mask", "attention"]


@op(differentiable=False, host=lambda mask, dtype: np.where(mask, -np.inf, 0).astype(dtype._np))
def additive_mask(mask: Any, dtype: Any) -> Any:
    """What a boolean mask adds to the scores: minus infinity where it is True, else 0.

    Args:
        mask: boolean tensor of any shape.
        dtype: of the result.
    """
    return jnp.where(mask, -jnp.inf, 0).astype(dtype._np)


def _name(query: Any, *rest: Any) -> str:
    if _in_one_kernel(query, *rest):
        return "ScaledDotProductFlashAttentionForCpuBackward0"
    return "MmBackward0" if len(query.shape) == 2 else "UnsafeViewBackward0"


def _in_one_kernel(query: Any, key: Any, value: Any, attn_mask: Any, *rest: Any) -> bool:
    """Whether torch has a kernel for the whole: otherwise it composes it, scaling copies of query and key."""
    *_, random_key, _, _, learns_mask = rest
    shapes = query.shape, key.shape, value.shape
    return (
        random_key is None
        and not learns_mask
        and all(len(s) == 4 and s[0] == shapes[0][0] and s[-1] == shapes[0][-1] and s[-2] for s in shapes)
        and (attn_mask is None or len(attn_mask.shape) in (2, 4))
    )


def _saves(*bound: Any) -> tuple[str, ...]:
    return ("query", "key", "value", "result") if _in_one_kernel(*bound) else ("value",)


@op(name="scaled_dot_product_attention", grad_name=_name, numbers=("dropout_p",), saves=_saves)
def attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any,
    is_causal: bool,
    scale: float | None,
    enable_gqa: bool,
    random_key: Any,
    dropout_p: float,
    ordinal: int,
    learns_mask: bool = False,
) -> Any:
    """Attention on arrays; see :func:`jaxlearn.nn.functional.scaled_dot_product_attention`.

    Args:
        query: (..., L, E).
        key: (..., S, E).
        value: (..., S, Ev).
        attn_mask: boolean (True takes part) or added to the scores, broadcastable to (..., L, S), or None.
        is_causal: position i attends to positions up to i.
        scale: factor of the scores, None for one over the root of E.
        enable_gqa: repeat the heads of key and value to the number of the query's.
        random_key: the step's key (2,) uint32 for dropout of the weights, or None for none.
        dropout_p: probability.
        ordinal: which mask of the step this is.
        learns_mask: whether the mask needs a gradient.
    """
    named = {"query": query, "key": key, "value": value}
    if min(x.ndim for x in named.values()) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{query.ndim} key.dim: {key.ndim} and value.dim: {value.ndim} instead."
        )
    if not query.dtype == key.dtype == value.dtype:
        q, k, v = (_c_name(x) for x in named.values())
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{q} key.dtype: {k} and value.dtype: {v} instead."
        )
    if attn_mask is not None:
        # torch's fused kernel takes both a mask and is_causal, its other one refuses them.
        fused = query.ndim == 4 and value.shape[-1] == query.shape[-1] and attn_mask.ndim in (2, 4)
        if is_causal and (not fused or random_key is not None):
            raise RuntimeError(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
            )
        if attn_mask.dtype not in (np.bool_, jnp.float32, query.dtype):
            raise RuntimeError(
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
                f"{_c_name(attn_mask)} and  query.dtype: {_c_name(query)} instead."
            )
    if not jnp.issubdtype(query.dtype, jnp.inexact):
        raise RuntimeError(f"expected scalar type Float but found {scalar_name(query)}")
    if query.shape[-1] != key.shape[-1]:
        batch = math.prod(query.shape[:-2])
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{batch}, {query.shape[-1]}] but got: "
            f"[{batch}, {key.shape[-1]}]."
        )
    if enable_gqa:
        if query.shape[-3] % key.shape[-3] or query.shape[-3] % value.shape[-3]:
            raise RuntimeError("Number of heads in key and value must divide the number of heads in ")
        key = jnp.repeat(key, query.shape[-3] // key.shape[-3], -3)
        value = jnp.repeat(value, query.shape[-3] // value.shape[-3], -3)
    dtype = query.dtype
    q, k, v = (accumulator(x) for x in (query, key, value))
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = jnp.matmul(q * factor, jnp.swapaxes(k, -1, -2))
    allowed = None
    if attn_mask is not None:
        check_broadcast(scores.shape, attn_mask.shape)
    if is_causal:
        rows = lax.broadcasted_iota(np.int32, scores.shape[-2:], 0)
        allowed = lax.broadcasted_iota(np.int32, scores.shape[-2:], 1) <= rows
    if attn_mask is not None and attn_mask.dtype == np.bool_:
        allowed = attn_mask if allowed is None else allowed & attn_mask
    elif attn_mask is not None:
        scores = scores + cast(attn_mask, scores.dtype)
    if allowed is not None:
        scores = jnp.where(allowed, scores, -jnp.inf)
    if attn_mask is not None:
        # A position that attends to nothing yields zeros.
        nothing = jnp.max(scores, -1, keepdims=True) == -jnp.inf
        weights = jnp.where(nothing, 0, softmax_along(jnp.where(nothing, 0, scores), -1))
    else:
        weights = softmax_along(scores, -1)
    if random_key is not None:
        weights = dropout_op.op.fn(weights, random_key, dropout_p, ordinal)
    if weights.shape[-1] != v.shape[-2]:
        inner = weights.shape[-1]
        if v.ndim == 2:
            raise RuntimeError(
                f"mat1 and mat2 shapes cannot be multiplied ({len(weights)}x{inner} and {v.shape[0]}x{v.shape[1]})"
            )
        batch = math.prod(weights.shape[:-2])
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{batch}, {inner}] but got: "
            f"[{batch}, {v.shape[-2]}]."
        )
    return cast(jnp.matmul(weights, v), dtype)


def _c_name(x: Any) -> str:
    name = scalar_name(x)
    return {"Long": "long int", "Half": "c10::Half", "BFloat16": "c10::BFloat16"}.get(name, name.lower())

"""Multi-head attention."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ..._size import Size
from ..._tensor.dispatch import TENSOR_TYPES
from ...ops.joining import cat
from ...ops.linalg import baddbmm, bmm
from ...ops.nn_attention import additive_mask
from ...ops.nn_linear import linear
from ...ops.nn_pad import pad
from .activation import softmax
from .dropout import dropout
from .vision import scaled_dot_product_attention

__all__ = ["multi_head_attention_forward"]


def _none_or_dtype(input: Any) -> Any:
    """The dtype of a mask, None for none."""
    if input is None:
        return None
    if type(input) not in TENSOR_TYPES:
        raise RuntimeError("input to _none_or_dtype() must be None or torch.Tensor")
    return input.dtype


def _canonical_mask(
    mask: Any, mask_name: str, other_type: Any, other_name: str, target_type: Any, check_other: bool = True
) -> Any:
    """The mask as numbers that are added to the scores; None for None.

    Args:
        mask: boolean (True takes no part) or floating.
        mask_name: what the caller calls it.
        other_type: the dtype that another mask has, which should be the same; or None.
        other_name: what the caller calls that.
        target_type: dtype of the result, if the mask is boolean.
        check_other: whether to warn if the dtypes differ.

    Raises:
        AssertionError: the mask is of integers.
    """
    if mask is None:
        return None
    floating = mask.is_floating_point()
    if str(mask.dtype) != "torch.bool" and not floating:
        raise AssertionError(f"only bool and floating types of {mask_name} are supported")
    if check_other and other_type is not None and mask.dtype != other_type:
        warnings.warn(
            f"Support for mismatched {mask_name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=3,
        )
    return mask if floating else additive_mask(mask, target_type)


def _mha_shape_check(
    query: Any, key: Any, value: Any, key_padding_mask: Any, attn_mask: Any, num_heads: int
) -> bool:
    """Whether the query is a batch."""
    padding, mask, heads = key_padding_mask, attn_mask, num_heads
    n = query.dim()
    if n not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {n}-D query tensor"
        )
    kind = "batched (3-D)" if n == 3 else "unbatched (2-D)"
    if key.dim() != n or value.dim() != n:
        raise AssertionError(
            f"For {kind} `query`, expected `key` and `value` to be {n}-D but found {key.dim()}-D and {value.dim()}-D "
            "tensors respectively"
        )
    if padding is not None and padding.dim() != n - 1:
        raise AssertionError(
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {n - 1}-D but found {padding.dim()}-D "
            "tensor instead"
        )
    if mask is not None:
        if mask.dim() not in (2, 3):
            raise AssertionError(
                f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {mask.dim()}-D tensor "
                "instead"
            )
        expected = (heads, query.shape[0], key.shape[0])
        if n == 2 and mask.dim() == 3 and tuple(mask.shape) != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {mask.shape}")
    return bool(n == 3)


def _in_projection_packed(q: Any, k: Any, v: Any, w: Any, b: Any = None) -> tuple[Any, Any, Any]:
    """The three inputs times the three parts of one weight, in as few products as they allow."""
    size = q.size(-1)
    if k is v and q is k:
        product = linear(q, w, b)
        return product[..., :size], product[..., size : 2 * size], product[..., 2 * size :]
    biases: Any = (None, None, None) if b is None else (b[:size], b[size:])
    if k is v:
        product = linear(k, w[size:], biases[1])
        return linear(q, w[:size], biases[0]), product[..., :size], product[..., size:]
    parts = (None, None, None) if b is None else b.chunk(3)
    return tuple(linear(x, m, c) for x, m, c in zip((q, k, v), w.chunk(3), parts, strict=True))


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Any, Any]:
    r"""Attention of several heads on projected inputs, projected back.

    Attention is all you need, https://arxiv.org/abs/1706.03762; :class:`jaxlearn.nn.MultiheadAttention` is the layer.

    Args:
        query: (L, N, E), or (L, E) without a batch.
        key: (S, N, K), or (S, K).
        value: (S, N, V), or (S, V).
        embed_dim_to_check: E.
        num_heads: number of heads, a divisor of E.
        in_proj_weight: (3E, E), the weights of query, key and value, if they have one size.
        in_proj_bias: (3E,), or None.
        bias_k: (1, 1, E), one more key, or None.
        bias_v: (1, 1, E), its value.
        add_zero_attn: whether to add a key and a value of zeros.
        dropout_p: probability of an attention weight to be dropped.
        out_proj_weight: (E, E).
        out_proj_bias: (E,), or None.
        training: whether anything is dropped.
        key_padding_mask: (N, S), True (or minus infinity) for keys that take no part.
        need_weights: whether the attention weights are returned; without them it is faster.
        attn_mask: (L, S) or (N * num_heads, L, S), True for pairs that take no part, or added to the scores.
        use_separate_proj_weight: whether the three weights below are used in place of ``in_proj_weight``.
        q_proj_weight: (E, E).
        k_proj_weight: (E, K).
        v_proj_weight: (E, V).
        static_k: (N * num_heads, S, E / num_heads), in place of projected keys.
        static_v: the same for the values.
        average_attn_weights: return the mean of the weights over the heads.
        is_causal: a hint that ``attn_mask`` is the causal one.

    Returns:
        The result, in the shape of the query, and the weights (N, L, S), for each head (N, num_heads, L, S), or None.

    Raises:
        AssertionError: shapes do not fit.
        RuntimeError: a mask's shape does not fit, or ``is_causal`` comes without a mask.

    Example::

        >>> import jaxlearn as torch
        >>> x, w = torch.ones(4, 1, 6), torch.eye(6)
        >>> out, weights = torch.nn.functional.multi_head_attention_forward(
        ...     x, x, x, 6, 2, torch.cat([w, w, w]), None, None, None, False, 0.0, w, None)
        >>> out.shape, weights.shape
        (torch.Size([4, 1, 6]), torch.Size([1, 4, 4]))
    """
    batched = _mha_shape_check(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        same = key is query, value is key
        query = query.unsqueeze(1)
        key = query if same[0] else key.unsqueeze(1)
        value = key if same[1] else value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, batch, size = query.shape
    source = key.shape[0]
    padding = _canonical_mask(
        key_padding_mask, "key_padding_mask", _none_or_dtype(attn_mask), "attn_mask", query.dtype
    )
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and padding is None and not need_weights:
        mask = None
    else:
        mask = _canonical_mask(attn_mask, "attn_mask", None, "", query.dtype, False)
        is_causal = is_causal and padding is None
    if size != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {size}")
    head = size // num_heads
    if head * num_heads != size:
        raise AssertionError(f"embed_dim {size} not divisible by num_heads {num_heads}")
    if use_separate_proj_weight:
        if key.shape[:2] != value.shape[:2]:
            raise AssertionError(
                f"key's sequence and batch dims {Size(key.shape[:2])} do not match value's {Size(value.shape[:2])}"
            )
        separate = (q_proj_weight, k_proj_weight, v_proj_weight)
        for name, weight in zip("qkv", separate, strict=True):
            if weight is None:
                raise AssertionError(f"use_separate_proj_weight is True but {name}_proj_weight is None")
        for name, x, weight in zip(("query", "key", "value"), (query, key, value), separate, strict=True):
            if weight.shape != (size, x.shape[-1]):
                raise AssertionError(
                    f"expecting {name} weights shape of {(size, x.shape[-1])}, but got {weight.shape}"
                )
        biases = (None, None, None) if in_proj_bias is None else in_proj_bias.chunk(3)
        q = linear(query, q_proj_weight, biases[0])
        k = linear(key, k_proj_weight, biases[1])
        v = linear(value, v_proj_weight, biases[2])
    else:
        if key.shape != value.shape:
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        q, k, v = _in_projection_packed(query, key, value, in_proj_weight, in_proj_bias)
    if mask is not None:
        expected = (length, source) if mask.dim() == 2 else (batch * num_heads, length, source)
        if tuple(mask.shape) != expected:
            raise RuntimeError(
                f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {expected}."
            )
        if mask.dim() == 2:
            mask = mask.unsqueeze(0)
    if (bias_k is None) != (bias_v is None):
        raise AssertionError(
            "bias_k is set but bias_v is None" if bias_v is None else "bias_v is set but bias_k is None"
        )
    if bias_k is not None:
        for name, static in (("key", static_k), ("value", static_v)):
            if static is not None:
                raise AssertionError(f"bias cannot be added to static {name}.")
        k = cat([k, bias_k.repeat(1, batch, 1)])
        v = cat([v, bias_v.repeat(1, batch, 1)])
    heads = batch * num_heads
    q = q.reshape(length, heads, head).transpose(0, 1)
    k = _by_head(k, static_k, "static_k", heads, head)
    v = _by_head(v, static_v, "static_v", heads, head)
    if add_zero_attn:
        k = cat([k, k.new_zeros(heads, 1, head)], 1)
        v = cat([v, v.new_zeros(heads, 1, head)], 1)
    more = (bias_k is not None) + bool(add_zero_attn)
    if more:
        mask = None if mask is None else pad(mask, (0, more))
        padding = None if padding is None else pad(padding, (0, more))
    source = k.size(1)
    if padding is not None:
        for axis, n in enumerate((batch, source)):
            if padding.shape[axis] != n:
                raise AssertionError(
                    f"Expected key_padded_mask.shape[{axis}] to be {n}, but got {padding.shape[axis]}"
                )
        spread = padding.reshape(batch, 1, 1, source).expand(-1, num_heads, -1, -1).reshape(heads, 1, source)
        mask = spread if mask is None else mask + spread
    if not training:
        dropout_p = 0.0
    if need_weights:
        scaled = q * math.sqrt(1.0 / head)
        scores = (
            bmm(scaled, k.transpose(-2, -1)) if mask is None else baddbmm(mask, scaled, k.transpose(-2, -1))
        )
        weights = softmax(scores, -1)
        if dropout_p > 0:
            weights = dropout(weights, dropout_p)
        out = bmm(weights, v)
        out = out.transpose(0, 1).reshape(length * batch, size)
    else:
        weights = None
        if mask is not None:
            mask = (
                mask.unsqueeze(0)
                if mask.size(0) == 1
                else mask.reshape(batch, num_heads, mask.size(1), source)
            )
        q, k, v = (x.reshape(batch, num_heads, x.size(1), head) for x in (q, k, v))
        out = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal)
        out = out.permute(2, 0, 1, 3).reshape(batch * length, size)
    out = linear(out, out_proj_weight, out_proj_bias)
    out = out.reshape(length, batch, out.size(1))
    if weights is not None:
        weights = weights.reshape(batch, num_heads, length, source)
        if average_attn_weights:
            weights = weights.mean(1)
    if batched:
        return out, weights
    return out.squeeze(1), None if weights is None else weights.squeeze(0)


def _by_head(x: Any, static: Any, name: str, heads: int, head: int) -> Any:
    """Projected keys or values (heads, S, size of a head), or the given ones."""
    if static is None:
        return x.reshape(x.shape[0], heads, head).transpose(0, 1)
    for axis, n in ((0, heads), (2, head)):
        if static.size(axis) != n:
            raise AssertionError(f"expecting {name}.size({axis}) of {n}, but got {static.size(axis)}")
    return static

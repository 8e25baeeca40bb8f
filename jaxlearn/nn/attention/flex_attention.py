"""Attention whose scores a function of the program changes; names as in ``torch.nn.attention.flex_attention``."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from ... import _dtypes as dtypes
from ..._tensor.creation_ranges import arange
from .block_mask import BlockMask as BlockMask
from .block_mask import and_masks as and_masks
from .block_mask import create_block_mask as create_block_mask
from .block_mask import create_mask as create_mask
from .block_mask import every_place, sliced_mask
from .block_mask import noop_mask as noop_mask
from .block_mask import or_masks as or_masks

__all__ = [
    "AuxOutput",
    "AuxRequest",
    "BlockMask",
    "and_masks",
    "create_block_mask",
    "create_mask",
    "flex_attention",
    "noop_mask",
    "or_masks",
]


class AuxRequest(NamedTuple):
    """What :func:`flex_attention` is to return beside its result.

    Args:
        lse: the logarithm of each row's sum of exponentials.
        max_scores: each row's largest score.
    """

    lse: bool = False
    max_scores: bool = False


class AuxOutput(NamedTuple):
    """What :func:`flex_attention` returns beside its result; None for what was not asked for.

    Args:
        lse: (B, H, L).
        max_scores: (B, H, L).
    """

    lse: Any = None
    max_scores: Any = None


def flex_attention(
    query: Any,
    key: Any,
    value: Any,
    score_mod: Callable[..., Any] | None = None,
    block_mask: BlockMask | None = None,
    scale: float | None = None,
    enable_gqa: bool = False,
    return_lse: bool = False,
    kernel_options: dict[str, Any] | None = None,
    *,
    return_aux: AuxRequest | None = None,
) -> Any:
    r"""Attention with scores of the program's own, :math:`\operatorname{softmax}(f(QK^T / \sqrt{E}))V`.

    https://docs.pytorch.org/docs/stable/nn.attention.flex_attention.html

    The function is one of numbers, applied to all scores at once by :func:`jaxlearn.vmap`; tensors that it closes over
    get gradients. A query that attends to no key gives zeros.

    Args:
        query: (B, Hq, L, E).
        key: (B, H, S, E).
        value: (B, H, S, Ev).
        score_mod: the score to take, of (score, batch, head, query, key). Default: the score.
        block_mask: which queries attend to which keys, from :func:`create_block_mask`.
        scale: factor of the products. Default: :math:`1 / \sqrt{E}`.
        enable_gqa: several heads of queries may share one of the keys.
        return_lse: return also the logarithms of the sums of exponentials (``return_aux`` is the new way).
        kernel_options: accepted; they tune kernels of another compiler.
        return_aux: what else to return.

    Returns:
        A tensor (B, Hq, L, Ev); with ``return_lse`` a pair of it and (B, Hq, L); with ``return_aux`` a pair of it and
        an :class:`AuxOutput`.

    Raises:
        ValueError: sizes do not fit.
        NotImplementedError: the tensors do not have four dimensions.
        RuntimeError: ``block_mask`` is a part of another one.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.nn.attention.flex_attention import create_block_mask, flex_attention
        >>> x = torch.arange(6.0).reshape(1, 1, 3, 2)
        >>> causal = create_block_mask(lambda b, h, q, k: q >= k, None, None, 3, 3)
        >>> flex_attention(x, x, x, lambda score, b, h, q, k: score - (q - k), causal)[0, 0, 0]
        tensor([0., 1.])
    """
    _check(query, key, value, enable_gqa, block_mask)
    if return_lse and return_aux is not None:
        raise ValueError(
            "Cannot specify both return_lse and return_aux. return_lse is deprecated, please use "
            "return_aux=AuxRequest(lse=True) instead."
        )
    if return_lse:
        warnings.warn(
            "return_lse is deprecated and will be removed in v2.10. Please use return_aux=AuxRequest(lse=True) "
            "instead.",
            FutureWarning,
            stacklevel=2,
        )
    wide = dtypes.float64 if query.dtype == dtypes.float64 else dtypes.float32
    groups = query.size(1) // key.size(1)
    keys, values = (t.repeat_interleave(groups, 1) if groups > 1 else t for t in (key, value))
    keys, values = (t.expand(query.size(0), *t.shape[1:]) for t in (keys, values))
    scores = query.to(wide) @ keys.to(wide).transpose(-2, -1)
    scores = scores * (1 / math.sqrt(query.size(-1)) if scale is None else scale)
    places = [arange(size, device=query.device) for size in scores.shape]
    if score_mod is not None:
        scores = every_place(score_mod, True)(scores, *places)
    if block_mask is not None:
        scores = scores.masked_fill(~every_place(block_mask.mask_mod, False)(*places), -math.inf)
    alone = (scores == -math.inf).all(-1, keepdim=True)
    finite = scores.masked_fill(alone, 0)
    result = finite.softmax(-1).masked_fill(alone, 0).to(query.dtype) @ values.to(query.dtype)
    if not return_lse and return_aux is None:
        return result
    asked = AuxRequest(lse=True) if return_aux is None else return_aux
    lse = finite.logsumexp(-1).masked_fill(alone[..., 0], -math.inf) if asked.lse else None
    if return_lse:
        return result, lse
    return result, AuxOutput(lse, scores.amax(-1) if asked.max_scores else None)


def _check(query: Any, key: Any, value: Any, enable_gqa: bool, block_mask: BlockMask | None) -> None:
    if query.size(-1) != key.size(-1):
        raise ValueError(
            f"Expect query and key/value to have the same embedding dimension but got E={query.size(-1)} and "
            f"E={key.size(-1)}."
        )
    if not query.dim() == key.dim() == value.dim() == 4:
        raise NotImplementedError("NYI: query, key, and value must be 4D tensors")
    heads, shared = query.size(1), key.size(1)
    if not enable_gqa and heads != shared:
        raise ValueError(
            f"Expect query and key/value to have the same number of heads but got Hq={heads} and Hkv={shared}. Try "
            "setting enable_gqa=True for GQA."
        )
    if heads % shared:
        raise ValueError(
            "Expect number of query heads to be a multiple of kv heads for GQA but got "
            f"Hq={heads} and Hkv={shared}."
        )
    if query.size(0) != key.size(0):
        sizes = f"Bq={query.size(0)}, "
        if block_mask is None:
            raise ValueError(
                "Expect query and key/value to have the same batch size, or non-none block_mask, but got "
                f"block_mask=None, {sizes}and Bkv={key.size(0)}."
            )
        masks = block_mask.kv_num_blocks.size(0)
        if masks != query.size(0):
            raise ValueError(
                "Expect query and key/value to have the same batch size, or block_mask and query to have the same "
                f"batch size, but got {sizes}Bkv={key.size(0)}, B_block_mask={masks}."
            )
        if key.size(0) != 1:
            raise RuntimeError(f"Bq and Bkv must broadcast. Got Bq={query.size(0)} and Bkv={key.size(0)}")
    if block_mask is not None:
        _check_mask(block_mask, query.size(2), key.size(2))


def _check_mask(block_mask: BlockMask, q_len: int, kv_len: int) -> None:
    if block_mask.mask_mod is sliced_mask:
        raise RuntimeError("Cannot use mask_mod from a sliced BlockMask")
    if tuple(block_mask.seq_lengths) == (q_len, kv_len):
        return
    start = f"block_mask was created for block_mask.shape={block_mask.shape} but got q_len={q_len} and kv_len={kv_len}."
    if q_len > block_mask.seq_lengths[0] or kv_len > block_mask.seq_lengths[1]:
        raise ValueError(
            f"{start} As the block mask was created for a smaller length than you're using it for, you likely need to "
            "create a new block mask."
        )
    raise ValueError(
        f"{start} As the block mask was created for a larger length than you're using it for, you can either 1. create "
        "a new block mask with the correct length, or 2. 'adjust' the existing block mask to the correct length by "
        "calling block_mask._adjust(q_len, kv_len). This essentially 'crops' the block mask to the upper left corner, "
        "which does not work for all mask_mods!"
    )

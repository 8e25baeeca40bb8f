"""Resizing of images, attention and draws from categories."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ..._engine.outside import is_staged
from ..._tensor.creation_constants import empty, zeros_like
from ..._tensor.step_key import has_own_key, step_key
from ...ops.nn_attention import attention
from ...ops.nn_dropout import gumbel_noise
from ...ops.nn_interpolate import resize
from ..attention.bias import CausalBias
from ._arguments import sizes as shape_of

__all__ = [
    "gumbel_softmax",
    "interpolate",
    "scaled_dot_product_attention",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

_MODES = ("nearest", "linear", "bilinear", "bicubic", "trilinear", "lanczos", "area", "nearest-exact")
_NOT_ALIGNABLE = ("nearest", "area", "nearest-exact")
_OF_IMAGES = ("bicubic", "lanczos")


def interpolate(
    input: Any,
    size: int | tuple[int, ...] | None = None,
    scale_factor: float | tuple[float, ...] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    r"""The input resized to another size.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html

    Args:
        input: (N, C, *) with one to three spatial dimensions.
        size: the spatial size of the result.
        scale_factor: instead of ``size``, its ratio to the input's.
        mode: ``"nearest"``, ``"nearest-exact"``, ``"linear"``, ``"bilinear"``, ``"bicubic"``, ``"trilinear"``,
            ``"area"`` or (only with ``antialias``) ``"lanczos"``.
        align_corners: corner pixels' centres coincide, rather than their outer edges.
        recompute_scale_factor: compute with the ratio of the sizes rather than the factor given.
        antialias: widen the filter when shrinking (bilinear, bicubic and lanczos).

    Returns:
        A tensor (N, C, *size).

    Raises:
        ValueError: the arguments do not fit together.
        NotImplementedError: the mode is not defined for the input's number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.interpolate(torch.tensor([[[1.0, 2.0]]]), scale_factor=2)
        tensor([[[1., 1., 2., 2.]]])
    """
    if align_corners is not None and mode in _NOT_ALIGNABLE:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    shape = shape_of(input)
    spatial = shape[2:]
    n = len(spatial)
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    factors: tuple[float | None, ...] = (None,) * n
    if size is not None:
        sizes = _many(size, n)
        if not all(hasattr(s, "__index__") for s in sizes):
            raise TypeError(
                "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got size "
                f"with types {[type(s) for s in sizes]}"
            )
        if len(sizes) != n:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input with spatial "
                f"dimensions of {list(spatial)} and output size of {size}. Please provide input tensor in "
                "(N, C, d1, d2, ...,dK) format and output size in (o1, o2, ...,oK) format."
            )
        if recompute_scale_factor:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    elif scale_factor is not None:
        given = _many(scale_factor, n)
        if len(given) != n:
            raise ValueError(
                "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial "
                f"dimensions of {list(spatial)} and scale_factor of shape {scale_factor}. Please provide input tensor "
                "in (N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format."
            )
        if any(isinstance(f, float) and not math.isfinite(f) for f in given):
            raise RuntimeError("value cannot be converted to type int64_t without overflow")
        sizes = tuple(math.floor(s * f) for s, f in zip(spatial, given, strict=True))
        if not recompute_scale_factor:
            factors = tuple(float(f) for f in given)
    else:
        raise ValueError("either size or scale_factor should be defined")
    if antialias and (mode not in ("bilinear", "bicubic", "lanczos") or n != 2):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    if n not in (1, 2, 3) or mode not in _MODES or (mode in _OF_IMAGES and n != 2):
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {len(shape)}D) for the modes: nearest | "
            f"linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
        )
    if mode == "lanczos" and align_corners:
        raise ValueError("Lanczos mode does not support align_corners=True")
    if mode == "lanczos" and not antialias:
        raise ValueError("Lanczos mode requires antialias=True")
    return resize(input, tuple(int(s) for s in sizes), factors, mode, bool(align_corners), antialias)


def _many(value: Any, n: int) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * n


def _deprecated(name: str) -> None:
    warnings.warn(
        f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3
    )


def upsample(
    input: Any,
    size: int | tuple[int, ...] | None = None,
    scale_factor: float | tuple[float, ...] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Any:
    """Deprecated name of :func:`interpolate`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.upsample.html

    Args:
        input: (N, C, *) with one to three spatial dimensions.
        size: the spatial size of the result.
        scale_factor: instead of ``size``, its ratio to the input's.
        mode: as :func:`interpolate` has them.
        align_corners: corner pixels' centres coincide, rather than their outer edges.

    Returns:
        A tensor (N, C, *size).

    Raises:
        ValueError: the arguments do not fit together.
        NotImplementedError: the mode is not defined for the input's number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.upsample(torch.tensor([[[1.0, 2.0]]]), scale_factor=2)
        tensor([[[1., 1., 2., 2.]]])
    """
    _deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(
    input: Any,
    size: int | tuple[int, ...] | None = None,
    scale_factor: float | tuple[float, ...] | None = None,
) -> Any:
    """Deprecated: :func:`interpolate` with ``mode="nearest"``.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.upsample_nearest.html

    Args:
        input: (N, C, *) with one to three spatial dimensions.
        size: the spatial size of the result.
        scale_factor: instead of ``size``, its ratio to the input's.

    Returns:
        A tensor (N, C, *size).

    Raises:
        ValueError: the arguments do not fit together.
        NotImplementedError: the mode is not defined for the input's number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.upsample_nearest(torch.tensor([[[1.0, 2.0]]]), size=4)
        tensor([[[1., 1., 2., 2.]]])
    """
    _deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(
    input: Any,
    size: int | tuple[int, ...] | None = None,
    scale_factor: float | tuple[float, ...] | None = None,
) -> Any:
    """Deprecated: :func:`interpolate` with ``mode="bilinear"`` and ``align_corners=True``.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.upsample_bilinear.html

    Args:
        input: (N, C, H, W).
        size: the spatial size of the result.
        scale_factor: instead of ``size``, its ratio to the input's.

    Returns:
        A tensor (N, C, *size).

    Raises:
        ValueError: not one of ``size`` and ``scale_factor`` is given.
        NotImplementedError: the input has not two spatial dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.upsample_bilinear(torch.tensor([[[[1.0, 2.0]]]]), size=(1, 3))
        tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """
    _deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, "bilinear", True)


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    r"""Attention, :math:`\mathrm{softmax}(QK^T/\sqrt{E} + M)\,V`.

    Attention is all you need, https://arxiv.org/abs/1706.03762;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html

    Args:
        query: (..., L, E).
        key: (..., S, E).
        value: (..., S, Ev).
        attn_mask: boolean (True takes part), or floating and added to the scores; broadcastable to (..., L, S). Or a
            causal mask of :mod:`jaxlearn.nn.attention.bias`.
        dropout_p: probability of a weight to be dropped, whatever the mode of a surrounding module.
        is_causal: position i attends to positions up to i.
        scale: factor of the scores. Default: :math:`1/\sqrt{E}`.
        enable_gqa: repeat the heads of key and value to the number of the query's.

    Returns:
        A tensor (..., L, Ev).

    Raises:
        RuntimeError: the shapes or dtypes do not fit.
        ValueError: a causal mask is given, and ``is_causal`` too.

    Example::

        >>> import jaxlearn as torch
        >>> q = torch.ones(1, 2, 4)
        >>> torch.nn.functional.scaled_dot_product_attention(q, q, q).shape
        torch.Size([1, 2, 4])
    """
    if isinstance(attn_mask, CausalBias):
        if is_causal:
            raise ValueError("CausalBias should not be used with causal=True")
        attn_mask = attn_mask._materialize(query.device)
    if dropout_p > 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")
    learns_mask = bool(getattr(attn_mask, "requires_grad", False))
    if is_causal and learns_mask:
        raise RuntimeError(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
        )
    random_key, ordinal = step_key() if dropout_p > 0 else (None, 0)
    return attention(
        query,
        key,
        value,
        attn_mask,
        is_causal,
        scale,
        enable_gqa,
        random_key,
        float(dropout_p),
        ordinal,
        learns_mask,
    )


def gumbel_softmax(logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Any:
    r"""A differentiable draw from categories, :math:`\mathrm{softmax}((x + g)/\tau)` with Gumbel noise :math:`g`.

    Categorical reparameterization with Gumbel-softmax, https://arxiv.org/abs/1611.01144;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gumbel_softmax.html

    Args:
        logits: unnormalised log probabilities, any shape.
        tau: temperature, positive.
        hard: return one-hot vectors, with the soft ones' gradient.
        eps: deprecated, without effect.
        dim: the dimension along which the result adds up to 1.

    Returns:
        A tensor of the logits' shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.gumbel_softmax(torch.zeros(1, 3), hard=True).sum()
        tensor(1.)
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    if is_staged() or has_own_key():
        noise = gumbel_noise(logits, *step_key())
    else:
        noise = -empty(logits.shape, dtype=logits.dtype, device=logits.device).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    chosen = soft.max(dim, keepdim=True)[1]
    return zeros_like(logits).scatter_(dim, chosen, 1.0) - soft.detach() + soft

"""Convolutions of one to three dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from .._warnings import warn
from .nn_conv_checks import (
    check_bias_dtype,
    check_convolution,
    check_dtypes,
    check_kernel,
    check_places,
    check_rank,
    check_same,
)
from .nn_conv_kernel import convolve, output_sizes, with_bias
from .op import op

__all__ = ["conv1d", "conv2d", "conv3d"]


def _same(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """The padding below and above that keeps the sizes."""
    totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if any(t % 2 for t in totals):
        warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the "
            "input be created"
        )
    return tuple((t // 2, t - t // 2) for t in totals)


def _conv(
    name: str,
    n: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Any:
    named = isinstance(padding, str)
    if not named:
        check_bias_dtype(input, bias)
    check_rank(name, n, input)
    if not named:
        pass
    elif padding == "same":
        check_same(n, input, weight, stride, dilation)
    elif padding != "valid":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    stride, around, dilation, _ = check_convolution(
        n, input, weight, bias, stride, 0 if named else padding, dilation, groups
    )
    kernel = weight.shape[2:]
    pads = _same(kernel, dilation) if padding == "same" else tuple((p, p) for p in around)
    x = input if input.ndim == n + 2 else input[None]
    padded = [size + low + high for size, (low, high) in zip(x.shape[2:], pads, strict=True)]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    if any(p < r for p, r in zip(padded, reach, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel size: "
            f"({' x '.join(map(str, reach))}). Kernel size can't be greater than actual input size"
        )
    if min(dilation) == 0:
        raise RuntimeError(f"dilation should be greater than zero, but got {[1] * (n == 1) + list(dilation)}")
    check_places(x)
    check_kernel(kernel)
    check_dtypes(n, input, weight, bias, groups)
    if x.shape[1] == 0:
        # torch multiplies nothing then, and so there are no channels in its result either.
        lengths = output_sizes(x.shape[2:], kernel, stride, pads, dilation)
        empty = jnp.zeros((x.shape[0], 0, *lengths), x.dtype)
        return empty if input.ndim == n + 2 else empty[0]
    y = convolve(x, weight, stride, pads, dilation, groups)
    if bias is not None:
        y = with_bias(y, bias)
    return y if input.ndim == n + 2 else y[0]


def _saves(
    input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> tuple[str, ...]:
    """torch pads a copy of the input where it pads more on one side."""
    if padding != "same":
        return "input", "weight"
    steps = dilation if isinstance(dilation, Sequence) else (dilation,) * (len(weight.shape) - 2)
    even = [step * (k - 1) % 2 for step, k in zip(steps, weight.shape[2:], strict=False)]
    return ("weight",) if any(even) else ("input", "weight")


def _name(n: int) -> Any:
    return lambda input, *rest: "ConvolutionBackward0" if len(input.shape) == n + 2 else "SqueezeBackward1"


@op(saves=_saves, grad_name=_name(1), fused=True)
def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] | str = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Any:
    r"""Convolution (cross-correlation) of sequences, :math:`y_{n,o,i} = b_o + \sum_{c,k} w_{o,c,k}\, x_{n,c,si+dk-p}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html

    Args:
        input: (N, C, L) or (C, L).
        weight: (O, C / groups, K).
        bias: (O,).
        stride: step of the window.
        padding: zeros added on both sides, ``"valid"`` for none, ``"same"`` to keep the length (stride 1 only).
        dilation: distance between the window's elements.
        groups: channels are split into this many independent groups.

    Returns:
        A tensor (N, O, L') with :math:`L' = \lfloor (L + 2p - d(K - 1) - 1)/s \rfloor + 1`, or without N.

    Raises:
        RuntimeError: sizes, dtypes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.conv1d(torch.ones(1, 1, 4), torch.ones(1, 1, 2))
        tensor([[[2., 2., 2.]]])
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@op(saves=_saves, grad_name=_name(2), fused=True)
def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] | str = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Any:
    r"""Convolution (cross-correlation) of images, :math:`y_{n,o} = b_o + \sum_c w_{o,c} \star x_{n,c}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html

    Args:
        input: (N, C, H, W) or (C, H, W).
        weight: (O, C / groups, KH, KW).
        bias: (O,).
        stride: step of the window.
        padding: zeros added on every side, ``"valid"`` for none, ``"same"`` to keep the size (stride 1 only).
        dilation: distance between the window's elements.
        groups: channels are split into this many independent groups.

    Returns:
        A tensor (N, O, H', W') with :math:`H' = \lfloor (H + 2p - d(KH - 1) - 1)/s \rfloor + 1`, or without N.

    Raises:
        RuntimeError: sizes, dtypes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))
        tensor([[[[4., 4.],
                  [4., 4.]]]])
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@op(saves=_saves, grad_name=_name(3), fused=True)
def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] | str = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Any:
    r"""Convolution (cross-correlation) of volumes, :math:`y_{n,o} = b_o + \sum_c w_{o,c} \star x_{n,c}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv3d.html

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        weight: (O, C / groups, KD, KH, KW).
        bias: (O,).
        stride: step of the window.
        padding: zeros added on every side, ``"valid"`` for none, ``"same"`` to keep the size (stride 1 only).
        dilation: distance between the window's elements.
        groups: channels are split into this many independent groups.

    Returns:
        A tensor (N, O, D', H', W'), or without N.

    Raises:
        RuntimeError: sizes, dtypes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.conv3d(torch.ones(1, 1, 3, 3, 3), torch.ones(2, 1, 2, 2, 2)).shape
        torch.Size([1, 2, 2, 2, 2])
    """
    return _conv("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)

"""Convolutions of one to three dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._warnings import warn
from .linalg_rules import c_name
from .nn_conv_kernel import convolve, output_sizes, with_bias
from .op import op
from .pointwise_rules import scalar_name

__all__ = ["check_convolution", "check_kernel", "check_places", "conv1d", "conv2d", "conv3d", "expanded"]


def expanded(value: Any, n: int, name: str) -> tuple[int, ...]:
    """A convolution's parameter as ``n`` integers.

    Raises:
        RuntimeError: with torch's words.
    """
    values = (int(value),) * n if isinstance(value, (int, np.integer)) else tuple(int(v) for v in value)
    if len(values) == 1:
        values *= n
    if len(values) != n:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {n} values to match the convolution "
            f"dimensions, but got {name}={list(values)}"
        )
    return values


def check_convolution(
    name: str, n: int, input: Any, weight: Any, bias: Any, groups: int, transpose: bool = False
) -> None:
    """torch's checks of a convolution's operands.

    Raises:
        RuntimeError: with torch's words.
    """
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of size: "
            f"{list(input.shape)}"
        )
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    shape = list(weight.shape)
    if weight.ndim != n + 2:
        raise RuntimeError(
            f"Expected {n + 2}-dimensional weight for {n + 2}-dimensional input, but got weight of size {shape} instead"
        )
    if shape[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of "
            f"size {shape} instead"
        )
    if shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight "
            f"of size [{shape}] instead"
        )
    sizes = list(input.shape) if input.ndim == n + 2 else [1, *input.shape]
    if transpose:
        if sizes[1] != shape[0]:
            raise RuntimeError(
                f"Given transposed=1, weight of size {shape}, expected input{sizes} to have {shape[0]} channels, but "
                f"got {sizes[1]} channels instead"
            )
        outputs = shape[1] * groups
    else:
        outputs = shape[0]
        if sizes[1] != shape[1] * groups:
            raise RuntimeError(
                f"Given groups={groups}, weight of size {shape}, expected input{sizes} to have {shape[1] * groups} "
                f"channels, but got {sizes[1]} channels instead"
            )
    if bias is not None and (bias.ndim != 1 or bias.shape[0] != outputs):
        raise RuntimeError(
            f"Given{' transposed=1,' if transpose else ''} weight of size {shape}, expected bias to be 1-dimensional "
            f"with {outputs} elements, but got bias of size {list(bias.shape)} instead"
        )
    if bias is not None and bias.dtype != input.dtype:
        raise RuntimeError(f"Input type ({c_name(input)}) and bias type ({c_name(bias)}) should be the same")
    if input.dtype != weight.dtype:
        raise RuntimeError(f"expected scalar type {scalar_name(input)} but found {scalar_name(weight)}")


def _paddings(
    padding: Any, n: int, stride: tuple[int, ...], dilation: tuple[int, ...], kernel: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """Padding below and above for each dimension."""
    if not isinstance(padding, str):
        return tuple((p, p) for p in expanded(padding, n, "padding"))
    if padding == "valid":
        return ((0, 0),) * n
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if any(t % 2 for t in totals):
        warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the "
            "input be created"
        )
    return tuple((t // 2, t - t // 2) for t in totals)


def check_kernel(kernel: Sequence[int]) -> None:
    """Refuse a kernel without elements.

    Raises:
        RuntimeError: with torch's words.
    """
    if 0 in kernel:
        height, width = (1, *kernel)[-2:]
        text = f" kernel_height: {height} kernel_width: {width}"
        if len(kernel) == 3:
            text = f": {' x '.join(map(str, kernel))} (TxHxW)"
        raise RuntimeError(f"kernel size should be greater than zero, but got{text}")


def check_places(x: Any) -> None:
    """Refuse sequences, images or volumes of no elements, unless there are none of them, or no channels.

    Raises:
        RuntimeError: with torch's words, which show sequences as images of one row.
    """
    if 0 in x.shape[2:] and 0 not in x.shape[:2]:
        shape = [*x.shape[:2], *((1,) if x.ndim == 3 else ()), *x.shape[2:]]
        raise RuntimeError(
            f"Only zero batch or zero channel inputs are supported, but got input shape: {shape}"
        )


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
    check_convolution(name, n, input, weight, bias, groups)
    kernel = weight.shape[2:]
    stride = expanded(stride, n, "stride")
    dilation = expanded(dilation, n, "dilation")
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    pads = _paddings(padding, n, stride, dilation, kernel)
    if any(low < 0 for low, _ in pads):
        raise RuntimeError("negative padding is not supported")
    if min(dilation) <= 0:
        found = f", but got {[1] * (n == 1) + list(dilation)}" if min(dilation) == 0 else ""
        raise RuntimeError(f"dilation should be greater than zero{found}")
    x = input if input.ndim == n + 2 else input[None]
    padded = [size + low + high for size, (low, high) in zip(x.shape[2:], pads, strict=True)]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    if any(p < r for p, r in zip(padded, reach, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel size: "
            f"({' x '.join(map(str, reach))}). Kernel size can't be greater than actual input size"
        )
    check_places(x)
    check_kernel(kernel)
    if x.shape[1] == 0:
        # torch multiplies nothing then, and so there are no channels in its result either.
        lengths = output_sizes(x.shape[2:], kernel, stride, pads, dilation)
        empty = jnp.zeros((x.shape[0], 0, *lengths), x.dtype)
        return empty if input.ndim == n + 2 else empty[0]
    y = convolve(x, weight, stride, pads, dilation, groups)
    if bias is not None:
        y = with_bias(y, bias)
    return y if input.ndim == n + 2 else y[0]


def _name(n: int) -> Any:
    return lambda input, *rest: "ConvolutionBackward0" if len(input.shape) == n + 2 else "SqueezeBackward1"


@op(saves=("input", "weight"), grad_name=_name(1))
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


@op(saves=("input", "weight"), grad_name=_name(2))
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


@op(saves=("input", "weight"), grad_name=_name(3))
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

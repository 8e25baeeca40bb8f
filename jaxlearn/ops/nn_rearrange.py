"""Pixels to channels and back, windows to columns and back, shuffled channels."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .nn_rules import floating_only, product
from .nn_window import Windows
from .op import op
from .pointwise_rules import is_bool

__all__ = ["channel_shuffle", "fold", "pixel_shuffle", "pixel_unshuffle", "unfold"]


@op
def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    r"""Channels spread over finer pixels: (*, C r², H, W) becomes (*, C, H r, W r).

    Real-time single image and video super-resolution using sub-pixel convolution, https://arxiv.org/abs/1609.05158;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pixel_shuffle.html

    Args:
        input: (*, C r², H, W).
        upscale_factor: r.

    Returns:
        A tensor (*, C, H r, W r).

    Raises:
        RuntimeError: the number of channels is not divisible by r².

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.pixel_shuffle(torch.arange(4.0).reshape(4, 1, 1), 2)
        tensor([[[0., 1.],
                 [2., 3.]]])
    """
    r = upscale_factor
    if input.ndim < 3:
        raise RuntimeError(
            f"pixel_shuffle expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    *lead, channels, height, width = input.shape
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={channels} is not divisible by {r * r}"
        )
    x = input.reshape(product(lead), channels // (r * r), r, r, height, width).transpose(0, 1, 4, 2, 5, 3)
    return x.reshape(*lead, channels // (r * r), height * r, width * r)


@op
def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    r"""The inverse of :func:`pixel_shuffle`: (*, C, H r, W r) becomes (*, C r², H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html

    Args:
        input: (*, C, H r, W r).
        downscale_factor: r.

    Returns:
        A tensor (*, C r², H, W).

    Raises:
        RuntimeError: height or width is not divisible by r.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.pixel_unshuffle(torch.arange(4.0).reshape(1, 2, 2), 2).shape
        torch.Size([4, 1, 1])
    """
    r = downscale_factor
    if input.ndim < 3:
        raise RuntimeError(
            f"pixel_unshuffle expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    *lead, channels, height, width = input.shape
    for name, axis, extent in (("height", -2, height), ("width", -1, width)):
        if extent % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({axis})={extent} "
                f"is not divisible by {r}"
            )
    if not input.size:
        return input  # as torch leaves it
    x = input.reshape(product(lead), channels, height // r, r, width // r, r).transpose(0, 1, 3, 5, 2, 4)
    return x.reshape(*lead, channels * r * r, height // r, width // r)


@op
def channel_shuffle(input: Any, groups: int) -> Any:
    r"""Channels dealt out over groups: channel :math:`gC/G + i` becomes channel :math:`iG + g`.

    ShuffleNet, https://arxiv.org/abs/1707.01083.

    Args:
        input: (N, C, *).
        groups: G, a divisor of C.

    Returns:
        A tensor of the input's shape.

    Raises:
        RuntimeError: C is not divisible by ``groups``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.channel_shuffle(torch.arange(4.0).reshape(1, 4, 1), 2).flatten()
        tensor([0., 2., 1., 3.])
    """
    if input.ndim < 3:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}"
        )
    channels = input.shape[1]
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    if channels % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {channels} channels and {groups} groups."
        )
    x = input.reshape(input.shape[0], groups, channels // groups, *input.shape[2:])
    return x.swapaxes(1, 2).reshape(input.shape)


def _columns(x: Any, windows: Windows) -> Any:
    """(N, C, H, W) as (N, C * elements, windows)."""
    return jnp.stack(list(windows.elements(x, 0)), 2).reshape(
        x.shape[0], x.shape[1] * windows.elements_each, product(windows.out)
    )


def _pair(value: Any, name: str) -> tuple[int, int]:
    """A size of two dimensions; one number stands for both."""
    values = (value, value) if isinstance(value, (int, np.integer)) else tuple(value)
    if len(values) != 2:
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(values)}")
    return int(values[0]), int(values[1])


def _blocks(size: tuple[int, ...], kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Windows:
    kernel, d, p, s = (
        _pair(v, name)
        for v, name in (
            (kernel_size, "kernel_size"),
            (dilation, "dilation"),
            (padding, "padding"),
            (stride, "stride"),
        )
    )
    for name, part, given in (("kernel size", "kernel", kernel), ("dilation", "dilation", d)):
        if min(given) <= 0:
            raise RuntimeError(
                f"{name} should be greater than zero, but got {part}_height: {given[0]} {part}_width: {given[1]}"
            )
    if min(p) < 0:
        raise RuntimeError(f"padding should be non-negative, but got pad_height: {p[0]} pad_width: {p[1]}")
    if min(s) <= 0:
        raise RuntimeError(
            f"stride should be greater than zero, but got stride_height: {s[0]} stride_width: {s[1]}"
        )
    return Windows.make(size, kernel, s, p, d, False)


@op(grad_name="Im2ColBackward0")
def unfold(
    input: Any,
    kernel_size: int | tuple[int, ...],
    dilation: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] = 0,
    stride: int | tuple[int, ...] = 1,
) -> Any:
    r"""The windows of images as columns: (N, C, H, W) becomes (N, C K, L) for windows of K elements.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size: size of the window.
        dilation: distance between the window's elements.
        padding: zeros added on every side.
        stride: step of the window.

    Returns:
        A tensor (N, C K, L), or without N.

    Raises:
        RuntimeError: no window fits.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.unfold(torch.arange(4.0).reshape(1, 1, 2, 2), (1, 2))
        tensor([[[0., 2.],
                 [1., 3.]]])
    """
    if input.ndim not in (3, 4):
        if input.ndim < 3:
            n = max(input.ndim, 1)
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {n})"
            )
    if input.ndim > 4 or 0 in input.shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
            f"but got: {list(input.shape)}"
        )
    if not is_bool(input):
        floating_only("im2col_out_cpu", input, allow_complex=True)
    windows = _blocks(tuple(input.shape[-2:]), kernel_size, dilation, padding, stride)
    if min(windows.out) < 1:
        h, w = windows.size
        raise RuntimeError(
            f"Given input with spatial size ({h}, {w}), kernel_size={windows.kernel}, dilation={windows.dilation}, "
            f"padding={windows.padding}, calculated shape of the array of sliding blocks as "
            f"{windows.out}, but its components must be at least one."
        )
    columns = _columns(input if input.ndim == 4 else input[None], windows)
    return columns if input.ndim == 4 else columns[0]


@op(grad_name="Col2ImBackward0")
def fold(
    input: Any,
    output_size: int | tuple[int, ...],
    kernel_size: int | tuple[int, ...],
    dilation: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] = 0,
    stride: int | tuple[int, ...] = 1,
) -> Any:
    r"""Columns added up into images at their windows' places: the transpose of :func:`unfold`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.fold.html

    Args:
        input: (N, C K, L) or (C K, L).
        output_size: (H, W) of the result.
        kernel_size: size of the window.
        dilation: distance between the window's elements.
        padding: zeros that were added on every side.
        stride: step of the window.

    Returns:
        A tensor (N, C, H, W), or without N.

    Raises:
        RuntimeError: the numbers of elements or windows do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.fold(torch.ones(1, 2, 2), (1, 3), (1, 2))
        tensor([[[[1., 2., 1.]]]])
    """
    size = _pair(output_size, "output_size")
    windows = _blocks(size, kernel_size, dilation, padding, stride)
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(input.shape)}"
        )
    x = input if input.ndim == 3 else input[None]
    if x.shape[1] % windows.elements_each:
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={x.shape[1]} and kernel_size={windows.kernel}."
        )
    rows, columns = windows.out
    if x.shape[2] != rows * columns:
        raise RuntimeError(
            f"Given output_size={size}, kernel_size={windows.kernel}, dilation={windows.dilation}, "
            f"padding={windows.padding}, stride={windows.stride}, expected size of input's dimension 2 to match the "
            f"calculated number of sliding blocks {rows} * {columns} = {rows * columns}, but got "
            f"input.size(2)={x.shape[2]}."
        )
    if not is_bool(x):
        floating_only("col2im_out_cpu", x, allow_complex=True)
    image = jax.ShapeDtypeStruct((x.shape[0], x.shape[1] // windows.elements_each, *size), x.dtype)
    (y,) = jax.linear_transpose(lambda image: _columns(image, windows), image)(x)
    return y if input.ndim == 3 else y[0]

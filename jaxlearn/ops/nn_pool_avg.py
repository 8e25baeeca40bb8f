"""Average pooling."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .nn_pool_checks import check_padding, check_places, check_window, in_rows, row_shape, with_axes
from .nn_rules import accumulator, floating_only, sizes
from .nn_window import FEW, Windows
from .op import op
from .promotion import cast

__all__ = ["average", "avg_pool1d", "avg_pool2d", "avg_pool3d"]


def _window_sums(x: Any, windows: Windows) -> Any:
    if windows.elements_each <= FEW:
        # XLA:CPU adds strided slices in one loop, several times faster than reduce_window.
        return sum(windows.tangents(x))
    lead = x.ndim - len(windows.size)
    return lax.reduce_window(
        windows.padded(x, 0),
        np.zeros((), x.dtype),
        lax.add,
        (1,) * lead + windows.kernel,
        (1,) * lead + windows.stride,
        "VALID",
    )


def average(
    n: int,
    x: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Any:
    """The mean of each window of the last ``n`` dimensions."""
    function = f"avg_pool{n}d"
    shape = list(x.shape)
    if n == 1 and x.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {x.ndim}-dimensional tensor for argument #1 'self' (while checking "
            "arguments for avg_pool1d)"
        )
    kernel = sizes(kernel, n, function, "kernel_size")
    if stride is None or (isinstance(stride, (tuple, list)) and not stride):
        stride = kernel
    stride = sizes(stride, n, function, "stride")
    padding = sizes(padding, n, function, "padding")
    if n == 3 and x.ndim not in (4, 5):
        raise RuntimeError("non-empty 4D or 5D (batch mode) tensor expected for input")
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    if n == 2 and x.ndim < 3:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-max(x.ndim, 1)}, {max(x.ndim, 1) - 1}], but got -3)"
        )
    if 0 in stride:
        raise RuntimeError("stride should not be zero")
    check_padding(padding, kernel, (1,) * n)
    check_window(in_rows(n, kernel, 1), in_rows(n, stride, 1), (1,))
    check_places("avg_pool3d", n, row_shape(n, x))
    if n == 3 and any(size < k for size, k in zip(shape[-3:], kernel, strict=True)):
        raise RuntimeError(
            f"input image ({with_axes('', shape[-3:])}) smaller than kernel size ({with_axes('k', kernel)})"
        )
    windows = Windows.make(tuple(shape[-n:]), kernel, stride, padding, (1,) * n, ceil_mode)
    if min(windows.out) < 1:
        before, after = (
            "x".join(map(str, (shape[-n - 1], *in_rows(n, dims, 1)))) for dims in (shape[-n:], windows.out)
        )
        raise RuntimeError(
            f"Given input size: ({before}). Calculated output size: ({after}). Output size is too small"
        )
    if x.dtype != np.int64:
        floating_only("avg_pool3d_out_frame" if n == 3 else "avg_pool2d", x)
    total = _window_sums(accumulator(x), windows)
    by: Any = divisor
    if divisor is None:
        counts: Any = 1
        for axis, length in enumerate(windows.lengths(count_include_pad)):
            counts = counts * length.reshape((-1,) + (1,) * (n - 1 - axis))
        by = int(counts.flat[0]) if (counts == counts.flat[0]).all() else jnp.asarray(counts, total.dtype)
    mean = (
        total / by
        if jnp.issubdtype(x.dtype, jnp.inexact)
        else lax.div(total, jnp.broadcast_to(cast(by, total.dtype), total.shape))
    )
    return cast(mean, x.dtype)


@op(keeps=("input",), grad_name="SqueezeBackward1")
def avg_pool1d(
    input: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    r"""The mean of each window of sequences.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html

    Args:
        input: (N, C, L) or (C, L).
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        padding: zeros added on both sides, at most half of the window.
        ceil_mode: keep the last window even if it ends outside.
        count_include_pad: whether the zeros count in the mean.

    Returns:
        A tensor (..., L') with :math:`L' = \lfloor (L + 2p - k)/s \rfloor + 1`.

    Raises:
        RuntimeError: sizes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.avg_pool1d(torch.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        tensor([[2., 1.]])
    """
    return average(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


@op(keeps=("input",), grad_name="AvgPool2DBackward0")
def avg_pool2d(
    input: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    r"""The mean of each window of images.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        padding: zeros added on every side, at most half of the window.
        ceil_mode: keep the last windows even if they end outside.
        count_include_pad: whether the zeros count in the mean.
        divisor_override: divide by this instead of the number of elements.

    Returns:
        A tensor (..., H', W') with :math:`H' = \lfloor (H + 2p - k)/s \rfloor + 1`.

    Raises:
        RuntimeError: sizes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.avg_pool2d(torch.arange(16.0).reshape(1, 4, 4), 2)
        tensor([[[ 2.5000,  4.5000],
                 [10.5000, 12.5000]]])
    """
    return average(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


@op(keeps=("input",), grad_name="AvgPool3DBackward0")
def avg_pool3d(
    input: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    r"""The mean of each window of volumes.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool3d.html

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        padding: zeros added on every side, at most half of the window.
        ceil_mode: keep the last windows even if they end outside.
        count_include_pad: whether the zeros count in the mean.
        divisor_override: divide by this instead of the number of elements.

    Returns:
        A tensor (..., D', H', W').

    Raises:
        RuntimeError: sizes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.avg_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 2)
        tensor([[[[3.5000]]]])
    """
    return average(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)

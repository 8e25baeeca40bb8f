"""Max pooling."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from .nn_pool_checks import check_padding, check_places, check_window, in_rows, row_shape
from .nn_rules import floating_only, sizes
from .nn_window import FEW, Windows
from .op import op
from .pointwise_rules import is_bool, is_complex
from .reduction_rules import argmax

__all__ = ["max_pool1d", "max_pool2d", "max_pool3d", "pooled_max"]


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def pooled_max(x: Any, windows: Windows) -> tuple[Any, Any]:
    """The maximum of each window and which element it is: the first of equals; NaN is greater than all numbers.

    Maximum and index come from comparisons in one loop, and the gradient goes where the index says. XLA:CPU,
    64x32x32x32, 2x2, forward and backward, ms: reduce_window with select_and_scatter 33, reshape and max 31, this 1.6.
    """
    lowest = -jnp.inf if jnp.issubdtype(x.dtype, jnp.floating) else jnp.iinfo(x.dtype).min
    if windows.elements_each > FEW:
        elements = windows.gathered(x, lowest)
        return jnp.max(elements, -1), argmax(elements, -1).astype(jnp.int32)
    best: Any = None
    element: Any = None
    for number, candidate in enumerate(windows.elements(x, lowest)):
        if best is None:
            best, element = candidate, jnp.zeros(candidate.shape, jnp.int32)
        else:
            better = (candidate > best) | (candidate != candidate)
            best = jnp.where(better, candidate, best)
            element = jnp.where(better, jnp.int32(number), element)
    return best, element


@pooled_max.defjvp
def _pooled_max_jvp(windows: Windows, primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    best, element = pooled_max(x, windows)
    if windows.elements_each > FEW:
        chosen = element[..., None] == jnp.arange(windows.elements_each, dtype=jnp.int32)
        moved: Any = jnp.sum(jnp.where(chosen, windows.gathered(t, 0), 0), -1)
    else:
        moved = sum(
            jnp.where(element == number, candidate, jnp.zeros_like(candidate))
            for number, candidate in enumerate(windows.tangents(t))
        )
    return (best, element), (moved, jnp.zeros(element.shape, jax.dtypes.float0))


def _check(
    n: int,
    x: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Windows:
    function = f"max_pool{n}d"
    shape = list(x.shape)
    alone = n == 1 and not return_indices
    if alone and (x.ndim not in (2, 3) or 0 in shape[-2:]):
        raise RuntimeError(
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but "
            f"got:{shape}"
        )
    kernel = sizes(kernel, n, function, "kernel_size")
    if stride is None or (isinstance(stride, (tuple, list)) and not stride):
        stride = kernel
    stride = sizes(stride, n, function, "stride")
    padding = sizes(padding, n, function, "padding")
    dilation = sizes(dilation, n, function, "dilation")
    if alone:
        _check_sequences(*kernel, *stride, *padding, *dilation)
    else:
        if n == 1 and x.ndim not in (2, 3):
            raise RuntimeError(
                f"Expected 2 to 3 dimensions, but got {x.ndim}-dimensional tensor for argument #1 'self' (while "
                "checking arguments for max_pool1d)"
            )
        if x.ndim not in (n + 1, n + 2):
            raise RuntimeError(f"non-empty {n + 1}D or {n + 2}D (batch mode) tensor expected for input")
        if 0 in stride:
            raise RuntimeError("stride should not be zero")
        check_padding(padding, kernel, dilation)
        window = in_rows(n, kernel, 1)
        check_window(window, in_rows(n, stride, 1), in_rows(n, dilation, 1))
        check_places("max_pool3d_with_indices_out_cpu_template", n, row_shape(n, x))
        if any(p > k // 2 for p, k in zip(padding, kernel, strict=True)):
            pads = in_rows(n, padding, 0)
            if n == 3:
                at = [0, 2, 1]  # the depth, the width, the height
                got = " ".join(
                    f"{name}{'THW'[i]}: {v[i]}" for name, v in (("k", window), ("pad", pads)) for i in at
                )
            else:
                got = f"padW = {pads[1]}, padH = {pads[0]}, kW = {window[1]}, kH = {window[0]}"
            raise RuntimeError(f"pad should be smaller than or equal to half of kernel size, but got {got}")
    windows = Windows.make(tuple(shape[-n:]), kernel, stride, padding, dilation, ceil_mode)
    if min(windows.out) < 1:
        if alone:
            raise RuntimeError(f"max_pool1d() Invalid computed output size: {windows.out[0]}")
        before, after = (
            "x".join(map(str, (shape[-n - 1], *in_rows(n, dims, 1)))) for dims in (shape[-n:], windows.out)
        )
        raise RuntimeError(
            f"Given input size: ({before}). Calculated output size: ({after}). Output size is too small"
        )
    return windows


def _check_sequences(kernel: int, stride: int, padding: int, dilation: int) -> None:
    """The checks of sequences whose indices nobody asks for, which torch's own kernel for them pools."""
    if kernel <= 0:
        raise RuntimeError(f"max_pool1d() kernel_size must be greater than zero, but got {kernel}")
    if stride <= 0:
        raise RuntimeError(f"max_pool1d() stride must be greater than zero, but got {stride}")
    if padding < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {padding}")
    if padding > kernel // 2:
        raise RuntimeError(
            "max_pool1d() padding should be at most half of kernel size, but got "
            f"padding={padding} and kernel_size={kernel}"
        )
    if dilation <= 0:
        raise RuntimeError(f"max_pool1d() dilation must be greater than zero, but got {dilation}")


def _max_pool(
    n: int,
    x: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool | int,
) -> Any:
    windows = _check(n, x, kernel, stride, padding, dilation, ceil_mode, bool(return_indices))
    if n == 1 and not return_indices:
        floating_only("max_pool1d_impl", x)
    elif is_bool(x) or is_complex(x):
        floating_only(f"max_pool{max(n, 2)}d", x)
    best, element = pooled_max(x, windows)
    return (best, windows.places(element.astype(jnp.int64))) if return_indices else best


@op(saves=("input", "result1"), grad_name="SqueezeBackward1")
def max_pool1d(
    input: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: bool | int = False,
) -> Any:
    r"""The maximum of each window of sequences.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html

    Args:
        input: (N, C, L) or (C, L).
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        padding: minus infinities added on both sides, at most half of the window.
        dilation: distance between the window's elements.
        ceil_mode: keep the last window even if it ends outside.
        return_indices: return also the position of each maximum in its sequence.

    Returns:
        A tensor (..., L') with :math:`L' = \lfloor (L + 2p - d(k - 1) - 1)/s \rfloor + 1`; with ``return_indices``
        a pair of it and an int64 tensor.

    Raises:
        RuntimeError: sizes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.max_pool1d(torch.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        tensor([[3., 2.]])
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@op(saves=("input", "result1"), grad_name="MaxPool2DWithIndicesBackward0")
def max_pool2d(
    input: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: bool | int = False,
) -> Any:
    r"""The maximum of each window of images.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        padding: minus infinities added on every side, at most half of the window.
        dilation: distance between the window's elements.
        ceil_mode: keep the last windows even if they end outside.
        return_indices: return also the flat position of each maximum in its image.

    Returns:
        A tensor (..., H', W') with :math:`H' = \lfloor (H + 2p - d(k - 1) - 1)/s \rfloor + 1`; with
        ``return_indices`` a pair of it and an int64 tensor.

    Raises:
        RuntimeError: sizes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.max_pool2d(torch.arange(16.0).reshape(1, 4, 4), 2)
        tensor([[[ 5.,  7.],
                 [13., 15.]]])
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@op(saves=("input", "result1"), grad_name="MaxPool3DWithIndicesBackward0")
def max_pool3d(
    input: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: bool | int = False,
) -> Any:
    r"""The maximum of each window of volumes.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool3d.html

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        padding: minus infinities added on every side, at most half of the window.
        dilation: distance between the window's elements.
        ceil_mode: keep the last windows even if they end outside.
        return_indices: return also the flat position of each maximum in its volume.

    Returns:
        A tensor (..., D', H', W'); with ``return_indices`` a pair of it and an int64 tensor.

    Raises:
        RuntimeError: sizes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.max_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 2)
        tensor([[[[7.]]]])
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)

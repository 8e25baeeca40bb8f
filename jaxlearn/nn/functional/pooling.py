"""Pooling functions made of others: power averages and the inverse of max pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...ops.nn_pool_max import max_pool1d, max_pool2d, max_pool3d
from ...ops.nn_pool_other import power_average, unpooled
from ._arguments import host_values

__all__ = ["lp_pool1d", "lp_pool2d", "lp_pool3d", "max_unpool1d", "max_unpool2d", "max_unpool3d"]

_MAX = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}


def _power_pool(n: int, input: Any, norm_type: float, kernel: Any, stride: Any, ceil_mode: bool) -> Any:
    """The p-norm of each window; the largest magnitude for infinite p, the smallest for minus infinity."""
    if isinstance(norm_type, (int, float)) and math.isinf(norm_type):
        magnitude = input.abs()
        if norm_type > 0:
            return _MAX[n](magnitude, kernel, stride, 0, 1, ceil_mode)
        return -_MAX[n](-magnitude, kernel, stride, 0, 1, ceil_mode)
    return power_average(input, n, norm_type, kernel, stride, ceil_mode)


def lp_pool1d(
    input: Any,
    norm_type: float,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    ceil_mode: bool = False,
) -> Any:
    r"""The p-norm of each window of sequences, :math:`(\sum_i x_i^p)^{1/p}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool1d.html

    Args:
        input: (N, C, L) or (C, L).
        norm_type: p.
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        ceil_mode: keep the last window even if it ends outside.

    Returns:
        A tensor (..., L').

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.lp_pool1d(torch.tensor([[[3.0, 4.0]]]), 2, 2)
        tensor([[[5.]]])
    """
    return _power_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Any,
    norm_type: float,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    ceil_mode: bool = False,
) -> Any:
    r"""The p-norm of each window of images, :math:`(\sum_i x_i^p)^{1/p}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool2d.html

    Args:
        input: (N, C, H, W) or (C, H, W).
        norm_type: p.
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        ceil_mode: keep the last windows even if they end outside.

    Returns:
        A tensor (..., H', W').

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.lp_pool2d(torch.ones(1, 1, 2, 2), 2, 2)
        tensor([[[[2.]]]])
    """
    return _power_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Any,
    norm_type: float,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    ceil_mode: bool = False,
) -> Any:
    r"""The p-norm of each window of volumes, :math:`(\sum_i x_i^p)^{1/p}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool3d.html

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        norm_type: p.
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        ceil_mode: keep the last windows even if they end outside.

    Returns:
        A tensor (..., D', H', W').

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.lp_pool3d(torch.ones(1, 1, 2, 2, 2), 3, 2)
        tensor([[[[[2.]]]]])
    """
    return _power_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


def _unpool(
    n: int, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Any:
    def many(v: Any) -> tuple[int, ...]:
        return (v,) * n if isinstance(v, int) else tuple(v)

    if input.dim() < n:
        raise IndexError("tuple index out of range")
    kernel = many(kernel_size)
    step = kernel if stride is None else many(stride)
    default = tuple(
        (size - 1) * s + k - 2 * p
        for size, s, k, p in zip(input.shape[-n:], step, kernel, many(padding), strict=True)
    )
    if output_size is None:
        size = default
    else:
        size = tuple(output_size)[-n:]
        if len(output_size) not in (n, n + 2):
            raise ValueError(
                f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a length of "
                f"'{len(output_size)}'"
            )
        for got, d, s in zip(size, default, step, strict=True):
            if not d - s < got < d + s:
                raise ValueError(
                    f'invalid output_size "{size}" (dim {size.index(got)} must be between {d - s} and {d + s})'
                )
    values = host_values(indices)
    if values is not None and values.size and values.dtype == np.int64:
        outside = values[(values < 0) | (values >= math.prod(size))]
        if outside.size:
            volume = "x".join(map(str, (*size, 1) if n == 1 else size))
            raise RuntimeError(
                f"Found an invalid max index: {outside[0]} (output volumes are of size {volume})"
            )
    return unpooled(input, indices, size)


def max_unpool1d(
    input: Any,
    indices: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    output_size: Any = None,
) -> Any:
    r"""Maxima put back at their places in sequences, zeros elsewhere.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool1d.html

    Args:
        input: maxima (N, C, L) or (C, L).
        indices: their positions, from ``max_pool1d(..., return_indices=True)``.
        kernel_size: of that pooling.
        stride: of that pooling.
        padding: of that pooling.
        output_size: the length of the result. Default: the smallest that pooling could have had.

    Returns:
        A tensor (..., L').

    Raises:
        ValueError: ``output_size`` is impossible.

    Example::

        >>> import jaxlearn as torch
        >>> best, where = torch.nn.functional.max_pool1d(torch.tensor([[1.0, 3.0]]), 2, return_indices=True)
        >>> torch.nn.functional.max_unpool1d(best, where, 2)
        tensor([[0., 3.]])
    """
    return _unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any,
    indices: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    output_size: Any = None,
) -> Any:
    r"""Maxima put back at their places in images, zeros elsewhere.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool2d.html

    Args:
        input: maxima (N, C, H, W) or (C, H, W).
        indices: their positions, from ``max_pool2d(..., return_indices=True)``.
        kernel_size: of that pooling.
        stride: of that pooling.
        padding: of that pooling.
        output_size: the size of the result. Default: the smallest that pooling could have had.

    Returns:
        A tensor (..., H', W').

    Raises:
        ValueError: ``output_size`` is impossible.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.arange(4.0).reshape(1, 2, 2)
        >>> best, where = torch.nn.functional.max_pool2d(x, 2, return_indices=True)
        >>> torch.nn.functional.max_unpool2d(best, where, 2)
        tensor([[[0., 0.],
                 [0., 3.]]])
    """
    return _unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any,
    indices: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    output_size: Any = None,
) -> Any:
    r"""Maxima put back at their places in volumes, zeros elsewhere.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool3d.html

    Args:
        input: maxima (N, C, D, H, W) or (C, D, H, W).
        indices: their positions, from ``max_pool3d(..., return_indices=True)``.
        kernel_size: of that pooling.
        stride: of that pooling.
        padding: of that pooling.
        output_size: the size of the result. Default: the smallest that pooling could have had.

    Returns:
        A tensor (..., D', H', W').

    Raises:
        ValueError: ``output_size`` is impossible.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.arange(8.0).reshape(1, 2, 2, 2)
        >>> best, where = torch.nn.functional.max_pool3d(x, 2, return_indices=True)
        >>> torch.nn.functional.max_unpool3d(best, where, 2).sum()
        tensor(7.)
    """
    return _unpool(3, input, indices, kernel_size, stride, padding, output_size)

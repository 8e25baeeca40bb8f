"""Max pooling with the positions of the maxima, and over windows at pseudo-random places."""

from __future__ import annotations

from typing import Any

from ..._tensor.random import rand
from ...ops.nn_pool_adaptive import adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d
from ...ops.nn_pool_fractional import fractional_max_pool
from ...ops.nn_pool_max import max_pool1d, max_pool2d, max_pool3d

__all__ = [
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d_with_indices",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
    "max_pool1d_with_indices",
    "max_pool2d_with_indices",
    "max_pool3d_with_indices",
]


def max_pool1d_with_indices(
    input: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Any, Any]:
    """:func:`max_pool1d` of sequences with ``return_indices=True``.

    Args:
        input: (N, C, L) or (C, L).
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        padding: minus infinities added on every side.
        dilation: distance between the window's elements.
        ceil_mode: keep the last windows even if they end outside.
        return_indices: without effect: the indices are always returned.

    Returns:
        The maxima and their flat positions.
    """
    return max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool2d_with_indices(
    input: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Any, Any]:
    """:func:`max_pool2d` of images with ``return_indices=True``.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        padding: minus infinities added on every side.
        dilation: distance between the window's elements.
        ceil_mode: keep the last windows even if they end outside.
        return_indices: without effect: the indices are always returned.

    Returns:
        The maxima and their flat positions.
    """
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool3d_with_indices(
    input: Any,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Any, Any]:
    """:func:`max_pool3d` of volumes with ``return_indices=True``.

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        kernel_size: size of the window.
        stride: step of the window. Default: ``kernel_size``.
        padding: minus infinities added on every side.
        dilation: distance between the window's elements.
        ceil_mode: keep the last windows even if they end outside.
        return_indices: without effect: the indices are always returned.

    Returns:
        The maxima and their flat positions.
    """
    return max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def adaptive_max_pool1d_with_indices(
    input: Any, output_size: int | tuple[int | None, ...], return_indices: bool = False
) -> tuple[Any, Any]:
    """:func:`adaptive_max_pool1d` of sequences with ``return_indices=True``.

    Args:
        input: (N, C, L) or (C, L).
        output_size: how many windows there are.
        return_indices: without effect: the indices are always returned.

    Returns:
        The maxima and their flat positions.
    """
    return adaptive_max_pool1d(input, output_size, True)


def adaptive_max_pool2d_with_indices(
    input: Any, output_size: int | tuple[int | None, ...], return_indices: bool = False
) -> tuple[Any, Any]:
    """:func:`adaptive_max_pool2d` of images with ``return_indices=True``.

    Args:
        input: (N, C, H, W) or (C, H, W).
        output_size: how many windows there are.
        return_indices: without effect: the indices are always returned.

    Returns:
        The maxima and their flat positions.
    """
    return adaptive_max_pool2d(input, output_size, True)


def adaptive_max_pool3d_with_indices(
    input: Any, output_size: int | tuple[int | None, ...], return_indices: bool = False
) -> tuple[Any, Any]:
    """:func:`adaptive_max_pool3d` of volumes with ``return_indices=True``.

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        output_size: how many windows there are.
        return_indices: without effect: the indices are always returned.

    Returns:
        The maxima and their flat positions.
    """
    return adaptive_max_pool3d(input, output_size, True)


def _fractional(
    n: int, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any, samples: Any
) -> tuple[Any, Any]:
    if output_size is None and output_ratio is None:
        raise ValueError(
            f"fractional_max_pool{n}d requires specifying either an output_size or an output_ratio"
        )

    def each(value: Any) -> tuple[Any, ...]:
        return (value,) * n if isinstance(value, (int, float)) else tuple(value)

    if output_size is None:
        if n == 2 and len(output_ratio) > 2:
            raise ValueError(
                "fractional_max_pool2d requires output_ratio to either be a single Int or tuple of Ints."
            )
        output_size = [int(s * r) for s, r in zip(input.shape[-n:], each(output_ratio), strict=True)]
    if samples is None:
        batch = 1 if input.dim() == n + 1 else input.size(0)
        samples = rand(batch, input.size(-n - 1), n, dtype=input.dtype, device=input.device)
    return fractional_max_pool(input, samples, n, each(kernel_size), each(output_size))


def fractional_max_pool2d_with_indices(
    input: Any,
    kernel_size: int | tuple[int, ...],
    output_size: int | tuple[int, ...] | None = None,
    output_ratio: float | tuple[float, ...] | None = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> tuple[Any, Any]:
    """:func:`fractional_max_pool2d` with ``return_indices=True``.

    The windows' places are drawn, for each channel anew, from torch's random stream.
    Fractional max-pooling, https://arxiv.org/abs/1412.6071;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool2d.html

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size: size of the window.
        output_size: how many windows there are.
        output_ratio: instead, their number as a part of the input's size.
        return_indices: without effect: the indices are always returned.
        _random_samples: (N, C, 2), numbers in [0, 1) that place the windows; default drawn.

    Raises:
        ValueError: neither ``output_size`` nor ``output_ratio`` is given.
        RuntimeError: sizes do not fit.
    """
    return _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool2d(
    input: Any,
    kernel_size: int | tuple[int, ...],
    output_size: int | tuple[int, ...] | None = None,
    output_ratio: float | tuple[float, ...] | None = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The maximum of each of ``output_size`` windows of images at pseudo-random places.

    The windows' places are drawn, for each channel anew, from torch's random stream.
    Fractional max-pooling, https://arxiv.org/abs/1412.6071;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool2d.html

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size: size of the window.
        output_size: how many windows there are.
        output_ratio: instead, their number as a part of the input's size.
        return_indices: return also the flat position of each maximum.
        _random_samples: (N, C, 2), numbers in [0, 1) that place the windows; default drawn.

    Raises:
        ValueError: neither ``output_size`` nor ``output_ratio`` is given.
        RuntimeError: sizes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.arange(100.0).reshape(1, 1, 10, 10)
        >>> torch.nn.functional.fractional_max_pool2d(x, 2, output_size=4).shape
        torch.Size([1, 1, 4, 4])
    """
    maxima, places = _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return (maxima, places) if return_indices else maxima


def fractional_max_pool3d_with_indices(
    input: Any,
    kernel_size: int | tuple[int, ...],
    output_size: int | tuple[int, ...] | None = None,
    output_ratio: float | tuple[float, ...] | None = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> tuple[Any, Any]:
    """:func:`fractional_max_pool3d` with ``return_indices=True``.

    The windows' places are drawn, for each channel anew, from torch's random stream.
    Fractional max-pooling, https://arxiv.org/abs/1412.6071;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool3d.html

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        kernel_size: size of the window.
        output_size: how many windows there are.
        output_ratio: instead, their number as a part of the input's size.
        return_indices: without effect: the indices are always returned.
        _random_samples: (N, C, 3), numbers in [0, 1) that place the windows; default drawn.

    Raises:
        ValueError: neither ``output_size`` nor ``output_ratio`` is given.
        RuntimeError: sizes do not fit.
    """
    return _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d(
    input: Any,
    kernel_size: int | tuple[int, ...],
    output_size: int | tuple[int, ...] | None = None,
    output_ratio: float | tuple[float, ...] | None = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The maximum of each of ``output_size`` windows of volumes at pseudo-random places.

    The windows' places are drawn, for each channel anew, from torch's random stream.
    Fractional max-pooling, https://arxiv.org/abs/1412.6071;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool3d.html

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        kernel_size: size of the window.
        output_size: how many windows there are.
        output_ratio: instead, their number as a part of the input's size.
        return_indices: return also the flat position of each maximum.
        _random_samples: (N, C, 3), numbers in [0, 1) that place the windows; default drawn.

    Raises:
        ValueError: neither ``output_size`` nor ``output_ratio`` is given.
        RuntimeError: sizes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.arange(1000.0).reshape(1, 1, 10, 10, 10)
        >>> torch.nn.functional.fractional_max_pool3d(x, 2, output_size=4).shape
        torch.Size([1, 1, 4, 4, 4])
    """
    maxima, places = _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return (maxima, places) if return_indices else maxima

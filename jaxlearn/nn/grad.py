"""Gradients of convolutions by their formulas' names: with respect to the input or to the weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._autograd.modes import enable_grad, modes
from ..autograd import grad
from ..ops.nn_conv import conv1d, conv2d, conv3d

__all__ = [
    "conv1d_input",
    "conv1d_weight",
    "conv2d_input",
    "conv2d_weight",
    "conv3d_input",
    "conv3d_weight",
]


def _gradient(
    convolve: Callable[..., Any],
    size: Sequence[int],
    other: Any,
    grad_output: Any,
    of_input: bool,
    *options: Any,
) -> Any:
    """The gradient of ``convolve`` by the operand of this size, the values of which do not matter."""
    wanted = grad_output.new_zeros(tuple(size)).requires_grad_()
    create = modes.grad
    with enable_grad():
        result = (
            convolve(wanted, other, None, *options) if of_input else convolve(other, wanted, None, *options)
        )
    return grad(result, wanted, grad_output, create_graph=create)[0]


def conv1d_input(
    input_size: Sequence[int],
    weight: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of :func:`~jaxlearn.nn.functional.conv1d` with respect to its input.

    Args:
        input_size: the input's shape, (N, in_channels, L).
        weight: (out_channels, in_channels / groups, k).
        grad_output: the gradient of the result, (N, out_channels, L).
        stride: of the convolution, as are the others.
        padding: zeros on both sides.
        dilation: distance between the kernel's elements.
        groups: of channels.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.grad.conv1d_input((2, 3, 5), torch.ones(4, 3, 3), torch.ones(2, 4, 3)).shape
        torch.Size([2, 3, 5])
    """
    return _gradient(conv1d, input_size, weight, grad_output, True, stride, padding, dilation, groups)


def conv1d_weight(
    input: Any,
    weight_size: Sequence[int],
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of :func:`~jaxlearn.nn.functional.conv1d` with respect to its weight.

    Args:
        input: (N, in_channels, L).
        weight_size: the weight's shape, (out_channels, in_channels / groups, k).
        grad_output: the gradient of the result, (N, out_channels, L).
        stride: of the convolution, as are the others.
        padding: zeros on both sides.
        dilation: distance between the kernel's elements.
        groups: of channels.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.grad.conv1d_weight(torch.ones(2, 3, 5), (4, 3, 3), torch.ones(2, 4, 3)).shape
        torch.Size([4, 3, 3])
    """
    return _gradient(conv1d, weight_size, input, grad_output, False, stride, padding, dilation, groups)


def conv2d_input(
    input_size: Sequence[int],
    weight: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of :func:`~jaxlearn.nn.functional.conv2d` with respect to its input.

    Args:
        input_size: the input's shape, (N, in_channels, H, W).
        weight: (out_channels, in_channels / groups, kH, kW).
        grad_output: the gradient of the result, (N, out_channels, H, W).
        stride: of the convolution, as are the others.
        padding: zeros on both sides.
        dilation: distance between the kernel's elements.
        groups: of channels.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.grad.conv2d_input((2, 3, 5, 5), torch.ones(4, 3, 3, 3), torch.ones(2, 4, 3, 3)).shape
        torch.Size([2, 3, 5, 5])
    """
    return _gradient(conv2d, input_size, weight, grad_output, True, stride, padding, dilation, groups)


def conv2d_weight(
    input: Any,
    weight_size: Sequence[int],
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of :func:`~jaxlearn.nn.functional.conv2d` with respect to its weight.

    Args:
        input: (N, in_channels, H, W).
        weight_size: the weight's shape, (out_channels, in_channels / groups, kH, kW).
        grad_output: the gradient of the result, (N, out_channels, H, W).
        stride: of the convolution, as are the others.
        padding: zeros on both sides.
        dilation: distance between the kernel's elements.
        groups: of channels.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.grad.conv2d_weight(torch.ones(2, 3, 5, 5), (4, 3, 3, 3), torch.ones(2, 4, 3, 3)).shape
        torch.Size([4, 3, 3, 3])
    """
    return _gradient(conv2d, weight_size, input, grad_output, False, stride, padding, dilation, groups)


def conv3d_input(
    input_size: Sequence[int],
    weight: Any,
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of :func:`~jaxlearn.nn.functional.conv3d` with respect to its input.

    Args:
        input_size: the input's shape, (N, in_channels, D, H, W).
        weight: (out_channels, in_channels / groups, kD, kH, kW).
        grad_output: the gradient of the result, (N, out_channels, D, H, W).
        stride: of the convolution, as are the others.
        padding: zeros on both sides.
        dilation: distance between the kernel's elements.
        groups: of channels.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.grad.conv3d_input((2, 3, 5, 5, 5), torch.ones(4, 3, 3, 3, 3), torch.ones(2, 4, 3, 3, 3)).shape
        torch.Size([2, 3, 5, 5, 5])
    """
    return _gradient(conv3d, input_size, weight, grad_output, True, stride, padding, dilation, groups)


def conv3d_weight(
    input: Any,
    weight_size: Sequence[int],
    grad_output: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The gradient of :func:`~jaxlearn.nn.functional.conv3d` with respect to its weight.

    Args:
        input: (N, in_channels, D, H, W).
        weight_size: the weight's shape, (out_channels, in_channels / groups, kD, kH, kW).
        grad_output: the gradient of the result, (N, out_channels, D, H, W).
        stride: of the convolution, as are the others.
        padding: zeros on both sides.
        dilation: distance between the kernel's elements.
        groups: of channels.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.grad.conv3d_weight(torch.ones(2, 3, 5, 5, 5), (4, 3, 3, 3, 3), torch.ones(2, 4, 3, 3, 3)).shape
        torch.Size([4, 3, 3, 3, 3])
    """
    return _gradient(conv3d, weight_size, input, grad_output, False, stride, padding, dilation, groups)

"""Transposed convolutions of one to three dimensions."""

from __future__ import annotations

from typing import Any

from .nn_conv_checks import check_convolution, check_dtypes, check_kernel, check_places, check_rank
from .nn_conv_kernel import transposed, with_bias
from .op import op

__all__ = ["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]

_AXES = ("depth", "height", "width")


def _check_weight(n: int, weight: Any) -> None:
    kernel = weight.shape[2:]
    if n < 3 and weight.shape[1]:
        check_kernel(kernel)
    if not weight.shape[1] or 0 in kernel:
        shape = [*weight.shape[:2], *((1,) if n == 1 else ()), *kernel]
        what = (
            "non-empty 5D (n_output_plane x n_input_plane x kernel_depth x kernel_height x kernel_width) tensor "
            "expected for weight"
            if n == 3
            else "non-empty 2D or 4D weight tensor expected"
        )
        raise RuntimeError(f"{what}, but got: {shape}")


def _check_output(x: Any, weight: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any) -> None:
    sizes = [
        (size - 1) * s - 2 * p + d * (k - 1) + o + 1
        for size, s, p, d, k, o in zip(
            x.shape[2:], stride, padding, dilation, weight.shape[2:], output_padding, strict=True
        )
    ]
    if min(sizes) < 1:
        row = [1] * (x.ndim == 3)  # torch has a sequence as an image of one row
        before, after = (" x ".join(map(str, [*row, *shape])) for shape in (x.shape[2:], sizes))
        raise RuntimeError(
            f"Given input size per channel: ({before}). Calculated output size per channel: ({after}). Output size is "
            "too small"
        )


def _by_axis(what: str, values: tuple[int, ...], of_height: int) -> list[str]:
    """The values with their axes' names; those of sequences are said to be of images of one row."""
    values = (of_height,) * (len(values) == 1) + values
    return [f"{what}_{axis}: {v}" for axis, v in zip(_AXES[-len(values) :], values, strict=True)]


def _conv_transpose(
    n: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    check_rank(f"conv_transpose{n}d", n, input)
    stride, padding, dilation, output_padding = check_convolution(
        n, input, weight, bias, stride, padding, dilation, groups, output_padding
    )
    if min(dilation) == 0:
        raise RuntimeError(
            f"dilation should be greater than zero, but got {', '.join(_by_axis('dilation', dilation, 1))}"
        )
    x = input if input.ndim == n + 2 else input[None]
    check_places(x)
    if any(o >= s and o >= d for o, s, d in zip(output_padding, stride, dilation, strict=True)):
        words = [
            *_by_axis("output_padding", output_padding, 0),
            *_by_axis("stride", stride, 1),
            *_by_axis("dilation", dilation, 1),
        ]
        raise RuntimeError(
            f"output padding must be smaller than either stride or dilation, but got {' '.join(words)}"
        )
    _check_weight(n, weight)
    _check_output(x, weight, stride, padding, output_padding, dilation)
    check_dtypes(n, input, weight, bias, groups)
    y = transposed(x, weight, stride, padding, output_padding, dilation, groups)
    if bias is not None:
        y = with_bias(y, bias)
    return y if input.ndim == n + 2 else y[0]


def _name(n: int) -> Any:
    return lambda input, *rest: "ConvolutionBackward0" if len(input.shape) == n + 2 else "SqueezeBackward1"


@op(saves=("input", "weight"), grad_name=_name(1), fused=True)
def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] = 0,
    output_padding: int | tuple[int, ...] = 0,
    groups: int = 1,
    dilation: int | tuple[int, ...] = 1,
) -> Any:
    r"""Transposed convolution of sequences: the linear map that is the transpose of :func:`conv1d`'s.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html

    Args:
        input: (N, C, L) or (C, L).
        weight: (C, O / groups, K).
        bias: (O,).
        stride: step between the input's elements in the result.
        padding: elements cut off the result on both sides.
        output_padding: elements added at the result's end.
        groups: channels are split into this many independent groups.
        dilation: distance between the window's elements.

    Returns:
        A tensor (N, O, L') with :math:`L' = (L - 1)s - 2p + d(K - 1) + p_{out} + 1`, or without N.

    Raises:
        RuntimeError: sizes, dtypes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.conv_transpose1d(torch.ones(1, 1, 2), torch.ones(1, 1, 2), stride=2)
        tensor([[[1., 1., 1., 1.]]])
    """
    return _conv_transpose(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


@op(saves=("input", "weight"), grad_name=_name(2), fused=True)
def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] = 0,
    output_padding: int | tuple[int, ...] = 0,
    groups: int = 1,
    dilation: int | tuple[int, ...] = 1,
) -> Any:
    r"""Transposed convolution of images: the linear map that is the transpose of :func:`conv2d`'s.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html

    Args:
        input: (N, C, H, W) or (C, H, W).
        weight: (C, O / groups, KH, KW).
        bias: (O,).
        stride: step between the input's elements in the result.
        padding: elements cut off the result on every side.
        output_padding: elements added at the result's ends.
        groups: channels are split into this many independent groups.
        dilation: distance between the window's elements.

    Returns:
        A tensor (N, O, H', W') with :math:`H' = (H - 1)s - 2p + d(KH - 1) + p_{out} + 1`, or without N.

    Raises:
        RuntimeError: sizes, dtypes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.conv_transpose2d(torch.ones(1, 1, 2, 2), torch.ones(1, 3, 2, 2), stride=2).shape
        torch.Size([1, 3, 4, 4])
    """
    return _conv_transpose(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


@op(saves=("input", "weight"), grad_name=_name(3), fused=True)
def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] = 0,
    output_padding: int | tuple[int, ...] = 0,
    groups: int = 1,
    dilation: int | tuple[int, ...] = 1,
) -> Any:
    r"""Transposed convolution of volumes: the linear map that is the transpose of :func:`conv3d`'s.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose3d.html

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        weight: (C, O / groups, KD, KH, KW).
        bias: (O,).
        stride: step between the input's elements in the result.
        padding: elements cut off the result on every side.
        output_padding: elements added at the result's ends.
        groups: channels are split into this many independent groups.
        dilation: distance between the window's elements.

    Returns:
        A tensor (N, O, D', H', W'), or without N.

    Raises:
        RuntimeError: sizes, dtypes or parameters do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.conv_transpose3d(torch.ones(1, 1, 2, 2, 2), torch.ones(1, 3, 2, 2, 2)).shape
        torch.Size([1, 3, 3, 3, 3])
    """
    return _conv_transpose(3, input, weight, bias, stride, padding, output_padding, groups, dilation)

"""Transposed convolutions in one to three dimensions."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ._common import own_init
from .conv import _ConvNd

__all__ = [
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
]


class _ConvTranspose(_ConvNd):
    """A transposed convolution: what ConvTranspose1d, ConvTranspose2d and ConvTranspose3d share."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """Apply the layer to (N, in_channels, ...) or (in_channels, ...).

        Args:
            input: the tensor.
            output_size: the spatial size of the result, where the stride leaves several possible.
        """
        if self.padding_mode != "zeros":
            raise ValueError(f"Only `zeros` padding mode is supported for {type(self).__name__}")
        convolve = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self.dimensions - 1]
        extra = self.output_padding if output_size is None else self._extra(input, tuple(output_size))
        return convolve(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _extra(self, input: Any, output_size: tuple[int, ...]) -> tuple[int, ...]:
        """The output padding that gives the output this size.

        Raises:
            ValueError: no output padding does.
        """
        n = self.dimensions
        leading = input.dim() - n
        if len(output_size) == leading + n:
            output_size = output_size[leading:]
        if len(output_size) != n:
            raise ValueError(
                f"ConvTranspose{n}D: for {input.dim()}D input, output_size must have {n} or {leading + n} elements "
                f"(got {len(output_size)})"
            )
        least = [
            (input.shape[leading + i] - 1) * self.stride[i]
            - 2 * self.padding[i]
            + self.dilation[i] * (self.kernel_size[i] - 1)
            + 1
            for i in range(n)
        ]
        most = [low + self.stride[i] - 1 for i, low in enumerate(least)]
        if any(not low <= size <= high for low, size, high in zip(least, output_size, most, strict=True)):
            raise ValueError(
                f"requested an output size of {list(output_size)}, but valid sizes range from {least} to {most} "
                f"(for an input of {input.shape[2:]})"
            )
        return tuple(size - low for low, size in zip(least, output_size, strict=True))


@own_init
class ConvTranspose1d(_ConvTranspose):
    """Transposed convolution of signals (N, C, L): the gradient of a convolution with respect to its input.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window.
        padding: taken away on both sides of the output.
        output_padding: added on one side of the output.
        groups: into how many groups the channels are divided.
        bias: whether to add a number to each output channel.
        dilation: step between the elements of the window.
        padding_mode: "zeros".
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        ValueError: ``groups`` does not divide the channels, or another padding mode.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ConvTranspose1d(16, 33, 3)(torch.ones(2, 16, 50)).shape
        torch.Size([2, 33, 52])
    """

    dimensions = 1


@own_init
class ConvTranspose2d(_ConvTranspose):
    """Transposed convolution of images (N, C, H, W): the gradient of a convolution with respect to its input.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window.
        padding: taken away on both sides of the output.
        output_padding: added on one side of the output.
        groups: into how many groups the channels are divided.
        bias: whether to add a number to each output channel.
        dilation: step between the elements of the window.
        padding_mode: "zeros".
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        ValueError: ``groups`` does not divide the channels, or another padding mode.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ConvTranspose2d(6, 1, 2, stride=2)(torch.ones(4, 6, 14, 14)).shape
        torch.Size([4, 1, 28, 28])
    """

    dimensions = 2


@own_init
class ConvTranspose3d(_ConvTranspose):
    """Transposed convolution of volumes (N, C, D, H, W): the gradient of a convolution with respect to its input.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose3d.html

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window.
        padding: taken away on both sides of the output.
        output_padding: added on one side of the output.
        groups: into how many groups the channels are divided.
        bias: whether to add a number to each output channel.
        dilation: step between the elements of the window.
        padding_mode: "zeros".
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        ValueError: ``groups`` does not divide the channels, or another padding mode.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ConvTranspose3d(2, 1, 3)(torch.ones(1, 2, 3, 3, 3)).shape
        torch.Size([1, 1, 5, 5, 5])
    """

    dimensions = 3

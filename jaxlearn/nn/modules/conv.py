"""Convolutions in one to three dimensions."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from .. import functional as F
from .. import init
from .._init_gain import fans
from ..module import Module
from ..parameter import Parameter
from ._common import new_parameter, ntuple, own_init, weight_and_bias

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
]


_PADDINGS = {"same", "valid"}
_PADDING_MODES = {"zeros", "reflect", "replicate", "circular"}


class _ConvNd(Module):
    """A convolution or transposed convolution in :attr:`dimensions` dimensions."""

    dimensions: ClassVar[int]
    transposed: bool = False
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        n = self.dimensions
        stride = ntuple(stride, n)
        if self.transposed:
            padding = ntuple(padding, n)
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str):
            if padding not in _PADDINGS:
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {_PADDINGS}")
            if padding == "same" and any(s != 1 for s in stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in _PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {_PADDING_MODES}, but got padding_mode='{padding_mode}'"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = ntuple(kernel_size, n)
        self.stride = stride
        self.padding = padding if isinstance(padding, str) else ntuple(padding, n)
        self.dilation = ntuple(dilation, n)
        self.output_padding = ntuple(output_padding, n)
        self.groups = groups
        self.padding_mode = padding_mode
        # What F.pad adds around the input in the modes other than zeros: the last dimension first, both sides.
        self._reversed_padding_repeated_twice = self._around()
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = new_parameter((first, second // groups, *self.kernel_size), device, dtype)
        self.register_parameter("bias", new_parameter(out_channels, device, dtype) if bias else None)
        self.reset_parameters()

    def _around(self) -> tuple[int, ...]:
        if not isinstance(self.padding, str):
            return tuple([p for p in reversed(self.padding) for _ in range(2)])
        around: list[Any] = []
        for i in reversed(range(self.dimensions)):
            total = self.dilation[i] * (self.kernel_size[i] - 1) if self.padding == "same" else 0
            around += [total // 2, total - total // 2]
        return tuple(around)

    def reset_parameters(self) -> None:
        """Draw the parameters anew: uniform over ±1/√fan_in."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = fans(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        )
        if self.padding != (0,) * len(self.padding):
            text += f", padding={self.padding}"
        if self.dilation != (1,) * len(self.dilation):
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * len(self.output_padding):
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Conv(_ConvNd):
    """A convolution: the constructor and the padding that Conv1d, Conv2d and Conv3d share."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, in_channels, ...) or (in_channels, ...)."""
        return self._conv_forward(input, *weight_and_bias(self))

    def _conv_forward(self, input: Any, weight: Any, bias: Any) -> Any:
        convolve = (F.conv1d, F.conv2d, F.conv3d)[self.dimensions - 1]
        if self.padding_mode == "zeros":
            return convolve(input, weight, bias, self.stride, self.padding, self.dilation, self.groups)
        padded = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
        return convolve(padded, weight, bias, self.stride, (0,) * self.dimensions, self.dilation, self.groups)


@own_init
class Conv1d(_Conv):
    """Convolution (cross-correlation) of signals (N, C, L).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv1d.html

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window.
        padding: added on both sides, or "same" or "valid".
        dilation: step between the elements of the window.
        groups: into how many groups the channels are divided.
        bias: whether to add a number to each output channel.
        padding_mode: what is added: "zeros", "reflect", "replicate" or "circular".
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        ValueError: ``groups`` does not divide the channels, or an unknown padding.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.Conv1d(16, 33, 3)(torch.ones(2, 16, 50)).shape
        torch.Size([2, 33, 48])
    """

    dimensions = 1


@own_init
class Conv2d(_Conv):
    """Convolution (cross-correlation) of images (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window.
        padding: added on both sides, or "same" or "valid".
        dilation: step between the elements of the window.
        groups: into how many groups the channels are divided.
        bias: whether to add a number to each output channel.
        padding_mode: what is added: "zeros", "reflect", "replicate" or "circular".
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        ValueError: ``groups`` does not divide the channels, or an unknown padding.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.Conv2d(1, 6, 5)(torch.ones(4, 1, 28, 28)).shape
        torch.Size([4, 6, 24, 24])
    """

    dimensions = 2


@own_init
class Conv3d(_Conv):
    """Convolution (cross-correlation) of volumes (N, C, D, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv3d.html

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window.
        padding: added on both sides, or "same" or "valid".
        dilation: step between the elements of the window.
        groups: into how many groups the channels are divided.
        bias: whether to add a number to each output channel.
        padding_mode: what is added: "zeros", "reflect", "replicate" or "circular".
        device: of the parameters.
        dtype: of the parameters.

    Raises:
        ValueError: ``groups`` does not divide the channels, or an unknown padding.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.Conv3d(1, 2, 3)(torch.ones(1, 1, 5, 5, 5)).shape
        torch.Size([1, 2, 3, 3, 3])
    """

    dimensions = 3

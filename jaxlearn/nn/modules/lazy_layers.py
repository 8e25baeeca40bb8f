"""The layers that take the number of their input's channels or features from their first input."""

from __future__ import annotations

from typing import Any

from ..parameter import UninitializedParameter
from .conv import Conv1d, Conv2d, Conv3d, _ConvNd
from .conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .lazy import LazyModuleMixin
from .linear import Linear

__all__ = [
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyLinear",
]


class LazyLinear(LazyModuleMixin, Linear):  # type: ignore[misc]
    """:class:`Linear` whose ``in_features`` are those of its first input.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyLinear.html

    Args:
        out_features: size of the output's last dimension.
        bias: whether to add b.
        device: of the parameters.
        dtype: of the parameters.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyLinear(3)
        >>> _ = layer(torch.ones(2, 5))
        >>> layer
        Linear(in_features=5, out_features=3, bias=True)
    """

    cls_to_become = Linear
    weight: Any

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False, device, dtype)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, once there are some."""
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Make parameters for the input.

        Args:
            input: (..., in_features).
        """
        if self.has_uninitialized_params():
            self.in_features = input.shape[-1]
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
            self.reset_parameters()
        if self.in_features == 0:
            if input.shape[-1] != self.weight.shape[-1]:
                raise AssertionError(
                    f"The in_features inferred from input: {input.shape[-1]} is not equal to in_features from "
                    f"self.weight: {self.weight.shape[-1]}"
                )
            self.in_features = input.shape[-1]


class _LazyConvXdMixin(LazyModuleMixin, _ConvNd):  # type: ignore[misc]
    """The channels of a convolution's first input."""

    weight: Any

    def _forget_parameters(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_channels = out_channels
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draw the parameters anew, once there are some."""
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any, *args: Any, **kwargs: Any) -> None:
        """Make parameters for the input.

        Args:
            input: (N, C, *) or (C, *).
            args: what else the module is called with.
            kwargs: the same by name.
        """
        if not self.has_uninitialized_params():
            return
        n = self.dimensions
        if input.dim() not in (n + 1, n + 2):
            raise RuntimeError(
                f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {type(self).__name__}, but got input of "
                f"size: {input.shape}"
            )
        self.in_channels = input.shape[-n - 1]
        if self.in_channels % self.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        self.weight.materialize((first, second // self.groups, *self.kernel_size))
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))
        self.reset_parameters()


class LazyConv1d(_LazyConvXdMixin, Conv1d):  # type: ignore[misc]
    """:class:`Conv1d` whose ``in_channels`` are those of its first input (N, C, L).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv1d.html

    Args:
        out_channels: channels of the output.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window.
        padding: added on both sides; a number, one for each dimension, "same" or "valid".
        dilation: step between the elements of the window.
        groups: into how many groups the channels are divided.
        bias: whether to add a number to each output channel.
        padding_mode: "zeros", "reflect", "replicate" or "circular".
        device: of the parameters.
        dtype: of the parameters.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyConv1d(4, 3)
        >>> _ = layer(torch.ones(2, 5, 8))
        >>> layer
        Conv1d(5, 4, kernel_size=(3,), stride=(1,))
    """

    cls_to_become = Conv1d

    def __init__(
        self,
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
        # Without a bias and of no channels: what is made here is replaced at once.
        super().__init__(
            0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype
        )
        self._forget_parameters(out_channels, bias, device, dtype)


class LazyConv2d(_LazyConvXdMixin, Conv2d):  # type: ignore[misc]
    """:class:`Conv2d` whose ``in_channels`` are those of its first input (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv2d.html

    Args:
        out_channels: channels of the output.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window.
        padding: added on both sides; a number, one for each dimension, "same" or "valid".
        dilation: step between the elements of the window.
        groups: into how many groups the channels are divided.
        bias: whether to add a number to each output channel.
        padding_mode: "zeros", "reflect", "replicate" or "circular".
        device: of the parameters.
        dtype: of the parameters.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyConv2d(4, 3)
        >>> _ = layer(torch.ones(2, 5, 8, 8))
        >>> layer
        Conv2d(5, 4, kernel_size=(3, 3), stride=(1, 1))
    """

    cls_to_become = Conv2d

    def __init__(
        self,
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
        # Without a bias and of no channels: what is made here is replaced at once.
        super().__init__(
            0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype
        )
        self._forget_parameters(out_channels, bias, device, dtype)


class LazyConv3d(_LazyConvXdMixin, Conv3d):  # type: ignore[misc]
    """:class:`Conv3d` whose ``in_channels`` are those of its first input (N, C, D, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConv3d.html

    Args:
        out_channels: channels of the output.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window.
        padding: added on both sides; a number, one for each dimension, "same" or "valid".
        dilation: step between the elements of the window.
        groups: into how many groups the channels are divided.
        bias: whether to add a number to each output channel.
        padding_mode: "zeros", "reflect", "replicate" or "circular".
        device: of the parameters.
        dtype: of the parameters.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyConv3d(4, 3)
        >>> _ = layer(torch.ones(2, 5, 4, 4, 4))
        >>> layer
        Conv3d(5, 4, kernel_size=(3, 3, 3), stride=(1, 1, 1))
    """

    cls_to_become = Conv3d

    def __init__(
        self,
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
        # Without a bias and of no channels: what is made here is replaced at once.
        super().__init__(
            0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype
        )
        self._forget_parameters(out_channels, bias, device, dtype)


class LazyConvTranspose1d(_LazyConvXdMixin, ConvTranspose1d):  # type: ignore[misc]
    """:class:`ConvTranspose1d` whose ``in_channels`` are those of its first input (N, C, L).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose1d.html

    Args:
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

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyConvTranspose1d(4, 3)
        >>> _ = layer(torch.ones(2, 5, 8))
        >>> layer
        ConvTranspose1d(5, 4, kernel_size=(3,), stride=(1,))
    """

    cls_to_become = ConvTranspose1d

    def __init__(
        self,
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
        # Without a bias and of no channels: what is made here is replaced at once.
        super().__init__(
            0,
            0,
            kernel_size,
            stride,
            padding,
            output_padding,
            groups,
            False,
            dilation,
            padding_mode,
            device,
            dtype,
        )
        self._forget_parameters(out_channels, bias, device, dtype)


class LazyConvTranspose2d(_LazyConvXdMixin, ConvTranspose2d):  # type: ignore[misc]
    """:class:`ConvTranspose2d` whose ``in_channels`` are those of its first input (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose2d.html

    Args:
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

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyConvTranspose2d(4, 3)
        >>> _ = layer(torch.ones(2, 5, 8, 8))
        >>> layer
        ConvTranspose2d(5, 4, kernel_size=(3, 3), stride=(1, 1))
    """

    cls_to_become = ConvTranspose2d

    def __init__(
        self,
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
        # Without a bias and of no channels: what is made here is replaced at once.
        super().__init__(
            0,
            0,
            kernel_size,
            stride,
            padding,
            output_padding,
            groups,
            False,
            dilation,
            padding_mode,
            device,
            dtype,
        )
        self._forget_parameters(out_channels, bias, device, dtype)


class LazyConvTranspose3d(_LazyConvXdMixin, ConvTranspose3d):  # type: ignore[misc]
    """:class:`ConvTranspose3d` whose ``in_channels`` are those of its first input (N, C, D, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyConvTranspose3d.html

    Args:
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

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyConvTranspose3d(4, 3)
        >>> _ = layer(torch.ones(2, 5, 4, 4, 4))
        >>> layer
        ConvTranspose3d(5, 4, kernel_size=(3, 3, 3), stride=(1, 1, 1))
    """

    cls_to_become = ConvTranspose3d

    def __init__(
        self,
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
        # Without a bias and of no channels: what is made here is replaced at once.
        super().__init__(
            0,
            0,
            kernel_size,
            stride,
            padding,
            output_padding,
            groups,
            False,
            dilation,
            padding_mode,
            device,
            dtype,
        )
        self._forget_parameters(out_channels, bias, device, dtype)

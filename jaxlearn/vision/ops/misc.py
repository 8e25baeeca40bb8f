"""Blocks that many image models are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jaxlearn as torch
from jaxlearn import nn

__all__ = [
    "MLP",
    "Conv2dNormActivation",
    "Conv3dNormActivation",
    "FrozenBatchNorm2d",
    "Permute",
    "SqueezeExcitation",
]

Layer = Callable[..., nn.Module]


class FrozenBatchNorm2d(nn.Module):
    r"""Batch normalisation whose statistics, weight and bias are buffers that no training changes.

    :math:`(x - \text{mean}) / \sqrt{\text{var} + \epsilon} \cdot w + b`, see
    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.FrozenBatchNorm2d.html

    Args:
        num_features: channels.
        eps: added to the variance.

    Example::

        >>> from jaxlearn.vision import ops
        >>> ops.FrozenBatchNorm2d(4)
        FrozenBatchNorm2d(4, eps=1e-05)
    """

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("weight", torch.ones(num_features))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        # BatchNorm2d, from which such states come, counts its batches.
        state_dict.pop(f"{prefix}num_batches_tracked", None)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def forward(self, x: Any) -> Any:
        """The normalised input.

        Args:
            x: (N, num_features, H, W).
        """
        buffers = (self.weight, self.bias, self.running_mean, self.running_var)
        weight, bias, mean, variance = (buffer.reshape(1, -1, 1, 1) for buffer in buffers)
        scale = weight * (variance + self.eps).rsqrt()
        return x * scale + (bias - mean * scale)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.weight.shape[0]}, eps={self.eps})"


class _ConvNormActivation(nn.Sequential):
    """A convolution with what follows it; its padding keeps the size at stride 1."""

    def __init__(
        self,
        conv: Layer,
        inputs: int,
        outputs: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        groups: int,
        norm: Layer | None,
        activation: Layer | None,
        dilation: Any,
        inplace: bool | None,
        bias: bool | None,
        dimensions: int,
    ) -> None:
        if padding is None:
            if isinstance(kernel_size, int) and isinstance(dilation, int):
                padding = (kernel_size - 1) // 2 * dilation
            else:
                sizes = kernel_size if isinstance(kernel_size, Sequence) else (kernel_size,) * dimensions
                steps = dilation if isinstance(dilation, Sequence) else (dilation,) * dimensions
                padding = tuple((size - 1) // 2 * step for size, step in zip(sizes, steps, strict=True))
        layers = [
            conv(
                inputs,
                outputs,
                kernel_size,
                stride,
                padding,
                dilation=dilation,
                groups=groups,
                bias=norm is None if bias is None else bias,
            )
        ]
        if norm is not None:
            layers.append(norm(outputs))
        if activation is not None:
            layers.append(activation(**({} if inplace is None else {"inplace": inplace})))
        super().__init__(*layers)
        self.out_channels = outputs


class Conv2dNormActivation(_ConvNormActivation):
    """Convolution, normalisation and activation.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.Conv2dNormActivation.html

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: of the convolution.
        stride: of the convolution.
        padding: of the convolution; by default what keeps the size at stride 1.
        groups: of the convolution.
        norm_layer: makes the normalisation from a number of channels; None for none.
        activation_layer: makes the activation; None for none.
        dilation: of the convolution.
        inplace: given to the activation; None where it takes no such argument.
        bias: of the convolution; by default where there is no normalisation.

    Example::

        >>> from jaxlearn.vision import ops
        >>> ops.Conv2dNormActivation(3, 8, stride=2)
        Conv2dNormActivation(
          (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)
          (1): BatchNorm2d(8, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
          (2): ReLU(inplace=True)
        )
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int] = 3,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | str | None = None,
        groups: int = 1,
        norm_layer: Layer | None = nn.BatchNorm2d,
        activation_layer: Layer | None = nn.ReLU,
        dilation: int | tuple[int, int] = 1,
        inplace: bool | None = True,
        bias: bool | None = None,
    ) -> None:
        super().__init__(
            nn.Conv2d,
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            groups,
            norm_layer,
            activation_layer,
            dilation,
            inplace,
            bias,
            2,
        )


class Conv3dNormActivation(_ConvNormActivation):
    """Convolution of volumes, normalisation and activation.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.Conv3dNormActivation.html

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: of the convolution.
        stride: of the convolution.
        padding: of the convolution; by default what keeps the size at stride 1.
        groups: of the convolution.
        norm_layer: makes the normalisation from a number of channels; None for none.
        activation_layer: makes the activation; None for none.
        dilation: of the convolution.
        inplace: given to the activation; None where it takes no such argument.
        bias: of the convolution; by default where there is no normalisation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int, int] = 3,
        stride: int | tuple[int, int, int] = 1,
        padding: int | tuple[int, int, int] | str | None = None,
        groups: int = 1,
        norm_layer: Layer | None = nn.BatchNorm3d,
        activation_layer: Layer | None = nn.ReLU,
        dilation: int | tuple[int, int, int] = 1,
        inplace: bool | None = True,
        bias: bool | None = None,
    ) -> None:
        super().__init__(
            nn.Conv3d,
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            groups,
            norm_layer,
            activation_layer,
            dilation,
            inplace,
            bias,
            3,
        )


class SqueezeExcitation(nn.Module):
    """Each channel times a factor that two small layers make of all channels' means.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.SqueezeExcitation.html,
    `Hu and others (2017) <https://arxiv.org/abs/1709.01507>`_

    Args:
        input_channels: channels of the input.
        squeeze_channels: channels between the layers.
        activation: makes what follows the first layer.
        scale_activation: makes what follows the second.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.SqueezeExcitation(4, 2)(torch.ones(1, 4, 3, 3)).shape
        torch.Size([1, 4, 3, 3])
    """

    def __init__(
        self,
        input_channels: int,
        squeeze_channels: int,
        activation: Layer = nn.ReLU,
        scale_activation: Layer = nn.Sigmoid,
    ) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(input_channels, squeeze_channels, 1)
        self.fc2 = nn.Conv2d(squeeze_channels, input_channels, 1)
        self.activation = activation()
        self.scale_activation = scale_activation()

    def forward(self, input: Any) -> Any:
        """The scaled input.

        Args:
            input: (N, input_channels, H, W).
        """
        squeezed = self.activation(self.fc1(self.avgpool(input)))
        return self.scale_activation(self.fc2(squeezed)) * input


class MLP(nn.Sequential):
    """Linear layers, with normalisation, activation and dropout after each but the last, and dropout after that.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.MLP.html

    Args:
        in_channels: features of the input.
        hidden_channels: features after each layer.
        norm_layer: makes the normalisation from a number of features; None for none.
        activation_layer: makes the activation.
        inplace: given to activation and dropout; None for their default.
        bias: whether the layers have one.
        dropout: probability of the dropouts.

    Example::

        >>> from jaxlearn.vision import ops
        >>> ops.MLP(4, [8, 2])
        MLP(
          (0): Linear(in_features=4, out_features=8, bias=True)
          (1): ReLU()
          (2): Dropout(p=0.0, inplace=False)
          (3): Linear(in_features=8, out_features=2, bias=True)
          (4): Dropout(p=0.0, inplace=False)
        )
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: Sequence[int],
        norm_layer: Layer | None = None,
        activation_layer: Layer | None = nn.ReLU,
        inplace: bool | None = None,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        options = {} if inplace is None else {"inplace": inplace}
        layers: list[nn.Module] = []
        for features in hidden_channels[:-1]:
            layers.append(nn.Linear(in_channels, features, bias=bias))
            if norm_layer is not None:
                layers.append(norm_layer(features))
            if activation_layer is not None:
                layers.append(activation_layer(**options))
            layers.append(nn.Dropout(dropout, **options))
            in_channels = features
        layers.append(nn.Linear(in_channels, hidden_channels[-1], bias=bias))
        super().__init__(*layers, nn.Dropout(dropout, **options))


class Permute(nn.Module):
    """The input with its dimensions in another order.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.Permute.html

    Args:
        dims: the order.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.Permute([0, 2, 1])(torch.ones(1, 2, 3)).shape
        torch.Size([1, 3, 2])
    """

    def __init__(self, dims: Sequence[int]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Any) -> Any:
        """The permuted input.

        Args:
            x: a tensor with as many dimensions.
        """
        return torch.permute(x, self.dims)

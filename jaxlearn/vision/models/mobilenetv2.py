"""MobileNet V2: wide depthwise convolutions between narrow tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jaxlearn import nn
from jaxlearn.vision.models._divisible import divisible
from jaxlearn.vision.models._weights import WeightsEnum, builder, built, imagenet
from jaxlearn.vision.ops import Conv2dNormActivation

__all__ = ["InvertedResidual", "MobileNetV2", "MobileNet_V2_Weights", "mobilenet_v2"]

# Of each stage: how much wider the inside is, channels, number of blocks, stride of the first.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class InvertedResidual(nn.Module):
    """A 1×1 convolution to more channels, a depthwise 3×3 one, and a 1×1 one back.

    Args:
        inp: channels of the input.
        oup: channels of the output.
        stride: of the depthwise convolution, 1 or 2.
        expand_ratio: channels inside, in multiples of ``inp``.
        norm_layer: makes a normalisation layer from a number of channels; default ``nn.BatchNorm2d``.

    Raises:
        ValueError: the stride is another.
    """

    def __init__(
        self,
        inp: int,
        oup: int,
        stride: int,
        expand_ratio: int,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"stride should be 1 or 2 instead of {stride}")
        norm = nn.BatchNorm2d if norm_layer is None else norm_layer
        inside = round(inp * expand_ratio)
        self.stride = stride
        self.use_res_connect = stride == 1 and inp == oup
        layers: list[nn.Module] = []
        if expand_ratio != 1:
            layers.append(
                Conv2dNormActivation(inp, inside, kernel_size=1, norm_layer=norm, activation_layer=nn.ReLU6)
            )
        layers.append(
            Conv2dNormActivation(
                inside, inside, stride=stride, groups=inside, norm_layer=norm, activation_layer=nn.ReLU6
            )
        )
        layers += [nn.Conv2d(inside, oup, 1, 1, 0, bias=False), norm(oup)]
        self.conv = nn.Sequential(*layers)
        self.out_channels = oup

    def forward(self, x: Any) -> Any:
        """The block's output.

        Args:
            x: (N, inp, H, W).
        """
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(nn.Module):
    """Seven stages of :class:`InvertedResidual`, a mean over all places, and a linear layer.

    Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks (2018), https://arxiv.org/abs/1801.04381.
    Layers and names: https://docs.pytorch.org/vision/stable/models/mobilenetv2.html

    Args:
        num_classes: number of the output's columns.
        width_mult: the channels of all stages are multiplied by it.
        inverted_residual_setting: of each stage how much wider the inside is, its channels, blocks and stride.
        round_nearest: channels are multiples of it.
        block: in place of :class:`InvertedResidual`.
        norm_layer: makes a normalisation layer from a number of channels; default ``nn.BatchNorm2d``.
        dropout: probability of dropping an activation in front of the linear layer.

    Raises:
        ValueError: the stages are not sequences of four numbers.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        width_mult: float = 1.0,
        inverted_residual_setting: Sequence[Sequence[int]] | None = None,
        round_nearest: int = 8,
        block: Callable[..., nn.Module] | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        make = InvertedResidual if block is None else block
        norm = nn.BatchNorm2d if norm_layer is None else norm_layer
        stages = _STAGES if inverted_residual_setting is None else inverted_residual_setting
        if not stages or len(stages[0]) != 4:
            raise ValueError(
                f"inverted_residual_setting should be non-empty or a 4-element list, got {inverted_residual_setting}"
            )
        channels = divisible(32 * width_mult, round_nearest)
        self.last_channel = divisible(1280 * max(1.0, width_mult), round_nearest)
        layers: list[nn.Module] = [
            Conv2dNormActivation(3, channels, stride=2, norm_layer=norm, activation_layer=nn.ReLU6)
        ]
        for expansion, outputs, blocks, first_stride in stages:
            outputs = divisible(outputs * width_mult, round_nearest)
            for i in range(blocks):
                stride = first_stride if i == 0 else 1
                layers.append(make(channels, outputs, stride, expand_ratio=expansion, norm_layer=norm))
                channels = outputs
        layers.append(
            Conv2dNormActivation(
                channels, self.last_channel, kernel_size=1, norm_layer=norm, activation_layer=nn.ReLU6
            )
        )
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(p=dropout), nn.Linear(self.last_channel, num_classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0, 0.01)
                nn.init.zeros_(module.bias)

    def forward(self, x: Any) -> Any:
        """The scores (N, num_classes).

        Args:
            x: images (N, 3, H, W).
        """
        x = nn.functional.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(x.flatten(1))


class MobileNet_V2_Weights(WeightsEnum):
    """Weights of :func:`mobilenet_v2`."""

    IMAGENET1K_V1 = imagenet("mobilenet_v2-b0353104", 3_504_872, 1, (71.878, 90.286))
    IMAGENET1K_V2 = imagenet("mobilenet_v2-7ebf99e0", 3_504_872, 1, (72.154, 90.822), resize_size=232)
    DEFAULT = IMAGENET1K_V2


@builder(MobileNet_V2_Weights)
def mobilenet_v2(
    *, weights: MobileNet_V2_Weights | None = None, progress: bool = True, **kwargs: Any
) -> MobileNetV2:
    """MobileNet V2: 3,504,872 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.mobilenet_v2.html

    Args:
        weights: pretrained, of :class:`MobileNet_V2_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`MobileNetV2`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return built(MobileNetV2, weights=weights, progress=progress, **kwargs)

"""EfficientNet: depth, width and image size grow together."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from jaxlearn import nn
from jaxlearn.vision.models._divisible import divisible
from jaxlearn.vision.models._weights import WeightsEnum, builder, built, imagenet
from jaxlearn.vision.ops import Conv2dNormActivation, SqueezeExcitation, StochasticDepth
from jaxlearn.vision.transforms.interpolation import InterpolationMode

__all__ = [
    "EfficientNet",
    "EfficientNet_B0_Weights",
    "EfficientNet_B1_Weights",
    "EfficientNet_B2_Weights",
    "EfficientNet_B3_Weights",
    "EfficientNet_B4_Weights",
    "EfficientNet_B5_Weights",
    "EfficientNet_B6_Weights",
    "EfficientNet_B7_Weights",
    "MBConv",
    "efficientnet_b0",
    "efficientnet_b1",
    "efficientnet_b2",
    "efficientnet_b3",
    "efficientnet_b4",
    "efficientnet_b5",
    "efficientnet_b6",
    "efficientnet_b7",
]

# Of B0's stages: how much wider the inside is, kernel, stride of the first block, channels, number of blocks.
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


class MBConv(nn.Module):
    """A 1×1 convolution to more channels, a depthwise one, squeeze and excitation, and a 1×1 one back.

    Args:
        inputs: channels of the input.
        outputs: channels of the output.
        expansion: channels inside, in multiples of ``inputs``.
        kernel: size of the depthwise convolution.
        stride: of the depthwise convolution.
        drop: probability that a training sample skips the block.
        norm_layer: makes a normalisation layer from a number of channels.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        expansion: int,
        kernel: int,
        stride: int,
        drop: float,
        norm_layer: Callable[..., nn.Module] = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        conv = partial(Conv2dNormActivation, norm_layer=norm_layer)
        self.use_res_connect = stride == 1 and inputs == outputs
        inside = divisible(inputs * expansion)
        layers: list[nn.Module] = []
        if inside != inputs:
            layers.append(conv(inputs, inside, kernel_size=1, activation_layer=nn.SiLU))
        layers += [
            conv(inside, inside, kernel_size=kernel, stride=stride, groups=inside, activation_layer=nn.SiLU),
            SqueezeExcitation(inside, max(1, inputs // 4), activation=partial(nn.SiLU, inplace=True)),
            conv(inside, outputs, kernel_size=1, activation_layer=None),
        ]
        self.block = nn.Sequential(*layers)
        self.stochastic_depth = StochasticDepth(drop, "row")
        self.out_channels = outputs

    def forward(self, input: Any) -> Any:
        """The block's output.

        Args:
            input: (N, inputs, H, W).
        """
        result = self.block(input)
        return self.stochastic_depth(result) + input if self.use_res_connect else result


class EfficientNet(nn.Module):
    """Seven stages of :class:`MBConv`, a mean over all places, and a linear layer.

    Tan and Le, EfficientNet: rethinking model scaling for convolutional neural networks (2019),
    https://arxiv.org/abs/1905.11946. Layers and names:
    https://docs.pytorch.org/vision/stable/models/efficientnet.html

    Args:
        width_mult: B0's channels are multiplied by it.
        depth_mult: B0's numbers of blocks are multiplied by it.
        dropout: probability of dropping an activation in front of the linear layer.
        stochastic_depth_prob: probability that a training sample skips the last block; less for those before.
        num_classes: number of the output's columns.
        norm_layer: makes a normalisation layer from a number of channels.
    """

    def __init__(
        self,
        width_mult: float,
        depth_mult: float,
        dropout: float,
        stochastic_depth_prob: float = 0.2,
        num_classes: int = 1000,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        norm = nn.BatchNorm2d if norm_layer is None else norm_layer
        channels = divisible(32 * width_mult)
        layers: list[nn.Module] = [
            Conv2dNormActivation(3, channels, stride=2, norm_layer=norm, activation_layer=nn.SiLU)
        ]
        repeats = [math.ceil(blocks * depth_mult) for *_, blocks in _STAGES]
        done, total = 0, sum(repeats)
        for (expansion, kernel, first_stride, outputs, _), blocks in zip(_STAGES, repeats, strict=True):
            outputs = divisible(outputs * width_mult)
            stage: list[nn.Module] = []
            for i in range(blocks):
                stride = first_stride if i == 0 else 1
                drop = stochastic_depth_prob * float(done) / total
                stage.append(MBConv(channels, outputs, expansion, kernel, stride, drop, norm))
                channels = outputs
                done += 1
            layers.append(nn.Sequential(*stage))
        last = 4 * channels
        layers.append(
            Conv2dNormActivation(channels, last, kernel_size=1, norm_layer=norm, activation_layer=nn.SiLU)
        )
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(p=dropout, inplace=True), nn.Linear(last, num_classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                bound = 1.0 / math.sqrt(module.out_features)
                nn.init.uniform_(module.weight, -bound, bound)
                nn.init.zeros_(module.bias)

    def forward(self, x: Any) -> Any:
        """The scores (N, num_classes).

        Args:
            x: images (N, 3, H, W).
        """
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


# The paper's small normalisation constants of the largest models.
_LARGE_NORM = partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)


def _efficientnet(
    scale: tuple[float, float, float], weights: Any, progress: bool, kwargs: dict[str, Any], **more: Any
) -> EfficientNet:
    width, depth, dropout = scale
    dropout = kwargs.pop("dropout", dropout)
    return built(EfficientNet, width, depth, dropout, weights=weights, progress=progress, **more, **kwargs)


class EfficientNet_B0_Weights(WeightsEnum):
    """Weights of :func:`efficientnet_b0`."""

    IMAGENET1K_V1 = imagenet(
        "efficientnet_b0_rwightman-7f5810bc",
        5_288_548,
        1,
        (77.692, 93.532),
        interpolation=InterpolationMode.BICUBIC,
    )
    DEFAULT = IMAGENET1K_V1


@builder(EfficientNet_B0_Weights)
def efficientnet_b0(
    *, weights: EfficientNet_B0_Weights | None = None, progress: bool = True, **kwargs: Any
) -> EfficientNet:
    """EfficientNet-B0: 5,288,548 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.efficientnet_b0.html

    Args:
        weights: pretrained, of :class:`EfficientNet_B0_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`EfficientNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _efficientnet((1.0, 1.0, 0.2), weights, progress, kwargs)


class EfficientNet_B1_Weights(WeightsEnum):
    """Weights of :func:`efficientnet_b1`."""

    IMAGENET1K_V1 = imagenet(
        "efficientnet_b1_rwightman-bac287d4",
        7_794_184,
        1,
        (78.642, 94.186),
        crop_size=240,
        interpolation=InterpolationMode.BICUBIC,
    )
    IMAGENET1K_V2 = imagenet(
        "efficientnet_b1-c27df63c", 7_794_184, 1, (79.838, 94.934), crop_size=240, resize_size=255
    )
    DEFAULT = IMAGENET1K_V2


@builder(EfficientNet_B1_Weights)
def efficientnet_b1(
    *, weights: EfficientNet_B1_Weights | None = None, progress: bool = True, **kwargs: Any
) -> EfficientNet:
    """EfficientNet-B1: 7,794,184 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.efficientnet_b1.html

    Args:
        weights: pretrained, of :class:`EfficientNet_B1_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`EfficientNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _efficientnet((1.0, 1.1, 0.2), weights, progress, kwargs)


class EfficientNet_B2_Weights(WeightsEnum):
    """Weights of :func:`efficientnet_b2`."""

    IMAGENET1K_V1 = imagenet(
        "efficientnet_b2_rwightman-c35c1473",
        9_109_994,
        1,
        (80.608, 95.31),
        crop_size=288,
        resize_size=288,
        interpolation=InterpolationMode.BICUBIC,
    )
    DEFAULT = IMAGENET1K_V1


@builder(EfficientNet_B2_Weights)
def efficientnet_b2(
    *, weights: EfficientNet_B2_Weights | None = None, progress: bool = True, **kwargs: Any
) -> EfficientNet:
    """EfficientNet-B2: 9,109,994 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.efficientnet_b2.html

    Args:
        weights: pretrained, of :class:`EfficientNet_B2_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`EfficientNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _efficientnet((1.1, 1.2, 0.3), weights, progress, kwargs)


class EfficientNet_B3_Weights(WeightsEnum):
    """Weights of :func:`efficientnet_b3`."""

    IMAGENET1K_V1 = imagenet(
        "efficientnet_b3_rwightman-b3899882",
        12_233_232,
        1,
        (82.008, 96.054),
        crop_size=300,
        resize_size=320,
        interpolation=InterpolationMode.BICUBIC,
    )
    DEFAULT = IMAGENET1K_V1


@builder(EfficientNet_B3_Weights)
def efficientnet_b3(
    *, weights: EfficientNet_B3_Weights | None = None, progress: bool = True, **kwargs: Any
) -> EfficientNet:
    """EfficientNet-B3: 12,233,232 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.efficientnet_b3.html

    Args:
        weights: pretrained, of :class:`EfficientNet_B3_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`EfficientNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _efficientnet((1.2, 1.4, 0.3), weights, progress, kwargs)


class EfficientNet_B4_Weights(WeightsEnum):
    """Weights of :func:`efficientnet_b4`."""

    IMAGENET1K_V1 = imagenet(
        "efficientnet_b4_rwightman-23ab8bcd",
        19_341_616,
        1,
        (83.384, 96.594),
        crop_size=380,
        resize_size=384,
        interpolation=InterpolationMode.BICUBIC,
    )
    DEFAULT = IMAGENET1K_V1


@builder(EfficientNet_B4_Weights)
def efficientnet_b4(
    *, weights: EfficientNet_B4_Weights | None = None, progress: bool = True, **kwargs: Any
) -> EfficientNet:
    """EfficientNet-B4: 19,341,616 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.efficientnet_b4.html

    Args:
        weights: pretrained, of :class:`EfficientNet_B4_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`EfficientNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _efficientnet((1.4, 1.8, 0.4), weights, progress, kwargs)


class EfficientNet_B5_Weights(WeightsEnum):
    """Weights of :func:`efficientnet_b5`."""

    IMAGENET1K_V1 = imagenet(
        "efficientnet_b5_lukemelas-1a07897c",
        30_389_784,
        1,
        (83.444, 96.628),
        crop_size=456,
        resize_size=456,
        interpolation=InterpolationMode.BICUBIC,
    )
    DEFAULT = IMAGENET1K_V1


@builder(EfficientNet_B5_Weights)
def efficientnet_b5(
    *, weights: EfficientNet_B5_Weights | None = None, progress: bool = True, **kwargs: Any
) -> EfficientNet:
    """EfficientNet-B5: 30,389,784 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.efficientnet_b5.html

    Args:
        weights: pretrained, of :class:`EfficientNet_B5_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`EfficientNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _efficientnet((1.6, 2.2, 0.4), weights, progress, kwargs, norm_layer=_LARGE_NORM)


class EfficientNet_B6_Weights(WeightsEnum):
    """Weights of :func:`efficientnet_b6`."""

    IMAGENET1K_V1 = imagenet(
        "efficientnet_b6_lukemelas-24a108a5",
        43_040_704,
        1,
        (84.008, 96.916),
        crop_size=528,
        resize_size=528,
        interpolation=InterpolationMode.BICUBIC,
    )
    DEFAULT = IMAGENET1K_V1


@builder(EfficientNet_B6_Weights)
def efficientnet_b6(
    *, weights: EfficientNet_B6_Weights | None = None, progress: bool = True, **kwargs: Any
) -> EfficientNet:
    """EfficientNet-B6: 43,040,704 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.efficientnet_b6.html

    Args:
        weights: pretrained, of :class:`EfficientNet_B6_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`EfficientNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _efficientnet((1.8, 2.6, 0.5), weights, progress, kwargs, norm_layer=_LARGE_NORM)


class EfficientNet_B7_Weights(WeightsEnum):
    """Weights of :func:`efficientnet_b7`."""

    IMAGENET1K_V1 = imagenet(
        "efficientnet_b7_lukemelas-c5b4e57e",
        66_347_960,
        1,
        (84.122, 96.908),
        crop_size=600,
        resize_size=600,
        interpolation=InterpolationMode.BICUBIC,
    )
    DEFAULT = IMAGENET1K_V1


@builder(EfficientNet_B7_Weights)
def efficientnet_b7(
    *, weights: EfficientNet_B7_Weights | None = None, progress: bool = True, **kwargs: Any
) -> EfficientNet:
    """EfficientNet-B7: 66,347,960 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.efficientnet_b7.html

    Args:
        weights: pretrained, of :class:`EfficientNet_B7_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`EfficientNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _efficientnet((2.0, 3.1, 0.5), weights, progress, kwargs, norm_layer=_LARGE_NORM)

"""SqueezeNet: 1×1 convolutions narrow what the 3×3 ones see."""

from __future__ import annotations

from typing import Any

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.vision.models._weights import WeightsEnum, builder, built, imagenet

__all__ = [
    "Fire",
    "SqueezeNet",
    "SqueezeNet1_0_Weights",
    "SqueezeNet1_1_Weights",
    "squeezenet1_0",
    "squeezenet1_1",
]

# Channels of each Fire module, and where the pooling layers (P) are.
_STEMS = {"1_0": (96, 7), "1_1": (64, 3)}
_FIRES: dict[str, tuple[Any, ...]] = {
    "1_0": (
        "P",
        (16, 64),
        (16, 64),
        (32, 128),
        "P",
        (32, 128),
        (48, 192),
        (48, 192),
        (64, 256),
        "P",
        (64, 256),
    ),
    "1_1": (
        "P",
        (16, 64),
        (16, 64),
        "P",
        (32, 128),
        (32, 128),
        "P",
        (48, 192),
        (48, 192),
        (64, 256),
        (64, 256),
    ),
}


class Fire(nn.Module):
    """A 1×1 convolution to few channels, and a 1×1 and a 3×3 convolution of those beside each other.

    Args:
        inplanes: channels of the input.
        squeeze_planes: channels between.
        expand1x1_planes: channels of the output's first part.
        expand3x3_planes: channels of its second part.
    """

    def __init__(
        self, inplanes: int, squeeze_planes: int, expand1x1_planes: int, expand3x3_planes: int
    ) -> None:
        super().__init__()
        self.inplanes = inplanes
        self.squeeze = nn.Conv2d(inplanes, squeeze_planes, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze_planes, expand1x1_planes, kernel_size=1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze_planes, expand3x3_planes, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Any) -> Any:
        """The module's output.

        Args:
            x: (N, inplanes, H, W).
        """
        x = self.squeeze_activation(self.squeeze(x))
        parts = self.expand1x1_activation(self.expand1x1(x)), self.expand3x3_activation(self.expand3x3(x))
        return torch.cat(parts, dim=1)


class SqueezeNet(nn.Module):
    """A convolution, eight Fire modules and a convolution to the classes.

    Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters (2016),
    https://arxiv.org/abs/1602.07360. Layers and names:
    https://docs.pytorch.org/vision/stable/models/squeezenet.html

    Args:
        version: ``"1_0"`` or ``"1_1"``, which pools earlier.
        num_classes: number of the output's columns.
        dropout: probability of dropping an activation in front of the last convolution.

    Raises:
        ValueError: the version is another.
    """

    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        if version not in _FIRES:
            raise ValueError(f"Unsupported SqueezeNet version {version}: 1_0 or 1_1 expected")
        self.num_classes = num_classes
        channels, kernel = _STEMS[version]
        layers: list[nn.Module] = [
            nn.Conv2d(3, channels, kernel_size=kernel, stride=2),
            nn.ReLU(inplace=True),
        ]
        for item in _FIRES[version]:
            if item == "P":
                layers.append(nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True))
            else:
                squeeze, expand = item
                layers.append(Fire(channels, squeeze, expand, expand))
                channels = 2 * expand
        self.features = nn.Sequential(*layers)
        last = nn.Conv2d(channels, num_classes, kernel_size=1)
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout), last, nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1))
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                if module is last:
                    nn.init.normal_(module.weight, mean=0.0, std=0.01)
                else:
                    nn.init.kaiming_uniform_(module.weight)
                nn.init.constant_(module.bias, 0)

    def forward(self, x: Any) -> Any:
        """The scores (N, num_classes).

        Args:
            x: images (N, 3, H, W).
        """
        return self.classifier(self.features(x)).flatten(1)


class SqueezeNet1_0_Weights(WeightsEnum):
    """Weights of :func:`squeezenet1_0`."""

    IMAGENET1K_V1 = imagenet("squeezenet1_0-b66bff10", 1_248_424, 21, (58.092, 80.42))
    DEFAULT = IMAGENET1K_V1


@builder(SqueezeNet1_0_Weights)
def squeezenet1_0(
    *, weights: SqueezeNet1_0_Weights | None = None, progress: bool = True, **kwargs: Any
) -> SqueezeNet:
    """SqueezeNet 1.0: 1,248,424 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.squeezenet1_0.html

    Args:
        weights: pretrained, of :class:`SqueezeNet1_0_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`SqueezeNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return built(SqueezeNet, "1_0", weights=weights, progress=progress, **kwargs)


class SqueezeNet1_1_Weights(WeightsEnum):
    """Weights of :func:`squeezenet1_1`."""

    IMAGENET1K_V1 = imagenet("squeezenet1_1-b8a52dc0", 1_235_496, 17, (58.178, 80.624))
    DEFAULT = IMAGENET1K_V1


@builder(SqueezeNet1_1_Weights)
def squeezenet1_1(
    *, weights: SqueezeNet1_1_Weights | None = None, progress: bool = True, **kwargs: Any
) -> SqueezeNet:
    """SqueezeNet 1.1: 1,235,496 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.squeezenet1_1.html

    Args:
        weights: pretrained, of :class:`SqueezeNet1_1_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`SqueezeNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return built(SqueezeNet, "1_1", weights=weights, progress=progress, **kwargs)

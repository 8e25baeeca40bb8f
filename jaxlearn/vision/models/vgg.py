"""VGG: stacks of 3×3 convolutions, without and with batch normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from jaxlearn import nn
from jaxlearn.vision.models._weights import WeightsEnum, builder, built, imagenet

__all__ = [
    "VGG",
    "VGG11_BN_Weights",
    "VGG11_Weights",
    "VGG13_BN_Weights",
    "VGG13_Weights",
    "VGG16_BN_Weights",
    "VGG16_Weights",
    "VGG19_BN_Weights",
    "VGG19_Weights",
    "make_layers",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]

# Table 1 of the paper: the channels of each convolution, "M" for a pooling layer.
_LAYERS: dict[str, tuple[int | Literal["M"], ...]] = {
    "A": (64, "M", 128, "M", *(256,) * 2, "M", *(512,) * 2, "M", *(512,) * 2, "M"),
    "B": (*(64,) * 2, "M", *(128,) * 2, "M", *(256,) * 2, "M", *(512,) * 2, "M", *(512,) * 2, "M"),
    "D": (*(64,) * 2, "M", *(128,) * 2, "M", *(256,) * 3, "M", *(512,) * 3, "M", *(512,) * 3, "M"),
    "E": (*(64,) * 2, "M", *(128,) * 2, "M", *(256,) * 4, "M", *(512,) * 4, "M", *(512,) * 4, "M"),
}


class VGG(nn.Module):
    """Convolutions, then three linear layers, for images of 32×32 pixels or more.

    Simonyan, Zisserman, Very deep convolutional networks for large-scale image recognition (2014),
    https://arxiv.org/abs/1409.1556. Layers and names: https://docs.pytorch.org/vision/stable/models/vgg.html

    Args:
        features: the convolutions, (N, 3, H, W) to (N, 512, h, w), as :func:`make_layers` makes them.
        num_classes: number of the output's columns.
        init_weights: whether convolutions are drawn anew from He's normal distribution and linear layers from
            a normal distribution with standard deviation 0.01, all biases zero.
        dropout: probability of dropping an activation behind the first two linear layers.
    """

    def __init__(
        self, features: nn.Module, num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, num_classes),
        )
        if init_weights:
            self._draw_weights()

    def forward(self, x: Any) -> Any:
        """The scores (N, num_classes).

        Args:
            x: images (N, 3, H, W).
        """
        return self.classifier(self.avgpool(self.features(x)).flatten(1))

    def _draw_weights(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.constant_(module.bias, 0)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.constant_(module.weight, 1)
                nn.init.constant_(module.bias, 0)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0, 0.01)
                nn.init.constant_(module.bias, 0)


def make_layers(cfg: Sequence[int | str], batch_norm: bool = False) -> nn.Sequential:
    """The convolutions of a VGG.

    Args:
        cfg: in order, the number of channels of each 3×3 convolution, and ``"M"`` for each pooling layer.
        batch_norm: whether batch normalisation follows each convolution.

    Example::

        >>> from jaxlearn.vision.models.vgg import make_layers
        >>> make_layers([8, "M"])
        Sequential(
          (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
          (1): ReLU(inplace=True)
          (2): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
        )
    """
    layers: list[nn.Module] = []
    channels = 3
    for entry in cfg:
        if isinstance(entry, str):
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
            continue
        layers.append(nn.Conv2d(channels, entry, kernel_size=3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(entry))
        layers.append(nn.ReLU(inplace=True))
        channels = entry
    return nn.Sequential(*layers)


def _vgg(name: str, weights: Any, progress: bool, kwargs: dict[str, Any]) -> VGG:
    configuration = {"11": "A", "13": "B", "16": "D", "19": "E"}[name[3:5]]
    if weights is not None:
        kwargs["init_weights"] = False
    features = make_layers(_LAYERS[configuration], batch_norm=name.endswith("_bn"))
    return built(VGG, features, weights=weights, progress=progress, **kwargs)


class VGG11_Weights(WeightsEnum):
    """Weights of :func:`vgg11`."""

    IMAGENET1K_V1 = imagenet("vgg11-8a719046", 132_863_336, 32, (69.02, 88.628))
    DEFAULT = IMAGENET1K_V1


@builder(VGG11_Weights)
def vgg11(*, weights: VGG11_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-11, configuration A of the paper: 132,863,336 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg11.html

    Args:
        weights: pretrained, of :class:`VGG11_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vgg("vgg11", weights, progress, kwargs)


class VGG11_BN_Weights(WeightsEnum):
    """Weights of :func:`vgg11_bn`."""

    IMAGENET1K_V1 = imagenet("vgg11_bn-6002323d", 132_868_840, 32, (70.37, 89.81))
    DEFAULT = IMAGENET1K_V1


@builder(VGG11_BN_Weights)
def vgg11_bn(*, weights: VGG11_BN_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-11, configuration A of the paper with batch normalisation: 132,868,840 parameters.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg11_bn.html

    Args:
        weights: pretrained, of :class:`VGG11_BN_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vgg("vgg11_bn", weights, progress, kwargs)


class VGG13_Weights(WeightsEnum):
    """Weights of :func:`vgg13`."""

    IMAGENET1K_V1 = imagenet("vgg13-19584684", 133_047_848, 32, (69.928, 89.246))
    DEFAULT = IMAGENET1K_V1


@builder(VGG13_Weights)
def vgg13(*, weights: VGG13_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-13, configuration B of the paper: 133,047,848 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg13.html

    Args:
        weights: pretrained, of :class:`VGG13_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vgg("vgg13", weights, progress, kwargs)


class VGG13_BN_Weights(WeightsEnum):
    """Weights of :func:`vgg13_bn`."""

    IMAGENET1K_V1 = imagenet("vgg13_bn-abd245e5", 133_053_736, 32, (71.586, 90.374))
    DEFAULT = IMAGENET1K_V1


@builder(VGG13_BN_Weights)
def vgg13_bn(*, weights: VGG13_BN_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-13, configuration B of the paper with batch normalisation: 133,053,736 parameters.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg13_bn.html

    Args:
        weights: pretrained, of :class:`VGG13_BN_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vgg("vgg13_bn", weights, progress, kwargs)


class VGG16_Weights(WeightsEnum):
    """Weights of :func:`vgg16`."""

    IMAGENET1K_V1 = imagenet("vgg16-397923af", 138_357_544, 32, (71.592, 90.382))
    DEFAULT = IMAGENET1K_V1


@builder(VGG16_Weights)
def vgg16(*, weights: VGG16_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-16, configuration D of the paper: 138,357,544 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg16.html

    Args:
        weights: pretrained, of :class:`VGG16_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vgg("vgg16", weights, progress, kwargs)


class VGG16_BN_Weights(WeightsEnum):
    """Weights of :func:`vgg16_bn`."""

    IMAGENET1K_V1 = imagenet("vgg16_bn-6c64b313", 138_365_992, 32, (73.36, 91.516))
    DEFAULT = IMAGENET1K_V1


@builder(VGG16_BN_Weights)
def vgg16_bn(*, weights: VGG16_BN_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-16, configuration D of the paper with batch normalisation: 138,365,992 parameters.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg16_bn.html

    Args:
        weights: pretrained, of :class:`VGG16_BN_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vgg("vgg16_bn", weights, progress, kwargs)


class VGG19_Weights(WeightsEnum):
    """Weights of :func:`vgg19`."""

    IMAGENET1K_V1 = imagenet("vgg19-dcbb9e9d", 143_667_240, 32, (72.376, 90.876))
    DEFAULT = IMAGENET1K_V1


@builder(VGG19_Weights)
def vgg19(*, weights: VGG19_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-19, configuration E of the paper: 143,667,240 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg19.html

    Args:
        weights: pretrained, of :class:`VGG19_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vgg("vgg19", weights, progress, kwargs)


class VGG19_BN_Weights(WeightsEnum):
    """Weights of :func:`vgg19_bn`."""

    IMAGENET1K_V1 = imagenet("vgg19_bn-c79401a0", 143_678_248, 32, (74.218, 91.842))
    DEFAULT = IMAGENET1K_V1


@builder(VGG19_BN_Weights)
def vgg19_bn(*, weights: VGG19_BN_Weights | None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-19, configuration E of the paper with batch normalisation: 143,678,248 parameters.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg19_bn.html

    Args:
        weights: pretrained, of :class:`VGG19_BN_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vgg("vgg19_bn", weights, progress, kwargs)

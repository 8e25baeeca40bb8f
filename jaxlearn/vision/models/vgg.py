"""VGG: stacks of 3×3 convolutions, without and with batch normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from jaxlearn import nn
from jaxlearn.vision.models._weights import require_no_weights

__all__ = [
    "VGG",
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


def _vgg(name: str, weights: None, kwargs: dict[str, Any]) -> VGG:
    require_no_weights(name, weights, kwargs)
    configuration = {"11": "A", "13": "B", "16": "D", "19": "E"}[name[3:5]]
    return VGG(make_layers(_LAYERS[configuration], batch_norm=name.endswith("_bn")), **kwargs)


def vgg11(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-11, configuration A of the paper: 132,863,336 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg11.html

    Args:
        weights: None; there are no pretrained weights.
        progress: of torchvision's download; without effect.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        ValueError: ``weights`` is not None.
    """
    return _vgg("vgg11", weights, kwargs)


def vgg11_bn(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-11, configuration A of the paper with batch normalisation: 132,868,840 parameters.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg11_bn.html

    Args:
        weights: None; there are no pretrained weights.
        progress: of torchvision's download; without effect.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        ValueError: ``weights`` is not None.
    """
    return _vgg("vgg11_bn", weights, kwargs)


def vgg13(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-13, configuration B of the paper: 133,047,848 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg13.html

    Args:
        weights: None; there are no pretrained weights.
        progress: of torchvision's download; without effect.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        ValueError: ``weights`` is not None.
    """
    return _vgg("vgg13", weights, kwargs)


def vgg13_bn(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-13, configuration B of the paper with batch normalisation: 133,053,736 parameters.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg13_bn.html

    Args:
        weights: None; there are no pretrained weights.
        progress: of torchvision's download; without effect.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        ValueError: ``weights`` is not None.
    """
    return _vgg("vgg13_bn", weights, kwargs)


def vgg16(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-16, configuration D of the paper: 138,357,544 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg16.html

    Args:
        weights: None; there are no pretrained weights.
        progress: of torchvision's download; without effect.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        ValueError: ``weights`` is not None.
    """
    return _vgg("vgg16", weights, kwargs)


def vgg16_bn(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-16, configuration D of the paper with batch normalisation: 138,365,992 parameters.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg16_bn.html

    Args:
        weights: None; there are no pretrained weights.
        progress: of torchvision's download; without effect.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        ValueError: ``weights`` is not None.
    """
    return _vgg("vgg16_bn", weights, kwargs)


def vgg19(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-19, configuration E of the paper: 143,667,240 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg19.html

    Args:
        weights: None; there are no pretrained weights.
        progress: of torchvision's download; without effect.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        ValueError: ``weights`` is not None.
    """
    return _vgg("vgg19", weights, kwargs)


def vgg19_bn(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-19, configuration E of the paper with batch normalisation: 143,678,248 parameters.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vgg19_bn.html

    Args:
        weights: None; there are no pretrained weights.
        progress: of torchvision's download; without effect.
        kwargs: arguments of :class:`VGG` other than ``features``.

    Raises:
        ValueError: ``weights`` is not None.
    """
    return _vgg("vgg19_bn", weights, kwargs)

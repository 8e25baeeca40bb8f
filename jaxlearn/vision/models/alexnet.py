"""AlexNet, in the one-column form."""

from __future__ import annotations

from typing import Any

from jaxlearn import nn
from jaxlearn.vision.models._weights import WeightsEnum, builder, built, imagenet

__all__ = ["AlexNet", "AlexNet_Weights", "alexnet"]


class AlexNet(nn.Module):
    """Five convolutions and three linear layers for images of 63×63 pixels or more.

    Krizhevsky, One weird trick for parallelizing convolutional neural networks (2014),
    https://arxiv.org/abs/1404.5997. Layers and names:
    https://docs.pytorch.org/vision/stable/models/alexnet.html

    Args:
        num_classes: number of the output's columns.
        dropout: probability of dropping an activation in front of the first two linear layers.
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: Any) -> Any:
        """The scores (N, num_classes).

        Args:
            x: images (N, 3, H, W).
        """
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class AlexNet_Weights(WeightsEnum):
    """Weights of :func:`alexnet`."""

    IMAGENET1K_V1 = imagenet("alexnet-owt-7be5be79", 61_100_840, 63, (56.522, 79.066))
    DEFAULT = IMAGENET1K_V1


@builder(AlexNet_Weights)
def alexnet(*, weights: AlexNet_Weights | None = None, progress: bool = True, **kwargs: Any) -> AlexNet:
    """AlexNet: 61,100,840 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.alexnet.html

    Args:
        weights: pretrained, of :class:`AlexNet_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`AlexNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.

    Example::

        >>> from jaxlearn.vision import models
        >>> models.alexnet(num_classes=10).classifier[6]
        Linear(in_features=4096, out_features=10, bias=True)
    """
    return built(AlexNet, weights=weights, progress=progress, **kwargs)

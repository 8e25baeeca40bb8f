"""DenseNet: each layer sees the outputs of all before it."""

from __future__ import annotations

import re
from typing import Any

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.utils.checkpoint import checkpoint
from jaxlearn.vision.models._weights import WeightsEnum, builder, imagenet, require

__all__ = [
    "DenseNet",
    "DenseNet121_Weights",
    "DenseNet161_Weights",
    "DenseNet169_Weights",
    "DenseNet201_Weights",
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
]


class _DenseLayer(nn.Module):
    def __init__(
        self, inputs: int, growth_rate: int, bn_size: int, drop_rate: float, memory_efficient: bool = False
    ) -> None:
        super().__init__()
        width = bn_size * growth_rate
        self.norm1 = nn.BatchNorm2d(inputs)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(inputs, width, kernel_size=1, stride=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, growth_rate, kernel_size=3, stride=1, padding=1, bias=False)
        self.drop_rate = float(drop_rate)
        self.memory_efficient = memory_efficient

    def bn_function(self, inputs: Any) -> Any:
        return self.conv1(self.relu1(self.norm1(torch.cat(inputs, 1))))

    def forward(self, input: Any) -> Any:
        before = list(input) if isinstance(input, (list, tuple)) else [input]
        if self.memory_efficient and any(t.requires_grad for t in before):
            narrow = checkpoint(lambda *given: self.bn_function(given), *before, use_reentrant=False)
        else:
            narrow = self.bn_function(before)
        out = self.conv2(self.relu2(self.norm2(narrow)))
        if self.drop_rate > 0:
            out = nn.functional.dropout(out, p=self.drop_rate, training=self.training)
        return out


class _DenseBlock(nn.ModuleDict):
    _version = 2

    def __init__(
        self,
        num_layers: int,
        inputs: int,
        bn_size: int,
        growth_rate: int,
        drop_rate: float,
        memory_efficient: bool = False,
    ) -> None:
        super().__init__()
        for i in range(num_layers):
            layer = _DenseLayer(inputs + i * growth_rate, growth_rate, bn_size, drop_rate, memory_efficient)
            self.add_module(f"denselayer{i + 1}", layer)

    def forward(self, init_features: Any) -> Any:
        features = [init_features]
        for layer in self.values():
            features.append(layer(features))
        return torch.cat(features, 1)


class _Transition(nn.Sequential):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(inputs, outputs, kernel_size=1, stride=1, bias=False)
        self.pool = nn.AvgPool2d(kernel_size=2, stride=2)


class DenseNet(nn.Module):
    """Four blocks of layers that each add channels, with a halving of channels, height and width between them.

    Huang et al., Densely connected convolutional networks (2016), https://arxiv.org/abs/1608.06993. Layers and names:
    https://docs.pytorch.org/vision/stable/models/densenet.html

    Args:
        growth_rate: channels that each layer adds.
        block_config: the number of layers in each block.
        num_init_features: channels of the first convolution.
        bn_size: channels between a layer's two convolutions, in multiples of ``growth_rate``.
        drop_rate: probability of dropping an activation after each layer.
        num_classes: number of the output's columns.
        memory_efficient: whether the first half of each layer is computed again in backward instead of kept.
    """

    def __init__(
        self,
        growth_rate: int = 32,
        block_config: tuple[int, ...] = (6, 12, 24, 16),
        num_init_features: int = 64,
        bn_size: int = 4,
        drop_rate: float = 0,
        num_classes: int = 1000,
        memory_efficient: bool = False,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module(
            "conv0", nn.Conv2d(3, num_init_features, kernel_size=7, stride=2, padding=3, bias=False)
        )
        self.features.add_module("norm0", nn.BatchNorm2d(num_init_features))
        self.features.add_module("relu0", nn.ReLU(inplace=True))
        self.features.add_module("pool0", nn.MaxPool2d(kernel_size=3, stride=2, padding=1))
        channels = num_init_features
        for i, layers in enumerate(block_config, 1):
            block = _DenseBlock(layers, channels, bn_size, growth_rate, drop_rate, memory_efficient)
            self.features.add_module(f"denseblock{i}", block)
            channels += layers * growth_rate
            if i < len(block_config):
                self.features.add_module(f"transition{i}", _Transition(channels, channels // 2))
                channels //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.constant_(module.weight, 1)
                nn.init.constant_(module.bias, 0)
            elif isinstance(module, nn.Linear):
                nn.init.constant_(module.bias, 0)

    def forward(self, x: Any) -> Any:
        """The scores (N, num_classes).

        Args:
            x: images (N, 3, H, W).
        """
        out = nn.functional.relu(self.features(x), inplace=True)
        return self.classifier(nn.functional.adaptive_avg_pool2d(out, (1, 1)).flatten(1))


# The files name layers as ``norm.1``; modules' names have no dots any more.
_OLD_NAME = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.\w+)$")


def _densenet(
    growth_rate: int,
    layers: tuple[int, ...],
    channels: int,
    weights: Any,
    progress: bool,
    kwargs: dict[str, Any],
) -> DenseNet:
    if weights is not None:
        require(kwargs, "num_classes", len(weights.meta["categories"]))
    model = DenseNet(growth_rate, layers, channels, **kwargs)
    if weights is not None:
        state = weights.get_state_dict(progress=progress, check_hash=True)
        model.load_state_dict({_OLD_NAME.sub(r"\1\2", name): value for name, value in state.items()})
    return model


class DenseNet121_Weights(WeightsEnum):
    """Weights of :func:`densenet121`."""

    IMAGENET1K_V1 = imagenet("densenet121-a639ec97", 7_978_856, 29, (74.434, 91.972))
    DEFAULT = IMAGENET1K_V1


@builder(DenseNet121_Weights)
def densenet121(
    *, weights: DenseNet121_Weights | None = None, progress: bool = True, **kwargs: Any
) -> DenseNet:
    """DenseNet-121: 7,978,856 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.densenet121.html

    Args:
        weights: pretrained, of :class:`DenseNet121_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`DenseNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _densenet(32, (6, 12, 24, 16), 64, weights, progress, kwargs)


class DenseNet161_Weights(WeightsEnum):
    """Weights of :func:`densenet161`."""

    IMAGENET1K_V1 = imagenet("densenet161-8d451a50", 28_681_000, 29, (77.138, 93.56))
    DEFAULT = IMAGENET1K_V1


@builder(DenseNet161_Weights)
def densenet161(
    *, weights: DenseNet161_Weights | None = None, progress: bool = True, **kwargs: Any
) -> DenseNet:
    """DenseNet-161: 28,681,000 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.densenet161.html

    Args:
        weights: pretrained, of :class:`DenseNet161_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`DenseNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _densenet(48, (6, 12, 36, 24), 96, weights, progress, kwargs)


class DenseNet169_Weights(WeightsEnum):
    """Weights of :func:`densenet169`."""

    IMAGENET1K_V1 = imagenet("densenet169-b2777c0a", 14_149_480, 29, (75.6, 92.806))
    DEFAULT = IMAGENET1K_V1


@builder(DenseNet169_Weights)
def densenet169(
    *, weights: DenseNet169_Weights | None = None, progress: bool = True, **kwargs: Any
) -> DenseNet:
    """DenseNet-169: 14,149,480 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.densenet169.html

    Args:
        weights: pretrained, of :class:`DenseNet169_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`DenseNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _densenet(32, (6, 12, 32, 32), 64, weights, progress, kwargs)


class DenseNet201_Weights(WeightsEnum):
    """Weights of :func:`densenet201`."""

    IMAGENET1K_V1 = imagenet("densenet201-c1103571", 20_013_928, 29, (76.896, 93.37))
    DEFAULT = IMAGENET1K_V1


@builder(DenseNet201_Weights)
def densenet201(
    *, weights: DenseNet201_Weights | None = None, progress: bool = True, **kwargs: Any
) -> DenseNet:
    """DenseNet-201: 20,013,928 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.densenet201.html

    Args:
        weights: pretrained, of :class:`DenseNet201_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`DenseNet`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _densenet(32, (6, 12, 48, 32), 64, weights, progress, kwargs)

"""ResNets with groups of channels (ResNeXt) or more of them (wide ResNet).

Xie et al., Aggregated residual transformations for deep neural networks (2016), https://arxiv.org/abs/1611.05431;
Zagoruyko and Komodakis, Wide residual networks (2016), https://arxiv.org/abs/1605.07146
"""

from __future__ import annotations

from typing import Any

from jaxlearn.vision.models._weights import WeightsEnum, builder, built, imagenet, require
from jaxlearn.vision.models.resnet import Bottleneck, ResNet

__all__ = [
    "ResNeXt50_32X4D_Weights",
    "ResNeXt101_32X8D_Weights",
    "ResNeXt101_64X4D_Weights",
    "Wide_ResNet50_2_Weights",
    "Wide_ResNet101_2_Weights",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
]


class ResNeXt50_32X4D_Weights(WeightsEnum):
    """Weights of :func:`resnext50_32x4d`."""

    IMAGENET1K_V1 = imagenet("resnext50_32x4d-7cdf4587", 25_028_904, 1, (77.618, 93.698))
    IMAGENET1K_V2 = imagenet("resnext50_32x4d-1a0047aa", 25_028_904, 1, (81.198, 95.34), resize_size=232)
    DEFAULT = IMAGENET1K_V2


@builder(ResNeXt50_32X4D_Weights)
def resnext50_32x4d(
    *, weights: ResNeXt50_32X4D_Weights | None = None, progress: bool = True, **kwargs: Any
) -> ResNet:
    """ResNeXt-50 32x4d: 25,028,904 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnext50_32x4d.html

    Args:
        weights: pretrained, of :class:`ResNeXt50_32X4D_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`ResNet` other than ``block`` and ``layers``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    require(kwargs, "groups", 32)
    require(kwargs, "width_per_group", 4)
    return built(ResNet, Bottleneck, (3, 4, 6, 3), weights=weights, progress=progress, **kwargs)


class ResNeXt101_32X8D_Weights(WeightsEnum):
    """Weights of :func:`resnext101_32x8d`."""

    IMAGENET1K_V1 = imagenet("resnext101_32x8d-8ba56ff5", 88_791_336, 1, (79.312, 94.526))
    IMAGENET1K_V2 = imagenet("resnext101_32x8d-110c445d", 88_791_336, 1, (82.834, 96.228), resize_size=232)
    DEFAULT = IMAGENET1K_V2


@builder(ResNeXt101_32X8D_Weights)
def resnext101_32x8d(
    *, weights: ResNeXt101_32X8D_Weights | None = None, progress: bool = True, **kwargs: Any
) -> ResNet:
    """ResNeXt-101 32x8d: 88,791,336 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnext101_32x8d.html

    Args:
        weights: pretrained, of :class:`ResNeXt101_32X8D_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`ResNet` other than ``block`` and ``layers``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    require(kwargs, "groups", 32)
    require(kwargs, "width_per_group", 8)
    return built(ResNet, Bottleneck, (3, 4, 23, 3), weights=weights, progress=progress, **kwargs)


class ResNeXt101_64X4D_Weights(WeightsEnum):
    """Weights of :func:`resnext101_64x4d`."""

    IMAGENET1K_V1 = imagenet("resnext101_64x4d-173b62eb", 83_455_272, 1, (83.246, 96.454), resize_size=232)
    DEFAULT = IMAGENET1K_V1


@builder(ResNeXt101_64X4D_Weights)
def resnext101_64x4d(
    *, weights: ResNeXt101_64X4D_Weights | None = None, progress: bool = True, **kwargs: Any
) -> ResNet:
    """ResNeXt-101 64x4d: 83,455,272 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnext101_64x4d.html

    Args:
        weights: pretrained, of :class:`ResNeXt101_64X4D_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`ResNet` other than ``block`` and ``layers``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    require(kwargs, "groups", 64)
    require(kwargs, "width_per_group", 4)
    return built(ResNet, Bottleneck, (3, 4, 23, 3), weights=weights, progress=progress, **kwargs)


class Wide_ResNet50_2_Weights(WeightsEnum):
    """Weights of :func:`wide_resnet50_2`."""

    IMAGENET1K_V1 = imagenet("wide_resnet50_2-95faca4d", 68_883_240, 1, (78.468, 94.086))
    IMAGENET1K_V2 = imagenet("wide_resnet50_2-9ba9bcbe", 68_883_240, 1, (81.602, 95.758), resize_size=232)
    DEFAULT = IMAGENET1K_V2


@builder(Wide_ResNet50_2_Weights)
def wide_resnet50_2(
    *, weights: Wide_ResNet50_2_Weights | None = None, progress: bool = True, **kwargs: Any
) -> ResNet:
    """Wide ResNet-50-2: 68,883,240 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.wide_resnet50_2.html

    Args:
        weights: pretrained, of :class:`Wide_ResNet50_2_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`ResNet` other than ``block`` and ``layers``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    require(kwargs, "width_per_group", 128)
    return built(ResNet, Bottleneck, (3, 4, 6, 3), weights=weights, progress=progress, **kwargs)


class Wide_ResNet101_2_Weights(WeightsEnum):
    """Weights of :func:`wide_resnet101_2`."""

    IMAGENET1K_V1 = imagenet("wide_resnet101_2-32ee1156", 126_886_696, 1, (78.848, 94.284))
    IMAGENET1K_V2 = imagenet("wide_resnet101_2-d733dc28", 126_886_696, 1, (82.51, 96.02), resize_size=232)
    DEFAULT = IMAGENET1K_V2


@builder(Wide_ResNet101_2_Weights)
def wide_resnet101_2(
    *, weights: Wide_ResNet101_2_Weights | None = None, progress: bool = True, **kwargs: Any
) -> ResNet:
    """Wide ResNet-101-2: 126,886,696 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.wide_resnet101_2.html

    Args:
        weights: pretrained, of :class:`Wide_ResNet101_2_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`ResNet` other than ``block`` and ``layers``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    require(kwargs, "width_per_group", 128)
    return built(ResNet, Bottleneck, (3, 4, 23, 3), weights=weights, progress=progress, **kwargs)

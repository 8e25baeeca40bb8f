"""ResNet: convolutions around which the input is added to the output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from jaxlearn import nn
from jaxlearn.vision.models._weights import WeightsEnum, builder, built, imagenet

__all__ = [
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    "ResNet18_Weights",
    "ResNet34_Weights",
    "ResNet50_Weights",
    "ResNet101_Weights",
    "ResNet152_Weights",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
]


def _conv3x3(inputs: int, outputs: int, stride: int = 1, groups: int = 1, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(
        inputs, outputs, 3, stride=stride, padding=dilation, groups=groups, bias=False, dilation=dilation
    )


def _conv1x1(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel_size=1, stride=stride, bias=False)


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and the input added to them.

    Args:
        inplanes: channels of the input.
        planes: channels of the output.
        stride: of the first convolution.
        downsample: what brings the input to the output's shape; None where it has it.
        groups: 1.
        base_width: 64.
        dilation: 1.
        norm_layer: makes a normalisation layer from a number of channels.

    Raises:
        ValueError: ``groups`` or ``base_width`` is another number.
        NotImplementedError: ``dilation`` is larger.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.models.resnet import BasicBlock
        >>> BasicBlock(4, 4)(torch.ones(2, 4, 5, 5)).shape
        torch.Size([2, 4, 5, 5])
    """

    expansion: ClassVar[int] = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[..., nn.Module] = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        if groups != 1 or base_width != 64:
            raise ValueError("BasicBlock only supports groups=1 and base_width=64")
        if dilation > 1:
            raise NotImplementedError("Dilation > 1 not supported in BasicBlock")
        self.conv1 = _conv3x3(inplanes, planes, stride)
        self.bn1 = norm_layer(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = _conv3x3(planes, planes)
        self.bn2 = norm_layer(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Any) -> Any:
        """The block's output.

        Args:
            x: (N, inplanes, H, W).
        """
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """A 1×1, a 3×3 and a 1×1 convolution and the input added to them.

    The stride is the 3×3 convolution's, which the paper gives to the first.

    Args:
        inplanes: channels of the input.
        planes: a quarter of the channels of the output.
        stride: of the 3×3 convolution.
        downsample: what brings the input to the output's shape; None where it has it.
        groups: of the 3×3 convolution.
        base_width: channels of each of its groups, for 64 ``planes``.
        dilation: of the 3×3 convolution.
        norm_layer: makes a normalisation layer from a number of channels.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.models.resnet import Bottleneck
        >>> Bottleneck(16, 4)(torch.ones(2, 16, 5, 5)).shape
        torch.Size([2, 16, 5, 5])
    """

    expansion: ClassVar[int] = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[..., nn.Module] = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        width = planes * base_width // 64 * groups
        self.conv1 = _conv1x1(inplanes, width)
        self.bn1 = norm_layer(width)
        self.conv2 = _conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm_layer(width)
        self.conv3 = _conv1x1(width, planes * self.expansion)
        self.bn3 = norm_layer(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Any) -> Any:
        """The block's output.

        Args:
            x: (N, inplanes, H, W).
        """
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """Four stages of blocks, a mean over all places, and a linear layer.

    He et al., Deep residual learning for image recognition (2015), https://arxiv.org/abs/1512.03385. Layers and
    names: https://docs.pytorch.org/vision/stable/models/resnet.html

    Args:
        block: :class:`BasicBlock` or :class:`Bottleneck`.
        layers: the number of blocks in each of the four stages.
        num_classes: number of the output's columns.
        zero_init_residual: whether each block starts as the identity, its last normalisation's weight zero.
        groups: of the 3×3 convolutions.
        width_per_group: channels of each of the first stage's groups.
        replace_stride_with_dilation: for each stage but the first, whether its stride becomes a dilation.
        norm_layer: makes a normalisation layer from a number of channels; default ``nn.BatchNorm2d``.

    Raises:
        ValueError: ``replace_stride_with_dilation`` has not three elements.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.models.resnet import BasicBlock, ResNet
        >>> model = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10)
        >>> sum(p.numel() for p in model.parameters())
        4910922
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: Sequence[bool] | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        norm = nn.BatchNorm2d if norm_layer is None else norm_layer
        dilate = (False,) * 3 if replace_stride_with_dilation is None else replace_stride_with_dilation
        if len(dilate) != 3:
            raise ValueError(
                "replace_stride_with_dilation should be None "
                f"or a 3-element tuple, got {replace_stride_with_dilation}"
            )
        self.inplanes = 64
        self.dilation = 1
        self.groups = groups
        self.base_width = width_per_group
        self.conv1 = nn.Conv2d(3, self.inplanes, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = norm(self.inplanes)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._stage(block, 64, layers[0], 1, False, norm)
        self.layer2 = self._stage(block, 128, layers[1], 2, dilate[0], norm)
        self.layer3 = self._stage(block, 256, layers[2], 2, dilate[1], norm)
        self.layer4 = self._stage(block, 512, layers[3], 2, dilate[2], norm)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        self._draw_weights(zero_init_residual)

    def forward(self, x: Any) -> Any:
        """The scores (N, num_classes).

        Args:
            x: images (N, 3, H, W).
        """
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))

    def _stage(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        planes: int,
        blocks: int,
        stride: int,
        dilate: bool,
        norm: Callable[..., nn.Module],
    ) -> nn.Sequential:
        # The first block keeps the dilation of the stage before, as its input has that stage's resolution.
        first_dilation = self.dilation
        if dilate:
            self.dilation *= stride
            stride = 1
        outputs = planes * block.expansion
        downsample = None
        if stride != 1 or self.inplanes != outputs:
            downsample = nn.Sequential(_conv1x1(self.inplanes, outputs, stride), norm(outputs))
        common = (self.groups, self.base_width)
        made = [block(self.inplanes, planes, stride, downsample, *common, first_dilation, norm)]
        self.inplanes = outputs
        made += [block(outputs, planes, 1, None, *common, self.dilation, norm) for _ in range(1, blocks)]
        return nn.Sequential(*made)

    def _draw_weights(self, zero_init_residual: bool) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.constant_(module.weight, 1)
                nn.init.constant_(module.bias, 0)
        if not zero_init_residual:
            return
        for module in self.modules():
            last = module.bn3 if isinstance(module, Bottleneck) else None
            if isinstance(module, BasicBlock):
                last = module.bn2
            if last is not None and last.weight is not None:
                nn.init.constant_(last.weight, 0)


class ResNet18_Weights(WeightsEnum):
    """Weights of :func:`resnet18`."""

    IMAGENET1K_V1 = imagenet("resnet18-f37072fd", 11_689_512, 1, (69.758, 89.078))
    DEFAULT = IMAGENET1K_V1


@builder(ResNet18_Weights)
def resnet18(*, weights: ResNet18_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet-18: 11,689,512 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnet18.html

    Args:
        weights: pretrained, of :class:`ResNet18_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`ResNet` other than ``block`` and ``layers``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return built(ResNet, BasicBlock, (2, 2, 2, 2), weights=weights, progress=progress, **kwargs)


class ResNet34_Weights(WeightsEnum):
    """Weights of :func:`resnet34`."""

    IMAGENET1K_V1 = imagenet("resnet34-b627a593", 21_797_672, 1, (73.314, 91.42))
    DEFAULT = IMAGENET1K_V1


@builder(ResNet34_Weights)
def resnet34(*, weights: ResNet34_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet-34: 21,797,672 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnet34.html

    Args:
        weights: pretrained, of :class:`ResNet34_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`ResNet` other than ``block`` and ``layers``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return built(ResNet, BasicBlock, (3, 4, 6, 3), weights=weights, progress=progress, **kwargs)


class ResNet50_Weights(WeightsEnum):
    """Weights of :func:`resnet50`."""

    IMAGENET1K_V1 = imagenet("resnet50-0676ba61", 25_557_032, 1, (76.13, 92.862))
    IMAGENET1K_V2 = imagenet("resnet50-11ad3fa6", 25_557_032, 1, (80.858, 95.434), resize_size=232)
    DEFAULT = IMAGENET1K_V2


@builder(ResNet50_Weights)
def resnet50(*, weights: ResNet50_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet-50: 25,557,032 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnet50.html

    Args:
        weights: pretrained, of :class:`ResNet50_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`ResNet` other than ``block`` and ``layers``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return built(ResNet, Bottleneck, (3, 4, 6, 3), weights=weights, progress=progress, **kwargs)


class ResNet101_Weights(WeightsEnum):
    """Weights of :func:`resnet101`."""

    IMAGENET1K_V1 = imagenet("resnet101-63fe2227", 44_549_160, 1, (77.374, 93.546))
    IMAGENET1K_V2 = imagenet("resnet101-cd907fc2", 44_549_160, 1, (81.886, 95.78), resize_size=232)
    DEFAULT = IMAGENET1K_V2


@builder(ResNet101_Weights)
def resnet101(*, weights: ResNet101_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet-101: 44,549,160 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnet101.html

    Args:
        weights: pretrained, of :class:`ResNet101_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`ResNet` other than ``block`` and ``layers``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return built(ResNet, Bottleneck, (3, 4, 23, 3), weights=weights, progress=progress, **kwargs)


class ResNet152_Weights(WeightsEnum):
    """Weights of :func:`resnet152`."""

    IMAGENET1K_V1 = imagenet("resnet152-394f9c45", 60_192_808, 1, (78.312, 94.046))
    IMAGENET1K_V2 = imagenet("resnet152-f82ba261", 60_192_808, 1, (82.284, 96.002), resize_size=232)
    DEFAULT = IMAGENET1K_V2


@builder(ResNet152_Weights)
def resnet152(*, weights: ResNet152_Weights | None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet-152: 60,192,808 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnet152.html

    Args:
        weights: pretrained, of :class:`ResNet152_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`ResNet` other than ``block`` and ``layers``.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return built(ResNet, Bottleneck, (3, 8, 36, 3), weights=weights, progress=progress, **kwargs)

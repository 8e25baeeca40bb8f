"""Inception v3: convolutions of several shapes beside each other."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.vision.models._weights import WeightsEnum, builder, imagenet, require

__all__ = [
    "BasicConv2d",
    "Inception3",
    "InceptionA",
    "InceptionAux",
    "InceptionB",
    "InceptionC",
    "InceptionD",
    "InceptionE",
    "InceptionOutputs",
    "Inception_V3_Weights",
    "inception_v3",
]

F = nn.functional
Conv = Callable[..., nn.Module]


class InceptionOutputs(NamedTuple):
    """What :class:`Inception3` returns in training.

    Args:
        logits: the scores (N, num_classes).
        aux_logits: the auxiliary classifier's.
    """

    logits: Any
    aux_logits: Any


class BasicConv2d(nn.Module):
    """A convolution without bias, batch normalisation and ReLU.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kwargs: further arguments of ``nn.Conv2d``.
    """

    def __init__(self, in_channels: int, out_channels: int, **kwargs: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, bias=False, **kwargs)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: Any) -> Any:
        """The layer's output.

        Args:
            x: (N, in_channels, H, W).
        """
        return F.relu(self.bn(self.conv(x)), inplace=True)


class _Mixed(nn.Module):
    """Branches beside each other, each a chain of convolutions; their outputs are joined along the channels."""

    def _make(self, conv_block: Conv | None, inputs: int, chains: dict[str, Sequence[Any]]) -> None:
        """Make the convolutions.

        Args:
            conv_block: in place of :class:`BasicConv2d`.
            inputs: channels of the input.
            chains: for the beginning of the names each convolution's ending, channels, kernel, stride and padding.
        """
        make = BasicConv2d if conv_block is None else conv_block
        for start, convolutions in chains.items():
            channels = before = inputs
            for ending, outputs, kernel, *more in convolutions:
                options = dict(zip(("stride", "padding"), more, strict=False))
                # The two ends of a fork, ``a`` and ``b``, have the same input.
                before = before if ending.endswith("b") else channels
                self.add_module(f"{start}{ending}", make(before, outputs, kernel_size=kernel, **options))
                channels = outputs

    def _through(self, x: Any, start: str, endings: str) -> Any:
        for ending in endings:
            x = getattr(self, f"{start}_{ending}")(x)
        return x

    def _fork(self, x: Any, start: str) -> list[Any]:
        return [getattr(self, f"{start}a")(x), getattr(self, f"{start}b")(x)]

    def _pooled(self, x: Any) -> Any:
        return self.branch_pool(F.avg_pool2d(x, kernel_size=3, stride=1, padding=1))


class InceptionA(_Mixed):
    """1×1, 5×5, two 3×3 convolutions, and a mean.

    Args:
        in_channels: channels of the input.
        pool_features: channels of the last branch.
        conv_block: in place of :class:`BasicConv2d`.
    """

    def __init__(self, in_channels: int, pool_features: int, conv_block: Conv | None = None) -> None:
        super().__init__()
        chains: dict[str, Any] = {
            "branch1x1": [("", 64, 1)],
            "branch5x5": [("_1", 48, 1), ("_2", 64, 5, 1, 2)],
            "branch3x3dbl": [("_1", 64, 1), ("_2", 96, 3, 1, 1), ("_3", 96, 3, 1, 1)],
            "branch_pool": [("", pool_features, 1)],
        }
        self._make(conv_block, in_channels, chains)

    def forward(self, x: Any) -> Any:
        """The branches' outputs.

        Args:
            x: (N, in_channels, H, W).
        """
        branches = [self._through(x, "branch5x5", "12"), self._through(x, "branch3x3dbl", "123")]
        return torch.cat([self.branch1x1(x), *branches, self._pooled(x)], 1)


class InceptionB(_Mixed):
    """Half the height and width, by one and two 3×3 convolutions and a maximum.

    Args:
        in_channels: channels of the input.
        conv_block: in place of :class:`BasicConv2d`.
    """

    def __init__(self, in_channels: int, conv_block: Conv | None = None) -> None:
        super().__init__()
        chains: dict[str, Any] = {
            "branch3x3": [("", 384, 3, 2)],
            "branch3x3dbl": [("_1", 64, 1), ("_2", 96, 3, 1, 1), ("_3", 96, 3, 2)],
        }
        self._make(conv_block, in_channels, chains)

    def forward(self, x: Any) -> Any:
        """The branches' outputs.

        Args:
            x: (N, in_channels, H, W).
        """
        pooled = F.max_pool2d(x, kernel_size=3, stride=2)
        return torch.cat([self.branch3x3(x), self._through(x, "branch3x3dbl", "123"), pooled], 1)


# A 7×7 convolution as a row and a column.
_ROW, _COLUMN = ((1, 7), 1, (0, 3)), ((7, 1), 1, (3, 0))


class InceptionC(_Mixed):
    """1×1, one and two 7×7 convolutions made of rows and columns, and a mean.

    Args:
        in_channels: channels of the input.
        channels_7x7: channels between rows and columns.
        conv_block: in place of :class:`BasicConv2d`.
    """

    def __init__(self, in_channels: int, channels_7x7: int, conv_block: Conv | None = None) -> None:
        super().__init__()
        inside = channels_7x7
        chains: dict[str, Any] = {
            "branch1x1": [("", 192, 1)],
            "branch7x7": [("_1", inside, 1), ("_2", inside, *_ROW), ("_3", 192, *_COLUMN)],
            "branch7x7dbl": [
                ("_1", inside, 1),
                ("_2", inside, *_COLUMN),
                ("_3", inside, *_ROW),
                ("_4", inside, *_COLUMN),
                ("_5", 192, *_ROW),
            ],
            "branch_pool": [("", 192, 1)],
        }
        self._make(conv_block, in_channels, chains)

    def forward(self, x: Any) -> Any:
        """The branches' outputs.

        Args:
            x: (N, in_channels, H, W).
        """
        branches = [self._through(x, "branch7x7", "123"), self._through(x, "branch7x7dbl", "12345")]
        return torch.cat([self.branch1x1(x), *branches, self._pooled(x)], 1)


class InceptionD(_Mixed):
    """Half the height and width, by a 3×3 convolution, a 7×7 and a 3×3 one, and a maximum.

    Args:
        in_channels: channels of the input.
        conv_block: in place of :class:`BasicConv2d`.
    """

    def __init__(self, in_channels: int, conv_block: Conv | None = None) -> None:
        super().__init__()
        chains: dict[str, Any] = {
            "branch3x3": [("_1", 192, 1), ("_2", 320, 3, 2)],
            "branch7x7x3": [("_1", 192, 1), ("_2", 192, *_ROW), ("_3", 192, *_COLUMN), ("_4", 192, 3, 2)],
        }
        self._make(conv_block, in_channels, chains)

    def forward(self, x: Any) -> Any:
        """The branches' outputs.

        Args:
            x: (N, in_channels, H, W).
        """
        branches = [self._through(x, "branch3x3", "12"), self._through(x, "branch7x7x3", "1234")]
        return torch.cat([*branches, F.max_pool2d(x, kernel_size=3, stride=2)], 1)


class InceptionE(_Mixed):
    """1×1, one and two 3×3 convolutions whose last is a row beside a column, and a mean.

    Args:
        in_channels: channels of the input.
        conv_block: in place of :class:`BasicConv2d`.
    """

    def __init__(self, in_channels: int, conv_block: Conv | None = None) -> None:
        super().__init__()
        row, column = ((1, 3), 1, (0, 1)), ((3, 1), 1, (1, 0))
        chains: dict[str, Any] = {
            "branch1x1": [("", 320, 1)],
            "branch3x3": [("_1", 384, 1), ("_2a", 384, *row), ("_2b", 384, *column)],
            "branch3x3dbl": [
                ("_1", 448, 1),
                ("_2", 384, 3, 1, 1),
                ("_3a", 384, *row),
                ("_3b", 384, *column),
            ],
            "branch_pool": [("", 192, 1)],
        }
        self._make(conv_block, in_channels, chains)

    def forward(self, x: Any) -> Any:
        """The branches' outputs.

        Args:
            x: (N, in_channels, H, W).
        """
        single = self._fork(self._through(x, "branch3x3", "1"), "branch3x3_2")
        double = self._fork(self._through(x, "branch3x3dbl", "12"), "branch3x3dbl_3")
        return torch.cat([self.branch1x1(x), *single, *double, self._pooled(x)], 1)


class InceptionAux(nn.Module):
    """The auxiliary classifier in the middle of the model.

    Args:
        in_channels: channels of the input.
        num_classes: number of the output's columns.
        conv_block: in place of :class:`BasicConv2d`.
    """

    def __init__(self, in_channels: int, num_classes: int, conv_block: Conv | None = None) -> None:
        super().__init__()
        make: Any = BasicConv2d if conv_block is None else conv_block
        self.conv0 = make(in_channels, 128, kernel_size=1)
        self.conv1 = make(128, 768, kernel_size=5)
        self.conv1.stddev = 0.01
        self.fc = nn.Linear(768, num_classes)
        self.fc.stddev = 0.001

    def forward(self, x: Any) -> Any:
        """The scores (N, num_classes).

        Args:
            x: (N, in_channels, H, W).
        """
        x = self.conv1(self.conv0(F.avg_pool2d(x, kernel_size=5, stride=3)))
        return self.fc(F.adaptive_avg_pool2d(x, (1, 1)).flatten(1))


class Inception3(nn.Module):
    """Inception v3 for images of 75×75 pixels or more, best of 299×299.

    Szegedy et al., Rethinking the Inception architecture for computer vision (2015),
    https://arxiv.org/abs/1512.00567. Layers and names:
    https://docs.pytorch.org/vision/stable/models/inception.html

    Args:
        num_classes: number of the output's columns.
        aux_logits: whether there is an auxiliary classifier, whose scores are returned too in training.
        transform_input: whether images normalised as ImageNet's are brought to [-1, 1] first.
        inception_blocks: seven classes in place of :class:`BasicConv2d`, :class:`InceptionA` to :class:`InceptionE`
            and :class:`InceptionAux`.
        init_weights: whether weights are drawn from a truncated normal distribution; None does so with a warning.
        dropout: probability of dropping an activation in front of the linear layer.

    Raises:
        ValueError: ``inception_blocks`` are not seven.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        aux_logits: bool = True,
        transform_input: bool = False,
        inception_blocks: Sequence[Conv] | None = None,
        init_weights: bool | None = None,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        blocks: Sequence[Any] = inception_blocks or (
            BasicConv2d,
            InceptionA,
            InceptionB,
            InceptionC,
            InceptionD,
            InceptionE,
            InceptionAux,
        )
        if init_weights is None:
            warnings.warn(
                "The default weight initialization of inception_v3 will be changed in future releases of torchvision. "
                "If you wish to keep the old behavior (which leads to long initialization times due to "
                "scipy/scipy#11299), please set init_weights=True.",
                FutureWarning,
                stacklevel=2,
            )
            init_weights = True
        if len(blocks) != 7:
            raise ValueError(f"length of inception_blocks should be 7 instead of {len(blocks)}")
        conv, a, b, c, d, e, aux = blocks
        self.aux_logits = aux_logits
        self.transform_input = transform_input
        self.Conv2d_1a_3x3 = conv(3, 32, kernel_size=3, stride=2)
        self.Conv2d_2a_3x3 = conv(32, 32, kernel_size=3)
        self.Conv2d_2b_3x3 = conv(32, 64, kernel_size=3, padding=1)
        self.maxpool1 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.Conv2d_3b_1x1 = conv(64, 80, kernel_size=1)
        self.Conv2d_4a_3x3 = conv(80, 192, kernel_size=3)
        self.maxpool2 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.Mixed_5b = a(192, pool_features=32)
        self.Mixed_5c = a(256, pool_features=64)
        self.Mixed_5d = a(288, pool_features=64)
        self.Mixed_6a = b(288)
        self.Mixed_6b = c(768, channels_7x7=128)
        self.Mixed_6c = c(768, channels_7x7=160)
        self.Mixed_6d = c(768, channels_7x7=160)
        self.Mixed_6e = c(768, channels_7x7=192)
        self.AuxLogits = aux(768, num_classes) if aux_logits else None
        self.Mixed_7a = d(768)
        self.Mixed_7b = e(1280)
        self.Mixed_7c = e(2048)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(p=dropout)
        self.fc = nn.Linear(2048, num_classes)
        if init_weights:
            self._draw_weights()

    def _draw_weights(self) -> None:
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                deviation = float(getattr(module, "stddev", 0.1))
                nn.init.trunc_normal_(module.weight, mean=0.0, std=deviation, a=-2, b=2)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.constant_(module.weight, 1)
                nn.init.constant_(module.bias, 0)

    def forward(self, x: Any) -> Any:
        """The scores (N, num_classes), in training with an auxiliary classifier :class:`InceptionOutputs`.

        Args:
            x: images (N, 3, H, W).
        """
        if self.transform_input:
            std, mean = (0.229, 0.224, 0.225), (0.485, 0.456, 0.406)
            channels = [
                x[:, i : i + 1] * (s / 0.5) + (m - 0.5) / 0.5
                for i, (s, m) in enumerate(zip(std, mean, strict=True))
            ]
            x = torch.cat(channels, 1)
        x = self.maxpool1(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))))
        x = self.maxpool2(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))))
        auxiliary = self.AuxLogits(x) if self.AuxLogits is not None and self.training else None
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        x = self.fc(self.dropout(self.avgpool(x)).flatten(1))
        return InceptionOutputs(x, auxiliary) if self.training and self.aux_logits else x


class Inception_V3_Weights(WeightsEnum):
    """Weights of :func:`inception_v3`."""

    IMAGENET1K_V1 = imagenet(
        "inception_v3_google-0cc3c7bd", 27_161_264, 75, (77.294, 93.45), crop_size=299, resize_size=342
    )
    DEFAULT = IMAGENET1K_V1


@builder(Inception_V3_Weights)
def inception_v3(
    *, weights: Inception_V3_Weights | None = None, progress: bool = True, **kwargs: Any
) -> Inception3:
    """Inception v3: 27,161,264 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.inception_v3.html

    Args:
        weights: pretrained, of :class:`Inception_V3_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`Inception3`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    keep = kwargs.get("aux_logits", True)
    if weights is not None:
        require(kwargs, "transform_input", True)
        require(kwargs, "num_classes", len(weights.meta["categories"]))
        kwargs.update(aux_logits=True, init_weights=False)
    model = Inception3(**kwargs)
    if weights is not None:
        model.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
        if not keep:
            model.aux_logits = False
            model.AuxLogits = None
    return model

"""Feature pyramids: maps of several sizes brought to one number of channels, each with what the smaller know."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jaxlearn import nn
from jaxlearn.nn import functional as F

from .misc import Conv2dNormActivation

__all__ = ["ExtraFPNBlock", "FeaturePyramidNetwork", "LastLevelMaxPool", "LastLevelP6P7"]

Maps = tuple[list[Any], list[str]]


class ExtraFPNBlock(nn.Module):
    """Base of what adds smaller maps to a pyramid."""

    def forward(self, results: list[Any], x: list[Any], names: list[str]) -> Maps:
        """All maps and their names.

        Args:
            results: the pyramid's maps.
            x: the maps that it was made of.
            names: their names.
        """
        raise NotImplementedError


class LastLevelMaxPool(ExtraFPNBlock):
    """Every second row and column of the smallest map, named ``"pool"``.

    https://docs.pytorch.org/vision/stable/feature_extraction.html
    """

    def forward(self, results: list[Any], x: list[Any], names: list[str]) -> Maps:
        """All maps and their names.

        Args:
            results: the pyramid's maps.
            x: the maps that it was made of.
            names: their names.
        """
        names.append("pool")
        results.append(F.max_pool2d(results[-1], kernel_size=1, stride=2, padding=0))
        return results, names


class LastLevelP6P7(ExtraFPNBlock):
    """Two smaller maps by convolutions, named ``"p6"`` and ``"p7"``, as RetinaNet has them.

    Args:
        in_channels: channels of the smallest map that the pyramid is made of.
        out_channels: channels of the pyramid; where both are equal, its smallest map is used instead.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.p6 = nn.Conv2d(in_channels, out_channels, 3, 2, 1)
        self.p7 = nn.Conv2d(out_channels, out_channels, 3, 2, 1)
        for layer in (self.p6, self.p7):
            nn.init.kaiming_uniform_(layer.weight, a=1)
            nn.init.constant_(layer.bias, 0)
        self.use_P5 = in_channels == out_channels

    def forward(self, results: list[Any], x: list[Any], names: list[str]) -> Maps:
        """All maps and their names.

        Args:
            results: the pyramid's maps.
            x: the maps that it was made of.
            names: their names.
        """
        p6 = self.p6(results[-1] if self.use_P5 else x[-1])
        results.extend((p6, self.p7(F.relu(p6))))
        names.extend(("p6", "p7"))
        return results, names


class FeaturePyramidNetwork(nn.Module):
    """A pyramid of feature maps: from the smallest on, each is enlarged and added to the next.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.FeaturePyramidNetwork.html,
    `Lin and others (2016) <https://arxiv.org/abs/1612.03144>`_

    Args:
        in_channels_list: channels of each map, the largest map first.
        out_channels: channels of the results.
        extra_blocks: what adds smaller maps.
        norm_layer: makes a normalisation for each convolution from a number of channels.

    Raises:
        ValueError: a map has no channels.
        TypeError: ``extra_blocks`` is something else.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> maps = {"a": torch.ones(1, 4, 8, 8), "b": torch.ones(1, 6, 4, 4)}
        >>> {name: tuple(map.shape) for name, map in ops.FeaturePyramidNetwork([4, 6], 5)(maps).items()}
        {'a': (1, 5, 8, 8), 'b': (1, 5, 4, 4)}
    """

    def __init__(
        self,
        in_channels_list: Sequence[int],
        out_channels: int,
        extra_blocks: ExtraFPNBlock | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.inner_blocks = nn.ModuleList()
        self.layer_blocks = nn.ModuleList()
        for channels in in_channels_list:
            if channels == 0:
                raise ValueError("in_channels=0 is currently not supported")
            for blocks, inputs, size in (
                (self.inner_blocks, channels, 1),
                (self.layer_blocks, out_channels, 3),
            ):
                blocks.append(
                    Conv2dNormActivation(
                        inputs, out_channels, size, norm_layer=norm_layer, activation_layer=None
                    )
                )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_uniform_(layer.weight, a=1)
                if layer.bias is not None:
                    nn.init.constant_(layer.bias, 0)
        if extra_blocks is not None and not isinstance(extra_blocks, ExtraFPNBlock):
            raise TypeError(f"extra_blocks should be of type ExtraFPNBlock not {type(extra_blocks)}")
        self.extra_blocks = extra_blocks

    def forward(self, x: Mapping[str, Any]) -> OrderedDict[str, Any]:
        """The pyramid, named as the maps are.

        Args:
            x: the maps by name, the largest first, each (N, channels, H, W).
        """
        names, maps = list(x), list(x.values())
        results: list[Any] = []
        above = None
        for inner, layer, features in zip(
            reversed(list(self.inner_blocks)),
            reversed(list(self.layer_blocks)),
            reversed(maps),
            strict=True,
        ):
            here = inner(features)
            if above is not None:
                here = here + F.interpolate(above, size=here.shape[-2:], mode="nearest")
            results.insert(0, layer(here))
            above = here
        if self.extra_blocks is not None:
            results, names = self.extra_blocks(results, maps, names)
        return OrderedDict(zip(names, results, strict=True))

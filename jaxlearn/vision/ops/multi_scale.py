"""Features of regions cut out of the level of a feature pyramid that suits each region's size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jaxlearn as torch
from jaxlearn import nn

from .regions import roi_align

__all__ = ["MultiScaleRoIAlign"]


class MultiScaleRoIAlign(nn.Module):
    r""":func:`roi_align` for each region on the feature map of its size.

    A region of area :math:`s^2` is looked for on the level

    .. math:: \lfloor k_0 + \log_2(s / s_0) + 10^{-6} \rfloor

    of those that there are. All regions are computed on all levels, so that one program serves whatever the boxes are.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.MultiScaleRoIAlign.html,
    `Lin and others (2017) <https://arxiv.org/abs/1612.03144>`_

    Args:
        featmap_names: which of the feature maps to use, from the finest.
        output_size: bins down and across, or one number for both.
        sampling_ratio: samples of a bin down and across.
        canonical_scale: :math:`s_0`.
        canonical_level: :math:`k_0`.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> pool = ops.MultiScaleRoIAlign(["a", "b"], 3, 2)
        >>> features = {"a": torch.rand(1, 5, 64, 64), "b": torch.rand(1, 5, 32, 32)}
        >>> pool(features, [torch.tensor([[10.0, 10.0, 90.0, 120.0]])], [(256, 256)]).shape
        torch.Size([1, 5, 3, 3])
    """

    def __init__(
        self,
        featmap_names: Sequence[str],
        output_size: int | Sequence[int],
        sampling_ratio: int,
        *,
        canonical_scale: int = 224,
        canonical_level: int = 4,
    ) -> None:
        super().__init__()
        self.featmap_names = featmap_names
        self.output_size = (output_size,) * 2 if isinstance(output_size, int) else tuple(output_size)
        self.sampling_ratio = sampling_ratio
        self.canonical_scale = canonical_scale
        self.canonical_level = canonical_level

    def forward(
        self, x: Mapping[str, Any], boxes: Sequence[Any], image_shapes: Sequence[tuple[int, int]]
    ) -> Any:
        """Each region's features, (K, C, height, width).

        Args:
            x: feature maps (N, C, H, W) by their names.
            boxes: for each image, regions (L, 4).
            image_shapes: for each image its height and width, before it was padded to the largest.
        """
        maps = [x[name] for name in x if name in self.featmap_names]
        height = max(shape[0] for shape in image_shapes)
        scales = [2.0 ** round(math.log2(features.shape[-2] / height)) for features in maps]

        def features_on(level: int) -> Any:
            return roi_align(maps[level], list(boxes), self.output_size, scales[level], self.sampling_ratio)

        pooled = features_on(0)
        if len(maps) == 1:
            return pooled
        finest, coarsest = -math.log2(scales[0]), -math.log2(scales[-1])
        corners = torch.cat(list(boxes))
        sides = corners[:, 2:] - corners[:, :2]
        level_of = torch.floor(
            self.canonical_level
            + torch.log2(torch.sqrt(sides[:, 0] * sides[:, 1]) / self.canonical_scale)
            + 1e-6
        )
        level_of = level_of.clamp(finest, coarsest) - finest
        for level in range(1, len(maps)):
            pooled = torch.where((level_of == level)[:, None, None, None], features_on(level), pooled)
        return pooled

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(featmap_names={self.featmap_names}, "
            f"output_size={self.output_size}, sampling_ratio={self.sampling_ratio})"
        )

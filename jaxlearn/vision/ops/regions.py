"""Features of regions of interest: fixed sizes cut out of feature maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jaxlearn as torch
from jaxlearn import nn

__all__ = ["RoIAlign", "RoIPool", "roi_align", "roi_pool"]

Size = int | Sequence[int]


def _pair(size: Size) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[-1])


def _regions(boxes: Any) -> Any:
    """Regions as (K, 5): the image's index and the corners."""
    if isinstance(boxes, (list, tuple)):
        if any(one.size(1) != 4 for one in boxes):
            raise AssertionError(
                "The shape of the tensor in the boxes list is not correct as List[Tensor[L, 4]]"
            )
        indices = [torch.full_like(one[:, :1], image) for image, one in enumerate(boxes)]
        return torch.cat((torch.cat(indices), torch.cat(list(boxes))), dim=1)
    if not isinstance(boxes, torch.Tensor):
        raise AssertionError("boxes is expected to be a Tensor[L, 5] or a List[Tensor[K, 4]]")
    if boxes.size(1) != 5:
        raise AssertionError("The boxes tensor shape is not correct as Tensor[K, 5]")
    return boxes


def _places(start: Any, side: Any, pooled: int, ratio: int, size: int) -> tuple[Any, Any, Any, Any]:
    """Where one axis is sampled.

    Returns:
        The pixels below and above each sample, the upper's share and the sample's weight in its bin's mean, each
        (K, pooled, samples).
    """
    step = side / pooled
    if ratio > 0:
        count, samples = torch.full_like(step, ratio), ratio
    else:
        # As many as pixels in a bin: regions of different sizes have different numbers of samples.
        count = torch.ceil(step)
        samples = max(1, int(count.max().item())) if count.numel() else 1
    index = torch.arange(samples, device=step.device)
    offset = (index + 0.5) * (step / count.clamp(min=1))[:, None]
    bins = torch.arange(pooled, device=step.device) * step[:, None] + start[:, None]
    at = bins[:, :, None] + offset[:, None, :]
    counts = (index < count[:, None])[:, None, :] & (at >= -1.0) & (at <= size)
    at = at.clamp(min=0)
    low = at.to(torch.int64).clamp(max=size - 1)
    high = (low + 1).clamp(max=size - 1)
    share = torch.where(low >= size - 1, 0.0, at - low)
    return low, high, share, counts / count.clamp(min=1)[:, None, None]


def roi_align(
    input: Any,
    boxes: Any,
    output_size: Size,
    spatial_scale: float = 1.0,
    sampling_ratio: int = -1,
    aligned: bool = False,
) -> Any:
    """Each region's features, as means of bilinear samples in a grid of bins.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.roi_align.html,
    `He and others (2017) <https://arxiv.org/abs/1703.06870>`_

    Args:
        input: (N, C, H, W).
        boxes: regions ``(x1, y1, x2, y2)``: (K, 5) with the image's index before the corners, or for each image
            (L, 4).
        output_size: bins down and across, or one number for both.
        spatial_scale: the features' size over that of the image that the corners are in.
        sampling_ratio: samples of a bin down and across; without it one for each pixel, a number that depends on
            the boxes, whose values are then computed.
        aligned: place pixels' centres, not corners, at whole numbers and half between.

    Returns:
        (K, C, height, width).

    Raises:
        AssertionError: the boxes have another shape.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> features = torch.arange(16.0).reshape(1, 1, 4, 4)
        >>> ops.roi_align(features, [torch.tensor([[0.0, 0.0, 2.0, 2.0]])], 2, sampling_ratio=1)
        tensor([[[[2.5000, 3.5000],
                  [6.5000, 7.5000]]]])
    """
    rois = _regions(boxes)
    height, width = _pair(output_size)
    kind = input.dtype
    if kind in (torch.float16, torch.bfloat16):
        input, rois = input.float(), rois.float()
    corners = rois[:, 1:] * spatial_scale - (0.5 if aligned else 0.0)
    sides = corners[:, 2:] - corners[:, :2]
    if not aligned:
        sides = sides.clamp(min=1.0)
    rows = _places(corners[:, 1], sides[:, 1], height, sampling_ratio, input.shape[2])
    columns = _places(corners[:, 0], sides[:, 0], width, sampling_ratio, input.shape[3])
    # Indices broadcast to (K, height, rows' samples, width, columns' samples), values have the channels last.
    image = rois[:, 0].to(torch.int64)[:, None, None, None, None]
    values = input.permute(0, 2, 3, 1)
    low_y, high_y, share_y, weight_y = (part[:, :, :, None, None] for part in rows)
    low_x, high_x, share_x, weight_x = (part[:, None, None, :, :] for part in columns)
    weight = weight_y * weight_x
    total: Any = 0
    for y, part_y in ((low_y, 1 - share_y), (high_y, share_y)):
        for x, part_x in ((low_x, 1 - share_x), (high_x, share_x)):
            total = total + values[image, y, x] * (part_y * part_x * weight)[..., None]
    return total.sum(dim=(2, 4)).permute(0, 3, 1, 2).to(kind)


def _bins(start: Any, side: Any, pooled: int, size: int) -> Any:
    """Which pixels of one axis each bin holds, (K, pooled, size)."""
    step = (side / pooled)[:, None]
    index = torch.arange(pooled, device=step.device)
    low = (torch.floor(index * step) + start[:, None]).clamp(0, size)
    high = (torch.ceil((index + 1) * step) + start[:, None]).clamp(0, size)
    pixel = torch.arange(size, device=step.device)
    return (pixel >= low[..., None]) & (pixel < high[..., None])


def _round(values: Any) -> Any:
    """The nearest whole numbers, halves away from 0."""
    return torch.trunc(values + torch.copysign(torch.full_like(values, 0.5), values))


def roi_pool(input: Any, boxes: Any, output_size: Size, spatial_scale: float = 1.0) -> Any:
    """Each region's features, as the largest of each of a grid of bins; 0 where a bin is empty.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.roi_pool.html,
    `Girshick (2015) <https://arxiv.org/abs/1504.08083>`_

    Args:
        input: (N, C, H, W).
        boxes: regions, as for :func:`roi_align`.
        output_size: bins down and across, or one number for both.
        spatial_scale: the features' size over that of the image that the corners are in.

    Returns:
        (K, C, height, width).

    Raises:
        AssertionError: the boxes have another shape.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.roi_pool(torch.arange(16.0).reshape(1, 1, 4, 4), [torch.tensor([[0.0, 0.0, 3.0, 3.0]])], 2)
        tensor([[[[ 5.,  7.],
                  [13., 15.]]]])
    """
    rois = _regions(boxes)
    height, width = _pair(output_size)
    corners = _round(rois[:, 1:] * spatial_scale)
    sides = (corners[:, 2:] - corners[:, :2] + 1).clamp(min=1)
    rows = _bins(corners[:, 1], sides[:, 1], height, input.shape[2])
    columns = _bins(corners[:, 0], sides[:, 0], width, input.shape[3])
    regions = input[rois[:, 0].to(torch.int64)]
    # First over rows, then over columns: the maximum of all is the same.
    tall = [
        regions.masked_fill(~rows[:, None, bin, :, None], -math.inf).max(2).values for bin in range(height)
    ]
    down = torch.stack(tall, 2) if tall else regions
    across = [down.masked_fill(~columns[:, None, None, bin], -math.inf).max(3).values for bin in range(width)]
    empty = ~(rows.any(-1)[:, :, None] & columns.any(-1)[:, None, :])
    return torch.stack(across, 3).masked_fill(empty[:, None], 0.0)


class RoIAlign(nn.Module):
    """:func:`roi_align` as a layer.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.RoIAlign.html

    Args:
        output_size: bins down and across, or one number for both.
        spatial_scale: the features' size over that of the image.
        sampling_ratio: samples of a bin down and across.
        aligned: place pixels' centres at whole numbers and half between.

    Example::

        >>> from jaxlearn.vision import ops
        >>> ops.RoIAlign(7, 0.25, 2)
        RoIAlign(output_size=7, spatial_scale=0.25, sampling_ratio=2, aligned=False)
    """

    def __init__(
        self, output_size: Size, spatial_scale: float, sampling_ratio: int, aligned: bool = False
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.spatial_scale = spatial_scale
        self.sampling_ratio = sampling_ratio
        self.aligned = aligned

    def forward(self, input: Any, rois: Any) -> Any:
        """Each region's features.

        Args:
            input: (N, C, H, W).
            rois: regions, as for :func:`roi_align`.
        """
        return roi_align(input, rois, self.output_size, self.spatial_scale, self.sampling_ratio, self.aligned)

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(output_size={self.output_size}, spatial_scale={self.spatial_scale}"
            f", sampling_ratio={self.sampling_ratio}, aligned={self.aligned})"
        )


class RoIPool(nn.Module):
    """:func:`roi_pool` as a layer.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.RoIPool.html

    Args:
        output_size: bins down and across, or one number for both.
        spatial_scale: the features' size over that of the image.

    Example::

        >>> from jaxlearn.vision import ops
        >>> ops.RoIPool(7, 0.25)
        RoIPool(output_size=7, spatial_scale=0.25)
    """

    def __init__(self, output_size: Size, spatial_scale: float) -> None:
        super().__init__()
        self.output_size = output_size
        self.spatial_scale = spatial_scale

    def forward(self, input: Any, rois: Any) -> Any:
        """Each region's features.

        Args:
            input: (N, C, H, W).
            rois: regions, as for :func:`roi_align`.
        """
        return roi_pool(input, rois, self.output_size, self.spatial_scale)

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}(output_size={self.output_size}, spatial_scale={self.spatial_scale})"
        )

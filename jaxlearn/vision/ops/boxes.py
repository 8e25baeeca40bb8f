"""Boxes in images: areas, overlaps, formats and limits.

A box is ``(x1, y1, x2, y2)`` with ``x1 <= x2`` and ``y1 <= y2`` where no other format is named.
"""

from __future__ import annotations

import math
from typing import Any

import jaxlearn as torch

from .suppression import batched_nms as batched_nms
from .suppression import nms as nms

__all__ = [
    "batched_nms",
    "box_area",
    "box_convert",
    "box_iou",
    "clip_boxes_to_image",
    "complete_box_iou",
    "distance_box_iou",
    "generalized_box_iou",
    "masks_to_boxes",
    "nms",
    "remove_small_boxes",
]

_FORMATS = ("xyxy", "xywh", "cxcywh")


def wide(values: Any) -> Any:
    """The values in a type that holds their products: float32 or float64, int32 or int64."""
    if values.is_floating_point():
        return values if values.dtype in (torch.float32, torch.float64) else values.float()
    return values if values.dtype in (torch.int32, torch.int64) else values.int()


def _corners(boxes: Any, fmt: str) -> tuple[Any, Any]:
    first, second = boxes[..., :2], boxes[..., 2:]
    if fmt == "xyxy":
        return first, second
    if fmt == "xywh":
        return first, first + second
    return first - second / 2, first + second / 2


def box_convert(boxes: Any, in_fmt: str, out_fmt: str) -> Any:
    """The boxes in another format.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.box_convert.html

    Args:
        boxes: (..., 4).
        in_fmt: ``"xyxy"``, ``"xywh"`` (corner, width and height) or ``"cxcywh"`` (centre, width and height).
        out_fmt: one of these.

    Raises:
        ValueError: a format is another.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.box_convert(torch.tensor([[0.0, 0.0, 2.0, 4.0]]), "xyxy", "cxcywh")
        tensor([[1., 2., 2., 4.]])
    """
    if in_fmt not in _FORMATS or out_fmt not in _FORMATS:
        raise ValueError(
            f"Unsupported Bounding Box Conversions for given in_fmt {in_fmt} and out_fmt {out_fmt}"
        )
    if in_fmt == out_fmt:
        return boxes.clone()
    low, high = _corners(boxes, in_fmt)
    if out_fmt == "xyxy":
        return torch.cat((low, high), dim=-1)
    return torch.cat((low if out_fmt == "xywh" else (low + high) / 2, high - low), dim=-1)


def box_area(boxes: Any, fmt: str = "xyxy") -> Any:
    """The boxes' areas.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.box_area.html

    Args:
        boxes: (..., 4).
        fmt: ``"xyxy"``, ``"xywh"`` or ``"cxcywh"``.

    Raises:
        ValueError: the format is another.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.box_area(torch.tensor([[0.0, 0.0, 2.0, 4.0]]))
        tensor([8.])
    """
    if fmt not in _FORMATS:
        raise ValueError(f"Unsupported Bounding Box area for given format {fmt}")
    boxes = wide(boxes)
    if fmt == "xyxy":
        return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    return boxes[..., 2] * boxes[..., 3]


def _extent(low: Any, high: Any) -> Any:
    """Widths and heights between corners, none negative."""
    return wide(high - low).clamp(min=0)


def _overlap(boxes1: Any, boxes2: Any, fmt: str) -> tuple[Any, Any]:
    """The areas of the intersection and of the union of each box with each."""
    (low1, high1), (low2, high2) = _corners(boxes1, fmt), _corners(boxes2, fmt)
    low = torch.max(low1[..., None, :], low2[..., None, :, :])
    high = torch.min(high1[..., None, :], high2[..., None, :, :])
    common = _extent(low, high).prod(-1)
    return common, box_area(boxes1, fmt)[..., None] + box_area(boxes2, fmt)[..., None, :] - common


def _hull(boxes1: Any, boxes2: Any) -> Any:
    """Width and height of the smallest box around each box and each."""
    low = torch.min(boxes1[..., None, :2], boxes2[..., None, :, :2])
    return _extent(low, torch.max(boxes1[..., None, 2:], boxes2[..., None, :, 2:]))


def box_iou(boxes1: Any, boxes2: Any, fmt: str = "xyxy") -> Any:
    """Intersection over union of each box of one set with each of the other.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.box_iou.html

    Args:
        boxes1: (..., N, 4).
        boxes2: (..., M, 4).
        fmt: ``"xyxy"``, ``"xywh"`` or ``"cxcywh"``.

    Returns:
        (..., N, M).

    Raises:
        ValueError: the format is another.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.box_iou(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[1.0, 0.0, 3.0, 2.0]]))
        tensor([[0.3333]])
    """
    if fmt not in _FORMATS:
        raise ValueError(f"Unsupported format '{fmt}'. Supported axis-aligned formats: {_FORMATS}.")
    common, union = _overlap(boxes1, boxes2, fmt)
    return common / union


def generalized_box_iou(boxes1: Any, boxes2: Any) -> Any:
    """Intersection over union less the part of the hull that neither box covers.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.generalized_box_iou.html,
    `Rezatofighi and others (2019) <https://arxiv.org/abs/1902.09630>`_

    Args:
        boxes1: (..., N, 4).
        boxes2: (..., M, 4).

    Returns:
        (..., N, M).

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.generalized_box_iou(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]]))
        tensor([[-0.3333]])
    """
    common, union = _overlap(boxes1, boxes2, "xyxy")
    hull = _hull(boxes1, boxes2).prod(-1)
    return common / union - (hull - union) / hull


def distance_box_iou(boxes1: Any, boxes2: Any, eps: float = 1e-7) -> Any:
    """Intersection over union less the centres' squared distance over the hull's squared diagonal.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.distance_box_iou.html,
    `Zheng and others (2019) <https://arxiv.org/abs/1911.08287>`_

    Args:
        boxes1: (..., N, 4).
        boxes2: (..., M, 4).
        eps: added to the diagonal.

    Returns:
        (..., N, M).

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.distance_box_iou(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[2.0, 0.0, 3.0, 1.0]]))
        tensor([[-0.4000]])
    """
    boxes1, boxes2 = wide(boxes1), wide(boxes2)
    diagonal = (_hull(boxes1, boxes2) ** 2).sum(-1) + eps
    centres1, centres2 = (boxes1[..., :2] + boxes1[..., 2:]) / 2, (boxes2[..., :2] + boxes2[..., 2:]) / 2
    distance = ((centres1[..., None, :] - centres2[..., None, :, :]) ** 2).sum(-1)
    return box_iou(boxes1, boxes2) - distance / diagonal


def complete_box_iou(boxes1: Any, boxes2: Any, eps: float = 1e-7) -> Any:
    """:func:`distance_box_iou` less a term for the boxes' different proportions.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.complete_box_iou.html,
    `Zheng and others (2020) <https://arxiv.org/abs/2005.03572>`_

    Args:
        boxes1: (..., N, 4).
        boxes2: (..., M, 4).
        eps: added to denominators.

    Returns:
        (..., N, M).

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.complete_box_iou(torch.tensor([[0.0, 0.0, 1.0, 2.0]]), torch.tensor([[0.0, 0.0, 2.0, 1.0]]))
        tensor([[0.2371]])
    """
    boxes1, boxes2 = wide(boxes1), wide(boxes2)
    one, other = torch.atan(proportion(boxes1)), torch.atan(proportion(boxes2))
    shape = 4 / math.pi**2 * (one[..., None] - other[..., None, :]) ** 2
    with torch.no_grad():
        weight = shape / (1 - box_iou(boxes1, boxes2) + shape + eps)
    return distance_box_iou(boxes1, boxes2, eps) - weight * shape


def proportion(boxes: Any) -> Any:
    """Width over height."""
    return (boxes[..., 2] - boxes[..., 0]) / (boxes[..., 3] - boxes[..., 1])


def clip_boxes_to_image(boxes: Any, size: tuple[int, int]) -> Any:
    """The parts of the boxes within an image.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.clip_boxes_to_image.html

    Args:
        boxes: (..., 4).
        size: the image's height and width.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.clip_boxes_to_image(torch.tensor([[-1.0, 0.0, 9.0, 9.0]]), (4, 6))
        tensor([[0., 0., 6., 4.]])
    """
    height, width = size
    x, y = boxes[..., 0::2].clamp(min=0, max=width), boxes[..., 1::2].clamp(min=0, max=height)
    return torch.stack((x, y), dim=boxes.dim()).reshape(boxes.shape)


def remove_small_boxes(boxes: Any, min_size: float) -> Any:
    """The indices of the boxes of which no side is shorter than ``min_size``.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.remove_small_boxes.html

    Args:
        boxes: (N, 4).
        min_size: the shortest side.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.remove_small_boxes(torch.tensor([[0.0, 0.0, 1.0, 9.0], [0.0, 0.0, 5.0, 5.0]]), 2)
        tensor([1])
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    return torch.where((sides >= min_size).all(-1))[0]


def masks_to_boxes(masks: Any) -> Any:
    """The smallest boxes around masks; zeros for an empty mask.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.masks_to_boxes.html

    Args:
        masks: (N, H, W).

    Returns:
        (N, 4), float32, with the last row and column inside as ``y2`` and ``x2``.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> masks = torch.zeros(1, 4, 5)
        >>> masks[0, 1:3, 2:4] = 1
        >>> ops.masks_to_boxes(masks)
        tensor([[2., 1., 3., 2.]])
    """
    if masks.numel() == 0:
        return torch.zeros((0, 4), device=masks.device, dtype=torch.float32)
    _, height, width = masks.shape
    inside = masks.bool()
    rows, columns = inside.any(dim=2).float(), inside.any(dim=1).float()
    last = (width - 1 - columns.flip(1).argmax(1), height - 1 - rows.flip(1).argmax(1))
    boxes = torch.stack((columns.argmax(1), rows.argmax(1), *last), dim=1).float()
    return torch.where(inside.any(dim=2).any(dim=1)[:, None], boxes, 0.0)

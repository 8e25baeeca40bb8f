"""Non-maximum suppression: of boxes that overlap, the one with the highest score."""

from __future__ import annotations

from typing import Any

import numpy as np

import jaxlearn as torch

__all__ = ["batched_nms", "nms"]

# A larger set is suppressed class by class, as torchvision does; up to here the classes are moved apart.
_MOVED_APART = 4000


def _check(boxes: Any, scores: Any) -> None:
    if boxes.dim() != 2:
        raise RuntimeError(f"boxes should be a 2d tensor, got {boxes.dim()}D")
    if boxes.size(1) != 4:
        raise RuntimeError(f"boxes should have 4 elements in dimension 1, got {boxes.size(1)}")
    if scores.dim() != 1:
        raise RuntimeError(f"scores should be a 1d tensor, got {scores.dim()}D")
    if boxes.size(0) != scores.size(0):
        raise RuntimeError(
            "boxes and scores should have same number of elements in dimension 0, "
            f"got {boxes.size(0)} and {scores.size(0)}"
        )


def nms(boxes: Any, scores: Any, iou_threshold: float) -> Any:
    """The indices of the boxes that no kept box with a higher score overlaps too far, by falling score.

    How many there are depends on the values: they are computed, and the boxes compared on the host.
    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.nms.html

    Args:
        boxes: (N, 4), ``(x1, y1, x2, y2)``.
        scores: (N,).
        iou_threshold: overlaps with a larger intersection over union are discarded.

    Raises:
        RuntimeError: the shapes are others.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0], [5.0, 5.0, 6.0, 6.0]])
        >>> ops.nms(boxes, torch.tensor([0.5, 0.9, 0.7]), 0.5)
        tensor([1, 2])
    """
    _check(boxes, scores)
    corners = boxes.detach().cpu().numpy()
    order = np.argsort(-scores.detach().cpu().numpy(), kind="stable")
    areas = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    kept: list[int] = []
    with np.errstate(divide="ignore", invalid="ignore"):
        while order.size:
            best, order = order[0], order[1:]
            kept.append(int(best))
            low = np.maximum(corners[best, :2], corners[order, :2])
            sides = np.maximum(np.minimum(corners[best, 2:], corners[order, 2:]) - low, 0)
            common = sides[:, 0] * sides[:, 1]
            overlap = common / (areas[best] + areas[order] - common)
            order = order[~(overlap.astype(np.float64) > iou_threshold)]
    return torch.tensor(kept, dtype=torch.int64, device=boxes.device)


def batched_nms(boxes: Any, scores: Any, idxs: Any, iou_threshold: float) -> Any:
    """:func:`nms` within each class, by falling score.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.batched_nms.html

    Args:
        boxes: (N, 4), ``(x1, y1, x2, y2)``.
        scores: (N,).
        idxs: (N,), each box's class.
        iou_threshold: as for :func:`nms`.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0], [0.0, 0.0, 4.0, 4.0]])
        >>> ops.batched_nms(boxes, torch.tensor([0.5, 0.9, 0.7]), torch.tensor([0, 0, 1]), 0.5)
        tensor([1, 2])
    """
    if boxes.numel() == 0:
        return torch.empty((0,), dtype=torch.int64, device=boxes.device)
    if boxes.numel() <= _MOVED_APART:
        offsets = idxs.to(boxes) * (boxes.max() + 1)
        return nms(boxes + offsets[:, None], scores, iou_threshold)
    kept = []
    for label in torch.unique(idxs).tolist():
        places = torch.where(idxs == label)[0]
        kept.append(places[nms(boxes[places], scores[places], iou_threshold)])
    indices = torch.cat(kept)
    return indices[scores[indices].sort(descending=True)[1]]

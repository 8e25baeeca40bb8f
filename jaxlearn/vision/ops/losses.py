"""Losses of detectors: by how boxes overlap, and the focal loss."""

from __future__ import annotations

import math
from typing import Any

import jaxlearn as torch
from jaxlearn.nn import functional as F

from .boxes import proportion

__all__ = [
    "complete_box_iou_loss",
    "distance_box_iou_loss",
    "generalized_box_iou_loss",
    "sigmoid_focal_loss",
]


def _reduced(loss: Any, reduction: str) -> Any:
    if reduction == "none":
        return loss
    if reduction == "mean":
        return loss.mean() if loss.numel() > 0 else 0.0 * loss.sum()
    if reduction == "sum":
        return loss.sum()
    raise ValueError(
        f"Invalid Value for arg 'reduction': '{reduction} \n Supported reduction modes: 'none', 'mean', 'sum'"
    )


def _float(boxes: Any) -> Any:
    return boxes if boxes.dtype in (torch.float32, torch.float64) else boxes.float()


def _area(boxes: Any) -> Any:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _overlap(boxes1: Any, boxes2: Any) -> tuple[Any, Any]:
    """The areas of the intersection and of the union of each box with its counterpart."""
    sides = torch.min(boxes1[..., 2:], boxes2[..., 2:]) - torch.max(boxes1[..., :2], boxes2[..., :2])
    apart = (sides <= 0).any(-1)
    common = torch.where(apart, 0.0, sides[..., 0] * sides[..., 1])
    return common, _area(boxes1) + _area(boxes2) - common


def _hull(boxes1: Any, boxes2: Any) -> Any:
    """Width and height of the smallest box around both."""
    return torch.max(boxes1[..., 2:], boxes2[..., 2:]) - torch.min(boxes1[..., :2], boxes2[..., :2])


def generalized_box_iou_loss(boxes1: Any, boxes2: Any, reduction: str = "none", eps: float = 1e-7) -> Any:
    """One less the generalised intersection over union of each box with its counterpart.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.generalized_box_iou_loss.html

    Args:
        boxes1: (N, 4) or (4,), ``(x1, y1, x2, y2)``.
        boxes2: the same shape.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
        eps: added to denominators.

    Raises:
        ValueError: there is no such reduction.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.generalized_box_iou_loss(torch.tensor([0.0, 0.0, 1.0, 1.0]), torch.tensor([2.0, 0.0, 3.0, 1.0]))
        tensor(1.3333)
    """
    boxes1, boxes2 = _float(boxes1), _float(boxes2)
    common, union = _overlap(boxes1, boxes2)
    sides = _hull(boxes1, boxes2)
    hull = sides[..., 0] * sides[..., 1]
    return _reduced(1 - (common / (union + eps) - (hull - union) / (hull + eps)), reduction)


def _distance(boxes1: Any, boxes2: Any, eps: float) -> tuple[Any, Any]:
    common, union = _overlap(boxes1, boxes2)
    iou = common / (union + eps)
    diagonal = (_hull(boxes1, boxes2) ** 2).sum(-1) + eps
    centres = (boxes1[..., :2] + boxes1[..., 2:]) / 2 - (boxes2[..., :2] + boxes2[..., 2:]) / 2
    return 1 - iou + (centres**2).sum(-1) / diagonal, iou


def distance_box_iou_loss(boxes1: Any, boxes2: Any, reduction: str = "none", eps: float = 1e-7) -> Any:
    """One less the intersection over union, plus the centres' distance, of each box with its counterpart.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.distance_box_iou_loss.html

    Args:
        boxes1: (N, 4) or (4,), ``(x1, y1, x2, y2)``.
        boxes2: the same shape.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
        eps: added to denominators.

    Raises:
        ValueError: there is no such reduction.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.distance_box_iou_loss(torch.tensor([0.0, 0.0, 1.0, 1.0]), torch.tensor([2.0, 0.0, 3.0, 1.0]))
        tensor(1.4000)
    """
    return _reduced(_distance(_float(boxes1), _float(boxes2), eps)[0], reduction)


def complete_box_iou_loss(boxes1: Any, boxes2: Any, reduction: str = "none", eps: float = 1e-7) -> Any:
    """:func:`distance_box_iou_loss` plus a term for the boxes' different proportions.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.complete_box_iou_loss.html

    Args:
        boxes1: (N, 4) or (4,), ``(x1, y1, x2, y2)``.
        boxes2: the same shape.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
        eps: added to denominators.

    Raises:
        ValueError: there is no such reduction.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.complete_box_iou_loss(torch.tensor([0.0, 0.0, 1.0, 2.0]), torch.tensor([0.0, 0.0, 2.0, 1.0]))
        tensor(0.7629)
    """
    boxes1, boxes2 = _float(boxes1), _float(boxes2)
    # The distance has its own default of eps, whatever this one is given.
    distance, iou = _distance(boxes1, boxes2, 1e-7)
    shape = 4 / math.pi**2 * (torch.atan(proportion(boxes2)) - torch.atan(proportion(boxes1))) ** 2
    with torch.no_grad():
        weight = shape / (1 - iou + shape + eps)
    return _reduced(distance + weight * shape, reduction)


def sigmoid_focal_loss(
    inputs: Any, targets: Any, alpha: float = 0.25, gamma: float = 2, reduction: str = "none"
) -> Any:
    r"""Binary cross entropy that counts less where the class is already likely.

    :math:`-\alpha_t (1 - p_t)^\gamma \log p_t`, where :math:`p_t` is the probability of the right class. See
    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.sigmoid_focal_loss.html and
    `Lin and others (2017) <https://arxiv.org/abs/1708.02002>`_.

    Args:
        inputs: logits.
        targets: 0 or 1 for each.
        alpha: weight of the positive class, the negative's being ``1 - alpha``; -1 for none.
        gamma: how much less.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Raises:
        ValueError: ``alpha`` is out of range, or there is no such reduction.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> ops.sigmoid_focal_loss(torch.tensor([0.0, 2.0]), torch.tensor([1.0, 0.0]))
        tensor([0.0433, 1.2376])
    """
    if not 0 <= alpha <= 1 and alpha != -1:
        raise ValueError(f"Invalid alpha value: {alpha}. alpha must be in the range [0,1] or -1 for ignore.")
    p = torch.sigmoid(inputs)
    loss = F.binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    loss = loss * (1 - (p * targets + (1 - p) * (1 - targets))) ** gamma
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    return loss.mean() if reduction == "mean" else _reduced(loss, reduction)

"""Which boxes and keypoints are sound."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxlearn import Tensor
from jaxlearn.vision import tv_tensors
from jaxlearn.vision.transforms._image import image_of
from jaxlearn.vision.tv_tensors._boxes import BoundingBoxFormat, format_of

from ._boxes import Array, converted, values_of
from ._dispatch import is_pure_tensor


def sanitize_bounding_boxes(
    bounding_boxes: Any,
    format: BoundingBoxFormat | str | None = None,
    canvas_size: tuple[int, int] | None = None,
    min_size: float = 1.0,
    min_area: float = 1.0,
) -> tuple[Any, Any]:
    """The boxes that lie in the image and are not too small, and a mask that tells which they are.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.sanitize_bounding_boxes.html

    Args:
        bounding_boxes: the boxes; a plain tensor comes with ``format`` and ``canvas_size``.
        format: of a plain tensor.
        canvas_size: height and width, for a plain tensor.
        min_size: the smallest width and height.
        min_area: the smallest area.

    Raises:
        ValueError: the input is neither, or an argument is missing, or given for boxes that know it.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.transforms.v2 import functional as F
        >>> F.sanitize_bounding_boxes(torch.tensor([[0, 0, 2, 2], [1, 1, 1, 4]]), format="XYXY", canvas_size=(8, 8))
        (tensor([[0, 0, 2, 2]]), tensor([ True, False]))
    """
    if is_pure_tensor(bounding_boxes):
        if format is None or canvas_size is None:
            raise ValueError(
                "format and canvas_size cannot be None if bounding_boxes is a pure tensor. Got "
                f"format={format} and canvas_size={canvas_size}."
                "Set those to appropriate values or pass bounding_boxes as a tv_tensors.BoundingBoxes object."
            )
        valid = sound_boxes(values_of(bounding_boxes), format_of(format), canvas_size, min_size, min_area)
        mask = image_of(valid)
        return bounding_boxes[mask], mask
    if not isinstance(bounding_boxes, tv_tensors.BoundingBoxes):
        raise ValueError("bounding_boxes must be a tv_tensors.BoundingBoxes instance or a pure tensor.")
    if format is not None or canvas_size is not None:
        raise ValueError(
            "format and canvas_size must be None when bounding_boxes is a tv_tensors.BoundingBoxes instance. "
            f"Got format={format} and canvas_size={canvas_size}. "
            "Leave those to None or pass bounding_boxes as a pure tensor."
        )
    known = bounding_boxes
    mask = image_of(sound_boxes(values_of(known), known.format, known.canvas_size, min_size, min_area))
    return tv_tensors.wrap(known.as_subclass(Tensor)[mask], like=known), mask


def sound_boxes(
    boxes: Array, format: BoundingBoxFormat, canvas: tuple[int, int], min_size: float, min_area: float
) -> Array:
    """Which boxes lie in the canvas and are not too small."""
    corners = converted(boxes, format, BoundingBoxFormat.XYXY)
    width, height = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    inside = (corners >= 0).all(-1) & (corners <= np.array([canvas[1], canvas[0]] * 2)).all(-1)
    return np.asarray(inside & (width >= min_size) & (height >= min_size) & (width * height >= min_area))


def sanitize_keypoints(key_points: Any, canvas_size: tuple[int, int] | None = None) -> tuple[Any, Any]:
    """The keypoints, or groups of them, that lie in the image, and a mask that tells which they are.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.sanitize_keypoints.html

    Args:
        key_points: the points; a plain tensor comes with ``canvas_size``.
        canvas_size: height and width, for a plain tensor.

    Raises:
        ValueError: the input is neither, or ``canvas_size`` is missing, or given for points that know it.
    """
    if is_pure_tensor(key_points):
        if canvas_size is None:
            raise ValueError(
                "canvas_size cannot be None if key_points is a pure tensor. "
                f"Got canvas_size={canvas_size}. "
                "Set it to an appropriate value or pass key_points as a tv_tensors.KeyPoints object."
            )
        mask = image_of(sound_points(values_of(key_points), canvas_size))
        return key_points[mask], mask
    if not isinstance(key_points, tv_tensors.KeyPoints):
        raise ValueError("key_points must be a tv_tensors.KeyPoints instance or a pure tensor.")
    if canvas_size is not None:
        raise ValueError(
            "canvas_size must be None when key_points is a tv_tensors.KeyPoints instance. "
            f"Got canvas_size={canvas_size}. Leave it to None or pass key_points as a pure tensor."
        )
    mask = image_of(sound_points(values_of(key_points), key_points.canvas_size))
    return tv_tensors.wrap(key_points.as_subclass(Tensor)[mask], like=key_points), mask


def sound_points(points: Array, canvas: tuple[int, int]) -> Array:
    """Which points, or groups of them, lie in the canvas."""
    inside = ((points >= 0) & (points < np.array([canvas[1], canvas[0]]))).all(-1)
    return np.asarray(inside.reshape(inside.shape[0], -1).all(-1))

"""What transforms do to bounding boxes and keypoints: maps of each axis, maps of points, cutting off at the border."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from jaxlearn import Tensor
from jaxlearn.vision import tv_tensors
from jaxlearn.vision.transforms._image import image_of
from jaxlearn.vision.tv_tensors._boxes import BoundingBoxFormat, format_of

Array = np.ndarray[Any, Any]
Size = tuple[int, int]

_XYXY, _XYWH, _CXCYWH = BoundingBoxFormat.XYXY, BoundingBoxFormat.XYWH, BoundingBoxFormat.CXCYWH


def values_of(tensor: Any) -> Array:
    """A tensor's values on the host, a copy."""
    return np.array(tensor.detach().as_subclass(Tensor).numpy())


def converted(boxes: Array, old: BoundingBoxFormat, new: BoundingBoxFormat) -> Array:
    """Boxes in another format, in the same dtype: halves of integers go down, corners from a middle towards zero.

    Args:
        boxes: (..., 4).
        old: their format.
        new: the format wanted.
    """
    if old is new:
        return boxes
    first, second = boxes[..., :2], boxes[..., 2:]
    whole = boxes.dtype.kind in "iu"

    def half(size: Array) -> Array:
        return size // 2 if whole else size / 2

    if old is _CXCYWH:
        middle, size = (v.astype(np.float32) if whole else v for v in (first, second))
        low = middle - size / 2
        high, low = (low + size).astype(boxes.dtype), low.astype(boxes.dtype)
    else:
        low, high = first, first + second if old is _XYWH else second
    if new is _XYXY:
        return np.concatenate([low, high], -1)
    if new is _XYWH:
        return np.concatenate([low, high - low], -1)
    if old is _XYWH:
        return np.concatenate([low + half(second), second], -1)
    size = high - low
    return np.concatenate([half(2 * low + size), size], -1)


def convert_bounding_box_format(
    inpt: Any,
    old_format: BoundingBoxFormat | str | None = None,
    new_format: BoundingBoxFormat | str | None = None,
    inplace: bool = False,
) -> Any:
    """Bounding boxes in another format.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.convert_bounding_box_format.html

    Args:
        inpt: the boxes; a plain tensor comes with ``old_format``.
        old_format: the format of a plain tensor.
        new_format: the format wanted.
        inplace: write into ``inpt``.

    Raises:
        TypeError: ``inpt`` is neither, or ``new_format`` is missing.
        ValueError: ``old_format`` is missing, or given for boxes that know it.

    Example::

        >>> from jaxlearn.vision import tv_tensors
        >>> from jaxlearn.vision.transforms.v2 import functional as F
        >>> boxes = tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYXY", canvas_size=(8, 8))
        >>> F.convert_bounding_box_format(boxes, new_format="XYWH")
        BoundingBoxes([[1, 2, 2, 2]], format=BoundingBoxFormat.XYWH, canvas_size=(8, 8), clamping_mode=soft)
    """
    if new_format is None:
        raise TypeError("convert_bounding_box_format() missing 1 required argument: 'new_format'")
    known = isinstance(inpt, tv_tensors.BoundingBoxes)
    if not known and (not isinstance(inpt, Tensor) or isinstance(inpt, tv_tensors.TVTensor)):
        raise TypeError(
            f"Input can either be a plain tensor or a bounding box tv_tensor, but got {type(inpt)} instead."
        )
    if known and old_format is not None:
        raise ValueError("For bounding box tv_tensor inputs, `old_format` must not be passed.")
    old = inpt.format if known else old_format
    if old is None:
        raise ValueError("For pure tensor inputs, `old_format` has to be passed.")
    new = format_of(new_format)
    result = image_of(converted(values_of(inpt), format_of(old), new))
    if inplace:
        result = inpt.as_subclass(Tensor).copy_(result)
    return tv_tensors.wrap(result, like=inpt, format=new) if known else result


def clamped(boxes: Array, format: BoundingBoxFormat, canvas: Size, mode: str | None) -> Array:
    """Boxes cut off at the canvas's border, unless the mode is None."""
    if mode is None:
        return boxes
    exact = boxes.astype(np.float32) if boxes.dtype.kind in "iu" else boxes
    corners = np.array(converted(exact, format, _XYXY))
    corners[..., 0::2] = np.clip(corners[..., 0::2], 0, canvas[1])
    corners[..., 1::2] = np.clip(corners[..., 1::2], 0, canvas[0])
    return converted(corners, _XYXY, format).astype(boxes.dtype)


def clamp_bounding_boxes(
    inpt: Any,
    format: BoundingBoxFormat | None = None,
    canvas_size: Size | None = None,
    clamping_mode: str | None = "auto",
) -> Any:
    """Bounding boxes cut off at the image's border.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.clamp_bounding_boxes.html

    Args:
        inpt: the boxes; a plain tensor comes with ``format`` and ``canvas_size``.
        format: of a plain tensor.
        canvas_size: height and width, for a plain tensor.
        clamping_mode: ``"soft"``, ``"hard"``, None for none, or ``"auto"`` for what the boxes say.

    Raises:
        TypeError: ``inpt`` is neither.
        ValueError: an argument is missing, or given for boxes that know it.
    """
    if clamping_mode is not None and clamping_mode not in ("soft", "hard", "auto"):
        raise ValueError(f"clamping_mode must be soft, hard, auto or None, got {clamping_mode}")
    if isinstance(inpt, tv_tensors.BoundingBoxes):
        if format is not None or canvas_size is not None:
            raise ValueError(
                "For bounding box tv_tensor inputs, `format` and `canvas_size` must not be passed."
            )
        mode = inpt.clamping_mode if clamping_mode == "auto" else clamping_mode
        result = clamped(values_of(inpt), inpt.format, inpt.canvas_size, mode)
        return tv_tensors.wrap(image_of(result), like=inpt)
    if not isinstance(inpt, Tensor) or isinstance(inpt, tv_tensors.TVTensor):
        raise TypeError(
            f"Input can either be a plain tensor or a bounding box tv_tensor, but got {type(inpt)} instead."
        )
    if format is None or canvas_size is None or clamping_mode == "auto":
        raise ValueError(
            "For pure tensor inputs, `format`, `canvas_size` and `clamping_mode` have to be passed."
        )
    return image_of(clamped(values_of(inpt), format_of(format), canvas_size, clamping_mode))


def clamp_keypoints(inpt: Any, canvas_size: Size | None = None) -> Any:
    """Keypoints moved to the image's nearest pixel.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.clamp_keypoints.html

    Args:
        inpt: the points; a plain tensor comes with ``canvas_size``.
        canvas_size: height and width, for a plain tensor.

    Raises:
        TypeError: ``inpt`` is neither.
        ValueError: ``canvas_size`` is missing, or given for points that know it.
    """
    if isinstance(inpt, tv_tensors.KeyPoints):
        if canvas_size is not None:
            raise ValueError("For keypoints tv_tensor inputs, `canvas_size` must not be passed.")
        return tv_tensors.wrap(image_of(_clamped_points(values_of(inpt), inpt.canvas_size)), like=inpt)
    if not isinstance(inpt, Tensor) or isinstance(inpt, tv_tensors.TVTensor):
        raise TypeError(
            f"Input can either be a plain tensor or a keypoints tv_tensor, but got {type(inpt)} instead."
        )
    if canvas_size is None:
        raise ValueError("For pure tensor inputs, `canvas_size` has to be passed.")
    return image_of(_clamped_points(values_of(inpt), canvas_size))


def _clamped_points(points: Array, canvas: Size) -> Array:
    return np.clip(points, 0, np.array([canvas[1] - 1, canvas[0] - 1])).astype(points.dtype)


class AxisMap:
    """What moves each axis by itself: ``x -> scale x + shift``, in a new canvas.

    Args:
        canvas: the new one's height and width.
        scale: along x and y; a negative one mirrors.
        shift: along x and y.
        clamp: whether the border cuts boxes off.
    """

    def __init__(
        self,
        canvas: Size,
        scale: tuple[float, float] = (1, 1),
        shift: tuple[float, float] = (0, 0),
        clamp: bool = True,
    ) -> None:
        self.canvas, self.scale, self.shift, self.clamp = canvas, scale, shift, clamp

    def boxes(self, boxes: Any) -> Any:
        """Bounding boxes moved.

        Args:
            boxes: the boxes.
        """
        values, format = values_of(boxes), boxes.format
        kind = _precision(values, self.scale)
        scale, shift = (np.array(pair * 2, kind) for pair in (self.scale, self.shift))
        if format is not _XYXY:  # sizes only scale
            scale[2:], shift[2:] = np.abs(scale[2:]), 0
        moved = values.astype(scale.dtype) * scale + shift
        mirrored = [axis for axis in (0, 1) if self.scale[axis] < 0]
        for axis in mirrored:
            if format is _XYXY:
                moved[..., [axis, axis + 2]] = moved[..., [axis + 2, axis]]
            elif format is _XYWH:
                moved[..., axis] -= moved[..., axis + 2]
        moved = moved.astype(values.dtype)
        if self.clamp:
            moved = clamped(moved, format, self.canvas, boxes.clamping_mode)
        return tv_tensors.wrap(image_of(moved), like=boxes, canvas_size=self.canvas)

    def points(self, points: Any) -> Any:
        """Keypoints moved. Mirrored ones count pixels, not places between them.

        Args:
            points: the points.
        """
        values = values_of(points)
        kind = _precision(values, self.scale)
        scale, shift = (np.array(pair, kind) for pair in (self.scale, self.shift))
        shift = shift - (scale < 0).astype(shift.dtype)
        moved = (values.astype(scale.dtype) * scale + shift).astype(values.dtype)
        return tv_tensors.wrap(image_of(moved), like=points, canvas_size=self.canvas)


def _precision(values: Array, numbers: tuple[float, float]) -> Any:
    """The dtype in which torch multiplies these values by these numbers."""
    if values.dtype.kind == "f":
        return values.dtype
    return np.dtype(np.float32) if any(isinstance(number, float) for number in numbers) else values.dtype


PointMap = Callable[[Array], Array]


def mapped_boxes(
    boxes: Any, points: PointMap, canvas: Size, early: bool = False, rounded: bool = False
) -> Any:
    """The boxes around the four corners of boxes, mapped.

    Args:
        boxes: the boxes.
        points: maps points (N, 2).
        canvas: height and width of the result.
        early: make corners of integers rather than of floats.
        rounded: cut off and convert integers rather than floats.
    """
    values, format = values_of(boxes), boxes.format
    if not values.size:
        return boxes
    kind = np.dtype(np.float32) if values.dtype.kind in "iu" else values.dtype
    exact = values if early else values.astype(kind)
    corners = converted(exact, format, _XYXY).astype(kind)[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    moved = points(corners.reshape(-1, 2)).reshape(-1, 4, 2)
    around = np.concatenate([moved.min(1), moved.max(1)], -1)
    around = clamped(around.astype(values.dtype) if rounded else around, _XYXY, canvas, boxes.clamping_mode)
    result = converted(around, _XYXY, format).astype(values.dtype)
    return tv_tensors.wrap(image_of(result), like=boxes, canvas_size=canvas)


def mapped_points(keypoints: Any, points: PointMap, canvas: Size) -> Any:
    """Keypoints, mapped.

    Args:
        keypoints: the points.
        points: maps points (N, 2).
        canvas: height and width of the result.
    """
    values = values_of(keypoints)
    if not values.size:
        return keypoints
    exact = values.astype(np.float32) if values.dtype.kind in "iu" else values
    moved = points(exact.reshape(-1, 2)).reshape(values.shape).astype(values.dtype)
    return tv_tensors.wrap(image_of(moved), like=keypoints, canvas_size=canvas)

"""Bounding boxes, what their four numbers mean, and the image that they lie in."""

from __future__ import annotations

import enum
from typing import Any

from ._base import TVTensor

__all__ = ["BoundingBoxFormat", "BoundingBoxes"]


class BoundingBoxFormat(enum.Enum):
    """What a box's numbers mean: two corners, a corner and the size, or the middle and the size.

    https://docs.pytorch.org/vision/stable/generated/torchvision.tv_tensors.BoundingBoxFormat.html
    """

    XYXY = "XYXY"
    XYWH = "XYWH"
    CXCYWH = "CXCYWH"


class BoundingBoxes(TVTensor):
    """The bounding boxes in one image, (N, 4).

    https://docs.pytorch.org/vision/stable/generated/torchvision.tv_tensors.BoundingBoxes.html

    Args:
        data: what :func:`jaxlearn.as_tensor` takes; four numbers are one box.
        format: what the numbers mean, a :class:`BoundingBoxFormat` or its name.
        canvas_size: height and width of the image.
        clamping_mode: ``"soft"`` or ``"hard"``: transforms cut boxes off at the image's border; None: they do not.
        dtype: by default the data's.
        device: where they are to be.
        requires_grad: by default as of the data.

    Raises:
        ValueError: there are more than two dimensions, or there is no such ``clamping_mode``.
        KeyError: there is no such format.

    Example::

        >>> from jaxlearn.vision import tv_tensors
        >>> tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYXY", canvas_size=(8, 8))
        BoundingBoxes([[1, 2, 3, 4]], format=BoundingBoxFormat.XYXY, canvas_size=(8, 8), clamping_mode=soft)
    """

    format: BoundingBoxFormat
    canvas_size: tuple[int, int]
    clamping_mode: str | None

    def __new__(
        cls,
        data: Any,
        *,
        format: BoundingBoxFormat | str,
        canvas_size: tuple[int, int],
        clamping_mode: str | None = "soft",
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool | None = None,
    ) -> Any:
        tensor = cls._from_data(data, dtype, device, requires_grad)
        if tensor.ndim == 1:
            tensor = tensor.unsqueeze(0)
        elif tensor.ndim != 2:
            raise ValueError(f"Expected a 1D or 2D tensor, got {tensor.ndim}D")
        if clamping_mode not in (None, "hard", "soft"):
            raise ValueError(f"clamping_mode must be None, hard or soft, got {clamping_mode}.")
        boxes = tensor.as_subclass(cls)
        boxes.format = format_of(format)
        boxes.canvas_size = canvas_size
        boxes.clamping_mode = clamping_mode
        return boxes

    def _describe(self, like: Any, **kwargs: Any) -> None:
        self.format = format_of(kwargs.get("format", like.format))
        self.canvas_size = kwargs.get("canvas_size", like.canvas_size)
        self.clamping_mode = kwargs.get("clamping_mode", like.clamping_mode)

    def _told(self) -> str:
        return f"format={self.format}, canvas_size={self.canvas_size}, clamping_mode={self.clamping_mode}"


def format_of(given: BoundingBoxFormat | str) -> BoundingBoxFormat:
    """The format meant by a format or its name."""
    return BoundingBoxFormat[given.upper()] if isinstance(given, str) else given

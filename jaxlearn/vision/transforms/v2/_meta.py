"""What boxes and keypoints tell besides their values."""

from __future__ import annotations

from typing import Any

from jaxlearn.vision import tv_tensors

from . import functional as F
from ._transform import Transform

__all__ = ["ClampBoundingBoxes", "ClampKeyPoints", "ConvertBoundingBoxFormat", "SetClampingMode"]


class ConvertBoundingBoxFormat(Transform):
    """Bounding boxes in another format.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ConvertBoundingBoxFormat.html

    Args:
        format: the format, or its name.
    """

    _transformed_types = (tv_tensors.BoundingBoxes,)

    def __init__(self, format: Any) -> None:
        super().__init__()
        self.format = format

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The boxes in the format."""
        return F.convert_bounding_box_format(inpt, new_format=self.format)


class ClampBoundingBoxes(Transform):
    """Bounding boxes cut off at the picture's border.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ClampBoundingBoxes.html

    Args:
        clamping_mode: ``"soft"``, ``"hard"``, None for none, or ``"auto"`` for what the boxes say.
    """

    _transformed_types = (tv_tensors.BoundingBoxes,)

    def __init__(self, clamping_mode: str | None = "auto") -> None:
        super().__init__()
        self.clamping_mode = clamping_mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The boxes, cut off."""
        return F.clamp_bounding_boxes(inpt, clamping_mode=self.clamping_mode)


class ClampKeyPoints(Transform):
    """Keypoints moved to the picture's nearest pixel.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ClampKeyPoints.html
    """

    _transformed_types = (tv_tensors.KeyPoints,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The points, moved."""
        return F.clamp_keypoints(inpt)


class SetClampingMode(Transform):
    """Bounding boxes that say anew whether transforms cut them off at the border.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.SetClampingMode.html

    Args:
        clamping_mode: ``"soft"``, ``"hard"``, or None for not at all.

    Raises:
        ValueError: it is something else.
    """

    _transformed_types = (tv_tensors.BoundingBoxes,)

    def __init__(self, clamping_mode: str | None) -> None:
        super().__init__()
        if clamping_mode not in (None, "soft", "hard"):
            raise ValueError(f"clamping_mode must be soft, hard or None, got {clamping_mode}")
        self.clamping_mode = clamping_mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The boxes with the mode."""
        boxes = inpt.clone()
        boxes.clamping_mode = self.clamping_mode
        return boxes

"""How pixels between pixels are made."""

from __future__ import annotations

import enum

__all__ = ["InterpolationMode"]


class InterpolationMode(enum.Enum):
    """How pixels between pixels are made.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.InterpolationMode.html
    """

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


# Pillow's numbers of its filters, which older programs pass instead of a mode.
_BY_NUMBER = {
    0: InterpolationMode.NEAREST,
    2: InterpolationMode.BILINEAR,
    3: InterpolationMode.BICUBIC,
    4: InterpolationMode.BOX,
    5: InterpolationMode.HAMMING,
    1: InterpolationMode.LANCZOS,
}
_NUMBERS = {mode: number for number, mode in _BY_NUMBER.items()} | {InterpolationMode.NEAREST_EXACT: 0}


def as_mode(interpolation: InterpolationMode | int) -> InterpolationMode:
    """The mode meant by a mode or by Pillow's number of a filter."""
    if isinstance(interpolation, int):
        return _BY_NUMBER[interpolation]
    if not isinstance(interpolation, InterpolationMode):
        raise TypeError(
            "Argument interpolation should be a InterpolationMode or a corresponding Pillow integer constant"
        )
    return interpolation


def pillow_filter(mode: InterpolationMode) -> int:
    """Pillow's number of the filter."""
    return _NUMBERS[mode]

"""Transforms of size and borders."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from . import functional as F
from ._crop import check_padding_mode
from ._image import Transform, pair
from .interpolation import InterpolationMode, as_mode

__all__ = ["CenterCrop", "FiveCrop", "Pad", "Resize", "TenCrop"]


class Resize(Transform):
    """The image in another size.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Resize.html

    Args:
        size: height and width, or the length of the shorter side.
        interpolation: how pixels between pixels are made.
        max_size: bound of the longer side, with one number as ``size``.
        antialias: for tensors: average over all pixels that a smaller one covers.

    Raises:
        TypeError: ``size`` is neither a number nor a sequence.
        ValueError: it has more than two numbers.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        if not isinstance(size, (int, Sequence)):
            raise TypeError(f"Size should be int or sequence. Got {type(size)}")
        if isinstance(size, Sequence) and len(size) not in (1, 2):
            raise ValueError("If size is a sequence, it should have 1 or 2 values")
        self.size = size
        self.max_size = max_size
        self.interpolation = as_mode(interpolation)
        self.antialias = antialias

    def forward(self, img: Any) -> Any:
        """The resized image.

        Args:
            img: a PIL image or a tensor (..., H, W).
        """
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(size={self.size}, interpolation={self.interpolation.value}, "
            f"max_size={self.max_size}, antialias={self.antialias})"
        )


class CenterCrop(Transform):
    """The middle of the image, padded with zeros where the image is smaller.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.CenterCrop.html

    Args:
        size: height and width, or one number for both.

    Raises:
        ValueError: there are more than two numbers.
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = pair(size, "Please provide only two dimensions (h, w) for size.")

    def forward(self, img: Any) -> Any:
        """The middle.

        Args:
            img: a PIL image or a tensor (..., H, W).
        """
        return F.center_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class FiveCrop(Transform):
    """The four corners and the middle of the image, as a tuple of images.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.FiveCrop.html

    Args:
        size: height and width, or one number for both.

    Raises:
        ValueError: there are more than two numbers.
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = pair(size, "Please provide only two dimensions (h, w) for size.")

    def forward(self, img: Any) -> Any:
        """The five images.

        Args:
            img: a PIL image or a tensor (..., H, W).
        """
        return F.five_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class TenCrop(Transform):
    """The four corners and the middle of the image and of its mirror image, as a tuple of images.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.TenCrop.html

    Args:
        size: height and width, or one number for both.
        vertical_flip: mirror top to bottom rather than left to right.

    Raises:
        ValueError: there are more than two numbers.
    """

    def __init__(self, size: int | Sequence[int], vertical_flip: bool = False) -> None:
        self.size = pair(size, "Please provide only two dimensions (h, w) for size.")
        self.vertical_flip = vertical_flip

    def forward(self, img: Any) -> Any:
        """The ten images.

        Args:
            img: a PIL image or a tensor (..., H, W).
        """
        return F.ten_crop(img, self.size, self.vertical_flip)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, vertical_flip={self.vertical_flip})"


class Pad(Transform):
    """The image with borders.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Pad.html

    Args:
        padding: pixels on all sides, on the (horizontal, vertical) ones, or (left, top, right, bottom).
        fill: value of a constant border, or one per channel.
        padding_mode: ``constant``, ``edge``, ``reflect`` (without the edge) or ``symmetric`` (with it).

    Raises:
        TypeError: an argument has another type.
        ValueError: ``padding`` has another length, or there is no such mode.
    """

    def __init__(
        self,
        padding: int | Sequence[int],
        fill: float | Sequence[float] = 0,
        padding_mode: str = "constant",
    ) -> None:
        if not isinstance(padding, (numbers.Number, tuple, list)):
            raise TypeError("Got inappropriate padding arg")
        if not isinstance(fill, (numbers.Number, str, tuple, list)):
            raise TypeError("Got inappropriate fill arg")
        check_padding_mode(padding_mode)
        if isinstance(padding, Sequence) and len(padding) not in (1, 2, 4):
            raise ValueError(
                f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(padding)} element tuple"
            )
        self.padding = padding
        self.fill = fill
        self.padding_mode = padding_mode

    def forward(self, img: Any) -> Any:
        """The image with borders.

        Args:
            img: a PIL image or a tensor (..., H, W).
        """
        return F.pad(img, self.padding, self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode})"

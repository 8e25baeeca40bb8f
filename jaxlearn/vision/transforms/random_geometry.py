"""Transforms that move pixels at random: crops, flips and rotations."""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import functional as F
from ._image import Transform, dimensions, draw_integer, draw_uniform, draw_unit, pair
from .interpolation import InterpolationMode, as_mode

__all__ = [
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
]


class RandomCrop(Transform):
    """A rectangle of the image at a random place.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomCrop.html

    Args:
        size: height and width, or one number for both.
        padding: borders given to the image before, as in :class:`Pad`.
        pad_if_needed: also give a smaller image borders.
        fill: of the borders, as in :class:`Pad`.
        padding_mode: of the borders, as in :class:`Pad`.

    Raises:
        ValueError: there are more than two numbers; on a call, the image is smaller than the rectangle.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: float | Sequence[float] = 0,
        padding_mode: str = "constant",
    ) -> None:
        self.size = tuple(pair(size, "Please provide only two dimensions (h, w) for size."))
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    @staticmethod
    def get_params(img: Any, output_size: Sequence[int]) -> tuple[int, int, int, int]:
        """Top, left, height and width of a rectangle drawn from the default generator.

        Args:
            img: a PIL image or a tensor (..., H, W).
            output_size: height and width.

        Raises:
            ValueError: the image is smaller.
        """
        _, h, w = dimensions(img)
        height, width = output_size
        if h < height or w < width:
            raise ValueError(f"Required crop size {(height, width)} is larger than input image size {(h, w)}")
        if (h, w) == (height, width):
            return 0, 0, h, w
        top = draw_integer(h - height + 1)
        return top, draw_integer(w - width + 1), height, width

    def forward(self, img: Any) -> Any:
        """The rectangle.

        Args:
            img: a PIL image or a tensor (..., H, W).
        """
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        _, h, w = dimensions(img)
        if self.pad_if_needed and w < self.size[1]:
            img = F.pad(img, [self.size[1] - w, 0], self.fill, self.padding_mode)
        if self.pad_if_needed and h < self.size[0]:
            img = F.pad(img, [0, self.size[0] - h], self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


class RandomHorizontalFlip(Transform):
    """The image, mirrored left to right with probability ``p``.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomHorizontalFlip.html

    Args:
        p: probability.
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image, mirrored or not.

        Args:
            img: a PIL image or a tensor (..., H, W).
        """
        return F.hflip(img) if draw_unit() < self.p else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomVerticalFlip(Transform):
    """The image, mirrored top to bottom with probability ``p``.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomVerticalFlip.html

    Args:
        p: probability.
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image, mirrored or not.

        Args:
            img: a PIL image or a tensor (..., H, W).
        """
        return F.vflip(img) if draw_unit() < self.p else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomResizedCrop(Transform):
    """A rectangle of random area, shape and place, resized.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomResizedCrop.html

    Args:
        size: height and width of the result, or one number for both.
        scale: bounds of the rectangle's area, as parts of the image's.
        ratio: bounds of its width divided by its height, between which the logarithm is uniform.
        interpolation: how pixels between pixels are made.
        antialias: for tensors: average over all pixels that a smaller one covers.

    Raises:
        TypeError: ``scale`` or ``ratio`` is no sequence.
        ValueError: ``size`` has more than two numbers.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        self.size = pair(size, "Please provide only two dimensions (h, w) for size.")
        if not isinstance(scale, Sequence):
            raise TypeError("Scale should be a sequence")
        if not isinstance(ratio, Sequence):
            raise TypeError("Ratio should be a sequence")
        if scale[0] > scale[1] or ratio[0] > ratio[1]:
            warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=2)
        self.interpolation = as_mode(interpolation)
        self.antialias = antialias
        self.scale = scale
        self.ratio = ratio

    @staticmethod
    def get_params(img: Any, scale: Sequence[float], ratio: Sequence[float]) -> tuple[int, int, int, int]:
        """Top, left, height and width of a rectangle drawn from the default generator.

        Ten are tried; if none lies within the image, it is the largest one in the middle that has an allowed shape.

        Args:
            img: a PIL image or a tensor (..., H, W).
            scale: bounds of the area.
            ratio: bounds of width divided by height.
        """
        _, h, w = dimensions(img)
        low, high = (float(value) for value in np.log(np.asarray(ratio, dtype=np.float32)))
        for _ in range(10):
            area = h * w * draw_uniform(scale[0], scale[1])
            aspect = float(np.exp(np.float32(draw_uniform(low, high))))
            width = round(math.sqrt(area * aspect))
            height = round(math.sqrt(area / aspect))
            if 0 < width <= w and 0 < height <= h:
                top = draw_integer(h - height + 1)
                return top, draw_integer(w - width + 1), height, width
        width, height = w, h
        if w / h < min(ratio):
            height = round(w / min(ratio))
        elif w / h > max(ratio):
            width = round(h * max(ratio))
        return (h - height) // 2, (w - width) // 2, height, width

    def forward(self, img: Any) -> Any:
        """The rectangle, resized.

        Args:
            img: a PIL image or a tensor (..., H, W).
        """
        place = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *place, self.size, self.interpolation, self.antialias)

    def __repr__(self) -> str:
        scale, ratio = (tuple(round(value, 4) for value in pair) for pair in (self.scale, self.ratio))
        return (
            f"{type(self).__name__}(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


class RandomRotation(Transform):
    """The image turned by a random angle.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomRotation.html

    Args:
        degrees: bounds of the angle, or one number for plus and minus.
        interpolation: how pixels between pixels are made.
        expand: make the result large enough to hold the whole image.
        center: the point (x, y) to turn about, by default the middle.
        fill: value of what comes from outside of the image, or one per channel.

    Raises:
        TypeError: ``degrees``, ``center`` or ``fill`` has another type.
        ValueError: ``degrees`` is one negative number, or a sequence has another length.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: float | Sequence[float] | None = 0,
    ) -> None:
        if isinstance(degrees, numbers.Number):
            if degrees < 0:  # type: ignore[operator]
                raise ValueError("If degrees is a single number, it must be positive.")
            degrees = (-degrees, degrees)  # type: ignore[assignment,operator]
        self.degrees = [float(value) for value in _checked_pair(degrees, "degrees")]
        self.interpolation = as_mode(interpolation)
        self.expand = expand
        self.center = None if center is None else _checked_pair(center, "center")
        if fill is None:
            fill = 0
        elif not isinstance(fill, (Sequence, numbers.Number)):
            raise TypeError("Fill should be either a sequence or a number.")
        self.fill = fill

    @staticmethod
    def get_params(degrees: Sequence[float]) -> float:
        """An angle drawn from the default generator.

        Args:
            degrees: its bounds.
        """
        return draw_uniform(float(degrees[0]), float(degrees[1]))

    def forward(self, img: Any) -> Any:
        """The turned image.

        Args:
            img: a PIL image or a tensor (..., C, H, W).
        """
        angle = self.get_params(self.degrees)
        return F.rotate(img, angle, self.interpolation, self.expand, self.center, self.fill)

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"{type(self).__name__}(degrees={self.degrees}, interpolation={self.interpolation.value}, "
            f"expand={self.expand}{center}, fill={self.fill})"
        )


def _checked_pair(value: Any, name: str) -> Sequence[float]:
    if not isinstance(value, Sequence):
        raise TypeError(f"{name} should be a sequence of length 2.")
    if len(value) != 2:
        raise ValueError(f"{name} should be a sequence of length 2.")
    return value

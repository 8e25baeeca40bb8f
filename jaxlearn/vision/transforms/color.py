"""Transforms of colours."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

from ..._random import current_generator, randperm
from . import functional as F
from ._image import Transform, dimensions, draw_uniform, draw_unit

__all__ = ["ColorJitter", "Grayscale", "RandomGrayscale"]

Range = tuple[float, float]


class Grayscale(Transform):
    """The image in grey.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Grayscale.html

    Args:
        num_output_channels: 1, or 3 equal ones.
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        """The image in grey.

        Args:
            img: a PIL image or a tensor (..., 3 or 1, H, W).
        """
        return F.rgb_to_grayscale(img, self.num_output_channels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(num_output_channels={self.num_output_channels})"


class RandomGrayscale(Transform):
    """The image, with probability ``p`` in grey, with as many channels as before.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomGrayscale.html

    Args:
        p: probability.
    """

    def __init__(self, p: float = 0.1) -> None:
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image, grey or not.

        Args:
            img: a PIL image or a tensor (..., 3 or 1, H, W).
        """
        channels = dimensions(img)[0]
        return F.rgb_to_grayscale(img, channels) if draw_unit() < self.p else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class ColorJitter(Transform):
    """Brightness, contrast, saturation and hue changed at random, in random order.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ColorJitter.html

    Args:
        brightness: bounds of the factor, or one number ``x`` for ``[max(0, 1 - x), 1 + x]``.
        contrast: the same.
        saturation: the same.
        hue: bounds of the part of the colour circle, or one number ``x`` for ``[-x, x]``, within [-0.5, 0.5].

    Raises:
        TypeError: one is neither a number nor a pair.
        ValueError: one is out of range.
    """

    def __init__(
        self,
        brightness: float | Range = 0,
        contrast: float | Range = 0,
        saturation: float | Range = 0,
        hue: float | Range = 0,
    ) -> None:
        self.brightness = _bounds(brightness, "brightness")
        self.contrast = _bounds(contrast, "contrast")
        self.saturation = _bounds(saturation, "saturation")
        self.hue = _bounds(hue, "hue", center=0.0, limits=(-0.5, 0.5))

    @staticmethod
    def get_params(
        brightness: Range | None, contrast: Range | None, saturation: Range | None, hue: Range | None
    ) -> tuple[list[int], float | None, float | None, float | None, float | None]:
        """An order of the four changes and their factors, drawn from the default generator.

        Args:
            brightness: bounds, or None for no change.
            contrast: the same.
            saturation: the same.
            hue: the same.
        """
        order = randperm(current_generator(), 4).tolist()
        b, c, s, h = (
            None if bounds is None else draw_uniform(bounds[0], bounds[1])
            for bounds in (brightness, contrast, saturation, hue)
        )
        return order, b, c, s, h

    def forward(self, img: Any) -> Any:
        """The changed image.

        Args:
            img: a PIL image or a tensor (..., 3 or 1, H, W).
        """
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        adjust = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
        for i in order:
            factor = factors[i]
            if factor is not None:
                img = adjust[i](img, factor)
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue})"
        )


def _bounds(
    value: float | Sequence[float], name: str, center: float = 1.0, limits: Range = (0.0, math.inf)
) -> Range | None:
    """The bounds of a factor; None where they allow no change."""
    if isinstance(value, numbers.Number):
        if value < 0:  # type: ignore[operator]
            raise ValueError(f"If {name} is a single number, it must be non negative.")
        low, high = center - float(value), center + float(value)  # type: ignore[arg-type]
        if center == 1.0:
            low = max(low, 0.0)
    elif isinstance(value, (tuple, list)) and len(value) == 2:
        low, high = float(value[0]), float(value[1])
    else:
        raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
    if not limits[0] <= low <= high <= limits[1]:
        shown = tuple(int(limit) if limit == 0 else limit for limit in limits)
        raise ValueError(f"{name} values should be between {shown}, but got {[low, high]}.")
    return None if low == high == center else (low, high)

"""Random changes of tone: each is made with probability ``p``."""

from __future__ import annotations

from typing import Any

from . import functional as F
from ._image import Transform, draw_unit

__all__ = [
    "RandomAdjustSharpness",
    "RandomAutocontrast",
    "RandomEqualize",
    "RandomInvert",
    "RandomPosterize",
    "RandomSolarize",
]


class _Sometimes(Transform):
    """Base: a change that is made with probability ``p``.

    Args:
        p: probability.
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image, changed or not.

        Args:
            img: a PIL image or a tensor (..., 3 or 1, H, W).
        """
        return self._changed(img) if draw_unit() < self.p else img

    def _changed(self, img: Any) -> Any:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomInvert(_Sometimes):
    """The image's negative.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomInvert.html

    Args:
        p: probability.
    """

    def _changed(self, img: Any) -> Any:
        return F.invert(img)


class RandomPosterize(_Sometimes):
    """The image with the highest bits of each channel only.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomPosterize.html

    Args:
        bits: how many to keep.
        p: probability.
    """

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p)
        self.bits = bits

    def _changed(self, img: Any) -> Any:
        return F.posterize(img, self.bits)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(bits={self.bits},p={self.p})"


class RandomSolarize(_Sometimes):
    """The image with the negative of its values from a threshold on.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomSolarize.html

    Args:
        threshold: the lowest value to invert.
        p: probability.
    """

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.threshold = threshold

    def _changed(self, img: Any) -> Any:
        return F.solarize(img, self.threshold)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(threshold={self.threshold},p={self.p})"


class RandomAdjustSharpness(_Sometimes):
    """The image, sharper or smoother.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomAdjustSharpness.html

    Args:
        sharpness_factor: 0 gives a smooth image, 2 twice its sharpness.
        p: probability.
    """

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = sharpness_factor

    def _changed(self, img: Any) -> Any:
        return F.adjust_sharpness(img, self.sharpness_factor)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(sharpness_factor={self.sharpness_factor},p={self.p})"


class RandomAutocontrast(_Sometimes):
    """The image with each channel stretched from black to white.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomAutocontrast.html

    Args:
        p: probability.
    """

    def _changed(self, img: Any) -> Any:
        return F.autocontrast(img)


class RandomEqualize(_Sometimes):
    """The image with each channel's values about equally frequent.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomEqualize.html

    Args:
        p: probability.
    """

    def _changed(self, img: Any) -> Any:
        return F.equalize(img)

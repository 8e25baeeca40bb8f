"""Random blur, and random rectangles erased."""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._random import current_generator, normal
from . import functional as F
from ._image import Transform, draw_integer, draw_uniform, draw_unit, image_of, pair

__all__ = ["GaussianBlur", "RandomErasing", "check_erasing"]


class GaussianBlur(Transform):
    """The image blurred by a Gaussian of random width.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.GaussianBlur.html

    Args:
        kernel_size: width and height of the window, odd numbers, or one number for both.
        sigma: bounds of the standard deviation, or one number.

    Raises:
        ValueError: a number is out of range.
    """

    def __init__(self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0)) -> None:
        self.kernel_size = pair(kernel_size, "Kernel size should be a tuple/list of two integers")
        if any(size <= 0 or size % 2 == 0 for size in self.kernel_size):
            raise ValueError("Kernel size value should be an odd and positive number.")
        if isinstance(sigma, numbers.Number):
            if sigma <= 0:  # type: ignore[operator]
                raise ValueError("If sigma is a single number, it must be positive.")
            sigma = (sigma, sigma)  # type: ignore[assignment]
        elif not isinstance(sigma, Sequence) or len(sigma) != 2:
            raise ValueError("sigma should be a single number or a list/tuple with length 2.")
        elif not 0.0 < sigma[0] <= sigma[1]:
            raise ValueError("sigma values should be positive and of the form (min, max).")
        self.sigma: Sequence[float] = sigma  # type: ignore[assignment]

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """A standard deviation drawn from the default generator.

        Args:
            sigma_min: the lowest.
            sigma_max: the highest.
        """
        return draw_uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        """The blurred image.

        Args:
            img: a PIL image or a tensor (..., C, H, W).
        """
        sigma = self.get_params(self.sigma[0], self.sigma[1])
        return F.gaussian_blur(img, self.kernel_size, [sigma, sigma])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kernel_size={self.kernel_size}, sigma={self.sigma})"


def check_erasing(value: Any, scale: Any, ratio: Any) -> None:
    """Refuse arguments of :class:`RandomErasing`; a warning speaks at the line that constructs one.

    Args:
        value: what to write.
        scale: bounds of the rectangle's area.
        ratio: bounds of its height divided by its width.

    Raises:
        TypeError: one has another type.
        ValueError: a number is out of range, or another word is given.
    """
    if not isinstance(value, (numbers.Number, str, tuple, list)):
        raise TypeError("Argument value should be either a number or str or a sequence")
    if isinstance(value, str) and value != "random":
        raise ValueError("If value is str, it should be 'random'")
    if not isinstance(scale, Sequence):
        raise TypeError("Scale should be a sequence")
    if not isinstance(ratio, Sequence):
        raise TypeError("Ratio should be a sequence")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)
    if scale[0] < 0 or scale[1] > 1:
        raise ValueError("Scale should be between 0 and 1")


class RandomErasing(Transform):
    """A tensor image, with probability ``p`` with a random rectangle written over.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomErasing.html
    and https://arxiv.org/abs/1708.04896

    Args:
        p: probability.
        scale: bounds of the rectangle's area, as parts of the image's.
        ratio: bounds of its height divided by its width.
        value: what to write: one number, one per channel, or ``"random"`` for normal numbers.
        inplace: write into the image given.

    Raises:
        TypeError: an argument has another type.
        ValueError: a number is out of range, or another word is given.
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | str | Sequence[float] = 0,
        inplace: bool = False,
    ) -> None:
        check_erasing(value, scale, ratio)
        if p < 0 or p > 1:
            raise ValueError("Random erasing probability should be between 0 and 1")
        self.p = p
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(
        img: Any, scale: Sequence[float], ratio: Sequence[float], value: Sequence[float] | None = None
    ) -> tuple[int, int, int, int, Any]:
        """Row, column, height, width and content of a rectangle drawn from the default generator.

        Args:
            img: a tensor (..., C, H, W).
            scale: bounds of the area, as parts of the image's.
            ratio: bounds of height divided by width.
            value: what to write, or None for normal numbers.
        """
        channels, height, width = img.shape[-3:]
        low, high = np.log(np.asarray(ratio, np.float32)).tolist()
        for _ in range(10):
            area = height * width * draw_uniform(scale[0], scale[1])
            aspect = float(np.exp(np.float32(draw_uniform(low, high))))
            h, w = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if not (h < height and w < width):
                continue
            if value is None:
                content = normal(current_generator(), (channels, h, w))
            else:
                content = np.asarray(value, np.float32)[:, None, None]
            top = draw_integer(height - h + 1)
            return top, draw_integer(width - w + 1), h, w, image_of(content)
        return 0, 0, height, width, img

    def forward(self, img: Any) -> Any:
        """The image, written over or not.

        Args:
            img: a tensor (..., C, H, W).
        """
        if draw_unit() >= self.p:
            return img
        value: list[float] | None
        if isinstance(self.value, str):
            value = None
        elif isinstance(self.value, Sequence):
            value = [float(v) for v in self.value]
        else:
            value = [float(self.value)]
        if value is not None and len(value) not in (1, img.shape[-3]):
            raise ValueError(
                "If value is a sequence, it should have either a single value or "
                f"{img.shape[-3]} (number of input channels)"
            )
        return F.erase(img, *self.get_params(img, self.scale, self.ratio, value), self.inplace)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, value={self.value}, "
            f"inplace={self.inplace})"
        )

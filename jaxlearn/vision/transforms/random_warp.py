"""Random affine and perspective maps."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from ..._random import current_generator, randint
from . import functional as F
from ._image import Transform, dimensions, draw_uniform, draw_unit
from .interpolation import InterpolationMode, as_mode

__all__ = ["RandomAffine", "RandomPerspective"]


class RandomAffine(Transform):
    """The image turned, moved, scaled and sheared at random.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomAffine.html

    Args:
        degrees: bounds of the angle, or one number for plus and minus.
        translate: how far to move at most, as parts of width and height.
        scale: bounds of the scale.
        shear: bounds of the shear along x, or along x and y (four numbers), or one number for plus and minus.
        interpolation: how pixels between pixels are made.
        fill: value of what comes from outside of the image, or one per channel.
        center: the point (x, y) to turn about, by default the middle.

    Raises:
        TypeError: an argument has another type.
        ValueError: it has another length or is out of range.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
        fill: float | Sequence[float] | None = 0,
        center: Sequence[float] | None = None,
    ) -> None:
        self.degrees = _angles(degrees, "degrees", (2,))
        if translate is not None:
            _check_length(translate, "translate", (2,))
            if not all(0.0 <= part <= 1.0 for part in translate):
                raise ValueError("translation values should be between 0 and 1")
        if scale is not None:
            _check_length(scale, "scale", (2,))
            if any(factor <= 0 for factor in scale):
                raise ValueError("scale values should be positive")
        self.translate = translate
        self.scale = scale
        self.shear = None if shear is None else _angles(shear, "shear", (2, 4))
        self.interpolation = as_mode(interpolation)
        self.fill = _checked_fill(fill)
        if center is not None:
            _check_length(center, "center", (2,))
        self.center = center

    @staticmethod
    def get_params(
        degrees: Sequence[float],
        translate: Sequence[float] | None,
        scale_ranges: Sequence[float] | None,
        shears: Sequence[float] | None,
        img_size: Sequence[int],
    ) -> tuple[float, tuple[int, int], float, tuple[float, float]]:
        """Angle, translation, scale and shear drawn from the default generator.

        Args:
            degrees: bounds of the angle.
            translate: the farthest to move, as parts of width and height.
            scale_ranges: bounds of the scale.
            shears: bounds of the shear along x, or along x and y.
            img_size: width and height.
        """
        angle = draw_uniform(float(degrees[0]), float(degrees[1]))
        right = down = 0
        if translate is not None:
            far_x, far_y = float(translate[0] * img_size[0]), float(translate[1] * img_size[1])
            right = round(draw_uniform(-far_x, far_x))
            down = round(draw_uniform(-far_y, far_y))
        scale = 1.0 if scale_ranges is None else draw_uniform(scale_ranges[0], scale_ranges[1])
        shear_x = shear_y = 0.0
        if shears is not None:
            shear_x = draw_uniform(shears[0], shears[1])
            if len(shears) == 4:
                shear_y = draw_uniform(shears[2], shears[3])
        return angle, (right, down), scale, (shear_x, shear_y)

    def forward(self, img: Any) -> Any:
        """The mapped image.

        Args:
            img: a PIL image or a tensor (..., C, H, W).
        """
        _, h, w = dimensions(img)
        drawn = self.get_params(self.degrees, self.translate, self.scale, self.shear, [w, h])
        return F.affine(img, *drawn, interpolation=self.interpolation, fill=self.fill, center=self.center)

    def __repr__(self) -> str:
        nearest = self.interpolation is InterpolationMode.NEAREST
        shown = {
            "translate": self.translate,
            "scale": self.scale,
            "shear": self.shear,
            "interpolation": None if nearest else self.interpolation.value,
            "fill": None if self.fill == 0 else self.fill,
            "center": self.center,
        }
        rest = "".join(f", {name}={value}" for name, value in shown.items() if value is not None)
        return f"{type(self).__name__}(degrees={self.degrees}{rest})"


class RandomPerspective(Transform):
    """The image, with probability ``p`` as seen from elsewhere.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomPerspective.html

    Args:
        distortion_scale: how far corners move at most, as a part of half the image, in [0, 1].
        p: probability.
        interpolation: how pixels between pixels are made.
        fill: value of what comes from outside of the image, or one per channel.

    Raises:
        TypeError: ``fill`` has another type.
    """

    def __init__(
        self,
        distortion_scale: float = 0.5,
        p: float = 0.5,
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        fill: float | Sequence[float] | None = 0,
    ) -> None:
        self.p = p
        self.interpolation = as_mode(interpolation)
        self.distortion_scale = distortion_scale
        self.fill = _checked_fill(fill)

    @staticmethod
    def get_params(
        width: int, height: int, distortion_scale: float
    ) -> tuple[list[list[int]], list[list[int]]]:
        """The image's corners, and where they go, drawn from the default generator.

        Args:
            width: of the image.
            height: of the image.
            distortion_scale: how far corners move at most.
        """
        across, down = int(distortion_scale * (width // 2)), int(distortion_scale * (height // 2))
        left, top = (0, across + 1), (0, down + 1)
        right, bottom = (width - across - 1, width), (height - down - 1, height)
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        end = [[_between(*x), _between(*y)] for x, y in corners]
        start = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
        return start, end

    def forward(self, img: Any) -> Any:
        """The image, distorted or not.

        Args:
            img: a PIL image or a tensor (..., C, H, W).
        """
        if draw_unit() >= self.p:
            return img
        _, h, w = dimensions(img)
        start, end = self.get_params(w, h, self.distortion_scale)
        return F.perspective(img, start, end, self.interpolation, self.fill)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


def _between(low: int, high: int) -> int:
    return int(randint(current_generator(), low, high, (1,))[0])


def _checked_fill(fill: Any) -> Any:
    if fill is not None and not isinstance(fill, (Sequence, numbers.Number)):
        raise TypeError("Fill should be either a sequence or a number.")
    return 0 if fill is None else fill


def _check_length(value: Any, name: str, lengths: tuple[int, ...]) -> None:
    message = f"{name} should be a sequence of length {' or '.join(str(n) for n in lengths)}."
    if not isinstance(value, Sequence):
        raise TypeError(message)
    if len(value) not in lengths:
        raise ValueError(message)


def _angles(value: Any, name: str, lengths: tuple[int, ...]) -> list[float]:
    if isinstance(value, numbers.Number):
        if value < 0:  # type: ignore[operator]
            raise ValueError(f"If {name} is a single number, it must be positive.")
        value = [-value, value]  # type: ignore[operator]
    else:
        _check_length(value, name, lengths)
    return [float(angle) for angle in value]

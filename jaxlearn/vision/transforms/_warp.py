"""Affine and perspective maps of images."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._crop import pil_fill
from ._image import array_of, dimensions, image_of, is_pil
from ._resample import mapped_places, sampled
from .interpolation import InterpolationMode, as_mode, pillow_filter

_Mode = InterpolationMode


def affine(
    img: Any,
    angle: float,
    translate: Sequence[int],
    scale: float,
    shear: float | Sequence[float],
    interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
    fill: float | Sequence[float] | None = None,
    center: Sequence[float] | None = None,
) -> Any:
    """The image sheared, scaled, turned and moved, in a frame of the same size.

    Args:
        img: a PIL image or a tensor (..., C, H, W).
        angle: degrees, clockwise.
        translate: pixels to the right and down.
        scale: a factor.
        shear: degrees along x, or along x and y.
        interpolation: nearest, bilinear or, for PIL images, bicubic.
        fill: value of what comes from outside of the image, or one per channel; by default 0.
        center: the point (x, y) to turn about, by default the middle.

    Raises:
        TypeError: an argument has another type.
        ValueError: it has another length or is out of range.
    """
    mode = as_mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    if not isinstance(translate, (list, tuple)):
        raise TypeError("Argument translate should be a sequence")
    if len(translate) != 2:
        raise ValueError("Argument translate should be a sequence of length 2")
    if scale <= 0.0:
        raise ValueError("Argument scale should be positive")
    if not isinstance(shear, (numbers.Number, list, tuple)):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    shears = list(shear) if isinstance(shear, (list, tuple)) else [shear, 0.0]
    shears = shears * 2 if len(shears) == 1 else shears
    if len(shears) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shears}")
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError("Argument center should be a sequence")
    _, h, w = dimensions(img)
    if is_pil(img):
        from PIL import Image

        middle = center if center is not None else (w * 0.5, h * 0.5)
        matrix = inverse_affine(middle, angle, translate, scale, shears)
        return img.transform(
            img.size, Image.Transform.AFFINE, matrix, pillow_filter(mode), fillcolor=pil_fill(fill, img)
        )
    _check_mode(mode)
    array = array_of(img)
    # Of a tensor the middle is the origin, and pixels' centres are half a pixel off the corners.
    middle = (0.0, 0.0) if center is None else (center[0] - w * 0.5, center[1] - h * 0.5)
    source_x, source_y = mapped_places(inverse_affine(middle, angle, translate, scale, shears), array, h, w)
    return image_of(sampled(array, source_x, source_y, mode, fill))


def _turning(angle: float, shear: Sequence[float]) -> tuple[float, float, float, float]:
    """The matrix (a, b, c, d) that shears along x, then along y, and turns; its determinant is 1."""
    turn, shear_x, shear_y = (math.radians(v) for v in (angle, shear[0], shear[1]))
    cos, sin, tan = math.cos(turn - shear_y), math.sin(turn - shear_y), math.tan(shear_x)
    a, c = cos / math.cos(shear_y), sin / math.cos(shear_y)
    return a, -(a * tan + math.sin(turn)), c, math.cos(turn) - c * tan


def affine_rows(
    center: Sequence[float], angle: float, translate: Sequence[float], scale: float, shear: Sequence[float]
) -> list[float]:
    """Where a pixel of the image goes: two rows (a, b, c) of ``a x + b y + c``.

    The map moves the centre to the origin, shears along x, then along y, scales, turns, and moves back and on.
    """
    rows = [part * scale for part in _turning(angle, shear)]
    (x, y), (on_x, on_y) = center, translate
    return [
        *rows[:2],
        x + on_x - rows[0] * x - rows[1] * y,
        *rows[2:],
        y + on_y - rows[2] * x - rows[3] * y,
    ]


def inverse_affine(
    center: Sequence[float], angle: float, translate: Sequence[float], scale: float, shear: Sequence[float]
) -> list[float]:
    """Where in the image a pixel of the result comes from: the inverse of :func:`affine_rows`."""
    a, b, c, d = _turning(angle, shear)
    rows = [d / scale, -b / scale, -c / scale, a / scale]
    from_x, from_y = -center[0] - translate[0], -center[1] - translate[1]
    return [
        rows[0],
        rows[1],
        rows[0] * from_x + rows[1] * from_y + center[0],
        rows[2],
        rows[3],
        rows[2] * from_x + rows[3] * from_y + center[1],
    ]


def perspective(
    img: Any,
    startpoints: Sequence[Sequence[int]],
    endpoints: Sequence[Sequence[int]],
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    fill: float | Sequence[float] | None = None,
) -> Any:
    """The image as seen from elsewhere: four of its points are moved to four others.

    Args:
        img: a PIL image or a tensor (..., C, H, W).
        startpoints: four points (x, y) of the image.
        endpoints: where they go.
        interpolation: nearest, bilinear or, for PIL images, bicubic.
        fill: value of what comes from outside of the image, or one per channel; by default 0.

    Raises:
        ValueError: there are not four points.
    """
    if len(startpoints) != 4 or len(endpoints) != 4:
        raise ValueError(
            f"Please provide exactly four corners, got {len(startpoints)} startpoints and {len(endpoints)} endpoints."
        )
    return perspective_by(img, perspective_coefficients(startpoints, endpoints), as_mode(interpolation), fill)


def perspective_by(
    img: Any, coefficients: Sequence[float], mode: InterpolationMode, fill: float | Sequence[float] | None
) -> Any:
    """The image as seen from elsewhere, by the numbers that :func:`perspective_coefficients` gives."""
    a, b, c, d, e, f, g, k = coefficients
    if is_pil(img):
        from PIL import Image

        return img.transform(
            img.size,
            Image.Transform.PERSPECTIVE,
            list(coefficients),
            pillow_filter(mode),
            fillcolor=pil_fill(fill, img),
        )
    _check_mode(mode)
    array = array_of(img)
    h, w = array.shape[-2:]
    kind = array.dtype if array.dtype.kind == "f" else np.dtype(np.float32)
    x, y = np.arange(w) + 0.5, (np.arange(h) + 0.5)[:, None]
    far = g * x + k * y + 1
    source_x = ((a * x + b * y + c) / far - 0.5).astype(kind)
    source_y = ((d * x + e * y + f) / far - 0.5).astype(kind)
    return image_of(sampled(array, source_x, source_y, mode, fill))


def perspective_coefficients(start: Sequence[Sequence[int]], end: Sequence[Sequence[int]]) -> list[float]:
    """(a, ..., h) of the map ((a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (...)) from end to start."""
    rows = []
    for (x, y), (u, v) in zip(end, start, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    target = np.asarray(start, np.float64).reshape(8)
    solution = np.linalg.lstsq(np.asarray(rows, np.float64), target)[0]
    return [float(value) for value in solution.astype(np.float32)]


def _check_mode(mode: InterpolationMode) -> None:
    if mode not in (_Mode.NEAREST, _Mode.BILINEAR):
        raise ValueError(f"a tensor takes nearest and bilinear interpolation here, not {mode.value}")

"""Resizing and rotating: pixels are made of their neighbours."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...ops.creation import linspace_values
from ._crop import crop, pil_fill
from ._image import array_of, dimensions, image_of, is_pil
from .interpolation import InterpolationMode, as_mode, pillow_filter

_Mode = InterpolationMode


def resize(
    img: Any,
    size: int | Sequence[int],
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """The image in another size.

    Args:
        img: a PIL image or a tensor (..., H, W).
        size: height and width, or the length of the shorter side.
        interpolation: a mode; tensors take nearest, nearest-exact, bilinear and bicubic.
        max_size: bound of the longer side, with one number as ``size``.
        antialias: average over all pixels that a smaller one covers; PIL images always are.

    Raises:
        ValueError: the sizes contradict each other, or a tensor does not take the mode.
    """
    mode = as_mode(interpolation)
    wanted = [size] if isinstance(size, int) else list(size)
    if len(wanted) not in (1, 2):
        raise ValueError(
            f"Size must be an int or a 1 or 2 element tuple/list, not a {len(wanted)} element tuple/list"
        )
    if max_size is not None and len(wanted) != 1:
        raise ValueError(
            "max_size should only be passed if size specifies the length of the smaller edge, "
            "i.e. size should be an int or a sequence of length 1 in torchscript mode."
        )
    _, h, w = dimensions(img)
    height, width = output_size(h, w, wanted, max_size)
    if (height, width) == (h, w):
        return img
    if is_pil(img):
        return img.resize((width, height), pillow_filter(mode))
    array = array_of(img)
    if mode in (_Mode.NEAREST, _Mode.NEAREST_EXACT):
        rows, columns = _nearest(h, height, mode), _nearest(w, width, mode)
        return image_of(np.ascontiguousarray(array[..., rows, :][..., columns]))
    if mode not in (_Mode.BILINEAR, _Mode.BICUBIC):
        raise ValueError(
            "This Interpolation mode is unsupported with Tensor input: "
            f"{mode.value}; use nearest, nearest-exact, bilinear or bicubic"
        )
    return image_of(_interpolated(array, height, width, mode, bool(antialias)))


def _interpolated(
    array: np.ndarray[Any, Any], height: int, width: int, mode: InterpolationMode, smooth: bool
) -> np.ndarray[Any, Any]:
    h, w = array.shape[-2:]
    floats = array if array.dtype in (np.float32, np.float64) else array.astype(np.float32)
    floats = floats @ _weights(w, width, mode, smooth).astype(floats.dtype).T
    floats = _weights(h, height, mode, smooth).astype(floats.dtype) @ floats
    return _as_dtype(floats, array.dtype)


def resized_bytes(
    array: np.ndarray[Any, Any], height: int, width: int, mode: InterpolationMode, smooth: bool
) -> np.ndarray[Any, Any]:
    """Bytes in another size as torch computes them without floats: weights are 16-bit integers, rows become bytes.

    Args:
        array: uint8 (..., H, W).
        height: of the result.
        width: of the result.
        mode: bilinear or bicubic.
        smooth: average over all pixels that a smaller one covers.
    """
    h, w = array.shape[-2:]
    if width != w:
        weights, bits = _fixed_weights(w, width, mode, smooth)
        array = _rounded_bytes(array.astype(np.int64) @ weights.T, bits)
    if height != h:
        weights, bits = _fixed_weights(h, height, mode, smooth)
        array = _rounded_bytes(weights @ array.astype(np.int64), bits)
    return array


def _rounded_bytes(sums: np.ndarray[Any, Any], bits: int) -> np.ndarray[Any, Any]:
    return np.clip((sums + (1 << bits >> 1)) >> bits, 0, 255).astype(np.uint8)


@functools.lru_cache(64)
def _fixed_weights(
    size: int, wanted: int, mode: InterpolationMode, smooth: bool
) -> tuple[np.ndarray[Any, Any], int]:
    """The weights as integers of 16 bits, and after how many of these the point stands."""
    weights = _weights(size, wanted, mode, smooth)
    most, bits = float(weights.max()), 0
    while bits < 22 and int(0.5 + most * (1 << (bits + 1))) < 1 << 15:
        bits += 1
    return np.trunc(weights * (1 << bits) + np.copysign(0.5, weights)).astype(np.int64), bits


def output_size(h: int, w: int, size: list[int], max_size: int | None) -> tuple[int, int]:
    if len(size) == 2:
        return size[0], size[1]
    short, long = size[0], int(size[0] * max(h, w) / min(h, w))
    if max_size is not None:
        if max_size <= short:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested size for the smaller edge size = "
                f"{size}"
            )
        if long > max_size:
            short, long = int(max_size * short / long), max_size
    return (long, short) if w <= h else (short, long)


def _as_dtype(floats: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        floats = np.clip(np.rint(floats), info.min, info.max)
    return np.ascontiguousarray(floats.astype(dtype, copy=False))


def _nearest(size: int, wanted: int, mode: InterpolationMode) -> np.ndarray[Any, Any]:
    places = np.arange(wanted, dtype=np.float32)
    if mode is _Mode.NEAREST_EXACT:
        places += np.float32(0.5)
    return np.minimum((places * np.float32(size / wanted)).astype(np.int64), size - 1)


@functools.lru_cache(64)
def _weights(size: int, wanted: int, mode: InterpolationMode, antialias: bool) -> np.ndarray[Any, Any]:
    """How much of each of ``size`` pixels goes into each of ``wanted``: a matrix (wanted, size) with rows of sum 1."""
    scale = size / wanted
    bicubic = mode is _Mode.BICUBIC
    centers = scale * (np.arange(wanted) + 0.5)
    if antialias:
        stretch = max(scale, 1.0)
        distance = (np.arange(size) + 0.5 - centers[:, None]) / stretch
        # The sharper cubic without antialiasing and this one differ by convention.
        weights = _cubic(distance, -0.5) if bicubic else np.maximum(1 - np.abs(distance), 0)
        return weights / weights.sum(1, keepdims=True)
    place = centers - 0.5
    if not bicubic:
        place = np.maximum(place, 0)
    first = np.floor(place).astype(np.int64)
    weights = np.zeros((wanted, size))
    for offset in range(-1, 3) if bicubic else range(2):
        distance = first + offset - place
        part = _cubic(distance, -0.75) if bicubic else 1 - np.abs(distance)
        np.add.at(weights, (np.arange(wanted), np.clip(first + offset, 0, size - 1)), part)
    return weights


def _cubic(distance: np.ndarray[Any, Any], a: float) -> np.ndarray[Any, Any]:
    """Keys' cubic convolution kernel, https://doi.org/10.1109/TASSP.1981.1163711."""
    x = np.abs(distance)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: int | Sequence[int],
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """A rectangle of the image, resized.

    Args:
        img: a PIL image or a tensor (..., H, W).
        top: first row.
        left: first column.
        height: rows.
        width: columns.
        size: of the result, as in :func:`resize`.
        interpolation: as in :func:`resize`.
        antialias: as in :func:`resize`.
    """
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def rotate(
    img: Any,
    angle: float,
    interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: float | Sequence[float] | None = None,
) -> Any:
    """The image turned about a point.

    Args:
        img: a PIL image or a tensor (..., C, H, W).
        angle: degrees, counter-clockwise.
        interpolation: nearest, bilinear or, for PIL images, bicubic.
        expand: make the result as large as the whole turned image, which fills it if it is turned about its middle.
        center: the point (x, y) in pixels from the top left corner, by default the middle.
        fill: value of what comes from outside of the image, or one per channel; by default 0.

    Raises:
        TypeError: ``angle`` is no number.
        ValueError: ``center`` is no pair, or a tensor does not take the mode.
    """
    mode = as_mode(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    if center is not None and len(center) != 2:
        raise ValueError("Argument center should be a sequence of length 2")
    if is_pil(img):
        return img.rotate(angle, pillow_filter(mode), expand, center=center, fillcolor=pil_fill(fill, img))
    if mode not in (_Mode.NEAREST, _Mode.BILINEAR):
        raise ValueError(f"rotate() of a tensor takes nearest and bilinear interpolation, not {mode.value}")
    array = array_of(img)
    h, w = array.shape[-2:]
    turn = math.radians(-angle)
    cos, sin = math.cos(turn), math.sin(turn)
    x, y = (0.0, 0.0) if center is None else (center[0] - w * 0.5, center[1] - h * 0.5)
    matrix = [cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y]
    height, width = expanded_size(matrix, h, w) if expand else (h, w)
    source_x, source_y = mapped_places(matrix, array, height, width)
    return image_of(sampled(array, source_x, source_y, mode, fill))


def expanded_size(matrix: Sequence[float], h: int, w: int) -> tuple[int, int]:
    """Height and width of the box around a mapped image; four digits tell whole pixels from rounding.

    Args:
        matrix: two rows (a, b, c) of ``a x + b y + c``, where the origin is the middle.
        h: the image's height.
        w: its width.
    """
    half = np.array([0.5 * w, 0.5 * h], np.float32)
    corners = np.array([[-1, -1, 1], [-1, 1, 1], [1, 1, 1], [1, -1, 1]], np.float32) * np.append(half, 1)
    mapped = (corners @ np.asarray(matrix, np.float32).reshape(2, 3).T).astype(np.float32)
    ends = [
        np.trunc((end + half) * np.float32(1e4)) * np.float32(1e-4) for end in (mapped.min(0), mapped.max(0))
    ]
    width, height = np.ceil(ends[1]) - np.floor(ends[0])
    return int(height), int(width)


def mapped_places(
    matrix: Sequence[float], array: np.ndarray[Any, Any], height: int, width: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Where in an image the pixels of a result come from, rounded as torch does: many lie between two pixels.

    Args:
        matrix: two rows (a, b, c) of ``a x + b y + c``, where the origin is the middle.
        array: the image, (..., H, W).
        height: of the result.
        width: of the result.
    """
    kind = array.dtype if array.dtype.kind == "f" else np.dtype(np.float32)
    h, w = array.shape[-2:]
    x = linspace_values(-width * 0.5 + 0.5, width * 0.5 - 0.5, width, kind)
    y = linspace_values(-height * 0.5 + 0.5, height * 0.5 - 0.5, height, kind)[:, None]
    rows = np.asarray(matrix).astype(kind).reshape(2, 3) / np.asarray([[0.5 * w], [0.5 * h]], kind)
    one, less = kind.type(1), kind.type(-0.5)
    # In [-1, 1], then in pixels.
    grid_x, grid_y = (x * a + y * b + c for a, b, c in rows)
    return _fused(less, grid_x + one, w / 2), _fused(less, grid_y + one, h / 2)


def _fused(total: Any, factor: Any, other: Any) -> Any:
    """``total + factor * other`` rounded once."""
    kind = np.result_type(total)
    return (
        np.asarray(total, np.float64) + np.asarray(factor, np.float64) * np.asarray(other, np.float64)
    ).astype(kind)


def sampled(
    array: np.ndarray[Any, Any],
    x: np.ndarray[Any, Any],
    y: np.ndarray[Any, Any],
    mode: InterpolationMode,
    fill: float | Sequence[float] | None,
) -> np.ndarray[Any, Any]:
    """The image at places (x, y), counted in pixels; outside of it the fill."""
    h, w = array.shape[-2:]
    kind = x.dtype
    total = np.zeros((*array.shape[:-2], *x.shape), kind)
    covered = np.zeros(x.shape, kind)
    if mode is _Mode.NEAREST:
        corners = [(np.rint(x), np.rint(y), np.ones(x.shape, kind))]
    else:
        left, top = np.floor(x), np.floor(y)
        right, down = x - left, y - top
        one = kind.type(1)
        across, along = ((left, one - right), (left + one, right)), ((top, one - down), (top + one, down))
        corners = [(column, row, a * b) for row, b in along for column, a in across]
    for column, row, weight in corners:
        weight = weight * ((column >= 0) & (column < w) & (row >= 0) & (row < h))
        rows = np.clip(row, 0, h - 1).astype(np.int64)
        columns = np.clip(column, 0, w - 1).astype(np.int64)
        total = _fused(total, array[..., rows, columns], weight)
        covered += weight
    if fill is not None:
        border = np.asarray(fill, kind)
        border = border.reshape(-1, 1, 1) if border.ndim == 1 else border
        # What lies half outside is weighted twice, as in torchvision.
        total = total * covered + (1 - covered) * border
    return _as_dtype(total, array.dtype)

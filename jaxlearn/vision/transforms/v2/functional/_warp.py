"""Affine and perspective maps, and displacements of every pixel."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxlearn import Tensor
from jaxlearn.ops.creation import linspace_values
from jaxlearn.vision.transforms import functional as v1
from jaxlearn.vision.transforms._image import array_of, image_of, is_pil
from jaxlearn.vision.transforms._resample import expanded_size, sampled
from jaxlearn.vision.transforms._warp import (
    affine_rows,
    inverse_affine,
    perspective_by,
    perspective_coefficients,
)
from jaxlearn.vision.transforms.interpolation import InterpolationMode

from ._boxes import Array, mapped_boxes, mapped_points, values_of
from ._dispatch import dispatched, kernels, mode_of

_Mode = InterpolationMode


def affine(
    inpt: Any,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: float | Sequence[float],
    interpolation: InterpolationMode | str | int = InterpolationMode.NEAREST,
    fill: float | Sequence[float] | None = None,
    center: Sequence[float] | None = None,
) -> Any:
    """The input sheared, scaled, turned and moved, in a frame of the same size.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.affine.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints; a box becomes the one around its four corners.
        angle: degrees, clockwise.
        translate: pixels to the right and down.
        scale: a factor.
        shear: degrees along x, or along x and y.
        interpolation: a mode or its name; masks take nearest pixels.
        fill: value of what comes from outside, or one per channel; by default 0.
        center: the point (x, y) to turn about, by default the middle.

    Raises:
        TypeError: the input is of another kind.
        ValueError: an argument has another length or is out of range.
    """
    return dispatched(
        affine,
        inpt,
        angle,
        translate,
        scale,
        shear,
        interpolation=interpolation,
        fill=fill,
        center=center,
    )


def _affine_image(
    inpt: Any, angle: Any, translate: Any, scale: Any, shear: Any, interpolation: Any, fill: Any, center: Any
) -> Any:
    mode = mode_of(interpolation)
    return v1.affine(inpt, angle, translate, scale, shear, mode, fill, center)


def _affine_mask(
    inpt: Any, angle: Any, translate: Any, scale: Any, shear: Any, fill: Any, center: Any, **rest: Any
) -> Any:
    return _affine_image(inpt, angle, translate, scale, shear, _Mode.NEAREST, fill, center)


class _AffineMap:
    """Where points go: the inverse of the map that tells where pixels come from."""

    def __init__(
        self, inpt: Any, angle: Any, translate: Any, scale: Any, shear: Any, center: Any, expand: bool = False
    ) -> None:
        height, width = self.canvas = tuple(inpt.canvas_size)
        middle = (width * 0.5, height * 0.5) if center is None else center
        shears = [shear, 0.0] if isinstance(shear, numbers.Number) else list(shear)
        given: Any = (middle, angle, translate, scale, (shears * 2)[:2])
        self.rows: Array = np.array(affine_rows(*given), np.float64).reshape(2, 3)
        if expand:
            corners = np.array([[0, 0], [0, height], [width, height], [width, 0]], np.float32)
            self.rows[:, 2] -= self(corners).min(0)
            self.canvas = expanded_size(inverse_affine(*given), height, width)

    def __call__(self, points: Array) -> Array:
        rows = self.rows.astype(points.dtype)
        return points @ rows[:, :2].T + rows[:, 2]


def _affine_boxes(
    inpt: Any, angle: Any, translate: Any, scale: Any, shear: Any, center: Any, **rest: Any
) -> Any:
    points = _AffineMap(inpt, angle, translate, scale, shear, center)
    return mapped_boxes(inpt, points, points.canvas)


def _affine_points(
    inpt: Any, angle: Any, translate: Any, scale: Any, shear: Any, center: Any, **rest: Any
) -> Any:
    points = _AffineMap(inpt, angle, translate, scale, shear, center)
    return mapped_points(inpt, points, points.canvas)


kernels(affine, _affine_image, masks=_affine_mask, boxes=_affine_boxes, points=_affine_points)


def rotate(
    inpt: Any,
    angle: float,
    interpolation: InterpolationMode | str | int = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: float | Sequence[float] | None = None,
) -> Any:
    """The input turned about a point.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.rotate.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints; a box becomes the one around its four corners.
        angle: degrees, counter-clockwise.
        interpolation: a mode or its name; masks take nearest pixels.
        expand: make the result large enough to hold the whole input.
        center: the point (x, y), by default the middle.
        fill: value of what comes from outside, or one per channel; by default 0.

    Raises:
        TypeError: the input is of another kind.
    """
    return dispatched(
        rotate, inpt, angle, interpolation=interpolation, expand=expand, center=center, fill=fill
    )


def _rotated(inpt: Any, angle: Any, interpolation: Any, expand: bool, center: Any, fill: Any) -> Any:
    return v1.rotate(inpt, angle, mode_of(interpolation), expand, center, fill)


def _rotated_mask(inpt: Any, angle: Any, expand: bool, center: Any, fill: Any, **rest: Any) -> Any:
    return v1.rotate(inpt, angle, _Mode.NEAREST, expand, center, fill)


def _turn(inpt: Any, angle: float, expand: bool, center: Any) -> _AffineMap:
    return _AffineMap(inpt, -angle, (0, 0), 1.0, (0.0, 0.0), center, expand)


def _rotated_boxes(inpt: Any, angle: Any, expand: bool, center: Any, **rest: Any) -> Any:
    points = _turn(inpt, angle, expand, center)
    return mapped_boxes(inpt, points, points.canvas)


def _rotated_points(inpt: Any, angle: Any, expand: bool, center: Any, **rest: Any) -> Any:
    points = _turn(inpt, angle, expand, center)
    return mapped_points(inpt, points, points.canvas)


kernels(rotate, _rotated, masks=_rotated_mask, boxes=_rotated_boxes, points=_rotated_points)


def perspective(
    inpt: Any,
    startpoints: Sequence[Sequence[int]] | None,
    endpoints: Sequence[Sequence[int]] | None,
    interpolation: InterpolationMode | str | int = InterpolationMode.BILINEAR,
    fill: float | Sequence[float] | None = None,
    coefficients: Sequence[float] | None = None,
) -> Any:
    """The input as seen from elsewhere: four of its points are moved to four others.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.perspective.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints; a box becomes the one around its four corners.
        startpoints: four points (x, y).
        endpoints: where they go.
        interpolation: a mode or its name; masks take nearest pixels.
        fill: value of what comes from outside, or one per channel; by default 0.
        coefficients: instead of the points: the eight numbers of the map from the result to the input.

    Raises:
        TypeError: the input is of another kind.
        ValueError: there are neither points nor coefficients, or both.
    """
    if coefficients is None:
        if startpoints is None or endpoints is None:
            raise ValueError(
                "Either the startpoints/endpoints or the coefficients must have non `None` values."
            )
        coefficients = perspective_coefficients(startpoints, endpoints)
    elif startpoints is not None and endpoints is not None:
        raise ValueError("The startpoints/endpoints and the coefficients shouldn't be defined concurrently.")
    elif len(coefficients) != 8:
        raise ValueError("Argument coefficients should have 8 float values")
    return dispatched(perspective, inpt, interpolation=interpolation, fill=fill, coefficients=coefficients)


def _seen(inpt: Any, *, interpolation: Any, fill: Any, coefficients: Any, **points: Any) -> Any:
    return perspective_by(inpt, coefficients, mode_of(interpolation), fill)


def _seen_mask(inpt: Any, *, fill: Any, coefficients: Any, **rest: Any) -> Any:
    return perspective_by(inpt, coefficients, _Mode.NEAREST, fill)


class _PerspectiveMap:
    """Where points go: the inverse of the map that tells where pixels come from."""

    def __init__(self, coefficients: Sequence[float]) -> None:
        forward = np.append(np.array(coefficients), 1.0).reshape(3, 3)
        if forward[0, 0] * forward[1, 1] == forward[0, 1] * forward[1, 0]:
            raise RuntimeError(
                f"Provided perspective_coeffs {list(coefficients)} can not be inverted to transform points. "
                "Denominator is zero, denom=0.0"
            )
        inverse = np.linalg.inv(forward)
        self.rows = inverse / inverse[2, 2]

    def __call__(self, points: Array) -> Array:
        rows = self.rows.astype(points.dtype)
        moved = points @ rows[:, :2].T + rows[:, 2]
        return moved[:, :2] / moved[:, 2:]


kernels(
    perspective,
    _seen,
    masks=_seen_mask,
    boxes=lambda inpt, *, coefficients, **rest: mapped_boxes(
        inpt, _PerspectiveMap(coefficients), inpt.canvas_size, early=True
    ),
    points=lambda inpt, *, coefficients, **rest: mapped_points(
        inpt, _PerspectiveMap(coefficients), inpt.canvas_size
    ),
)


def elastic(
    inpt: Any,
    displacement: Tensor,
    interpolation: InterpolationMode | str | int = InterpolationMode.BILINEAR,
    fill: float | Sequence[float] | None = None,
) -> Any:
    """The input with every pixel moved.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.elastic.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints.
        displacement: (1, H, W, 2), how far along x and y each pixel's source lies, as parts of half the size.
        interpolation: a mode or its name; masks take nearest pixels.
        fill: value of what comes from outside, or one per channel; by default 0.

    Raises:
        TypeError: the input is of another kind, or ``displacement`` no tensor.
        ValueError: it has another shape.
    """
    if not isinstance(displacement, Tensor):
        raise TypeError("Argument displacement should be a Tensor")
    return dispatched(elastic, inpt, displacement, interpolation=interpolation, fill=fill)


def _grid(displacement: Any, h: int, w: int, kind: Any, sign: int) -> Array:
    """Places in [-1, 1], each moved by its displacement or against it."""
    wanted = (1, h, w, 2)
    if tuple(displacement.shape) != wanted:
        raise ValueError(f"Argument displacement shape should be {wanted}, but given {displacement.shape}")
    moved = values_of(displacement)[0].astype(kind)
    x = linspace_values((-w + 1) / w, (w - 1) / w, w, kind)
    y = linspace_values((-h + 1) / h, (h - 1) / h, h, kind)[:, None]
    places = np.stack(np.broadcast_arrays(x, y), -1)
    return places + moved if sign > 0 else places - moved


def _in_pixels(grid: Array, h: int, w: int) -> Array:
    return (grid + 1) * np.array([0.5 * w, 0.5 * h], grid.dtype) - grid.dtype.type(0.5)


def _displaced(inpt: Any, displacement: Any, interpolation: Any, fill: Any) -> Any:
    if is_pil(inpt):
        moved = _displaced(v1.pil_to_tensor(inpt), displacement, interpolation, fill)
        return v1.to_pil_image(moved, mode=inpt.mode)
    array = array_of(inpt)
    h, w = array.shape[-2:]
    kind = array.dtype if array.dtype.kind == "f" else np.dtype(np.float32)
    places = _in_pixels(_grid(displacement, h, w, kind, 1), h, w)
    return image_of(sampled(array, places[..., 0], places[..., 1], mode_of(interpolation), fill))


def _displaced_mask(inpt: Any, displacement: Any, fill: Any, **rest: Any) -> Any:
    return _displaced(inpt, displacement, _Mode.NEAREST, fill)


class _DisplacementMap:
    """Where points go: against the displacement of their pixel."""

    def __init__(self, inpt: Any, displacement: Any, corners: bool) -> None:
        h, w = inpt.canvas_size
        kind = values_of(inpt).dtype
        kind = kind if kind.kind == "f" else np.dtype(np.float32)
        self.places = _in_pixels(_grid(displacement, h, w, kind, -1), h, w)
        self.corners = corners

    def __call__(self, points: Array) -> Array:
        h, w = self.places.shape[:2]
        at = (np.ceil(points) if self.corners else points).astype(np.int64)
        return self.places[np.clip(at[:, 1], 0, h - 1), np.clip(at[:, 0], 0, w - 1)]


kernels(
    elastic,
    _displaced,
    masks=_displaced_mask,
    boxes=lambda inpt, displacement, **rest: mapped_boxes(
        inpt, _DisplacementMap(inpt, displacement, True), inpt.canvas_size, early=True, rounded=True
    ),
    points=lambda inpt, displacement, **rest: mapped_points(
        inpt, _DisplacementMap(inpt, displacement, False), inpt.canvas_size
    ),
)

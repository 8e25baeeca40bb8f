"""Flips, crops, borders and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxlearn import uint8
from jaxlearn.vision.transforms import functional as v1
from jaxlearn.vision.transforms._crop import sides
from jaxlearn.vision.transforms._image import array_of, dimensions, image_of, is_pil
from jaxlearn.vision.transforms._resample import output_size, resized_bytes
from jaxlearn.vision.transforms.interpolation import InterpolationMode

from ._boxes import AxisMap
from ._dispatch import dispatched, kernels, mode_of

_Mode = InterpolationMode
_NEAREST = (_Mode.NEAREST, _Mode.NEAREST_EXACT)


def horizontal_flip(inpt: Any) -> Any:
    """The input mirrored left to right.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.horizontal_flip.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints.

    Raises:
        TypeError: it is none of them.

    Example::

        >>> from jaxlearn.vision import tv_tensors
        >>> from jaxlearn.vision.transforms.v2 import functional as F
        >>> F.horizontal_flip(tv_tensors.KeyPoints([[1, 2]], canvas_size=(8, 8)))
        KeyPoints([[6, 2]], canvas_size=(8, 8))
    """
    return dispatched(horizontal_flip, inpt)


def _mirror(canvas: tuple[int, int], axis: int) -> AxisMap:
    scale, shift = [1, 1], [0, 0]
    scale[axis], shift[axis] = -1, canvas[1 - axis]
    return AxisMap(canvas, (scale[0], scale[1]), (shift[0], shift[1]), clamp=False)


kernels(
    horizontal_flip,
    v1.hflip,
    masks=v1.hflip,
    boxes=lambda inpt: _mirror(inpt.canvas_size, 0).boxes(inpt),
    points=lambda inpt: _mirror(inpt.canvas_size, 0).points(inpt),
)


def vertical_flip(inpt: Any) -> Any:
    """The input mirrored top to bottom.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.vertical_flip.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints.

    Raises:
        TypeError: it is none of them.
    """
    return dispatched(vertical_flip, inpt)


kernels(
    vertical_flip,
    v1.vflip,
    masks=v1.vflip,
    boxes=lambda inpt: _mirror(inpt.canvas_size, 1).boxes(inpt),
    points=lambda inpt: _mirror(inpt.canvas_size, 1).points(inpt),
)


def crop(inpt: Any, top: int, left: int, height: int, width: int) -> Any:
    """A rectangle of the input; what lies outside of it is 0.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.crop.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints.
        top: the rectangle's first row.
        left: its first column.
        height: its number of rows.
        width: its number of columns.

    Raises:
        TypeError: the input is of another kind.
    """
    return dispatched(crop, inpt, top, left, height, width)


def _cropping(top: int, left: int, height: int, width: int) -> AxisMap:
    return AxisMap((height, width), shift=(-left, -top))


kernels(
    crop,
    v1.crop,
    masks=v1.crop,
    boxes=lambda inpt, top, left, height, width: _cropping(top, left, height, width).boxes(inpt),
    points=lambda inpt, top, left, height, width: _cropping(top, left, height, width).points(inpt),
)


def center_crop(inpt: Any, output_size: int | Sequence[int]) -> Any:
    """The middle of the input, with borders of 0 where it is smaller.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.center_crop.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints.
        output_size: height and width, or one number for both.

    Raises:
        TypeError: the input is of another kind.
    """
    return dispatched(center_crop, inpt, output_size)


def _centered(canvas: tuple[int, int], size: int | Sequence[int]) -> AxisMap:
    pair = [size, size] if isinstance(size, int) else [*size, *size][:2]
    low = [round((given - wanted) / 2.0) for given, wanted in zip(canvas, pair, strict=True)]
    return _cropping(low[0], low[1], pair[0], pair[1])


kernels(
    center_crop,
    v1.center_crop,
    masks=v1.center_crop,
    boxes=lambda inpt, output_size: _centered(inpt.canvas_size, output_size).boxes(inpt),
    points=lambda inpt, output_size: _centered(inpt.canvas_size, output_size).points(inpt),
)


def pad(
    inpt: Any,
    padding: int | Sequence[int],
    fill: float | Sequence[float] | None = None,
    padding_mode: str = "constant",
) -> Any:
    """The input with borders.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.pad.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints.
        padding: pixels on all sides, on the (horizontal, vertical) ones, or (left, top, right, bottom).
        fill: value of a constant border, or one per channel; by default 0.
        padding_mode: ``constant``, ``edge``, ``reflect`` (without the edge) or ``symmetric`` (with it); boxes and
            keypoints take the first only.

    Raises:
        TypeError: the input is of another kind.
        ValueError: ``padding`` has another length, ``fill`` does not fit, or there is no such mode.
    """
    return dispatched(pad, inpt, padding=padding, fill=fill, padding_mode=padding_mode)


def _padded(inpt: Any, padding: Any, fill: Any = None, padding_mode: str = "constant") -> Any:
    if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError(
            "`padding_mode` should be either `'constant'`, `'edge'`, `'reflect'` or `'symmetric'`, but got "
            f"`'{padding_mode}'`."
        )
    fill = 0 if fill is None else fill
    if is_pil(inpt) or not isinstance(fill, (list, tuple)) or len(fill) == 1:
        return v1.pad(inpt, padding, fill, padding_mode)
    if padding_mode != "constant":
        raise ValueError(f"Padding mode '{padding_mode}' is not supported if fill is not scalar")
    array = array_of(inpt)
    inside = array_of(v1.pad(image_of(np.ones(array.shape[-2:], bool)), padding))
    colors = np.asarray(fill).astype(array.dtype).reshape(-1, 1, 1)
    return image_of(np.where(inside, array_of(v1.pad(inpt, padding)), colors))


def _padded_mask(inpt: Any, padding: Any, fill: Any = None, padding_mode: str = "constant") -> Any:
    if isinstance(fill, (tuple, list)):
        raise ValueError("Non-scalar fill value is not supported")
    return _padded(inpt, padding, fill, padding_mode)


def _padding(inpt: Any, padding: Any, padding_mode: str, name: str) -> AxisMap:
    if padding_mode != "constant":
        raise ValueError(f"Padding mode '{padding_mode}' is not supported with {name}")
    left, top, right, bottom = sides(padding)
    height, width = inpt.canvas_size
    return AxisMap((height + top + bottom, width + left + right), shift=(left, top))


def _padded_boxes(inpt: Any, padding: Any, fill: Any = None, padding_mode: str = "constant") -> Any:
    return _padding(inpt, padding, padding_mode, "bounding boxes").boxes(inpt)


def _padded_points(inpt: Any, padding: Any, fill: Any = None, padding_mode: str = "constant") -> Any:
    name = "KeyPoints (supported modes are constant)"
    return _padding(inpt, padding, padding_mode, name).points(inpt)


kernels(pad, _padded, masks=_padded_mask, boxes=_padded_boxes, points=_padded_points)


def resize(
    inpt: Any,
    size: int | Sequence[int] | None,
    interpolation: InterpolationMode | str | int = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """The input in another size; masks always of their nearest pixels.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.resize.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints.
        size: height and width, the length of the shorter side, or None for the longer side to be ``max_size``.
        interpolation: a mode or its name.
        max_size: bound of the longer side.
        antialias: for tensors: average over all pixels that a smaller one covers.

    Raises:
        TypeError: the input is of another kind.
        ValueError: the sizes contradict each other, or there is no such mode.
    """
    return dispatched(resize, inpt, size, interpolation=interpolation, max_size=max_size, antialias=antialias)


def _new_size(canvas: Sequence[int], size: Any, max_size: int | None) -> tuple[int, int]:
    height, width = canvas
    if size is None:
        if max_size is None:
            raise ValueError("max_size must be an integer when size is None")
        short = int(max_size * min(height, width) / max(height, width))
        return (max_size, short) if width <= height else (short, max_size)
    wanted = [size] if isinstance(size, int) else list(size)
    if max_size is not None and len(wanted) != 1:
        raise ValueError(
            "max_size should only be passed if size is None or specifies the length of the smaller edge, "
            "i.e. size should be an int or a sequence of length 1 in torchscript mode."
        )
    return output_size(height, width, wanted, max_size)


def _resized(
    inpt: Any,
    size: Any,
    interpolation: Any = _Mode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    wanted, mode = _new_size(dimensions(inpt)[1:], size, max_size), mode_of(interpolation)
    if not is_pil(inpt) and inpt.dtype is uint8 and mode in (_Mode.BILINEAR, _Mode.BICUBIC):
        return image_of(resized_bytes(array_of(inpt), *wanted, mode, bool(antialias)))
    return v1.resize(inpt, wanted, mode, None, antialias)


def _resized_mask(
    inpt: Any, size: Any, interpolation: Any = _Mode.BILINEAR, max_size: int | None = None, **rest: Any
) -> Any:
    mode = mode_of(interpolation)
    return _resized(inpt, size, mode if mode in _NEAREST else _Mode.NEAREST, max_size)


def _resizing(canvas: tuple[int, int], size: Any, max_size: int | None) -> AxisMap:
    height, width = _new_size(canvas, size, max_size)
    return AxisMap((height, width), (width / canvas[1], height / canvas[0]), clamp=False)


kernels(
    resize,
    _resized,
    masks=_resized_mask,
    boxes=lambda inpt, size, max_size=None, **rest: _resizing(inpt.canvas_size, size, max_size).boxes(inpt),
    points=lambda inpt, size, max_size=None, **rest: _resizing(inpt.canvas_size, size, max_size).points(inpt),
)


def resized_crop(
    inpt: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: int | Sequence[int],
    interpolation: InterpolationMode | str | int = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """A rectangle of the input in another size.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.resized_crop.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints.
        top: the rectangle's first row.
        left: its first column.
        height: its number of rows.
        width: its number of columns.
        size: height and width of the result, or the length of its shorter side.
        interpolation: a mode or its name.
        antialias: for tensors: average over all pixels that a smaller one covers.

    Raises:
        TypeError: the input is of another kind.
    """
    place = (top, left, height, width)
    return dispatched(resized_crop, inpt, *place, size, interpolation=interpolation, antialias=antialias)


def _resized_crop(
    inpt: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: Any,
    interpolation: Any = _Mode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    part = crop(inpt, top, left, height, width)
    return resize(part, size, interpolation=interpolation, antialias=antialias)


def _resized_crop_of_mask(
    inpt: Any, top: int, left: int, height: int, width: int, size: Any, **rest: Any
) -> Any:
    return _resized_crop(inpt, top, left, height, width, size, interpolation=_Mode.NEAREST)


kernels(resized_crop, _resized_crop, masks=_resized_crop_of_mask, boxes=_resized_crop, points=_resized_crop)


def five_crop(inpt: Any, size: int | Sequence[int]) -> Any:
    """The four corners and the middle of an image or a video, as a tuple.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.five_crop.html

    Args:
        inpt: the image or video.
        size: height and width, or one number for both.

    Raises:
        TypeError: it is neither.
        ValueError: it is smaller.
    """
    return dispatched(five_crop, inpt, size)


kernels(five_crop, v1.five_crop)


def ten_crop(inpt: Any, size: int | Sequence[int], vertical_flip: bool = False) -> Any:
    """The four corners and the middle of an image or a video and of its mirror image, as a tuple.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.ten_crop.html

    Args:
        inpt: the image or video.
        size: height and width, or one number for both.
        vertical_flip: mirror top to bottom rather than left to right.

    Raises:
        TypeError: it is neither.
        ValueError: it is smaller.
    """
    return dispatched(ten_crop, inpt, size, vertical_flip)


kernels(ten_crop, v1.ten_crop)

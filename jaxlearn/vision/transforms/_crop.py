"""Cropping, padding and flipping: pixels are moved, never changed."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._image import array_of, dimensions, image_of, is_pil, pair


def check_padding_mode(mode: str) -> None:
    """Refuse what is no mode of borders.

    Args:
        mode: its name.

    Raises:
        ValueError: it is none.
    """
    if mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")


def get_dimensions(img: Any) -> list[int]:
    """Channels, height and width of an image.

    Args:
        img: a PIL image, a tensor (..., C, H, W) or an array (H, W, C).

    Raises:
        TypeError: it is none of these.
    """
    return list(dimensions(img))


def get_image_size(img: Any) -> list[int]:
    """Width and height of an image.

    Args:
        img: a PIL image, a tensor (..., C, H, W) or an array (H, W, C).

    Raises:
        TypeError: it is none of these.
    """
    _, height, width = dimensions(img)
    return [width, height]


def hflip(img: Any) -> Any:
    """The image mirrored left to right.

    Args:
        img: a PIL image or a tensor (..., H, W).
    """
    if is_pil(img):
        from PIL import Image

        return img.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return image_of(np.ascontiguousarray(array_of(img)[..., ::-1]))


def vflip(img: Any) -> Any:
    """The image mirrored top to bottom.

    Args:
        img: a PIL image or a tensor (..., H, W).
    """
    if is_pil(img):
        from PIL import Image

        return img.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    return image_of(np.ascontiguousarray(array_of(img)[..., ::-1, :]))


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """A rectangle of the image; what lies outside of the image is zero.

    Args:
        img: a PIL image or a tensor (..., H, W).
        top: first row.
        left: first column.
        height: rows.
        width: columns.
    """
    if is_pil(img):
        return img.crop((left, top, left + width, top + height))
    array = array_of(img)
    h, w = array.shape[-2:]
    part = array[..., max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    if top < 0 or left < 0 or top + height > h or left + width > w:
        before = (min(max(-top, 0), height), min(max(-left, 0), width))
        after = (height - before[0] - part.shape[-2], width - before[1] - part.shape[-1])
        margins = [(0, 0)] * (array.ndim - 2) + list(zip(before, after, strict=True))
        part = np.pad(part, margins)
    return image_of(np.array(part, order="C"))


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """The middle of the image, padded with zeros where the image is smaller.

    Args:
        img: a PIL image or a tensor (..., H, W).
        output_size: height and width, or one number for both.
    """
    if isinstance(output_size, Sequence):
        height, width = (*output_size, *output_size)[:2]
    else:
        height = width = int(output_size)
    _, h, w = dimensions(img)
    if height > h or width > w:
        more_h, more_w = max(height - h, 0), max(width - w, 0)
        img = pad(img, [more_w // 2, more_h // 2, (more_w + 1) // 2, (more_h + 1) // 2])
        h, w = h + more_h, w + more_w
        if (height, width) == (h, w):
            return img
    return crop(img, round((h - height) / 2.0), round((w - width) / 2.0), height, width)


def five_crop(img: Any, size: int | Sequence[int]) -> tuple[Any, Any, Any, Any, Any]:
    """The four corners and the middle of the image.

    Args:
        img: a PIL image or a tensor (..., H, W).
        size: height and width, or one number for both.

    Raises:
        ValueError: there are more than two numbers, or the image is smaller.
    """
    height, width = wanted = pair(size, "Please provide only two dimensions (h, w) for size.")
    _, h, w = dimensions(img)
    if width > w or height > h:
        raise ValueError(f"Requested crop size {wanted} is bigger than input size {(h, w)}")
    corners = [crop(img, top, left, height, width) for top in (0, h - height) for left in (0, w - width)]
    return corners[0], corners[1], corners[2], corners[3], center_crop(img, [height, width])


def ten_crop(img: Any, size: int | Sequence[int], vertical_flip: bool = False) -> tuple[Any, ...]:
    """The four corners and the middle of the image, and those of its mirror image.

    Args:
        img: a PIL image or a tensor (..., H, W).
        size: height and width, or one number for both.
        vertical_flip: mirror top to bottom rather than left to right.

    Raises:
        ValueError: there are more than two numbers, or the image is smaller.
    """
    mirrored = vflip(img) if vertical_flip else hflip(img)
    return five_crop(img, size) + five_crop(mirrored, size)


def pad(
    img: Any, padding: int | Sequence[int], fill: float | Sequence[float] = 0, padding_mode: str = "constant"
) -> Any:
    """The image with borders.

    Args:
        img: a PIL image or a tensor (..., H, W).
        padding: pixels on all sides, on the (horizontal, vertical) ones, or (left, top, right, bottom).
        fill: value of a constant border, or one per channel.
        padding_mode: ``constant``, ``edge``, ``reflect`` (without the edge) or ``symmetric`` (with it).

    Raises:
        TypeError: an argument has another type.
        ValueError: ``padding`` has another length, ``fill`` does not fit, or there is no such mode.
    """
    left, top, right, bottom = sides(padding)
    check_padding_mode(padding_mode)
    if is_pil(img):
        return _pad_pil(img, (left, top, right, bottom), fill, padding_mode)
    array = array_of(img)
    if isinstance(fill, (tuple, list)):
        if len(fill) != 1:
            raise ValueError("Padding on a tensor takes one fill value, not one per channel")
        fill = fill[0]
    margins = [(0, 0)] * (array.ndim - 2) + [(top, bottom), (left, right)]
    return image_of(_padded(array, margins, fill, padding_mode))


def sides(padding: Any) -> tuple[int, int, int, int]:
    """Borders left, top, right and below, of one number, two or four."""
    if not isinstance(padding, (numbers.Number, tuple, list)):
        raise TypeError("Got inappropriate padding arg")
    given: list[Any] = list(padding) if isinstance(padding, (tuple, list)) else [padding]
    if len(given) not in (1, 2, 4):
        raise ValueError(
            f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(given)} element tuple"
        )
    given = given * (4 // len(given))
    return int(given[0]), int(given[1]), int(given[2]), int(given[3])


def _padded(array: np.ndarray[Any, Any], margins: Any, fill: Any, mode: str) -> np.ndarray[Any, Any]:
    if mode == "constant":
        return np.pad(array, margins, constant_values=fill)
    return np.pad(array, margins, mode=mode)  # type: ignore[call-overload]


def _pad_pil(img: Any, sides: tuple[int, int, int, int], fill: Any, mode: str) -> Any:
    from PIL import Image, ImageOps

    if mode == "constant":
        result = ImageOps.expand(img, border=sides, fill=pil_fill(fill, img))
    else:
        array = np.asarray(img)
        left, top, right, bottom = sides
        margins = [(top, bottom), (left, right)] + [(0, 0)] * (array.ndim - 2)
        result = Image.fromarray(_padded(array, margins, fill, mode))
    if img.mode == "P":
        result.putpalette(img.getpalette())
    return result


def pil_fill(fill: Any, img: Any) -> Any:
    """A fill value as Pillow wants it for an image's mode.

    Raises:
        ValueError: not one number per channel.
    """
    channels = len(img.getbands())
    if fill is None:
        fill = 0
    if isinstance(fill, str):
        return fill
    if isinstance(fill, numbers.Number):
        fill = [fill] * channels
    elif len(fill) == 1:
        fill = list(fill) * channels
    elif len(fill) != channels:
        raise ValueError(
            "The number of elements in 'fill' does not match the number of channels of the image "
            f"({len(fill)} != {channels})"
        )
    values = tuple(fill if img.mode == "F" else (int(value) for value in fill))
    return values[0] if channels == 1 else values

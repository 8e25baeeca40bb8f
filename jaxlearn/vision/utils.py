"""Grids of images, and images as files.

https://docs.pytorch.org/vision/stable/utils.html
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from .._tensor.core import TensorBase, tensor_from_array

__all__ = ["make_grid", "save_image", "save_predictions"]

_RIGHT = (0, 110, 0)
_WRONG = (190, 0, 0)
_LINE = 12  # pixels of a line of text in Pillow's own font


def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Any:
    """Images side by side in one image.

    https://docs.pytorch.org/vision/stable/generated/torchvision.utils.make_grid.html

    Args:
        tensor: images (N, C, H, W), one image (C, H, W) or (H, W), or a list of images of one shape.
        nrow: images per row.
        padding: pixels between them and around.
        normalize: bring the values into [0, 1].
        value_range: what becomes 0 and 1, by default the lowest and the highest value.
        scale_each: take those of each image by itself.
        pad_value: of the pixels between the images.

    Returns:
        An image (C, H, W); one channel becomes three equal ones.

    Raises:
        TypeError: these are no tensors, or ``value_range`` is no tuple.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import utils
        >>> utils.make_grid(torch.zeros(5, 1, 28, 28), nrow=3).shape
        torch.Size([3, 62, 92])
    """
    if normalize and value_range is not None and not isinstance(value_range, tuple):
        raise TypeError("value_range has to be a tuple (min, max) if specified. min and max are numbers")
    images = _as_batch(tensor)
    if normalize:
        axes = tuple(range(1, 4)) if scale_each else tuple(range(4))
        low, high = (
            (images.min(axes, keepdims=True), images.max(axes, keepdims=True))
            if value_range is None
            else (np.asarray(value_range[0], images.dtype), np.asarray(value_range[1], images.dtype))
        )
        span = np.maximum(high.astype(np.float64) - low.astype(np.float64), 1e-5).astype(images.dtype)
        images = (np.clip(images, low, high) - low) / span
    count, channels, h, w = images.shape
    if count == 1:
        return tensor_from_array(images[0])
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    height, width = h + padding, w + padding
    grid = np.full((channels, height * rows + padding, width * columns + padding), pad_value, images.dtype)
    for k in range(count):
        top, left = k // columns * height + padding, k % columns * width + padding
        grid[:, top : top + h, left : left + w] = images[k]
    return tensor_from_array(grid)


def _as_batch(tensor: Any) -> np.ndarray[Any, Any]:
    """Images as a new array (N, C, H, W) with at least three channels."""
    if isinstance(tensor, TensorBase):
        images = np.array(tensor._array())
    elif isinstance(tensor, list):
        for image in tensor:
            if not isinstance(image, TensorBase):
                raise TypeError(f"tensor or list of tensors expected, got a list containing {type(image)}")
        images = np.stack([np.asarray(image._array()) for image in tensor])
    else:
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    while images.ndim < 4:
        images = images[None]
    return np.repeat(images, 3, 1) if images.shape[1] == 1 else images


def save_image(
    tensor: Any, fp: str | os.PathLike[str] | BinaryIO, format: str | None = None, **kwargs: Any
) -> None:
    """Write images, as a grid if there are several, into a file.

    https://docs.pytorch.org/vision/stable/generated/torchvision.utils.save_image.html

    Args:
        tensor: values in [0, 1], as in :func:`make_grid`.
        fp: path, or file open for writing bytes.
        format: Pillow's name of the format, by default told by the path.
        **kwargs: for :func:`make_grid`.
    """
    from PIL import Image

    Image.fromarray(_bytes(make_grid(tensor, **kwargs))).save(fp, format=format)


def _bytes(grid: Any) -> np.ndarray[Any, Any]:
    """An image with values in [0, 1] as bytes (H, W, C)."""
    array = np.clip(np.asarray(grid._array()) * np.float32(255) + np.float32(0.5), 0, 255)
    return np.ascontiguousarray(array.astype(np.uint8).transpose(1, 2, 0))


def save_predictions(
    images: Any,
    predicted: Sequence[Any] | Any,
    targets: Sequence[Any] | Any | None,
    fp: str | os.PathLike[str] | BinaryIO,
    nrow: int = 8,
    scale: int = 2,
    classes: Sequence[str] | None = None,
) -> None:
    """Write a grid of images as a PNG, under each what was predicted: green if it is right, red with the truth if not.

    Args:
        images: (N, C, H, W) or (N, H, W); each grid is brought into [0, 1] by its lowest and highest value.
        predicted: N class numbers (or texts).
        targets: N true ones, or None where they are unknown.
        fp: path, or file open for writing bytes.
        nrow: images per row.
        scale: pixels per pixel of an image.
        classes: names to show in place of class numbers.

    Raises:
        ValueError: not one prediction, or not one target, per image.

    Example::

        >>> import io
        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import utils
        >>> file = io.BytesIO()
        >>> utils.save_predictions(torch.zeros(2, 1, 28, 28), [3, 5], [3, 8], file)
        >>> file.getvalue()[1:4]
        b'PNG'
    """
    from PIL import Image, ImageDraw, ImageFont

    pixels = np.asarray(images._array())
    pixels = pixels[:, None] if pixels.ndim == 3 else pixels
    count = len(pixels)
    guesses = _captions(predicted, classes, count, "predicted")
    truths = guesses if targets is None else _captions(targets, classes, count, "targets")
    low, high = float(pixels.min()), float(pixels.max())
    scaled = _enlarged((pixels.astype(np.float32) - low) / max(high - low, 1e-5), scale)
    padding = 4
    # A white line below each image, for its caption.
    framed = np.pad(scaled, ((0, 0), (0, 0), (0, _LINE), (0, 0)), constant_values=1.0)
    grid = make_grid(list(map(tensor_from_array, framed)), nrow=nrow, padding=padding, pad_value=1.0)
    picture = Image.fromarray(_bytes(grid))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default_imagefont()
    margin = 0 if count == 1 else padding
    columns = min(nrow, count)
    height, width = framed.shape[2] + margin, framed.shape[3] + margin
    for k, (guess, truth) in enumerate(zip(guesses, truths, strict=True)):
        place = (k % columns * width + margin, (k // columns + 1) * height - _LINE)
        text = guess if guess == truth else f"{guess} ({truth})"
        draw.text(place, text, fill=_RIGHT if guess == truth else _WRONG, font=font)
    picture.save(fp, format="PNG")


def _captions(values: Any, classes: Sequence[str] | None, count: int, name: str) -> list[str]:
    listed = values.tolist() if hasattr(values, "tolist") else list(values)
    if len(listed) != count:
        raise ValueError(f"{name} has {len(listed)} entries for {count} images; give one per image")
    return [str(value) if classes is None else classes[int(value)] for value in listed]


def _enlarged(images: np.ndarray[Any, Any], scale: int) -> np.ndarray[Any, Any]:
    return images.repeat(scale, 2).repeat(scale, 3)

"""Arrays of what a summary is given, and their pixels: heights, widths and channels, grids, frames."""

from __future__ import annotations

import math
from typing import Any

import jax
import numpy as np

from ..._dtypes import bfloat16
from ..._tensor.core import TensorBase

Array = np.ndarray[Any, Any]


def make_np(x: Any) -> Array:
    """A tensor's, array's or number's values.

    Args:
        x: what has them.

    Raises:
        NotImplementedError: it is something else.
    """
    if isinstance(x, np.ndarray):
        return x
    if isinstance(x, TensorBase):
        values = np.asarray(x.detach()._array())
        # NumPy has no bfloat16 of its own; torch takes float16 for it too.
        return values.astype(np.float16) if x.dtype == bfloat16 else values
    if np.isscalar(x):
        return np.array([x])
    if isinstance(x, jax.Array):
        return np.asarray(x)
    raise NotImplementedError(f"Got {type(x)}, but numpy array or torch tensor are expected.")


def make_grid(images: Array, ncols: int = 8) -> Array:
    """Images side by side in rows.

    Args:
        images: (N, 3, H, W), or (N, 1, H, W) that is shown grey.
        ncols: how many there are in a row.

    Raises:
        AssertionError: they have another shape.
    """
    if images.shape[1] == 1:
        images = np.concatenate([images] * 3, 1)
    if images.ndim != 4 or images.shape[1] != 3:
        raise AssertionError("Input should be a 4D numpy array with 3 channels")
    count, channels, height, width = images.shape
    columns = min(count, ncols)
    rows = math.ceil(count / columns)
    canvas = np.zeros((channels, height * rows, width * columns), images.dtype)
    for i, image in enumerate(images):
        top, left = i // columns * height, i % columns * width
        canvas[:, top : top + height, left : left + width] = image
    return canvas


def convert_to_HWC(array: Array, dataformats: str) -> Array:
    """One image of three channels; several are put in a grid.

    Args:
        array: the pixels.
        dataformats: its dimensions, such as ``CHW``, ``HW`` or ``NHWC``.

    Raises:
        AssertionError: it has others.
    """
    if len(set(dataformats)) != len(dataformats):
        raise AssertionError(
            "You can not use the same dimension shorthand twice. " + " " * 12 + f"input_format: {dataformats}"
        )
    if array.ndim != len(dataformats):
        raise AssertionError(
            "size of input tensor and input format are different. "
            + " " * 8
            + f"tensor shape: {array.shape}, input_format: {dataformats}"
        )
    form = dataformats.upper()
    if len(form) == 4:
        return make_grid(array.transpose([form.find(c) for c in "NCHW"])).transpose(1, 2, 0)
    if len(form) == 2:
        return np.stack([array.transpose([form.find(c) for c in "HW"])] * 3, 2)
    pixels = array.transpose([form.find(c) for c in "HWC"])
    return np.concatenate([pixels] * 3, 2) if pixels.shape[2] == 1 else pixels


def as_bytes(pixels: Array) -> Array:
    """Pixels from 0 to 255; floats count from 0 to 1."""
    scale = 1 if pixels.dtype == np.uint8 else 255
    return (pixels.astype(np.float32) * scale).clip(0, 255).astype(np.uint8)


def frames_of(videos: Array) -> Array:
    """Frames (T, H, W, C) that show several videos (N, T, C, H, W) at once, their number filled up to a power of 2."""
    if videos.dtype == np.uint8:
        videos = videos.astype(np.float32) / 255.0
    count, frames, channels, height, width = videos.shape
    rows = 2 ** ((count.bit_length() - 1) // 2)
    if count & count - 1:
        empty = np.zeros((2 ** count.bit_length() - count, *videos.shape[1:]))
        videos = np.concatenate([videos, empty])
    columns = len(videos) // rows
    grid = videos.reshape(rows, columns, frames, channels, height, width).transpose(2, 0, 4, 1, 5, 3)
    return grid.reshape(frames, rows * height, columns * width, channels)


def figure_to_image(figures: Any, close: bool = True) -> Array:
    """Matplotlib's figures as pixels (3, H, W), of a list (N, 3, H, W).

    Args:
        figures: one, or a list of them.
        close: close them afterwards.
    """
    import matplotlib.pyplot as plt  # type: ignore[import-not-found,unused-ignore]
    from matplotlib.backends.backend_agg import (  # type: ignore[import-not-found,unused-ignore]
        FigureCanvasAgg,
    )

    if isinstance(figures, list):
        return np.stack([figure_to_image(figure, close) for figure in figures])
    canvas = FigureCanvasAgg(figures)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[:, :, :3].transpose(2, 0, 1)
    if close:
        plt.close(figures)
    return pixels

"""Summaries: what TensorBoard shows under one tag, as protocol buffers.

https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/summary.proto
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from ..._tensor.core import TensorBase
from ._records import double, doubles, nested, number, single

_STRING = 7  # the number of the type of strings in a tensor


def array_of(value: Any) -> np.ndarray[Any, Any]:
    """A tensor's, array's or number's values."""
    if isinstance(value, TensorBase):
        return np.asarray(value.detach()._array())
    return np.atleast_1d(np.asarray(value))


def _value(tag: str, content: bytes, metadata: bytes = b"") -> bytes:
    return nested(1, nested(1, tag) + metadata + content)


def scalar(tag: str, value: Any) -> bytes:
    """One number.

    Raises:
        AssertionError: there are more.
    """
    array = array_of(value).reshape(-1)
    assert array.size == 1, "scalar should be 0D"
    return _value(tag, single(2, float(array[0])))


def text(tag: str, words: str) -> bytes:
    """A text in Markdown."""
    plugin = nested(9, nested(1, nested(1, "text")))
    tensor = number(1, _STRING) + nested(2, nested(2, number(1, 1))) + nested(8, words)
    return _value(f"{tag}/text_summary", nested(8, tensor), plugin)


def default_bins() -> list[float]:
    """Borders that grow by a tenth, from tiny to huge, of both signs."""
    borders, border = [], 1e-12
    while border < 1e20:
        borders.append(border)
        border *= 1.1
    return [-b for b in reversed(borders)] + [0.0] + borders


def histogram(tag: str, values: Any, bins: Any, max_bins: int | None = None) -> bytes:
    """How often values lie between borders.

    Raises:
        ValueError: there are no values.
    """
    array = array_of(values).astype(np.float64).reshape(-1)
    if array.size == 0:
        raise ValueError("The input has no element.")
    counts, borders = np.histogram(array, bins=default_bins() if bins == "tensorflow" else bins)
    if max_bins is not None and len(counts) > max_bins:
        step = len(counts) // max_bins
        rest = len(counts) % step
        padded = np.pad(counts, (0, step - rest if rest else 0))
        borders = np.concatenate([borders[:-1][::step], borders[-1:]])
        counts = padded.reshape(-1, step).sum(-1)
    if counts.sum() == 0:
        raise ValueError("The histogram is empty, please file a bug report.")
    filled = np.flatnonzero(counts)
    first, last = int(filled[0]), int(filled[-1])
    # The border under the first count has a count of its own, of what lies below.
    kept = counts[first - 1 : last + 1] if first > 0 else np.concatenate([[0], counts[: last + 1]])
    content = double(1, array.min()) + double(2, array.max()) + double(3, array.size)
    content += double(4, float(array.sum())) + double(5, float(array @ array))
    content += doubles(6, borders[first : last + 2].tolist()) + doubles(7, kept.astype(np.float64).tolist())
    return _value(tag, nested(5, content))


def image(tag: str, values: Any, dataformats: str) -> bytes:
    """One image, or several in a grid, as PNG; floats in [0, 1] or bytes.

    Raises:
        AssertionError: the format names other dimensions.
    """
    from PIL import Image

    array = array_of(values)
    scale = 1 if array.dtype == np.uint8 else 255
    pixels = np.clip(_as_hwc(array, dataformats).astype(np.float32) * scale, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    height, width, channels = pixels.shape
    content = number(1, height) + number(2, width) + number(3, channels) + nested(4, file.getvalue())
    return _value(tag, nested(4, content))


def _as_hwc(array: np.ndarray[Any, Any], dataformats: str) -> np.ndarray[Any, Any]:
    form = dataformats.upper()
    assert len(set(form)) == len(form), (
        f"You can not use the same dimension shordhand twice, input_format: {form}"
    )
    assert array.ndim == len(form), (
        f"size of input tensor and input format are different. tensor shape: {array.shape}, input_format: {form}"
    )
    if len(form) == 4:
        return _grid(array.transpose([form.find(c) for c in "NCHW"]))
    if len(form) == 2:
        return np.stack([array.transpose([form.find(c) for c in "HW"])] * 3, 2)
    pixels = array.transpose([form.find(c) for c in "HWC"])
    return np.concatenate([pixels] * 3, 2) if pixels.shape[2] == 1 else pixels


def _grid(images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Images (N, C, H, W) side by side, 8 in a row."""
    images = np.concatenate([images] * 3, 1) if images.shape[1] == 1 else images
    count, channels, height, width = images.shape
    columns = min(count, 8)
    rows = -(-count // columns)
    canvas = np.zeros((channels, height * rows, width * columns), images.dtype)
    for i in range(count):
        top, left = i // columns * height, i % columns * width
        canvas[:, top : top + height, left : left + width] = images[i]
    return canvas.transpose(1, 2, 0)

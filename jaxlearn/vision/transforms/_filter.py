"""Gaussian blur, and rectangles written over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._tensor.core import TensorBase
from ._convert import pil_to_tensor, to_pil_image
from ._image import array_of, image_of, is_pil


def gaussian_blur(
    img: Any, kernel_size: int | Sequence[int], sigma: float | Sequence[float] | None = None
) -> Any:
    r"""The image blurred by a Gaussian, mirrored at its borders.

    .. math:: w(x) \propto \exp(-x^2 / 2 \sigma^2)

    Args:
        img: a PIL image or a tensor (..., C, H, W).
        kernel_size: width and height of the window, odd numbers, or one number for both.
        sigma: horizontal and vertical standard deviation, or one number for both; by default made of the window.

    Raises:
        TypeError: an argument has another type.
        ValueError: a number is out of range, or there are more than two.
    """
    if not isinstance(kernel_size, (int, list, tuple)):
        raise TypeError(f"kernel_size should be int or a sequence of integers. Got {type(kernel_size)}")
    window = [kernel_size, kernel_size] if isinstance(kernel_size, int) else list(kernel_size)
    if len(window) != 2:
        raise ValueError(f"If kernel_size is a sequence its length should be 2. Got {len(window)}")
    if any(size % 2 == 0 or size < 0 for size in window):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {window}")
    if sigma is None:
        sigma = [size * 0.15 + 0.35 for size in window]
    if not isinstance(sigma, (int, float, list, tuple)):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(sigma)}")
    deviations = [float(sigma)] * 2 if isinstance(sigma, (int, float)) else list(sigma)
    deviations = deviations * 2 if len(deviations) == 1 else deviations
    if len(deviations) != 2:
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(deviations)}")
    if any(value <= 0.0 for value in deviations):
        raise ValueError(f"sigma should have positive values. Got {deviations}")
    if is_pil(img):
        return to_pil_image(image_of(_blurred(array_of(pil_to_tensor(img)), window, deviations)), img.mode)
    if not isinstance(img, TensorBase):
        raise TypeError(f"img should be PIL Image or Tensor. Got {type(img)}")
    return image_of(_blurred(array_of(img), window, deviations))


def _blurred(array: np.ndarray[Any, Any], window: list[int], sigma: list[float]) -> np.ndarray[Any, Any]:
    floats = array if array.dtype.kind == "f" else array.astype(np.float32)
    margins = [(0, 0)] * (array.ndim - 2) + [(window[1] // 2,) * 2, (window[0] // 2,) * 2]
    for axis, place in ((-1, 4), (-2, 6)):
        margin = margins[axis][0]
        if margin >= array.shape[axis]:
            shape = [1, *array.shape] if array.ndim == 3 else list(array.shape)
            raise RuntimeError(
                f"Argument #{place}: Padding size should be less than the corresponding input dimension, but got: "
                f"padding ({margin}, {margin}) at dimension {4 + axis} of input {shape}"
            )
    padded = np.pad(floats, margins, mode="reflect")
    across, down = (_gaussian(n, s, floats.dtype) for n, s in zip(window, sigma, strict=True))
    h, w = array.shape[-2:]
    kernel = down[:, None] * across[None, :]
    total = np.zeros(array.shape, floats.dtype)
    for i in range(window[1]):
        for j in range(window[0]):
            total += kernel[i, j] * padded[..., i : i + h, j : j + w]
    return total if array.dtype.kind == "f" else np.rint(total).astype(array.dtype)


def _gaussian(size: int, sigma: float, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    x = np.arange(size, dtype=dtype) - dtype.type((size - 1) / 2)
    weights = np.exp(dtype.type(-0.5) * (x / dtype.type(sigma)) ** 2)
    return np.asarray(weights / weights.sum())


def erase(img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False) -> Any:
    """A tensor image with a rectangle written over.

    Args:
        img: a tensor (..., C, H, W).
        i: first row.
        j: first column.
        h: rows.
        w: columns.
        v: what to write, a tensor that broadcasts to (C, h, w).
        inplace: write into ``img``.

    Raises:
        TypeError: ``img`` is no tensor.
    """
    image: Any = img
    if not isinstance(img, TensorBase):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")
    image = image if inplace else image.clone()
    image[..., i : i + h, j : j + w] = v
    return image

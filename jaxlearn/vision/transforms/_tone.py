"""Tones as functions of single pixels' values or of the image's histogram, and sharpness."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._color import blended, checked, highest
from ._image import image_of, is_pil


def invert(img: Any) -> Any:
    """The image's negative.

    Args:
        img: a PIL image or a tensor (..., 3 or 1, H, W).
    """
    if is_pil(img):
        from PIL import ImageOps

        return ImageOps.invert(img)
    array = checked(img)
    return image_of(_negative(array))


def _negative(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return (array.dtype.type(highest(array)) - array).astype(array.dtype)


def posterize(img: Any, bits: int) -> Any:
    """The image with the highest bits of each channel only.

    Args:
        img: a PIL image or a tensor of bytes (..., 3 or 1, H, W).
        bits: how many to keep, 0 to 8.

    Raises:
        ValueError: another number of bits.
        TypeError: the tensor's elements are no bytes.
    """
    if not 0 <= bits <= 8:
        raise ValueError(f"The number if bits should be between 0 and 8. Got {bits}")
    if is_pil(img):
        from PIL import ImageOps

        return ImageOps.posterize(img, bits)
    array = _bytes(img)
    return image_of(array & np.uint8(256 - 2 ** (8 - bits)))


def solarize(img: Any, threshold: float) -> Any:
    """The image with the negative of its values from a threshold on.

    Args:
        img: a PIL image or a tensor (..., 3 or 1, H, W).
        threshold: the lowest value to invert.

    Raises:
        TypeError: no value of the tensor's dtype is that high.
    """
    if is_pil(img):
        from PIL import ImageOps

        return ImageOps.solarize(img, threshold)  # type: ignore[arg-type]
    array = checked(img)
    if threshold > highest(array):
        raise TypeError("Threshold should be less than bound of img.")
    return image_of(np.where(array >= threshold, _negative(array), array))


def autocontrast(img: Any) -> Any:
    """Each channel stretched, so that its lowest value becomes black and its highest white.

    Args:
        img: a PIL image or a tensor (..., 3 or 1, H, W).
    """
    if is_pil(img):
        from PIL import ImageOps

        return ImageOps.autocontrast(img)
    array = checked(img)
    floats = array if array.dtype.kind == "f" else array.astype(np.float32)
    low, high = (f(floats, axis=(-2, -1), keepdims=True) for f in (np.min, np.max))
    even = low == high
    bound = floats.dtype.type(highest(array))
    scale = np.where(even, 1, bound / np.where(even, 1, high - low)).astype(floats.dtype)
    stretched = (floats - np.where(even, 0, low)) * scale
    return image_of(np.clip(stretched, 0, bound).astype(array.dtype))


def equalize(img: Any) -> Any:
    """Each channel's values spread so that all are about equally frequent.

    Args:
        img: a PIL image or a tensor of bytes (3 or 1, H, W), or a batch of such.

    Raises:
        TypeError: the tensor's elements are no bytes, or it has another number of dimensions.
    """
    if is_pil(img):
        from PIL import ImageOps

        return ImageOps.equalize(img)
    if not 3 <= img.ndim <= 4:
        raise TypeError(f"Input image tensor should have 3 or 4 dimensions, but found {img.ndim}")
    array = _bytes(img)
    planes = array.reshape(-1, *array.shape[-2:])
    return image_of(np.stack([_equalized(plane) for plane in planes]).reshape(array.shape))


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    r"""The image with each value raised to a power.

    .. math:: 255 \cdot \text{gain} \cdot (x / 255)^\gamma

    Args:
        img: a PIL image or a tensor (..., 3 or 1, H, W).
        gamma: above 1 for darker shadows, below for lighter ones.
        gain: a factor.

    Raises:
        ValueError: ``gamma`` is negative.
    """
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    if is_pil(img):
        table = [int((255 + 1 - 1e-3) * gain * pow(value / 255.0, gamma)) for value in range(256)]
        return img.convert("RGB").point(table * 3).convert(img.mode)
    array = checked(img)
    scale = highest(array)
    floats = array if array.dtype.kind == "f" else array.astype(np.float32) / np.float32(scale)
    result = np.clip(floats.dtype.type(gain) * floats ** floats.dtype.type(gamma), 0, 1)
    if array.dtype.kind != "f":
        # A little less than one level more, as in the conversion of dtypes.
        result = result * np.float32(scale + 1.0 - 1e-3)
    return image_of(result.astype(array.dtype))


def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """The image mixed with itself smoothed.

    Args:
        img: a PIL image or a tensor (..., 3 or 1, H, W).
        sharpness_factor: 0 gives the smooth image, 1 the image, 2 twice its sharpness.

    Raises:
        ValueError: the factor is negative.
    """
    if is_pil(img):
        from PIL import ImageEnhance

        return ImageEnhance.Sharpness(img).enhance(sharpness_factor)
    if sharpness_factor < 0:
        raise ValueError(f"sharpness_factor ({sharpness_factor}) is not non-negative.")
    array = checked(img)
    if min(array.shape[-2:]) <= 2:
        return img
    return image_of(blended(array, _smoothed(array), sharpness_factor))


def _bytes(img: Any) -> np.ndarray[Any, Any]:
    array = checked(img)
    if array.dtype != np.uint8:
        raise TypeError(f"Only torch.uint8 image tensors are supported, but found {img.dtype}")
    return array


def _equalized(plane: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    counts = np.bincount(plane.reshape(-1), minlength=256)
    present = counts[counts != 0]
    step = present[:-1].sum() // 255
    if step == 0:
        return plane
    table = (np.cumsum(counts) + step // 2) // step
    table = np.clip(np.concatenate([[0], table[:-1]]), 0, 255).astype(np.uint8)
    return np.asarray(table[plane])


def _smoothed(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Means of 3 by 3 pixels, the middle counted five times; the border stays as it is."""
    floats = array if array.dtype.kind == "f" else array.astype(np.float32)
    h, w = array.shape[-2:]
    total = np.zeros((*array.shape[:-2], h - 2, w - 2), floats.dtype)
    for i in range(3):
        for j in range(3):
            share = floats.dtype.type((5.0 if i == j == 1 else 1.0) / 13.0)
            total += share * floats[..., i : i + h - 2, j : j + w - 2]
    result = np.array(array)
    result[..., 1:-1, 1:-1] = total if array.dtype.kind == "f" else np.rint(total)
    return result

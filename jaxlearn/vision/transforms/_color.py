"""Colours: grey, brightness, contrast, saturation and hue."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._image import array_of, image_of, is_pil

# Luma of ITU-R BT.601, https://www.itu.int/rec/R-REC-BT.601, in torchvision's digits.
_LUMA = (0.2989, 0.587, 0.114)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The image in grey.

    .. math:: 0.2989 R + 0.587 G + 0.114 B

    Args:
        img: a PIL image or a tensor (..., 3 or 1, H, W).
        num_output_channels: 1, or 3 equal ones.

    Raises:
        ValueError: another number of channels is asked for.
        TypeError: the tensor has other channels.
    """
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    if is_pil(img):
        grey = img.convert("L")
        return grey if num_output_channels == 1 else _merged(grey)
    planes = _grey(checked(img))
    return image_of(np.concatenate([planes] * 3, -3) if num_output_channels == 3 else np.array(planes))


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """A PIL image in grey.

    Args:
        img: a PIL image.
        num_output_channels: 1, or 3 equal ones.

    Raises:
        TypeError: this is no PIL image.
        ValueError: another number of channels is asked for.
    """
    if not is_pil(img):
        raise TypeError("Input should be PIL Image")
    return rgb_to_grayscale(img, num_output_channels)


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """The image mixed with black.

    Args:
        img: a PIL image or a tensor (..., 3 or 1, H, W).
        brightness_factor: 0 gives black, 1 the image, 2 twice its brightness.

    Raises:
        ValueError: the factor is negative.
    """
    if is_pil(img):
        from PIL import ImageEnhance

        return ImageEnhance.Brightness(img).enhance(brightness_factor)
    _non_negative("brightness_factor", brightness_factor)
    array = checked(img)
    return image_of(blended(array, np.zeros_like(array), brightness_factor))


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """The image mixed with its mean grey.

    Args:
        img: a PIL image or a tensor (..., 3 or 1, H, W).
        contrast_factor: 0 gives grey, 1 the image, 2 twice its contrast.

    Raises:
        ValueError: the factor is negative.
    """
    if is_pil(img):
        from PIL import ImageEnhance

        return ImageEnhance.Contrast(img).enhance(contrast_factor)
    _non_negative("contrast_factor", contrast_factor)
    array = checked(img)
    grey = _grey(array)
    mean = grey.astype(_float_type(grey)).mean((-3, -2, -1), keepdims=True)
    return image_of(blended(array, mean, contrast_factor))


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """The image mixed with itself in grey.

    Args:
        img: a PIL image or a tensor (..., 3 or 1, H, W).
        saturation_factor: 0 gives grey, 1 the image, 2 twice its saturation.

    Raises:
        ValueError: the factor is negative.
    """
    if is_pil(img):
        from PIL import ImageEnhance

        return ImageEnhance.Color(img).enhance(saturation_factor)
    _non_negative("saturation_factor", saturation_factor)
    array = checked(img)
    return img if array.shape[-3] == 1 else image_of(blended(array, _grey(array), saturation_factor))


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """The image with its hues turned.

    Args:
        img: a PIL image or a tensor (..., 3 or 1, H, W).
        hue_factor: part of the colour circle, in [-0.5, 0.5].

    Raises:
        ValueError: the factor is outside of it.
    """
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    if is_pil(img):
        return _turned_pil(img, hue_factor)
    array = checked(img)
    if array.shape[-3] == 1:
        return img
    scale = highest(array)
    floats = array.astype(_float_type(array)) / scale
    turned = _turned(floats, hue_factor)
    if array.dtype.kind in "iu":
        # A little less than one level more, as in the conversion of dtypes.
        turned = turned * (scale + 1.0 - 1e-3)
    return image_of(turned.astype(array.dtype))


def _merged(grey: Any) -> Any:
    from PIL import Image

    return Image.merge("RGB", [grey] * 3)


def checked(img: Any) -> np.ndarray[Any, Any]:
    """The values of a tensor (..., 3 or 1, H, W).

    Raises:
        TypeError: it has other channels.
    """
    array = array_of(img)
    channels = array.shape[-3] if array.ndim > 2 else 1
    if channels not in (1, 3):
        raise TypeError(f"Input image tensor permitted channel values are [1, 3], but found {channels}")
    return array if array.ndim > 2 else array[None]


def _non_negative(name: str, factor: float) -> None:
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")


def highest(array: np.ndarray[Any, Any]) -> float:
    """White, in the array's type."""
    return float(np.iinfo(array.dtype).max) if array.dtype.kind in "iu" else 1.0


def _float_type(array: np.ndarray[Any, Any]) -> Any:
    return np.float32 if array.dtype.kind in "iub" else array.dtype


def _grey(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.shape[-3] == 1:
        return array
    floats = array.astype(_float_type(array), copy=False)
    red, green, blue = (floats[..., i, :, :] for i in range(3))
    return (_LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue).astype(array.dtype)[..., None, :, :]


def blended(array: np.ndarray[Any, Any], other: np.ndarray[Any, Any], ratio: float) -> np.ndarray[Any, Any]:
    """The ``ratio`` of one image and the rest of another, cut to the values that there are."""
    kind = _float_type(array)
    mixed = ratio * array.astype(kind, copy=False) + (1.0 - ratio) * other.astype(kind, copy=False)
    return np.clip(mixed, 0, highest(array)).astype(array.dtype)


def _turned_pil(img: Any, factor: float) -> Any:
    from PIL import Image

    if img.mode in {"L", "1", "I", "F"}:
        return img
    hue, saturation, value = img.convert("HSV").split()
    # Bytes wrap round as the colour circle does.
    turned = np.array(hue) + np.int32(factor * 255).astype(np.uint8)
    return Image.merge("HSV", (Image.fromarray(turned), saturation, value)).convert(img.mode)


def _turned(rgb: np.ndarray[Any, Any], factor: float) -> np.ndarray[Any, Any]:
    """Through HSV and back, https://en.wikipedia.org/wiki/HSL_and_HSV."""
    kind = rgb.dtype
    red, green, blue = (rgb[..., i, :, :] for i in range(3))
    value, low = rgb.max(-3), rgb.min(-3)
    grey = value == low
    span = value - low
    saturation = span / np.where(grey, 1, value).astype(kind)
    divisor = np.where(grey, 1, span).astype(kind)
    to_red, to_green, to_blue = ((value - c) / divisor for c in (red, green, blue))
    sextant = np.where(
        value == red,
        to_blue - to_green,
        np.where(value == green, 2 + to_red - to_blue, 4 + to_green - to_red),
    )
    hue = ((sextant / 6 + 1) % 1 + kind.type(factor)) % 1

    # Each channel is a trapezoid of the hue, the three of them a third of the circle apart.
    def channel(n: int) -> np.ndarray[Any, Any]:
        place = (n + hue * 6) % 6
        return value - value * saturation * np.clip(np.minimum(place, 4 - place), 0, 1)

    return np.stack([channel(n) for n in (5, 3, 1)], -3).astype(kind)

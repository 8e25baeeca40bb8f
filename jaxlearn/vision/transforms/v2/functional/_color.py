"""Colours: boxes, masks and keypoints have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxlearn import uint8
from jaxlearn.vision.transforms import functional as v1
from jaxlearn.vision.transforms._color import highest
from jaxlearn.vision.transforms._image import array_of, dimensions, image_of, is_pil

from ._dispatch import dispatched, kernels
from ._misc import to_dtype


def rgb_to_grayscale(inpt: Any, num_output_channels: int = 1) -> Any:
    """An image or a video in grey.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.rgb_to_grayscale.html

    Args:
        inpt: the image or video, of 3 channels or 1.
        num_output_channels: 1, or 3 equal ones.

    Raises:
        TypeError: the input is neither.
        ValueError: another number of channels is asked for.
    """
    return dispatched(rgb_to_grayscale, inpt, num_output_channels)


def _grey(inpt: Any, num_output_channels: int = 1) -> Any:
    if num_output_channels not in (1, 3):
        raise ValueError(f"num_output_channels must be 1 or 3, got {num_output_channels}.")
    if not is_pil(inpt) and dimensions(inpt)[0] == 1:
        array = array_of(inpt)
        return image_of(np.repeat(array, num_output_channels, axis=-3))
    return v1.rgb_to_grayscale(inpt, num_output_channels)


kernels(rgb_to_grayscale, _grey)
to_grayscale = rgb_to_grayscale


def grayscale_to_rgb(inpt: Any) -> Any:
    """An image or a video with three equal channels; one that has three stays as it is.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.grayscale_to_rgb.html

    Args:
        inpt: the image or video, of 3 channels or 1.

    Raises:
        TypeError: the input is neither.
    """
    return dispatched(grayscale_to_rgb, inpt)


def _colored(inpt: Any) -> Any:
    if is_pil(inpt):
        return inpt.convert(mode="RGB")
    return inpt if inpt.shape[-3] >= 3 else _grey(inpt, 3)


kernels(grayscale_to_rgb, _colored)


def adjust_brightness(inpt: Any, brightness_factor: float) -> Any:
    """An image or a video, its pixels multiplied.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_brightness.html

    Args:
        inpt: the image or video.
        brightness_factor: the factor, not negative.

    Raises:
        TypeError: the input is neither.
        ValueError: the factor is negative.
    """
    return dispatched(adjust_brightness, inpt, brightness_factor)


kernels(adjust_brightness, v1.adjust_brightness)


def adjust_contrast(inpt: Any, contrast_factor: float) -> Any:
    """An image or a video, its pixels' distance from their mean grey multiplied.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_contrast.html

    Args:
        inpt: the image or video.
        contrast_factor: the factor, not negative.

    Raises:
        TypeError: the input is neither.
        ValueError: the factor is negative.
    """
    return dispatched(adjust_contrast, inpt, contrast_factor)


kernels(adjust_contrast, v1.adjust_contrast)


def adjust_saturation(inpt: Any, saturation_factor: float) -> Any:
    """An image or a video, its pixels' distance from their grey multiplied.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_saturation.html

    Args:
        inpt: the image or video.
        saturation_factor: the factor, not negative.

    Raises:
        TypeError: the input is neither.
        ValueError: the factor is negative.
    """
    return dispatched(adjust_saturation, inpt, saturation_factor)


kernels(adjust_saturation, v1.adjust_saturation)


def adjust_hue(inpt: Any, hue_factor: float) -> Any:
    """An image or a video, its colours turned on the colour circle.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_hue.html

    Args:
        inpt: the image or video.
        hue_factor: part of the circle, in [-0.5, 0.5].

    Raises:
        TypeError: the input is neither.
        ValueError: the part is out of range.
    """
    return dispatched(adjust_hue, inpt, hue_factor)


kernels(adjust_hue, v1.adjust_hue)


def adjust_gamma(inpt: Any, gamma: float, gain: float = 1) -> Any:
    r"""An image or a video, :math:`\text{gain} \cdot x^\gamma` of its pixels in [0, 1].

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_gamma.html

    Args:
        inpt: the image or video.
        gamma: the exponent, not negative.
        gain: the factor.

    Raises:
        TypeError: the input is neither.
        ValueError: the exponent is negative.
    """
    return dispatched(adjust_gamma, inpt, gamma, gain)


kernels(adjust_gamma, v1.adjust_gamma)


def adjust_sharpness(inpt: Any, sharpness_factor: float) -> Any:
    """An image or a video, its pixels' distance from a smoothed picture multiplied.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.adjust_sharpness.html

    Args:
        inpt: the image or video.
        sharpness_factor: the factor, not negative.

    Raises:
        TypeError: the input is neither.
        ValueError: the factor is negative.
    """
    return dispatched(adjust_sharpness, inpt, sharpness_factor)


kernels(adjust_sharpness, v1.adjust_sharpness)


def posterize(inpt: Any, bits: int) -> Any:
    """An image or a video with only the highest bits of its pixels.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.posterize.html

    Args:
        inpt: the image or video.
        bits: how many.

    Raises:
        TypeError: the input is neither.
    """
    return dispatched(posterize, inpt, bits)


def _posterized(inpt: Any, bits: int) -> Any:
    if is_pil(inpt) or not inpt.is_floating_point():
        return v1.posterize(inpt, bits)
    array = array_of(inpt)
    levels = array.dtype.type(1 << bits)
    return image_of(np.clip(np.floor(array * levels), 0, levels - 1) * array.dtype.type(1.0 / (1 << bits)))


kernels(posterize, _posterized)


def solarize(inpt: Any, threshold: float) -> Any:
    """An image or a video, pixels from a value on inverted.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.solarize.html

    Args:
        inpt: the image or video.
        threshold: the value.

    Raises:
        TypeError: the input is neither.
    """
    return dispatched(solarize, inpt, threshold)


def _solarized(inpt: Any, threshold: float) -> Any:
    if not is_pil(inpt) and threshold > highest(array_of(inpt)):
        raise TypeError(
            f"Threshold should be less or equal the maximum value of the dtype, but got {threshold}"
        )
    return v1.solarize(inpt, threshold)


kernels(solarize, _solarized)


def autocontrast(inpt: Any) -> Any:
    """An image or a video, each channel stretched over the whole range.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.autocontrast.html

    Args:
        inpt: the image or video.

    Raises:
        TypeError: the input is neither.
    """
    return dispatched(autocontrast, inpt)


def _stretched(inpt: Any) -> Any:
    if is_pil(inpt):
        return v1.autocontrast(inpt)
    array = array_of(inpt)
    if array.shape[-3] not in (1, 3):
        raise TypeError(
            f"Input image tensor permitted channel values are 1 or 3, but found {array.shape[-3]}"
        )
    # Divided by the range where the older function multiplies by its inverse.
    floats = array if array.dtype.kind == "f" else array.astype(np.float32)
    bound = floats.dtype.type(highest(array))
    low, high = (f(floats, axis=(-2, -1), keepdims=True) for f in (np.min, np.max))
    even = low == high
    span = np.where(even, 1, (high - low) * floats.dtype.type(1.0 / bound)).astype(floats.dtype)
    return image_of(np.clip((floats - np.where(even, 0, low)) / span, 0, bound).astype(array.dtype))


kernels(autocontrast, _stretched)


def equalize(inpt: Any) -> Any:
    """An image or a video, its levels spread so that each is about as frequent.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.equalize.html

    Args:
        inpt: the image or video; floats are counted in 256 levels.

    Raises:
        TypeError: the input is neither.
    """
    return dispatched(equalize, inpt)


def _equalized(inpt: Any) -> Any:
    if is_pil(inpt) or not inpt.is_floating_point():
        return v1.equalize(inpt)
    return to_dtype(v1.equalize(to_dtype(inpt, uint8, True)), inpt.dtype, True)


kernels(equalize, _equalized)


def invert(inpt: Any) -> Any:
    """An image's or a video's negative.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.invert.html

    Args:
        inpt: the image or video.

    Raises:
        TypeError: the input is neither.
    """
    return dispatched(invert, inpt)


kernels(invert, v1.invert)


def permute_channels(inpt: Any, permutation: Sequence[int]) -> Any:
    """An image or a video with its channels in another order.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.permute_channels.html

    Args:
        inpt: the image or video.
        permutation: for each channel of the result the one that it is.

    Raises:
        TypeError: the input is neither.
        ValueError: the numbers of channels differ.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.transforms.v2 import functional as F
        >>> F.permute_channels(torch.tensor([[[1]], [[2]], [[3]]]), [2, 0, 1]).flatten()
        tensor([3, 1, 2])
    """
    return dispatched(permute_channels, inpt, permutation)


def _permuted(inpt: Any, permutation: Any) -> Any:
    if is_pil(inpt):
        return v1.to_pil_image(_permuted(v1.pil_to_tensor(inpt), permutation))
    array, order = array_of(inpt), [int(i) for i in permutation]
    if len(order) != array.shape[-3]:
        raise ValueError(
            f"Length of permutation does not match number of channels: {len(order)} != {array.shape[-3]}"
        )
    return image_of(np.ascontiguousarray(array[..., order, :, :]))


kernels(permute_channels, _permuted)

"""Dtypes, normalisation, blur, noise, erasing, compression and frames."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxlearn import Tensor, float32, iinfo, linspace, randn
from jaxlearn.vision.transforms import functional as v1
from jaxlearn.vision.transforms._image import array_of, image_of, is_pil

from ._dispatch import dispatched, kernels


def normalize(inpt: Any, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> Any:
    """An image or a video with each channel's mean taken off and divided by its standard deviation.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.normalize.html

    Args:
        inpt: floats (..., C, H, W).
        mean: one number per channel.
        std: one number per channel.
        inplace: write into ``inpt``.

    Raises:
        TypeError: the input is no tensor of floats.
        ValueError: it has fewer than three dimensions, or a standard deviation is zero.
    """
    return dispatched(normalize, inpt, mean=mean, std=std, inplace=inplace)


def _normalized(inpt: Any, mean: Any, std: Any, inplace: bool = False) -> Any:
    if not inpt.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {inpt.dtype}.")
    if inpt.ndim < 3:
        raise ValueError(f"Expected tensor to be a tensor image of size (..., C, H, W). Got {inpt.shape}.")
    if not (all(std) if isinstance(std, (tuple, list)) else np.all(std)):
        raise ValueError("std evaluated to zero, leading to division by zero.")
    return v1.normalize(inpt, mean, std, inplace)


kernels(normalize, _normalized, pil=False)


def to_dtype(inpt: Any, dtype: Any = float32, scale: bool = False) -> Any:
    """The input in another dtype.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.to_dtype.html

    Args:
        inpt: an image, a video, a mask, boxes or keypoints.
        dtype: the dtype wanted.
        scale: for images and videos: scale from one dtype's range to the other's, where floats range over [0, 1].

    Raises:
        TypeError: the input is of another kind.
        RuntimeError: the floats cannot hold all integers of ``dtype``.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.transforms.v2 import functional as F
        >>> F.to_dtype(torch.tensor([[[0, 51, 255]]], dtype=torch.uint8), torch.float32, scale=True)
        tensor([[[0.0000, 0.2000, 1.0000]]])
    """
    return dispatched(to_dtype, inpt, dtype=dtype, scale=scale)


def _as_dtype(inpt: Any, dtype: Any = float32, scale: bool = False) -> Any:
    if inpt.dtype is dtype or not scale:
        return inpt.to(dtype)
    if inpt.dtype.is_floating_point or not dtype.is_floating_point:
        return v1.convert_image_dtype(inpt, dtype)
    highest = 1 if inpt.dtype._np.kind == "b" else int(iinfo(inpt.dtype).max)
    # By a product, where the older function divides.
    return image_of(array_of(inpt).astype(dtype._np) * dtype._np.type(1.0 / highest))


def _other_as_dtype(inpt: Any, dtype: Any = float32, scale: bool = False) -> Any:
    return inpt.to(dtype)


kernels(to_dtype, _as_dtype, pil=False, masks=_other_as_dtype, boxes=_other_as_dtype, points=_other_as_dtype)


def convert_image_dtype(image: Any, dtype: Any = float32) -> Any:
    """An image in another dtype, its values scaled: :func:`to_dtype` with ``scale=True``.

    Args:
        image: the image or video.
        dtype: the dtype wanted.

    Raises:
        RuntimeError: the floats cannot hold all integers of ``dtype``.
    """
    return to_dtype(image, dtype, scale=True)


def gaussian_blur(inpt: Any, kernel_size: int | Sequence[int], sigma: Any = None) -> Any:
    """An image or a video, each pixel a mean of those around it with weights of a normal distribution.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.gaussian_blur.html

    Args:
        inpt: the image or video.
        kernel_size: width and height of the surroundings, odd, or one number for both.
        sigma: the standard deviations along x and y, or one number; by default 0.15 of the size and 0.35.

    Raises:
        TypeError: the input is neither.
        ValueError: a size or deviation is out of range.
    """
    return dispatched(gaussian_blur, inpt, kernel_size=kernel_size, sigma=sigma)


def _blurred(inpt: Any, kernel_size: Any, sigma: Any = None) -> Any:
    sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    if sigma is None:
        sigma = [size * 0.15 + 0.35 for size in sizes]
    return v1.gaussian_blur(inpt, sizes, sigma)


kernels(gaussian_blur, _blurred)


def gaussian_noise(inpt: Any, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> Any:
    """An image or a video with normal noise.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.gaussian_noise.html

    Args:
        inpt: floats in [0, 1] or bytes; no PIL image.
        mean: of the noise, for pixels in [0, 1].
        sigma: its standard deviation.
        clip: cut off what leaves the range.

    Raises:
        TypeError: the input is neither image nor video.
        ValueError: ``sigma`` is negative, or the input is a PIL image or of another dtype.
    """
    return dispatched(gaussian_noise, inpt, mean=mean, sigma=sigma, clip=clip)


def _noisy(inpt: Any, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> Any:
    if is_pil(inpt):
        raise ValueError("Gaussian Noise is not implemented for PIL images.")
    if sigma < 0:
        raise ValueError(f"sigma shouldn't be negative. Got {sigma}")
    array = array_of(inpt)
    shape = tuple(inpt.shape)
    if array.dtype.kind == "f":
        kind = array.dtype.type
        noisy = array + (kind(mean) + np.asarray(randn(shape, dtype=inpt.dtype).numpy()) * kind(sigma))
        return image_of(np.clip(noisy, 0, 1) if clip else noisy)
    if array.dtype != np.uint8:
        raise ValueError(f"Input tensor is expected to be in uint8 or float dtype, got dtype={inpt.dtype}")
    drawn = np.asarray(randn(shape, dtype=float32).numpy()) * np.float32(sigma * 255)
    noise = (np.float32(mean * 255) + drawn).astype(np.int16)
    noisy = array + noise
    return image_of((np.clip(noisy, 0, 255) if clip else noisy).astype(np.uint8))


kernels(gaussian_noise, _noisy)


def erase(inpt: Any, i: int, j: int, h: int, w: int, v: Tensor, inplace: bool = False) -> Any:
    """An image or a video with a rectangle written over.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.erase.html

    Args:
        inpt: the image or video.
        i: the rectangle's first row.
        j: its first column.
        h: its number of rows.
        w: its number of columns.
        v: what to write.
        inplace: write into ``inpt``, where it is a tensor.

    Raises:
        TypeError: the input is neither.
    """
    return dispatched(erase, inpt, i, j, h, w, v, inplace)


def _erased(inpt: Any, *given: Any) -> Any:
    if is_pil(inpt):
        return v1.to_pil_image(v1.erase(v1.pil_to_tensor(inpt), *given), mode=inpt.mode)
    return v1.erase(inpt, *given)


kernels(erase, _erased)


def jpeg(image: Any, quality: int) -> Any:
    """An image or a video, written as JPEG and read again.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.jpeg.html

    Args:
        image: bytes of 3 channels or 1, or a PIL image.
        quality: from 1 to 100.

    Raises:
        TypeError: the input is neither image nor video.
    """
    return dispatched(jpeg, image, quality)


def _compressed(image: Any, quality: int) -> Any:
    if is_pil(image):
        from PIL import Image

        file = io.BytesIO()
        image.save(file, format="JPEG", quality=quality)
        return Image.open(file)
    array = array_of(image)
    pictures = array.reshape(-1, *array.shape[-3:])
    read = [
        v1.pil_to_tensor(_compressed(v1.to_pil_image(image_of(picture)), quality)).numpy()
        for picture in pictures
    ]
    return image_of(np.stack(read).reshape(array.shape) if read else array.copy())


kernels(jpeg, _compressed)


def uniform_temporal_subsample(inpt: Any, num_samples: int) -> Any:
    """Some of a video's frames, as far apart as each other.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.functional.uniform_temporal_subsample.html

    Args:
        inpt: the video, (..., T, C, H, W).
        num_samples: how many frames.

    Raises:
        TypeError: the input is no video.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.transforms.v2 import functional as F
        >>> F.uniform_temporal_subsample(torch.arange(9).reshape(9, 1, 1, 1), 3).flatten()
        tensor([0, 4, 8])
    """
    return dispatched(uniform_temporal_subsample, inpt, num_samples)


def _subsampled(video: Any, num_samples: int) -> Any:
    last = video.shape[-4] - 1
    return video.index_select(-4, linspace(0, last, num_samples).long())


kernels(uniform_temporal_subsample, videos=_subsampled)

"""Between PIL images, arrays and tensors; scaling and normalization."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._dtypes import dtype as Dtype
from ..._dtypes import from_numpy_dtype, get_default_dtype, iinfo
from ..._tensor.core import TensorBase
from ._image import array_of, image_of, is_pil

# The NumPy types of Pillow's modes whose pixels are not bytes.
_WORD = "I;16" if sys.byteorder == "little" else "I;16B"
_TYPES = {"I": np.int32, _WORD: np.int16, "F": np.float32}

# Pillow's modes by number of channels; the first is the default for bytes.
_MODES = {2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX")}

# Floats that cannot hold all integers of the other type.
_INEXACT = {("float32", "int32"), ("float32", "int64"), ("float64", "int64")}


def scaled_pixels(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Bytes as contiguous floats in [0, 1], by a true division by 255."""
    dtype = get_default_dtype()._np
    floats = np.empty(pixels.shape, dtype)
    floats[...] = pixels
    np.divide(floats, dtype.type(255), out=floats)
    return floats


def to_tensor(pic: Any) -> Any:
    """A PIL image or an array (H, W, C) as a tensor (C, H, W); bytes become floats in [0, 1].

    Args:
        pic: a PIL image or a NumPy array (H, W) or (H, W, C).

    Raises:
        TypeError: it is neither.
        ValueError: the array has another number of dimensions.
    """
    if isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        array = pic
    elif is_pil(pic):
        array = np.array(pic, _TYPES.get(pic.mode, np.uint8))
        if pic.mode == "1":
            array *= 255
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    planes = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
    return image_of(scaled_pixels(planes) if planes.dtype == np.uint8 else np.array(planes, order="C"))


def pil_to_tensor(pic: Any) -> Any:
    """A PIL image as a tensor (C, H, W) of the same numbers.

    Args:
        pic: a PIL image.

    Raises:
        TypeError: it is none.
    """
    if not is_pil(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    array = np.array(pic)
    return image_of(array[None] if array.ndim == 2 else np.ascontiguousarray(array.transpose(2, 0, 1)))


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor (C, H, W) or an array (H, W, C) as a PIL image; floats in [0, 1] become bytes.

    Args:
        pic: with at most 4 channels.
        mode: Pillow's mode, by default made of dtype and channels.

    Raises:
        TypeError: it is neither, or no mode has its dtype.
        ValueError: the shape or the mode does not fit.
    """
    from PIL import Image

    if isinstance(pic, TensorBase):
        array = array_of(pic.detach()) if pic.ndim >= 2 else np.asarray(pic.detach()._array())
        array = array.transpose(1, 2, 0) if array.ndim == 3 else array
    elif isinstance(pic, np.ndarray):
        array = pic
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    array = array[:, :, None] if array.ndim == 2 else array
    if array.ndim != 3:
        raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    channels = array.shape[-1]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if np.issubdtype(array.dtype, np.floating) and mode != "F":
        array = (array * 255).astype(np.uint8)
    if channels == 1:
        array = array[:, :, 0]
        expected = {"uint8": "L", "int16": _WORD, "int32": "I", "float32": "F"}.get(array.dtype.name)
        if mode is not None and mode != expected:
            raise ValueError(
                f"Incorrect mode ({mode}) supplied for input type {np.dtype}. Should be {expected}"
            )
        mode = expected
    else:
        permitted = list(_MODES[channels])
        if mode is None and array.dtype == np.uint8:
            mode = permitted[0]
        elif mode is not None and mode not in permitted:
            raise ValueError(f"Only modes {permitted} are supported for {channels}D inputs")
    if mode is None:
        raise TypeError(f"Input type {array.dtype} is not supported")
    return Image.frombytes(mode, (array.shape[1], array.shape[0]), np.ascontiguousarray(array).tobytes())


def convert_image_dtype(image: Any, dtype: Dtype) -> Any:
    """A tensor of another dtype, its values scaled from one dtype's range to the other's.

    Args:
        image: a tensor.
        dtype: of the result; floats range over [0, 1].

    Raises:
        TypeError: this is no tensor.
        RuntimeError: the floats cannot hold all integers of ``dtype``.
    """
    if not isinstance(image, TensorBase):
        raise TypeError("Input img should be Tensor Image")
    source = image.dtype
    if source is dtype:
        return image
    array, to = array_of(image), dtype._np
    if source.is_floating_point:
        if dtype.is_floating_point:
            return image_of(array.astype(to))
        if (array.dtype.name, to.name) in _INEXACT:
            raise RuntimeError(f"The cast from {source} to {dtype} cannot be performed safely.")
        # A little less than one level more, so that only 1.0 and its nearest neighbours become the highest level.
        scale = array.dtype.type(float(_highest(dtype)) + 1.0 - 1e-3)
        return image_of((array * scale).astype(to))
    highest = _highest(source)
    if dtype.is_floating_point:
        return image_of(array.astype(to) / to.type(float(highest)))
    wanted = _highest(dtype)
    if highest > wanted:
        factor = (highest + 1) // (wanted + 1)
        return image_of((array // array.dtype.type(factor)).astype(to))
    return image_of(array.astype(to) * to.type((wanted + 1) // (highest + 1)))


def _highest(dtype: Dtype) -> int:
    return 1 if dtype._np.kind == "b" else int(iinfo(dtype).max)


def normalize(tensor: Any, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> Any:
    """A tensor image with each channel's mean taken off and divided by its standard deviation.

    Args:
        tensor: floats (..., C, H, W).
        mean: one number per channel, or one.
        std: one number per channel, or one.
        inplace: write into ``tensor``.

    Raises:
        TypeError: this is no tensor of floats.
        ValueError: it has fewer than 3 dimensions, or a standard deviation is zero.
        RuntimeError: the channels do not fit.
    """
    if not isinstance(tensor, TensorBase):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    if not tensor.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    if tensor.ndim < 3:
        raise ValueError(
            "Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = "
            f"{tensor.size()}"
        )
    image: Any = tensor
    if not tensor.requires_grad:
        result = image_of(normalized(array_of(tensor), mean, std))
        return image.copy_(result) if inplace else result
    shift, scale = (image_of(a) for a in _per_channel(mean, std, tensor.dtype._np, tuple(tensor.shape)))
    return image.sub_(shift).div_(scale) if inplace else (image - shift) / scale


def normalized(
    images: np.ndarray[Any, Any], mean: Sequence[float], std: Sequence[float]
) -> np.ndarray[Any, Any]:
    """A new array: ``(images - mean) / std`` in the images' own precision."""
    shift, scale = _per_channel(mean, std, images.dtype, images.shape)
    result = np.subtract(images, shift)
    np.divide(result, scale, out=result)
    return result


def _per_channel(
    mean: Any, std: Any, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Mean and standard deviation ready to broadcast over (..., C, H, W)."""
    shift, scale = _statistics(mean, dtype), _statistics(std, dtype)
    if not scale.all():
        raise ValueError(
            f"std evaluated to zero after conversion to {from_numpy_dtype(dtype)}, leading to division by zero."
        )
    channels = shape[-3]
    for array in (shift, scale):
        given = array.shape[0] if array.ndim == 3 else 1
        if given not in (1, channels):
            if channels == 1:
                broadcast = [*shape[:-3], given, *shape[-2:]]
                raise RuntimeError(
                    f"output with shape {list(shape)} doesn't match the broadcast shape {broadcast}"
                )
            raise RuntimeError(
                f"The size of tensor a ({channels}) must match the size of tensor b ({given}) at "
                f"non-singleton dimension {len(shape) - 3}"
            )
    return shift, scale


def _statistics(values: Any, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    if isinstance(values, (tuple, list)):
        return _column(tuple(values), dtype)
    array = np.asarray(values._array() if isinstance(values, TensorBase) else values, dtype=dtype)
    return array.reshape(-1, 1, 1) if array.ndim == 1 else array


@functools.lru_cache(64)
def _column(values: tuple[float, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    # A transform is called for every image with the same numbers.
    return np.array(values, dtype).reshape(-1, 1, 1)

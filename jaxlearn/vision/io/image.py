"""Image files read and written as tensors, by Pillow.

https://docs.pytorch.org/vision/stable/io.html
"""

from __future__ import annotations

import enum
import io
import os
from typing import Any

import numpy as np

from ..._tensor.core import TensorBase
from ..transforms._image import image_of

__all__ = [
    "ImageReadMode",
    "decode_image",
    "decode_jpeg",
    "decode_png",
    "encode_jpeg",
    "encode_png",
    "read_file",
    "read_image",
    "write_file",
    "write_jpeg",
    "write_png",
]


class ImageReadMode(enum.Enum):
    """The channels that an image is read with.

    https://docs.pytorch.org/vision/stable/generated/torchvision.io.ImageReadMode.html
    """

    UNCHANGED = 0
    GRAY = 1
    GRAY_ALPHA = 2
    RGB = 3
    RGB_ALPHA = 4
    RGBA = 4  # noqa: PIE796 (two names of one mode)


_MODES = {
    ImageReadMode.GRAY: "L",
    ImageReadMode.GRAY_ALPHA: "LA",
    ImageReadMode.RGB: "RGB",
    ImageReadMode.RGB_ALPHA: "RGBA",
}


def _mode_of(mode: ImageReadMode | str, image: Any) -> str:
    """Pillow's name of the mode to read an image with."""
    found = ImageReadMode[mode.upper()] if isinstance(mode, str) else mode
    if found in _MODES:
        return _MODES[found]
    if image.mode == "P":  # a palette says colours by number
        return "RGBA" if "transparency" in image.info else "RGB"
    return "L" if image.mode == "1" else str(image.mode)


def read_file(path: str | os.PathLike[str]) -> Any:
    """A file's content, uint8 of one dimension.

    https://docs.pytorch.org/vision/stable/generated/torchvision.io.read_file.html

    Args:
        path: the file.

    Raises:
        RuntimeError: it cannot be read.
    """
    try:
        return image_of(np.fromfile(path, np.uint8))
    except OSError as error:
        raise RuntimeError(str(error)) from None


def write_file(filename: str | os.PathLike[str], data: Any) -> None:
    """Write a tensor of bytes as a file's content.

    https://docs.pytorch.org/vision/stable/generated/torchvision.io.write_file.html

    Args:
        filename: the file.
        data: uint8 of one dimension.
    """
    data.numpy().tofile(filename)


def decode_image(
    input: Any,
    mode: ImageReadMode | str = ImageReadMode.UNCHANGED,
    apply_exif_orientation: bool = False,
) -> Any:
    """The image that an encoded file holds, (C, H, W).

    https://docs.pytorch.org/vision/stable/generated/torchvision.io.decode_image.html

    Args:
        input: the file's content, uint8 of one dimension, or its path.
        mode: the channels wanted.
        apply_exif_orientation: turn the image as its EXIF data say.

    Raises:
        RuntimeError: this is no image that Pillow reads.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.io import decode_image, encode_png
        >>> image = torch.arange(12, dtype=torch.uint8).reshape(3, 2, 2)
        >>> torch.equal(decode_image(encode_png(image)), image)
        True
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    data = input if isinstance(input, TensorBase) else read_file(input)
    try:
        image: Any = Image.open(io.BytesIO(data.numpy().tobytes()))
        if apply_exif_orientation:
            image = ImageOps.exif_transpose(image)
        wanted = _mode_of(mode, image)
        array = np.array(image if image.mode == wanted else image.convert(wanted))
    except (UnidentifiedImageError, OSError) as error:
        raise RuntimeError(f"the data cannot be read as an image: {error}") from None
    return image_of(array[None] if array.ndim == 2 else np.ascontiguousarray(array.transpose(2, 0, 1)))


def read_image(
    path: str | os.PathLike[str],
    mode: ImageReadMode | str = ImageReadMode.UNCHANGED,
    apply_exif_orientation: bool = False,
) -> Any:
    """The image in a file, (C, H, W).

    https://docs.pytorch.org/vision/stable/generated/torchvision.io.read_image.html

    Args:
        path: the file.
        mode: the channels wanted.
        apply_exif_orientation: turn the image as its EXIF data say.

    Raises:
        RuntimeError: the file cannot be read, or is no image that Pillow reads.
    """
    return decode_image(read_file(path), mode, apply_exif_orientation)


def decode_png(
    input: Any, mode: ImageReadMode | str = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False
) -> Any:
    """:func:`decode_image` of a PNG file.

    Args:
        input: the file's content.
        mode: the channels wanted.
        apply_exif_orientation: turn the image as its EXIF data say.
    """
    return decode_image(input, mode, apply_exif_orientation)


def decode_jpeg(
    input: Any, mode: ImageReadMode | str = ImageReadMode.UNCHANGED, apply_exif_orientation: bool = False
) -> Any:
    """:func:`decode_image` of a JPEG file.

    Args:
        input: the file's content.
        mode: the channels wanted.
        apply_exif_orientation: turn the image as its EXIF data say.
    """
    return decode_image(input, mode, apply_exif_orientation)


def _encoded(image: Any, form: str, **options: Any) -> Any:
    from PIL import Image

    if str(image.dtype).rpartition(".")[2] != "uint8":
        raise RuntimeError("Input tensor dtype should be uint8")
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise RuntimeError(f"The number of channels should be 1 or 3, got: {image.shape[0]}")
    array = image.numpy()
    file = io.BytesIO()
    Image.fromarray(array[0] if len(array) == 1 else array.transpose(1, 2, 0)).save(file, form, **options)
    return image_of(np.frombuffer(bytearray(file.getvalue()), np.uint8))


def encode_png(input: Any, compression_level: int = 6) -> Any:
    """An image as the content of a PNG file, uint8 of one dimension.

    https://docs.pytorch.org/vision/stable/generated/torchvision.io.encode_png.html

    Args:
        input: uint8 (C, H, W) of 1 or 3 channels.
        compression_level: 0 (none) to 9.

    Raises:
        RuntimeError: another dtype or shape.
    """
    return _encoded(input, "PNG", compress_level=compression_level)


def encode_jpeg(input: Any, quality: int = 75) -> Any:
    """An image as the content of a JPEG file, uint8 of one dimension.

    https://docs.pytorch.org/vision/stable/generated/torchvision.io.encode_jpeg.html

    Args:
        input: uint8 (C, H, W) of 1 or 3 channels.
        quality: 1 to 100.

    Raises:
        RuntimeError: another dtype or shape.
    """
    return _encoded(input, "JPEG", quality=quality)


def write_png(input: Any, filename: str | os.PathLike[str], compression_level: int = 6) -> None:
    """Write an image as a PNG file.

    https://docs.pytorch.org/vision/stable/generated/torchvision.io.write_png.html

    Args:
        input: uint8 (C, H, W) of 1 or 3 channels.
        filename: the file.
        compression_level: 0 (none) to 9.
    """
    write_file(filename, encode_png(input, compression_level))


def write_jpeg(input: Any, filename: str | os.PathLike[str], quality: int = 75) -> None:
    """Write an image as a JPEG file.

    https://docs.pytorch.org/vision/stable/generated/torchvision.io.write_jpeg.html

    Args:
        input: uint8 (C, H, W) of 1 or 3 channels.
        filename: the file.
        quality: 1 to 100.
    """
    write_file(filename, encode_jpeg(input, quality))

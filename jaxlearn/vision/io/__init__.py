"""Image files read and written as tensors, with torchvision's names.

https://docs.pytorch.org/vision/stable/io.html
"""

from __future__ import annotations

from .image import ImageReadMode as ImageReadMode
from .image import decode_image as decode_image
from .image import decode_jpeg as decode_jpeg
from .image import decode_png as decode_png
from .image import encode_jpeg as encode_jpeg
from .image import encode_png as encode_png
from .image import read_file as read_file
from .image import read_image as read_image
from .image import write_file as write_file
from .image import write_jpeg as write_jpeg
from .image import write_png as write_png

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

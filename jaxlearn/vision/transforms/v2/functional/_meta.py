"""What is known of an input: its size, channels and frames."""

from __future__ import annotations

from typing import Any

from jaxlearn import Tensor
from jaxlearn.vision import tv_tensors
from jaxlearn.vision.transforms import _image
from jaxlearn.vision.transforms._image import is_pil

from ._dispatch import is_pure_tensor


def _is_image(inpt: Any) -> bool:
    return is_pil(inpt) or is_pure_tensor(inpt) or isinstance(inpt, (tv_tensors.Image, tv_tensors.Video))


def _refuse(name: str, inpt: Any) -> Any:
    raise TypeError(f"Functional F.{name} does not support inputs of type {type(inpt)}.")


def get_dimensions(inpt: Any) -> list[int]:
    """Channels, height and width.

    Args:
        inpt: an image or a video.

    Raises:
        TypeError: it is neither, or has fewer than two dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.transforms.v2 import functional as F
        >>> F.get_dimensions(torch.zeros(3, 8, 9))
        [3, 8, 9]
    """
    if not _is_image(inpt):
        _refuse("get_dimensions", inpt)
    if isinstance(inpt, Tensor) and inpt.ndim < 2:
        raise TypeError(f"Input tensor should have at least two dimensions, but got {inpt.ndim}")
    return list(_image.dimensions(inpt))


def get_num_channels(inpt: Any) -> int:
    """The number of channels.

    Args:
        inpt: an image or a video.

    Raises:
        TypeError: it is neither, or has fewer than two dimensions.
    """
    return get_dimensions(inpt)[0]


def get_size(inpt: Any) -> list[int]:
    """Height and width: of boxes and keypoints those of the image that they lie in.

    Args:
        inpt: an image, a video, a mask, boxes or keypoints.

    Raises:
        TypeError: it is none of them, or has fewer than two dimensions.
    """
    if isinstance(inpt, (tv_tensors.BoundingBoxes, tv_tensors.KeyPoints)):
        return list(inpt.canvas_size)
    if isinstance(inpt, tv_tensors.Mask):
        return list(inpt.shape[-2:])
    return get_dimensions(inpt)[1:]


def get_num_frames(inpt: Any) -> int:
    """The number of frames.

    Args:
        inpt: a video (..., T, C, H, W), also as a plain tensor.

    Raises:
        TypeError: it is something else.
    """
    if not is_pure_tensor(inpt) and not isinstance(inpt, tv_tensors.Video):
        _refuse("get_num_frames", inpt)
    return int(inpt.shape[-4])

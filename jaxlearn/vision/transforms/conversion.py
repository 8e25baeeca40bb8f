"""Transforms between PIL images, arrays and tensors, and of a tensor's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._dtypes import dtype as Dtype
from ..._dtypes import float32
from . import functional as F
from ._convert import normalized, scaled_pixels
from ._image import Transform

__all__ = ["ConvertImageDtype", "Normalize", "PILToTensor", "ToPILImage", "ToTensor"]


class ToTensor(Transform):
    """A PIL image or an array (H, W, C) as a tensor (C, H, W); 8-bit pixels become floats in [0, 1].

    .. math:: x / 255

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ToTensor.html

    Example::

        >>> import numpy as np
        >>> from jaxlearn.vision import transforms
        >>> transforms.ToTensor()(np.array([[0, 51, 255]], dtype=np.uint8))
        tensor([[[0.0000, 0.2000, 1.0000]]])
    """

    def forward(self, pic: Any) -> Any:
        """The tensor.

        Args:
            pic: a PIL image or a NumPy array (H, W) or (H, W, C).
        """
        return F.to_tensor(pic)

    def apply_batch(self, images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        """A whole batch at once, bit for bit what the images one by one give.

        Args:
            images: uint8, (N, H, W) or (N, H, W, C).

        Returns:
            Floats (N, C, H, W), or None for another dtype.
        """
        if images.dtype != np.uint8 or not self._is_plain(ToTensor):
            return None
        return scaled_pixels(images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2))


class PILToTensor(Transform):
    """A PIL image as a tensor (C, H, W) of the same numbers.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.PILToTensor.html
    """

    def forward(self, pic: Any) -> Any:
        """The tensor.

        Args:
            pic: a PIL image.
        """
        return F.pil_to_tensor(pic)


class ConvertImageDtype(Transform):
    """A tensor image of another dtype, its values scaled from one dtype's range to the other's.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ConvertImageDtype.html

    Args:
        dtype: of the result; floats range over [0, 1].

    Raises:
        TypeError: this is no dtype.
    """

    def __init__(self, dtype: Dtype = float32) -> None:
        if not isinstance(dtype, Dtype):
            raise TypeError("Argument dtype should be of type torch.dtype")
        self.dtype = dtype

    def forward(self, image: Any) -> Any:
        """The scaled tensor.

        Args:
            image: a tensor.
        """
        return F.convert_image_dtype(image, self.dtype)


class ToPILImage(Transform):
    """A tensor (C, H, W) or an array (H, W, C) as a PIL image; floats in [0, 1] become 8-bit pixels.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.ToPILImage.html

    Args:
        mode: Pillow's mode, by default made of dtype and channels.
    """

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def forward(self, pic: Any) -> Any:
        """The PIL image.

        Args:
            pic: a tensor or an array.
        """
        return F.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.mode is None else f'mode={self.mode}'})"


class Normalize(Transform):
    r"""A tensor image with each channel's mean taken off and divided by its standard deviation.

    .. math:: (x_c - mean_c) / std_c

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Normalize.html

    Args:
        mean: one number per channel.
        std: one number per channel.
        inplace: write into the given tensor.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import transforms
        >>> transforms.Normalize((0.5,), (0.25,))(torch.ones(1, 1, 2))
        tensor([[[2., 2.]]])
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def forward(self, tensor: Any) -> Any:
        """The normalized tensor.

        Args:
            tensor: floats (..., C, H, W).
        """
        return F.normalize(tensor, self.mean, self.std, self.inplace)

    def apply_batch(self, images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        """A whole batch at once, bit for bit what the images one by one give.

        Args:
            images: floats (N, C, H, W).

        Returns:
            Floats of the same shape, or None for integers.
        """
        if images.dtype.kind != "f" or not self._is_plain(Normalize):
            return None
        return normalized(images, self.mean, self.std)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"

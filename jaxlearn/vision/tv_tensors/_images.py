"""Images, videos and masks: tensors whose last two dimensions are height and width."""

from __future__ import annotations

from typing import Any

from jaxlearn import Tensor
from jaxlearn.vision.transforms._convert import pil_to_tensor
from jaxlearn.vision.transforms._image import is_pil

from ._base import TVTensor

__all__ = ["Image", "Mask", "Video"]


class _Picture(TVTensor):
    """Base: made of data that :func:`jaxlearn.as_tensor` takes, or of a PIL image."""

    def __new__(
        cls,
        data: Any,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool | None = None,
    ) -> Any:
        if is_pil(data):
            data = pil_to_tensor(data)
        return cls._checked(cls._from_data(data, dtype, device, requires_grad)).as_subclass(cls)

    @classmethod
    def _checked(cls, tensor: Tensor) -> Tensor:
        return tensor


class Image(_Picture):
    """An image or several, (..., C, H, W); one of two dimensions gets a channel.

    https://docs.pytorch.org/vision/stable/generated/torchvision.tv_tensors.Image.html

    Args:
        data: what :func:`jaxlearn.as_tensor` takes, or a PIL image.
        dtype: by default the data's.
        device: where it is to be.
        requires_grad: by default as of the data.

    Raises:
        ValueError: there are fewer than two dimensions.

    Example::

        >>> from jaxlearn.vision import tv_tensors
        >>> tv_tensors.Image([[1, 2]]).shape
        torch.Size([1, 1, 2])
    """

    @classmethod
    def _checked(cls, tensor: Tensor) -> Tensor:
        if tensor.ndim < 2:
            raise ValueError(f"Tensor must be 2D or higher, got {tensor.ndim}D tensor.")
        return tensor.unsqueeze(0) if tensor.ndim == 2 else tensor

    def _told(self) -> str:
        return ""


class Video(_Picture):
    """A video or several, (..., T, C, H, W).

    https://docs.pytorch.org/vision/stable/generated/torchvision.tv_tensors.Video.html

    Args:
        data: what :func:`jaxlearn.as_tensor` takes.
        dtype: by default the data's.
        device: where it is to be.
        requires_grad: by default as of the data.

    Raises:
        ValueError: there are fewer than four dimensions.
    """

    @classmethod
    def _checked(cls, tensor: Tensor) -> Tensor:
        if tensor.ndim < 4:
            raise ValueError
        return tensor

    def _told(self) -> str:
        return ""


class Mask(_Picture):
    """A mask that tells each pixel's class or object, (..., H, W).

    https://docs.pytorch.org/vision/stable/generated/torchvision.tv_tensors.Mask.html

    Args:
        data: what :func:`jaxlearn.as_tensor` takes, or a PIL image.
        dtype: by default the data's.
        device: where it is to be.
        requires_grad: by default as of the data.
    """

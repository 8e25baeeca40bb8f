"""Between PIL images, arrays and tensors."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import PIL.Image

from jaxlearn import Tensor
from jaxlearn.vision import tv_tensors

from . import functional as F
from ._transform import Transform
from .functional._dispatch import is_pure_tensor

__all__ = ["PILToTensor", "ToImage", "ToPILImage", "ToPureTensor", "ToTensor"]


class PILToTensor(Transform):
    """PIL images as tensors (C, H, W) of the same numbers.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.PILToTensor.html
    """

    _transformed_types = (PIL.Image.Image,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One image as a tensor."""
        return F.pil_to_tensor(inpt)


class ToImage(Transform):
    """Tensors, arrays (H, W, C) and PIL images as :class:`~jaxlearn.vision.tv_tensors.Image` of the same numbers.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToImage.html
    """

    _transformed_types = (is_pure_tensor, PIL.Image.Image, np.ndarray)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value as an image."""
        return F.to_image(inpt)


class ToPILImage(Transform):
    """Tensors (C, H, W) and arrays (H, W, C) as PIL images.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToPILImage.html

    Args:
        mode: Pillow's mode, by default made of dtype and channels.
    """

    _transformed_types = (is_pure_tensor, tv_tensors.Image, np.ndarray)

    def __init__(self, mode: str | None = None) -> None:
        super().__init__()
        self.mode = mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value as a PIL image."""
        return F.to_pil_image(inpt, mode=self.mode)


class ToPureTensor(Transform):
    """Tensors that know what they hold as plain ones.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToPureTensor.html
    """

    _transformed_types = (tv_tensors.TVTensor,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value as a plain tensor."""
        return inpt.as_subclass(Tensor)


class ToTensor(Transform):
    """PIL images and arrays (H, W, C) as tensors (C, H, W); bytes become floats in [0, 1].

    :class:`ToImage` and :class:`ToDtype` with ``scale=True`` are to be preferred.
    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ToTensor.html
    """

    _transformed_types = (PIL.Image.Image, np.ndarray)

    def __init__(self) -> None:
        warnings.warn(
            "The transform `ToTensor()` is deprecated and will be removed in a future release. "
            "Instead, please use `v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])`."
            "Output is equivalent up to float precision.",
            stacklevel=2,
        )
        super().__init__()

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value as a tensor."""
        return F.to_tensor(inpt)

"""What the transforms know of images: PIL image or tensor, sizes, a tensor's array, the base of all transforms."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._random import current_generator, randint, uniform
from ..._tensor.core import TensorBase, tensor_from_array

Image = Any
"""A PIL image or a Tensor (..., C, H, W)."""


class Transform:
    """Base of the transforms: calling one calls its ``forward``."""

    def __call__(self, *args: Any) -> Any:
        return self.forward(*args)

    def forward(self, img: Any) -> Any:
        """The transformed image.

        Args:
            img: the image.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def _is_plain(self, own: type[Transform]) -> bool:
        """Whether no subclass has changed what this transform does, so that its form for batches is right."""
        return type(self).forward is own.forward and type(self).__call__ is Transform.__call__


def is_pil(img: Any) -> bool:
    """Whether this is a PIL image. Without Pillow loaded there can be none."""
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(img, pillow.Image)


def array_of(img: Any) -> np.ndarray[Any, Any]:
    """A tensor image's values.

    Raises:
        TypeError: this is no image.
        RuntimeError: it requires a gradient, which would be lost.
    """
    if not isinstance(img, TensorBase):
        raise TypeError(f"img should be PIL Image or Tensor. Got {type(img)}")
    if img.ndim < 2:
        raise TypeError("Tensor is not a torch image.")
    if img.requires_grad:
        raise RuntimeError(
            "a transform of images keeps no gradient, but the image requires one; use img.detach()"
        )
    return np.asarray(img._array())


def image_of(array: np.ndarray[Any, Any]) -> Any:
    """The tensor of an array, whose memory it shares."""
    return tensor_from_array(array)


def dimensions(img: Any) -> tuple[int, int, int]:
    """Channels, height and width."""
    if is_pil(img):
        width, height = img.size
        return len(img.getbands()), height, width
    if isinstance(img, TensorBase) and img.ndim >= 2:
        shape = img.shape
        return (int(shape[-3]) if len(shape) > 2 else 1), int(shape[-2]), int(shape[-1])
    if isinstance(img, np.ndarray) and img.ndim in (2, 3):
        return (img.shape[2] if img.ndim == 3 else 1), img.shape[0], img.shape[1]
    raise TypeError(f"Unexpected type {type(img)}")


def draw_uniform(low: float, high: float) -> float:
    """One float32 from the default generator, as ``torch.empty(1).uniform_(low, high)``."""
    return float(uniform(current_generator(), (1,), low, high)[0])


def draw_unit() -> float:
    """One float32 from the default generator, as ``torch.rand(1)``."""
    return draw_uniform(0.0, 1.0)


def draw_integer(high: int) -> int:
    """One integer in [0, high) from the default generator, as ``torch.randint(0, high, (1,))``."""
    return int(randint(current_generator(), 0, high, (1,))[0])


def pair(size: int | Sequence[int], message: str) -> tuple[int, int]:
    """Height and width of a size given as one number or two."""
    if not isinstance(size, Sequence):
        return int(size), int(size)
    if len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError(message)
    return size  # type: ignore[return-value]

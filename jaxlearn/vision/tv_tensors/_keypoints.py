"""Points in an image."""

from __future__ import annotations

from typing import Any

from ._base import TVTensor

__all__ = ["KeyPoints"]


class KeyPoints(TVTensor):
    """Points (x, y) in one image, (..., 2).

    https://docs.pytorch.org/vision/stable/generated/torchvision.tv_tensors.KeyPoints.html

    Args:
        data: what :func:`jaxlearn.as_tensor` takes.
        canvas_size: height and width of the image.
        dtype: by default the data's.
        device: where they are to be.
        requires_grad: by default as of the data.

    Raises:
        ValueError: the last dimension is not of two numbers.

    Example::

        >>> from jaxlearn.vision import tv_tensors
        >>> tv_tensors.KeyPoints([[1, 2]], canvas_size=(8, 8))
        KeyPoints([[1, 2]], canvas_size=(8, 8))
    """

    canvas_size: tuple[int, int]

    def __new__(
        cls,
        data: Any,
        *,
        canvas_size: tuple[int, int],
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool | None = None,
    ) -> Any:
        tensor = cls._from_data(data, dtype, device, requires_grad)
        if tensor.ndim == 1:
            tensor = tensor.unsqueeze(0)
        elif tensor.shape[-1] != 2:
            raise ValueError(f"Expected a tensor of shape (..., 2), not {tensor.shape}")
        points = tensor.as_subclass(cls)
        points.canvas_size = canvas_size
        return points

    def _describe(self, like: Any, **kwargs: Any) -> None:
        self.canvas_size = kwargs.get("canvas_size", like.canvas_size)

    def _told(self) -> str:
        return f"canvas_size={self.canvas_size}"

"""What a model with pretrained weights expects to be done with an image; as ``torchvision.transforms._presets``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jaxlearn import Tensor, float32, nn
from jaxlearn.vision.transforms import functional as F
from jaxlearn.vision.transforms.interpolation import InterpolationMode

__all__ = ["ImageClassification"]


class ImageClassification(nn.Module):
    """Resize, crop the middle, scale to [0, 1] and normalise.

    https://docs.pytorch.org/vision/stable/models.html#using-the-pre-trained-models

    Args:
        crop_size: height and width of the result.
        resize_size: what the smaller side is resized to before.
        mean: of each channel.
        std: of each channel.
        interpolation: how images are resized.
        antialias: whether tensors are smoothed before they become smaller.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.transforms._presets import ImageClassification
        >>> ImageClassification(crop_size=4, resize_size=5)(torch.zeros(3, 8, 10, dtype=torch.uint8)).shape
        torch.Size([3, 4, 4])
    """

    def __init__(
        self,
        *,
        crop_size: int,
        resize_size: int = 256,
        mean: Sequence[float] = (0.485, 0.456, 0.406),
        std: Sequence[float] = (0.229, 0.224, 0.225),
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.crop_size = [crop_size]
        self.resize_size = [resize_size]
        self.mean = list(mean)
        self.std = list(std)
        self.interpolation = interpolation
        self.antialias = antialias

    def forward(self, img: Any) -> Any:
        """The image as the model takes it.

        Args:
            img: a PIL image, or a tensor (..., C, H, W).
        """
        img = F.resize(img, self.resize_size, interpolation=self.interpolation, antialias=self.antialias)
        img = F.center_crop(img, self.crop_size)
        if not isinstance(img, Tensor):
            img = F.pil_to_tensor(img)
        return F.normalize(F.convert_image_dtype(img, float32), mean=self.mean, std=self.std)

    def __repr__(self) -> str:
        shown = ("crop_size", "resize_size", "mean", "std", "interpolation")
        lines = "".join(f"\n    {name}={getattr(self, name)}" for name in shown)
        return f"{type(self).__name__}({lines}\n)"

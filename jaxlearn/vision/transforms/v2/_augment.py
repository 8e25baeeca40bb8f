"""Augmentation: erased rectangles, compressed pictures, batches mixed with themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import PIL.Image

from jaxlearn import Tensor, distributions, tensor
from jaxlearn.nn.functional import one_hot
from jaxlearn.utils._pytree import tree_flatten, tree_unflatten
from jaxlearn.vision import transforms as v1
from jaxlearn.vision import tv_tensors
from jaxlearn.vision.transforms.filters import check_erasing

from . import functional as F
from ._arguments import check_sequence
from ._geometry import PassesAnnotations, drawn_integer
from ._inputs import check_type, has_any, labels_getter_of, query_chw, query_size
from ._transform import RandomApplyTransform, Transform
from .functional._dispatch import is_pure_tensor

__all__ = ["JPEG", "CutMix", "MixUp", "RandomErasing"]


class RandomErasing(PassesAnnotations, RandomApplyTransform):  # type: ignore[misc]
    """Pictures, with a probability with a random rectangle written over.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomErasing.html

    Args:
        p: the probability.
        scale: bounds of the rectangle's area, as parts of the picture's.
        ratio: bounds of its height divided by its width.
        value: what to write: one number, one per channel, or ``"random"`` for normal numbers.
        inplace: write into the picture given.

    Raises:
        TypeError: an argument has another type.
        ValueError: a number is out of range, or another word is given.
    """

    get_params = staticmethod(v1.RandomErasing.get_params)

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0.0,
        inplace: bool = False,
    ) -> None:
        super().__init__(p=p)
        check_erasing(value, scale, ratio)
        self.scale = scale
        self.ratio = ratio
        self.value: list[float] | None = None
        if not isinstance(value, str):
            values: Any = value if isinstance(value, (tuple, list)) else [value]
            self.value = [float(v) for v in values]
        self.inplace = inplace

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The rectangle and what to write, drawn."""
        channels, height, width = query_chw(flat_inputs)
        if self.value is not None and len(self.value) not in (1, channels):
            raise ValueError(
                f"If value is a sequence, it should have either a single value or {channels} "
                "(number of inpt channels)"
            )
        frame = np.empty((channels, height, width), bool)
        *place, content = self.get_params(frame, self.scale, self.ratio, self.value)
        return {"place": place, "v": None if content is frame else content}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, written over."""
        if params["v"] is None:
            return inpt
        return self._call_kernel(F.erase, inpt, *params["place"], params["v"], self.inplace)


class _Mix(Transform):
    """Base of the transforms that mix a batch with itself, moved on by one.

    Args:
        alpha: both parameters of the Beta distribution that the share of the picture itself is drawn from.
        num_classes: number of classes, for labels that are class numbers.
        labels_getter: finds the labels in a batch: a function, or ``"default"`` for the second of a pair.

    Raises:
        ValueError: on a call, the batch is not of pictures and labels.
    """

    def __init__(
        self, *, alpha: float = 1.0, num_classes: int | None = None, labels_getter: Any = "default"
    ) -> None:
        super().__init__()
        self.alpha = float(alpha)
        self.num_classes = num_classes
        self._dist = distributions.Beta(tensor([self.alpha]), tensor([self.alpha]))
        self._labels_getter = labels_getter_of(labels_getter)

    def _checked_labels(self, labels: Any) -> Any:
        if not isinstance(labels, Tensor):
            raise ValueError(f"The labels must be a tensor, but got {type(labels)} instead.")
        if labels.ndim not in (1, 2):
            raise ValueError(
                "labels should be index based with shape (batch_size,) or probability based with shape "
                f"(batch_size, num_classes), but got a tensor of shape {labels.shape} instead."
            )
        if labels.ndim == 2 and self.num_classes is not None and labels.shape[-1] != self.num_classes:
            raise ValueError(
                "When passing 2D labels, the number of elements in last dimension must match num_classes: "
                f"{labels.shape[-1]} != {self.num_classes}. You can Leave num_classes to None."
            )
        if labels.ndim == 1 and self.num_classes is None:
            raise ValueError("num_classes must be passed if the labels are index-based (1D)")
        return labels

    def forward(self, *inputs: Any) -> Any:
        """The batch, mixed; labels become probabilities.

        Args:
            inputs: the batch: pictures, labels and others.
        """
        sample = inputs if len(inputs) > 1 else inputs[0]
        values, structure = tree_flatten(sample)
        needed = self._needs_transform_list(values)
        refused = (PIL.Image.Image, tv_tensors.BoundingBoxes, tv_tensors.Mask, tv_tensors.KeyPoints)
        if has_any(values, *refused):
            raise ValueError(
                f"{type(self).__name__}() does not support PIL images, bounding boxes, keypoints and masks."
            )
        labels = self._checked_labels(self._labels_getter(sample))
        params = self.make_params([value for value, needs in zip(values, needed, strict=True) if needs])
        params |= {"labels": labels}
        changed = [
            self.transform(value, params) if needs or value is labels else value
            for value, needs in zip(values, needed, strict=True)
        ]
        return tree_unflatten(changed, structure)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, mixed."""
        labels = params["labels"]
        if inpt is labels:
            return self._mixed_labels(inpt, params["share"])
        if not check_type(inpt, (is_pure_tensor, tv_tensors.Image, tv_tensors.Video)):
            return inpt
        dims = 5 if isinstance(inpt, tv_tensors.Video) else 4
        if inpt.ndim != dims:
            raise ValueError(
                f"Expected a batched input with {dims} dims, but got {inpt.ndim} dimensions instead."
            )
        if inpt.shape[0] != labels.shape[0]:
            raise ValueError(
                "The batch size of the image or video does not match the batch size of the labels: "
                f"{inpt.shape[0]} != {labels.shape[0]}."
            )
        mixed = self._mixed(inpt.as_subclass(Tensor), params)
        return mixed if is_pure_tensor(inpt) else tv_tensors.wrap(mixed, like=inpt)

    def _mixed(self, pictures: Any, params: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _mixed_labels(self, labels: Any, share: float) -> Any:
        if labels.ndim == 1 and self.num_classes is not None:
            labels = one_hot(labels, num_classes=self.num_classes)
        return _blend(labels if labels.dtype.is_floating_point else labels.float(), share)


def _blend(values: Any, share: float) -> Any:
    return values.roll(1, 0).mul(1.0 - share).add(values.mul(share))


class MixUp(_Mix):
    r"""A batch blended with itself, moved on by one.

    .. math:: \lambda x_i + (1 - \lambda) x_{i - 1}, \qquad \lambda \sim \text{Beta}(\alpha, \alpha)

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.MixUp.html
    and https://arxiv.org/abs/1710.09412

    Args:
        alpha: the distribution's parameter.
        num_classes: number of classes, for labels that are class numbers.
        labels_getter: finds the labels in a batch: a function, or ``"default"`` for the second of a pair.

    Raises:
        ValueError: on a call, the batch is not of pictures and labels.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.transforms import v2
        >>> images, labels = v2.MixUp(num_classes=3)(torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 0]))
        >>> images.shape, labels.shape
        (torch.Size([4, 3, 8, 8]), torch.Size([4, 3]))
    """

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The share, drawn."""
        return {"share": float(self._dist.sample(()))}

    def _mixed(self, pictures: Any, params: dict[str, Any]) -> Any:
        return _blend(pictures, params["share"])


class CutMix(_Mix):
    """A batch with a rectangle taken from itself, moved on by one.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.CutMix.html
    and https://arxiv.org/abs/1905.04899

    Args:
        alpha: both parameters of the Beta distribution that the share of the picture itself is drawn from.
        num_classes: number of classes, for labels that are class numbers.
        labels_getter: finds the labels in a batch: a function, or ``"default"`` for the second of a pair.

    Raises:
        ValueError: on a call, the batch is not of pictures and labels.
    """

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The rectangle, drawn, and the share that it leaves."""
        share = float(self._dist.sample(()))
        height, width = query_size(flat_inputs)
        x, y = drawn_integer(0, width), drawn_integer(0, height)
        half = 0.5 * math.sqrt(1.0 - share)
        across, along = int(half * width), int(half * height)
        left, right = max(x - across, 0), min(x + across, width)
        top, bottom = max(y - along, 0), min(y + along, height)
        left_over = 1.0 - (right - left) * (bottom - top) / (width * height)
        return {"place": (slice(top, bottom), slice(left, right)), "share": float(left_over)}

    def _mixed(self, pictures: Any, params: dict[str, Any]) -> Any:
        rows, columns = params["place"]
        mixed = pictures.clone()
        mixed[..., rows, columns] = pictures.roll(1, 0)[..., rows, columns]
        return mixed


class JPEG(Transform):
    """Pictures, written as JPEG of random quality and read again.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.JPEG.html

    Args:
        quality: bounds of the quality, from 1 to 100, or one number.

    Raises:
        TypeError: it is something else.
        ValueError: it is out of range.
    """

    def __init__(self, quality: int | Sequence[int]) -> None:
        super().__init__()
        if isinstance(quality, bool):
            raise TypeError("quality can't be bool")
        if isinstance(quality, int):
            quality = [quality, quality]
        else:
            check_sequence(quality, "quality")
        low, high = quality
        if not (1 <= low <= high <= 100 and isinstance(low, int) and isinstance(high, int)):
            raise ValueError(f"quality must be an integer from 1 to 100, got {quality =}")
        self.quality = quality

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """The quality, drawn."""
        return {"quality": drawn_integer(self.quality[0], self.quality[1] + 1)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, compressed."""
        return self._call_kernel(F.jpeg, inpt, quality=params["quality"])

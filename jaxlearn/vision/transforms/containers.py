"""Transforms made of other transforms."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ._image import Transform, draw_unit

__all__ = ["Compose", "Lambda", "RandomApply", "RandomChoice", "RandomOrder"]


def _indented(transforms: Sequence[Any]) -> str:
    return "".join(f"\n    {transform}" for transform in transforms)


class Compose:
    """Several transforms one after the other.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Compose.html

    Args:
        transforms: functions of one argument.

    Example::

        >>> from jaxlearn.vision import transforms
        >>> transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
        Compose(
            ToTensor()
            Normalize(mean=(0.1307,), std=(0.3081,))
        )
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def apply_batch(self, images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        """A whole batch at once, bit for bit what the images one by one give.

        Args:
            images: uint8, (N, H, W) or (N, H, W, C).

        Returns:
            Floats (N, C, H, W), or None if one of the transforms takes single images only.
        """
        if type(self).__call__ is not Compose.__call__:
            return None
        batch: np.ndarray[Any, Any] | None = images
        for transform in self.transforms:
            apply = getattr(transform, "apply_batch", None)
            batch = None if apply is None else apply(batch)
            if batch is None:
                return None
        return batch if batch is not images else None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_indented(self.transforms)}\n)"


class Lambda:
    """A function as a transform.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Lambda.html

    Args:
        lambd: function of an image.

    Raises:
        TypeError: it is not callable.
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _Several(Transform):
    """Base of the random containers.

    Args:
        transforms: functions of one argument.

    Raises:
        TypeError: this is no sequence.
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError("Argument transforms should be a sequence")
        self.transforms = transforms

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_indented(self.transforms)}\n)"


class RandomApply(_Several):
    """Several transforms one after the other, or, with probability ``1 - p``, none of them.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomApply.html

    Args:
        transforms: functions of one argument.
        p: probability.
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: float = 0.5) -> None:
        super().__init__(transforms)
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image, transformed or not."""
        if self.p < draw_unit():
            return img
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n    p={self.p}{_indented(self.transforms)}\n)"


class RandomChoice(_Several):
    """One of several transforms, chosen by Python's ``random`` as in torchvision.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomChoice.html

    Args:
        transforms: functions of one argument.
        p: weights of the choice, by default equal ones.

    Raises:
        TypeError: ``p`` is no sequence.
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError("Argument p should be a sequence")
        self.p = p

    def forward(self, img: Any) -> Any:
        """The transformed image."""
        return random.choices(self.transforms, weights=self.p)[0](img)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"


class RandomOrder(_Several):
    """Several transforms in an order drawn by Python's ``random`` as in torchvision.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomOrder.html

    Args:
        transforms: functions of one argument.
    """

    def forward(self, img: Any) -> Any:
        """The transformed image."""
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        for i in order:
            img = self.transforms[i](img)
        return img

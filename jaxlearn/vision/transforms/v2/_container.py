"""Transforms made of other transforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jaxlearn import nn, tensor
from jaxlearn._random import current_generator, randperm
from jaxlearn.vision.transforms._image import draw_unit

from ._transform import Transform

__all__ = ["Compose", "RandomApply", "RandomChoice", "RandomOrder"]


class _Several(Transform):
    """Base of the transforms made of others.

    Args:
        transforms: functions of a sample.

    Raises:
        TypeError: this is no sequence.
        ValueError: it is empty.
    """

    def __init__(self, transforms: Any) -> None:
        super().__init__()
        if not isinstance(transforms, (Sequence, nn.ModuleList)):
            raise TypeError("Argument transforms should be a sequence of callables")
        if not transforms:
            raise ValueError("Pass at least one transform")
        self.transforms = transforms

    def _in_turn(self, transforms: Any, inputs: tuple[Any, ...]) -> Any:
        several = len(inputs) > 1
        for transform in transforms:
            outputs = transform(*inputs)
            inputs = outputs if several else (outputs,)
        return inputs if several else inputs[0]

    def extra_repr(self) -> str:
        """The transforms, a line each."""
        return "\n".join(f"    {transform}" for transform in self.transforms)


class Compose(_Several):
    """Several transforms one after the other.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Compose.html

    Args:
        transforms: functions of a sample.

    Raises:
        TypeError: this is no sequence.
        ValueError: it is empty.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.transforms import v2
        >>> transform = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
        >>> image, label = transform(torch.full((1, 2, 2), 255, dtype=torch.uint8), 7)
        >>> image
        Image([[[1., 1.],
                 [1., 1.]]], )
    """

    def forward(self, *inputs: Any) -> Any:
        """The sample after all transforms.

        Args:
            inputs: the sample.
        """
        return self._in_turn(self.transforms, inputs)


class RandomApply(_Several):
    """Several transforms one after the other, or, with probability ``1 - p``, none of them.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomApply.html

    Args:
        transforms: functions of a sample.
        p: probability.

    Raises:
        TypeError: this is no sequence.
        ValueError: it is empty, or ``p`` out of range.
    """

    def __init__(self, transforms: Any, p: float = 0.5) -> None:
        super().__init__(transforms)
        if not 0.0 <= p <= 1.0:
            raise ValueError("`p` should be a floating point value in the interval [0.0, 1.0].")
        self.p = p

    def forward(self, *inputs: Any) -> Any:
        """The sample, transformed or not.

        Args:
            inputs: the sample.
        """
        return self._in_turn(self.transforms if draw_unit() < self.p else (), inputs)


class RandomChoice(_Several):
    """One of several transforms, drawn at random.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomChoice.html

    Args:
        transforms: functions of a sample.
        p: weights of the choice, by default equal ones.

    Raises:
        TypeError: this is no sequence.
        ValueError: it is empty, or ``p`` of another length.
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]], p: Sequence[float] | None = None) -> None:
        weights = [1] * len(transforms) if p is None else p
        if len(weights) != len(transforms):
            raise ValueError(
                f"Length of p doesn't match the number of transforms: {len(weights)} != {len(transforms)}"
            )
        super().__init__(transforms)
        total = sum(weights)
        self.p = [weight / total for weight in weights]

    def forward(self, *inputs: Any) -> Any:
        """The sample, transformed.

        Args:
            inputs: the sample.
        """
        return self.transforms[int(tensor(self.p).multinomial(1))](*inputs)

    def extra_repr(self) -> str:
        """The weights; the transforms are not told."""
        return Transform.extra_repr(self)


class RandomOrder(_Several):
    """Several transforms in an order drawn at random.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomOrder.html

    Args:
        transforms: functions of a sample.

    Raises:
        TypeError: this is no sequence.
        ValueError: it is empty.
    """

    def forward(self, *inputs: Any) -> Any:
        """The sample after all transforms.

        Args:
            inputs: the sample.
        """
        order = randperm(current_generator(), len(self.transforms)).tolist()
        return self._in_turn([self.transforms[i] for i in order], inputs)

    def extra_repr(self) -> str:
        """The transforms, as a list."""
        return Transform.extra_repr(self)

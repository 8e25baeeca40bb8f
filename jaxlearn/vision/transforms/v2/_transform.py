"""The base of the transforms: which values of a sample they change, and what they draw for all of them."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import PIL.Image

from jaxlearn import Tensor, nn
from jaxlearn.utils._pytree import tree_flatten, tree_unflatten
from jaxlearn.vision import tv_tensors
from jaxlearn.vision.transforms._image import draw_unit

from ._inputs import Check, check_type, has_any
from .functional._dispatch import is_pure_tensor, kernel_of

__all__ = ["RandomApplyTransform", "Transform"]


class Transform(nn.Module):
    """Base of the transforms, for those of one's own too: override ``transform`` and, to draw numbers, ``make_params``.

    A transform takes any structure of lists, tuples and dictionaries, or several arguments, and changes what it knows:
    pictures, masks, boxes and keypoints alike. A plain tensor is taken for the picture where there is no other, and
    only the first one is.

    https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.Transform.html

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.transforms import v2
        >>> class Double(v2.Transform):
        ...     def transform(self, inpt, params):
        ...         return inpt * 2
        >>> Double()({"image": torch.ones(1, 1, 2), "label": 3})
        {'image': tensor([[[2., 2.]]]), 'label': 3}
    """

    _transformed_types: tuple[Check, ...] = (Tensor, PIL.Image.Image)

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        """Refuse samples that the transform does not take; by default none.

        Args:
            flat_inputs: the sample's values.
        """

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """What is drawn or computed once for all values; by default nothing.

        Args:
            flat_inputs: the values that are transformed.
        """
        return {}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One value, transformed.

        Args:
            inpt: the value.
            params: from :meth:`make_params`.
        """
        raise NotImplementedError

    def _call_kernel(self, functional: Callable[..., Any], inpt: Any, *args: Any, **kwargs: Any) -> Any:
        """A function on a value, or the value itself where the function does not take its kind."""
        return kernel_of(functional, type(inpt), passthrough=True)(inpt, *args, **kwargs)

    def _happens(self) -> bool:
        """Whether the transform is applied this time."""
        return True

    def forward(self, *inputs: Any) -> Any:
        """The sample, transformed.

        Args:
            inputs: the sample.
        """
        sample = inputs if len(inputs) > 1 else inputs[0]
        values, structure = tree_flatten(sample)
        self.check_inputs(values)
        if not self._happens():
            return sample
        needed = self._needs_transform_list(values)
        params = self.make_params([value for value, needs in zip(values, needed, strict=True) if needs])
        changed = [
            self.transform(value, params) if needs else value
            for value, needs in zip(values, needed, strict=True)
        ]
        return tree_unflatten(changed, structure)

    def _needs_transform_list(self, values: list[Any]) -> list[bool]:
        plain_is_picture = not has_any(values, tv_tensors.Image, tv_tensors.Video, PIL.Image.Image)
        needed = []
        for value in values:
            needs = check_type(value, self._transformed_types)
            if needs and is_pure_tensor(value):
                needs, plain_is_picture = plain_is_picture, False
            needed.append(needs)
        return needed

    def extra_repr(self) -> str:
        """The transform's arguments, as its text tells them."""
        told = (bool, int, float, str, tuple, list, enum.Enum)
        return ", ".join(
            f"{name}={value}"
            for name, value in self.__dict__.items()
            if not name.startswith("_") and name != "training" and isinstance(value, told)
        )


class RandomApplyTransform(Transform):
    """Base of the transforms that are applied with a probability.

    Args:
        p: the probability.

    Raises:
        ValueError: it is out of range.
    """

    def __init__(self, p: float = 0.5) -> None:
        if not 0.0 <= p <= 1.0:
            raise ValueError("`p` should be a floating point value in the interval [0.0, 1.0].")
        super().__init__()
        self.p = p

    def _happens(self) -> bool:
        return draw_unit() < self.p

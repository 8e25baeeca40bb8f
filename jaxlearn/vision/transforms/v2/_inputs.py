"""What stands in a sample: kinds of values, sizes, labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import PIL.Image

from jaxlearn import Tensor
from jaxlearn.vision import tv_tensors

from .functional._dispatch import is_pure_tensor
from .functional._meta import get_dimensions, get_size

__all__ = [
    "check_type",
    "get_bounding_boxes",
    "get_keypoints",
    "has_all",
    "has_any",
    "query_chw",
    "query_size",
]

Check = type | Callable[[Any], bool]
Labels = Callable[[Any], Any]

PICTURES = (is_pure_tensor, tv_tensors.Image, PIL.Image.Image, tv_tensors.Video)
_SIZED = (*PICTURES, tv_tensors.Mask, tv_tensors.BoundingBoxes, tv_tensors.KeyPoints)


def check_type(obj: Any, types_or_checks: Sequence[Check]) -> bool:
    """Whether a value is of one of some types, or passes one of some checks.

    Args:
        obj: the value.
        types_or_checks: the types and checks.
    """
    return any(isinstance(obj, check) if isinstance(check, type) else check(obj) for check in types_or_checks)


def has_any(flat_inputs: Sequence[Any], *types_or_checks: Check) -> bool:
    """Whether one of the values is of one of some types, or passes one of some checks.

    Args:
        flat_inputs: the values.
        types_or_checks: the types and checks.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import tv_tensors
        >>> from jaxlearn.vision.transforms import v2
        >>> v2.has_any([torch.ones(1, 2), 3], tv_tensors.Image, int)
        True
    """
    return any(check_type(value, types_or_checks) for value in flat_inputs)


def has_all(flat_inputs: Sequence[Any], *types_or_checks: Check) -> bool:
    """Whether there is a value of each of some types, or that passes each of some checks.

    Args:
        flat_inputs: the values.
        types_or_checks: the types and checks.
    """
    return all(has_any(flat_inputs, check) for check in types_or_checks)


def get_bounding_boxes(flat_inputs: Sequence[Any]) -> Any:
    """The bounding boxes in a sample.

    Args:
        flat_inputs: the sample's values.

    Raises:
        ValueError: there are none.
    """
    for value in flat_inputs:
        if isinstance(value, tv_tensors.BoundingBoxes):
            return value
    raise ValueError("No bounding boxes were found in the sample")


def get_keypoints(flat_inputs: Sequence[Any]) -> Any:
    """The keypoints in a sample.

    Args:
        flat_inputs: the sample's values.

    Raises:
        ValueError: there are none.
    """
    for value in flat_inputs:
        if isinstance(value, tv_tensors.KeyPoints):
            return value
    raise ValueError("No keypoints were found in the sample")


def query_chw(flat_inputs: Sequence[Any]) -> tuple[int, int, int]:
    """Channels, height and width of the pictures in a sample.

    Args:
        flat_inputs: the sample's values.

    Raises:
        TypeError: there are none.
        ValueError: they differ.
    """
    found = {tuple(get_dimensions(value)) for value in flat_inputs if check_type(value, PICTURES)}
    if not found:
        raise TypeError("No image or video was found in the sample")
    if len(found) > 1:
        raise ValueError(f"Found multiple CxHxW dimensions in the sample: {_listed(found)}")
    ((channels, height, width),) = found
    return channels, height, width


def query_size(flat_inputs: Sequence[Any]) -> tuple[int, int]:
    """Height and width of what a sample holds.

    Args:
        flat_inputs: the sample's values.

    Raises:
        TypeError: nothing has a size.
        ValueError: sizes differ.
    """
    found = {tuple(get_size(value)) for value in flat_inputs if check_type(value, _SIZED)}
    if not found:
        raise TypeError("No image, video, mask, bounding box of keypoint was found in the sample")
    if len(found) > 1:
        raise ValueError(f"Found multiple HxW dimensions in the sample: {_listed(found)}")
    ((height, width),) = found
    return height, width


def _listed(found: set[Any]) -> str:
    *first, last = sorted(found)
    return ", ".join(map(str, first)) + f" and {last}"


def labels_getter_of(labels_getter: Any) -> Labels:
    """The function that finds a sample's labels.

    Args:
        labels_getter: such a function, ``"default"`` or None.

    Raises:
        ValueError: it is something else.
    """
    if labels_getter is None:
        return lambda _: None
    if isinstance(labels_getter, str) and labels_getter == "default":
        return _found_labels
    if callable(labels_getter):
        return labels_getter
    raise ValueError(
        f"labels_getter should either be 'default', a callable, or None, but got {labels_getter}."
    )


def _found_labels(inputs: Any) -> Any:
    """The second value of a pair, if it is a tensor, or what a dictionary there has under a key with "label" in it."""
    if isinstance(inputs, (tuple, list)):
        inputs = inputs[1]
    if is_pure_tensor(inputs):
        return inputs
    if not isinstance(inputs, Mapping):
        raise ValueError(
            "When using the default labels_getter, the input passed to forward must be a dictionary or a two-tuple "
            f"whose second item is a dictionary or a tensor, but got {inputs} instead."
        )
    keys = [key for key in inputs if key.lower() == "labels"] or [
        key for key in inputs if "label" in key.lower()
    ]
    if not keys:
        raise ValueError(
            "Could not infer where the labels are in the sample. Try passing a callable as the labels_getter parameter?"
            "If there are no labels in the sample by design, pass labels_getter=None."
        )
    return inputs[keys[0]]


def label_tensors(labels: Any) -> tuple[Any, ...]:
    """The labels that a getter found, as a tuple of tensors.

    Raises:
        ValueError: they are something else.
    """
    if labels is None:
        return ()
    given = labels if isinstance(labels, (tuple, list)) else (labels,)
    for entry in given:
        if not isinstance(entry, Tensor):
            raise ValueError(
                f"The labels in the input to forward() must be a tensor or None, got {type(entry)} instead."
            )
    return tuple(given)

"""What is written at an index: whether its shape fits, and ``x[mask] = value`` where no look at the mask is needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.indexing import mask_set
from ..ops.shape import expand, view_in_shape
from .dispatch import TENSOR_TYPES
from .views import assign

__all__ = ["check_broadcast", "in_shape", "is_mask", "set_by_mask", "without_leading_ones"]


def is_mask(item: Any) -> bool:
    """Whether an index tensor is a mask."""
    return bool(item._current().aval.dtype in (np.bool_, np.uint8))


def without_leading_ones(value: Any) -> Any:
    """What is written, without leading dimensions of size 1, as torch takes it before it compares shapes."""
    if type(value) not in TENSOR_TYPES or not value.dim() or value.shape[0] != 1:
        return value
    shape = tuple(value.shape)
    lead = next((d for d, n in enumerate(shape) if n != 1), len(shape))
    return view_in_shape(value, shape[lead:])


def in_shape(value: Any, shape: tuple[int, ...]) -> Any:
    """The value without leading dimensions of size 1, stretched to a shape."""
    extra = value.dim() - len(shape)
    if extra > 0:
        value = view_in_shape(value, tuple(value.shape)[extra:])
    return value if tuple(value.shape) == shape else expand(value, shape)


def set_by_mask(viewed: Any, tensors: list[Any], value: Any) -> bool:
    """``x[mask] = value`` needs no look at the mask if the value is the same wherever it is true: it is a selection.

    Returns:
        Whether it was, and is done.
    """
    masks = [d for d, item in enumerate(tensors) if item is not None and item is not ...]
    start = masks[0]
    mask = tensors[start]
    if len(masks) > 1 or not is_mask(mask) or mask.dtype._np != np.bool_:
        return False
    if type(value) in TENSOR_TYPES and value.dim():
        if value.dtype != viewed.dtype:
            return False
        value = without_leading_ones(value)
        shape, whole = tuple(value.shape), tuple(viewed.shape)
        after = len(whole) - start - mask.dim()
        # The result of x[mask] has one dimension in place of the mask's; a value that differs along it is counted out.
        if len(shape) > after:
            if len(shape) > after + 1 + start or shape[len(shape) - after - 1] != 1:
                return False
            at = len(shape) - after - 1
            shape = (*shape[:at], *[1] * mask.dim(), *shape[at + 1 :])
        if any(n not in (1, m) for n, m in zip(shape[::-1], whole[::-1], strict=False)):
            return False
        value = view_in_shape(value, shape)
    assign(viewed, mask_set(viewed, mask, value, start))
    return True


def check_broadcast(value: Any, shape: tuple[int, ...]) -> None:
    """Refuse a value that does not broadcast to the shape, in torch's words."""
    have = tuple(getattr(value, "shape", ()))
    while have and have[0] == 1:
        have = have[1:]
    if len(have) > len(shape):
        raise RuntimeError(
            f"expand(torch.{value.dtype._scalar_name}Tensor{{{list(have)}}}, size={list(shape)}): the number of sizes "
            f"provided ({len(shape)}) must be greater or equal to the number of dimensions in the tensor ({len(have)})"
        )
    for d in range(1, len(have) + 1):
        if have[-d] not in (1, shape[-d]):
            raise RuntimeError(
                f"The expanded size of the tensor ({shape[-d]}) must match the existing size ({have[-d]}) at "
                f"non-singleton dimension {len(shape) - d}.  Target sizes: {list(shape)}.  Tensor sizes: {list(have)}"
            )

"""Lists of tensors as one vector, as programs that exchange gradients import them; as ``torch._utils``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .ops.joining import cat


def _flatten_dense_tensors(tensors: Iterable[Any]) -> Any:
    """The elements of all tensors in one vector.

    Args:
        tensors: of one dtype.
    """
    return cat([t.reshape(-1) for t in tensors], 0)


def _unflatten_dense_tensors(flat: Any, tensors: Sequence[Any]) -> tuple[Any, ...]:
    """The parts of a vector in the tensors' shapes.

    Args:
        flat: the vector.
        tensors: the tensors whose shapes are meant.
    """
    parts = flat.split([t.numel() for t in tensors])
    return tuple([part.view_as(like) for part, like in zip(parts, tensors, strict=True)])

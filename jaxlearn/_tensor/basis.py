"""The unit vectors of the space of all elements of some tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .._engine.value import concrete, intern
from .dispatch import wrap

__all__ = ["standard_basis"]


def standard_basis(tensors: list[Any], chunk_size: int | None = None) -> Iterator[list[Any]]:
    """The unit vectors of the space of all elements of the tensors, as a batch for each tensor; piece by piece."""
    sizes = [t.numel() for t in tensors]
    total = sum(sizes)
    step = max(total, 1) if chunk_size is None else chunk_size
    for first in range(0, max(total, 1), step):
        count = min(step, total - first)
        rows = np.arange(first, first + count)
        basis = []
        before = 0
        for t, size in zip(tensors, sizes, strict=True):
            dtype = t.dtype._np
            unit = (rows[:, None] == np.arange(before, before + size)[None, :]).astype(dtype)
            array = unit.reshape((count, *t.shape))
            basis.append(wrap(concrete(array, intern(array.shape, array.dtype, t.device))))
            before += size
        yield basis

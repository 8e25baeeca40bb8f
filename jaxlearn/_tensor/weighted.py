"""Operations with weights, whose values are checked before the operation is recorded if they are on the host."""

from __future__ import annotations

import functools
from typing import Any

from ..ops import statistics
from .dispatch import TENSOR_TYPES
from .indexing import on_host

__all__ = ["cov"]


@functools.wraps(statistics.cov)
def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    for name, weights in (("fweights", fweights), ("aweights", aweights)):
        known = on_host(weights) if type(weights) in TENSOR_TYPES else None
        if known is not None and known.size and known.min() < 0:
            raise RuntimeError(f"cov(): {name} cannot be negative")
    return statistics.cov(input, correction=correction, fweights=fweights, aweights=aweights)

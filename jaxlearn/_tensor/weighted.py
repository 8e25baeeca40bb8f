"""Operations with weights or shares, whose values are checked before recording if they are on the host."""

from __future__ import annotations

import functools
from typing import Any

from ..ops import reduction_order as order
from ..ops import statistics
from .dispatch import TENSOR_TYPES
from .index_check import on_host

__all__ = ["cov", "nanquantile", "quantile"]


@functools.wraps(statistics.cov)
def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    for name, weights in (("fweights", fweights), ("aweights", aweights)):
        known = on_host(weights) if type(weights) in TENSOR_TYPES else None
        if known is not None and known.size and known.min() < 0:
            raise RuntimeError(f"cov(): {name} cannot be negative")
    return statistics.cov(input, correction=correction, fweights=fweights, aweights=aweights)


def _check_shares(q: Any) -> None:
    known = on_host(q) if type(q) in TENSOR_TYPES else None
    if known is not None and known.dtype.kind == "f" and not ((known >= 0) & (known <= 1)).all():
        raise RuntimeError("quantile() q values must be in the range [0, 1]")


@functools.wraps(order.quantile)
def quantile(input: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    _check_shares(q)
    return order.quantile(input, q, *args, **kwargs)


@functools.wraps(order.nanquantile)
def nanquantile(input: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    _check_shares(q)
    return order.nanquantile(input, q, *args, **kwargs)

"""Histograms that raise where the smallest or the largest value, between which they count, is not finite.

torch looks at the values at once. So do the functions here, unless a step is being captured or JAX is tracing.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from .._engine.graph import evaluate
from .._engine.recorder import recorder
from ..ops import histograms
from .dispatch import TENSOR_TYPES

__all__ = ["histc", "histogram", "histogramdd"]


def _extremes(points: Any, columns: bool) -> list[tuple[float, float]]:
    """The smallest and the largest value, of each column or of all; none if the values are of no use now."""
    if type(points) not in TENSOR_TYPES or recorder.capture is not None:
        return []
    value = points._current()
    if not points.numel() or value.aval.dtype.kind != "f" or value.aval.device.type == "meta":
        return []
    array = evaluate(value)
    if isinstance(array, jax.core.Tracer):
        return []
    known = np.asarray(array)
    rows = known.reshape(-1) if not columns else known.reshape(-1, known.shape[-1])
    ends = (np.min(rows, 0), np.max(rows, 0))
    return [(float(low), float(high)) for low, high in zip(*map(np.atleast_1d, ends), strict=True)]


def _checked(function: Callable[..., Any], check: Callable[..., None]) -> Callable[..., Any]:
    """A function whose arguments are looked at before they are recorded."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        try:
            given = signature.bind(*args, **{k: v for k, v in kwargs.items() if k != "out"})
        except TypeError:
            return function(*args, **kwargs)  # which explains what is wrong
        given.apply_defaults()
        check(**given.arguments)
        return function(*args, **kwargs)

    return checked


def _check_count(input: Any, bins: Any, min: Any, max: Any) -> None:
    if min == max:
        for low, high in _extremes(input, False):
            if not np.isfinite((low, high)).all():
                raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")


def _check_edges(input: Any, bins: Any, range: Any, columns: bool) -> None:
    counts = [bins] if isinstance(bins, int) else bins
    if range is None and isinstance(counts, (list, tuple)) and all(isinstance(b, int) for b in counts):
        for d, (low, high) in enumerate(_extremes(input, columns)):
            if not np.isfinite((low, high)).all():
                raise RuntimeError(
                    f"torch.histogramdd: dimension {d}'s range [{low:g}, {high:g}] is not finite"
                )


def _check_histogram(input: Any, bins: Any, range: Any, weight: Any, density: Any) -> None:
    _check_edges(input, bins, range, False)


def _check_points(input: Any, bins: Any, range: Any, weight: Any, density: Any) -> None:
    _check_edges(input, bins, range, True)


histc = _checked(histograms.histc, _check_count)
histogram = _checked(histograms.histogram, _check_histogram)
histogramdd = _checked(histograms.histogramdd, _check_points)

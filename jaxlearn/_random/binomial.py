"""Binomial numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from .dtypes import TORCH_NAMES, is_half, not_implemented
from .generator import Generator
from .one_by_one import OneByOne

__all__ = ["binomial"]

# ln(k!) less Stirling's formula for (k + 1)!, for k = 0, 1, ..., 9; the series of `_stirling_tail` takes over at 10.
_TAILS = (
    0.0810614667953272,
    0.0413406959554092,
    0.0276779256849983,
    0.02079067210376509,
    0.0166446911898211,
    0.0138761288230707,
    0.0118967099458917,
    0.0104112652619720,
    0.00925546218271273,
    0.00833056343336287,
)


def binomial(generator: Generator, counts: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """Draw how many of ``counts`` trials succeed, each with probability ``chances``.

    Where fewer than 10 successes (or failures, if those are rarer) are expected, the distances between them are drawn;
    from 10 on, transformed rejection (W. Hoermann, "The generation of binomial random variates", 1993).

    Args:
        generator: the stream to draw from.
        counts: a floating array; none below zero succeeds.
        chances: a floating array of the same dtype, which broadcasts with the counts.

    Returns:
        An array of the broadcast shape and of that dtype; NaN where an argument is, infinite where a count is.

    Raises:
        ValueError: the counts are not floating.
        RuntimeError: the dtypes differ.
        NotImplementedError: the dtype has 16 bits.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.binomial.html

    Example::

        >>> binomial(Generator().manual_seed(0), np.array([3.0, 4.0]), np.array([0.0, 1.0])).tolist()
        [0.0, 4.0]
    """
    if counts.dtype.kind != "f" and not is_half(counts.dtype):
        raise ValueError(
            f"binomial only supports floating-point dtypes for count, got: {TORCH_NAMES[counts.dtype]}"
        )
    if counts.dtype != chances.dtype:
        found, expected = TORCH_NAMES[chances.dtype], TORCH_NAMES[counts.dtype]
        raise RuntimeError(f"Found dtype {found} but expected {expected}")
    if is_half(counts.dtype):
        raise not_implemented("binomial_cpu", counts.dtype)
    shape = np.broadcast_shapes(counts.shape, chances.shape)
    n, p = (np.broadcast_to(x, shape).ravel() for x in (counts, chances))
    uniforms = OneByOne(generator)
    drawn = [_successes(uniforms, *trials) for trials in zip(*_constants(n, p), strict=True)]
    uniforms.give_back()
    return np.array(drawn, counts.dtype).reshape(shape)


def _constants(n: np.ndarray, p: np.ndarray) -> list[list[float]]:
    """The count and the probability, the rarer outcome's probability and what follows from it, rounded to the dtype."""
    with np.errstate(all="ignore"):
        rare = np.where(p <= 0.5, p, 1 - p)
        deviation, mode = np.sqrt(n * rare * (1 - rare)), np.floor((n + 1) * rare)
        columns = (n, p, rare, n * rare, deviation, mode, rare / (1 - rare), np.log1p(-rare))
    return [column.tolist() for column in columns]


def _successes(
    uniforms: Iterator[float],
    count: float,
    p: float,
    rare: float,
    expected: float,
    deviation: float,
    mode: float,
    odds: float,
    log_other: float,
) -> float:
    if count <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return count
    if math.isnan(p) or not math.isfinite(count):
        return count * p
    if expected >= 10.0:
        drawn = _by_rejection(count, rare, expected, deviation, mode, odds, uniforms)
    else:
        drawn = _by_distances(count, log_other, uniforms)
    return drawn if p <= 0.5 else count - drawn


def _by_distances(count: float, log_other: float, uniforms: Iterator[float]) -> float:
    trials = successes = 0.0
    while True:
        u = next(uniforms)
        distance = math.log(u) / log_other if u else math.inf
        # Compared first, as an infinite one has no ceiling.
        if distance > count or trials + math.ceil(distance) > count:
            return successes
        trials += math.ceil(distance)
        successes += 1.0


def _by_rejection(
    count: float,
    p: float,
    expected: float,
    deviation: float,
    mode: float,
    odds: float,
    uniforms: Iterator[float],
) -> float:
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    squeeze = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * deviation
    while True:
        u, v = next(uniforms) - 0.5, next(uniforms)
        side = 0.5 - abs(u)
        k = math.floor((2 * a / side + b) * u + (expected + 0.5)) if side else -1
        if k < 0 or k > count:
            continue
        if side >= 0.07 and v <= squeeze:
            return float(k)
        bound = (
            (mode + 0.5) * math.log((mode + 1) / (odds * (count - mode + 1)))
            + (count + 1) * math.log((count - mode + 1) / (count - k + 1))
            + (k + 0.5) * math.log(odds * (count - k + 1) / (k + 1))
            + _stirling_tail(mode)
            + _stirling_tail(count - mode)
            - _stirling_tail(k)
            - _stirling_tail(count - k)
        )
        ratio = v * alpha / (a / (side * side) + b)
        if (math.log(ratio) if ratio else -math.inf) <= bound:
            return float(k)


def _stirling_tail(k: float) -> float:
    if k < len(_TAILS):
        return _TAILS[int(k)]
    square = (k + 1) * (k + 1)
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1)

"""Uniform, exponential and Cauchy numbers."""

from __future__ import annotations

import functools
import math
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from .dtypes import C_NAMES, MANTISSA_BITS, TORCH_NAMES, largest, not_implemented, round_to
from .generator import Generator
from .mt19937 import joined
from .rounding import fma64, libm

__all__ = ["LONG_PIECE", "cauchy", "exponential", "in_pieces", "uniform", "unit32", "unit64", "units64"]

# Numbers are made in pieces that stay in the processor's cache: 6 ms instead of 10 ms for two million.
_CHUNK = 16384
_ONES = 0xFFFFFF
_FLOAT32 = np.dtype(np.float32)
# Up to so many logarithms are made ahead with those that follow.
_SOME = 128
# From so many numbers on a second thread pays; it takes longer pieces, and at most so many wait for it.
_MANY = 1 << 18
LONG_PIECE = 1 << 16
_AHEAD = 16


def in_pieces(generator: Generator, count: int, use: Callable[[int, np.ndarray], None]) -> None:
    """Draw ``count`` 32-bit numbers and hand them on in pieces, each with its place.

    Of many numbers the pieces are used in a second thread: what a weight's first touch costs in page faults, half of
    the time that ResNet-50 takes to build, is then spent while the next ones are drawn.
    """
    if count < _MANY:
        for start in range(0, count, _CHUNK):
            use(start, generator.engine.draw32(min(_CHUNK, count - start)))
        return
    waiting: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1) as pool:
        for start in range(0, count, LONG_PIECE):
            bits = generator.engine.draw32(min(LONG_PIECE, count - start))
            waiting.append(pool.submit(use, start, bits))
            if len(waiting) > _AHEAD:
                waiting.popleft().result()
        while waiting:
            waiting.popleft().result()


def unit32(generator: Generator, count: int) -> np.ndarray:
    """``count`` multiples of 2**-24 in [0, 1), as ``float32``."""
    return generator.engine.unit32(count)


def unit64(generator: Generator, count: int) -> np.ndarray:
    """``count`` multiples of 2**-53 in [0, 1), as ``float64``."""
    return units64(generator.engine.draw32(2 * count))


def units64(words: np.ndarray) -> np.ndarray:
    """Multiples of 2**-53 in [0, 1) of every two raw numbers, as ``float64``."""
    bits = joined(words)
    bits &= np.uint64((1 << 53) - 1)
    values = bits.astype(np.float64)
    values *= 2.0**-53
    return values


def uniform(
    generator: Generator,
    shape: Sequence[int],
    from_: float = 0.0,
    to: float = 1.0,
    dtype: npt.DTypeLike = _FLOAT32,
) -> np.ndarray:
    """Draw ``u * (to - from_) + from_`` with ``u`` uniform over [0, 1).

    Args:
        generator: the stream to draw from.
        shape: shape of the result.
        from_: lower bound, included.
        to: upper bound, excluded.
        dtype: a floating or complex dtype; both parts of a complex number are drawn.

    Returns:
        An array of ``shape`` and ``dtype``.

    Raises:
        RuntimeError: a bound, or their distance, is outside the dtype's range, or ``from_ > to``.
        NotImplementedError: ``dtype`` is neither floating nor complex.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html

    Example::

        >>> print(uniform(Generator().manual_seed(1729), (2, 2)).round(4))
        [[0.3126 0.3791]
         [0.3087 0.0736]]
    """
    if dtype is _FLOAT32:
        count = math.prod(shape)
        if count <= _CHUNK:
            if from_ == 0.0 and to == 1.0:
                values = generator.engine.unit32(count)  # 24 bits: exact, and never 1
            else:
                values = generator.engine.made(count, 1, _between32(from_, to))
            return values if len(shape) == 1 else values.reshape(shape)
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        part = np.dtype(f"f{dtype.itemsize // 2}")
        return uniform(generator, (*shape, 2), from_, to, part).view(dtype).reshape(shape)
    if dtype not in MANTISSA_BITS:
        raise not_implemented("check_uniform_bounds", dtype)
    _check_bounds(from_, to, dtype)
    count = math.prod(shape)
    if dtype == np.float64:
        values = unit64(generator, count)
        if (from_, to) != (0.0, 1.0):
            values = fma64(values, to - from_, from_)
    else:
        return _uniform32(generator, count, from_, to, dtype).reshape(shape)
    return _without_bound(values, from_, to, dtype).reshape(shape)


def _check_bounds(from_: float, to: float, dtype: np.dtype) -> None:
    limit = largest(dtype)
    for name, bound in (("from", from_), ("to", to)):
        if not -limit <= bound <= limit:
            raise RuntimeError(f"{name} is out of bounds for {C_NAMES[dtype]}")
    if from_ > to:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={from_:g} > to={to:g}"
        )
    if to - from_ > limit:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{TORCH_NAMES[dtype]}>::max(), but found to={to:g}"
            f" and from={from_:g} which result in to-from to exceed the limit"
        )


@functools.lru_cache(256)
def _between32(from_: float, to: float) -> Callable[[np.ndarray], np.ndarray]:
    """What makes ``float32`` between two bounds of raw numbers."""
    _check_bounds(from_, to, _FLOAT32)
    low = np.float32(from_)
    step = np.float64(np.float32(to) - low) * 2.0**-24
    largest = np.float32(_ONES * float(step) + float(low))
    reached = bool(largest == np.float32(to))

    def make(bits: np.ndarray) -> np.ndarray:
        exact = (bits & np.uint32(_ONES)).astype(np.float64)
        exact *= step
        exact += low
        values = exact.astype(_FLOAT32)
        return _without_bound(values, from_, to, _FLOAT32) if reached else values

    return make


def _uniform32(generator: Generator, count: int, from_: float, to: float, dtype: np.dtype) -> np.ndarray:
    low = np.float32(from_)
    # 24 bits times the distance are exact in float64, so the sum is rounded as a fused multiply-add's.
    step = np.float64(np.float32(to) - low) * 2.0**-24

    def scaled(bits: np.ndarray) -> np.ndarray:
        exact = bits.astype(np.float64)
        exact *= step
        exact += low
        return exact if dtype == np.float32 else round_to(exact.astype(np.float32), dtype)

    def fill(start: int, bits: np.ndarray) -> None:
        values[start : start + len(bits)] = scaled(bits & np.uint32(_ONES))

    values = np.empty(count, dtype)
    in_pieces(generator, count, fill)
    # Whether the largest number is rounded to the bound is known before any is drawn.
    largest = np.empty(1, dtype)
    largest[:] = scaled(np.array([_ONES], np.uint32))
    reached = largest[0] == round_to(np.array(to), dtype)
    return _without_bound(values, from_, to, dtype) if reached else values


def _without_bound(values: np.ndarray, from_: float, to: float, dtype: np.dtype) -> np.ndarray:
    """Rounding may reach the excluded bound; torch then returns the lower one."""
    low_and_high = round_to(np.array([from_, to]), dtype)
    values[values == low_and_high[1]] = low_and_high[0]
    return values


def exponential(
    generator: Generator,
    shape: Sequence[int],
    lambd: float = 1.0,
    dtype: npt.DTypeLike = np.float32,
) -> np.ndarray:
    """Draw from the density ``lambd * exp(-lambd * x)`` on x > 0.

    Args:
        generator: the stream to draw from.
        shape: shape of the result.
        lambd: the rate.
        dtype: a floating dtype.

    Returns:
        An array of ``shape`` and ``dtype``.

    Raises:
        RuntimeError: ``lambd`` is not positive or ``dtype`` is not floating.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html

    Example::

        >>> exponential(Generator().manual_seed(0), (3,)).shape
        (3,)
    """
    dtype = np.dtype(dtype)
    if not lambd > 0.0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    if dtype not in MANTISSA_BITS:
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. dtype must be a floating point"
            f" but you specified {TORCH_NAMES[dtype]}"
        )
    count = math.prod(shape)
    if count <= _SOME:
        values = generator.engine.made(count, 2, _logarithms)
    else:
        values = _logarithms(generator.engine.draw32(2 * count))
    if lambd == 1.0 and dtype == _FLOAT32:  # none is too large for it
        return (-values).astype(_FLOAT32).reshape(shape)
    return round_to((-1.0 / lambd) * values, dtype).reshape(shape)


def _logarithms(words: np.ndarray) -> np.ndarray:
    """``log(1 - u)`` of a uniform number of every two raw ones."""
    return libm(math.log1p, -units64(words))


def cauchy(
    generator: Generator,
    shape: Sequence[int],
    median: float = 0.0,
    sigma: float = 1.0,
    dtype: npt.DTypeLike = np.float32,
) -> np.ndarray:
    """Draw ``median + sigma * tan(pi * (u - 1/2))`` with ``u`` uniform over [0, 1).

    Args:
        generator: the stream to draw from.
        shape: shape of the result.
        median: the middle of the distribution.
        sigma: half of the distance between its quartiles.
        dtype: a floating dtype.

    Returns:
        An array of ``shape`` and ``dtype``.

    Raises:
        RuntimeError: ``sigma`` is not positive or ``dtype`` is not floating.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.cauchy_.html

    Example::

        >>> cauchy(Generator().manual_seed(0), (3,)).shape
        (3,)
    """
    dtype = np.dtype(dtype)
    if not sigma > 0.0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    if dtype not in MANTISSA_BITS:
        raise RuntimeError(
            "Cauchy distribution is a continuous probability distribution. dtype must be a floating point"
            f" but you specified {C_NAMES[dtype]}"
        )
    tangent = libm(math.tan, math.pi * (unit64(generator, math.prod(shape)) - 0.5))
    return round_to(fma64(tangent, float(sigma), float(median)), dtype).reshape(shape)

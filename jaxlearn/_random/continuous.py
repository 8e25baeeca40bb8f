"""Uniform, exponential and Cauchy numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .dtypes import C_NAMES, MANTISSA_BITS, TORCH_NAMES, largest, not_implemented, round_to
from .generator import Generator
from .rounding import fma32, fma64, libm

__all__ = ["cauchy", "exponential", "uniform", "unit32", "unit64"]

# Numbers are made in pieces that stay in the processor's cache: 6 ms instead of 10 ms for two million.
_CHUNK = 16384


def unit32(generator: Generator, count: int) -> np.ndarray:
    """``count`` multiples of 2**-24 in [0, 1), as ``float32``."""
    bits = generator.engine.draw32(count)
    bits &= np.uint32(0xFFFFFF)
    values = bits.astype(np.float32)
    values *= np.float32(2.0**-24)
    return values


def unit64(generator: Generator, count: int) -> np.ndarray:
    """``count`` multiples of 2**-53 in [0, 1), as ``float64``."""
    bits = generator.engine.draw64(count)
    bits &= np.uint64((1 << 53) - 1)
    values = bits.astype(np.float64)
    values *= 2.0**-53
    return values


def uniform(
    generator: Generator,
    shape: Sequence[int],
    from_: float = 0.0,
    to: float = 1.0,
    dtype: npt.DTypeLike = np.float32,
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
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        part = np.dtype(f"f{dtype.itemsize // 2}")
        return uniform(generator, (*shape, 2), from_, to, part).view(dtype).reshape(shape)
    if dtype not in MANTISSA_BITS:
        raise not_implemented("check_uniform_bounds", dtype)
    if dtype == np.float32 and (from_, to) == (0.0, 1.0) and math.prod(shape) <= _CHUNK:
        return unit32(generator, math.prod(shape)).reshape(shape)  # 24 bits: exact, and never 1
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
    count = math.prod(shape)
    if dtype == np.float64:
        values = unit64(generator, count)
        if (from_, to) != (0.0, 1.0):
            values = fma64(values, to - from_, from_)
    else:
        values = np.empty(count, dtype)
        low = np.float32(from_)
        for start in range(0, count, _CHUNK):
            numbers = unit32(generator, min(_CHUNK, count - start))
            if (from_, to) != (0.0, 1.0):
                numbers = fma32(numbers, np.float32(to) - low, low)
            values[start : start + _CHUNK] = round_to(numbers, dtype)
    # Rounding may reach the excluded bound; torch then returns the lower one.
    low_and_high = round_to(np.array([from_, to]), dtype)
    values[values == low_and_high[1]] = low_and_high[0]
    return values.reshape(shape)


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
    values = (-1.0 / lambd) * libm(math.log1p, -unit64(generator, math.prod(shape)))
    return round_to(values, dtype).reshape(shape)


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

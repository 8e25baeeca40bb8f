"""Normal and log-normal numbers by torch's two Box-Muller paths."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .box_muller import BLOCK, fill_blocks32
from .continuous import unit64, units64
from .dtypes import MANTISSA_BITS, is_half, not_implemented, round_to
from .generator import Generator
from .rounding import fma64, libm

__all__ = ["log_normal", "normal", "normal_like"]


# Up to so many pairs a loop takes less than NumPy's calls.
_FEW = 8
# Up to so many pairs are made ahead with those that follow.
_SOME = 64
_NO_OVERFLOW = 1e30  # no normal number is so many times its deviation
_FLOAT32 = np.dtype(np.float32)
_BITS_53 = (1 << 53) - 1


def normal(
    generator: Generator,
    shape: Sequence[int],
    mean: float = 0.0,
    std: float = 1.0,
    dtype: npt.DTypeLike = np.float32,
    contiguous: bool = True,
) -> np.ndarray:
    """Draw normal numbers.

    Args:
        generator: the stream to draw from.
        shape: shape of the result.
        mean: the mean.
        std: the standard deviation; for a complex dtype, of the whole number.
        dtype: a floating or complex dtype.
        contiguous: False draws one by one, as torch does when it fills a non-contiguous tensor, whatever its size.

    Returns:
        An array of ``shape`` and ``dtype``.

    Raises:
        RuntimeError: ``std`` is negative.
        NotImplementedError: ``dtype`` is neither floating nor complex.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.normal_.html

    Example::

        >>> normal(Generator().manual_seed(0), (2,)).round(4).tolist()  # doctest: +ELLIPSIS
        [1.54..., -0.29...]
    """
    if dtype is _FLOAT32 and 0.0 <= std < _NO_OVERFLOW and -_NO_OVERFLOW < mean < _NO_OVERFLOW:
        count = math.prod(shape)  # the common call, without a check or a warning to switch off
        if count >= BLOCK and contiguous:
            values = fill_blocks32(generator, count, mean, std, redrawn=True)
        elif 0 < count <= _SOME and mean == 0.0 and std == 1.0:
            values = _some32(generator, count)
        else:
            values = _one_by_one(generator, count, mean, std).astype(dtype)
        return values if len(shape) == 1 else values.reshape(shape)
    dtype = np.dtype(dtype)
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if dtype.kind == "c":
        part = np.dtype(f"f{dtype.itemsize // 2}")
        values = normal(generator, (*shape, 2), mean, std / math.sqrt(2), part, contiguous)
        return values.view(dtype).reshape(shape)
    if dtype not in MANTISSA_BITS:
        raise not_implemented("normal_kernel_cpu", dtype)
    count = math.prod(shape)
    if count >= BLOCK and contiguous:
        values = _fill_blocks(generator, count, float(mean), float(std), dtype)
    else:
        values = _one_by_one(generator, count, float(mean), float(std))
    return round_to(values, dtype).reshape(shape)


def normal_like(
    generator: Generator,
    mean: np.ndarray | float,
    std: np.ndarray | float,
) -> np.ndarray:
    """Draw one normal number for each element of ``mean`` and ``std`` (``torch.normal`` with tensors).

    Args:
        generator: the stream to draw from.
        mean: means; at least one of ``mean`` and ``std`` is an array, and they broadcast.
        std: standard deviations.

    Returns:
        An array of the broadcast shape and of the dtype of ``mean`` if that is an array, else of ``std``.

    Raises:
        RuntimeError: an element of ``std`` is negative.

    Source: https://pytorch.org/docs/stable/generated/torch.normal.html

    Example::

        >>> normal_like(Generator().manual_seed(0), np.zeros(3, np.float32), 1.0).shape
        (3,)
    """
    if not isinstance(std, np.ndarray):
        means = np.asarray(mean)
        values = normal(generator, means.shape, 0.0, std, means.dtype)
        return (values + means).astype(values.dtype, copy=False)
    if std.dtype.kind == "c":
        raise RuntimeError("normal expects standard deviation to be non-complex")
    if std.size and not std.min() >= 0:
        raise RuntimeError("normal expects all elements of std >= 0.0")
    if isinstance(mean, np.ndarray):
        shape, dtype = np.broadcast_shapes(mean.shape, std.shape), mean.dtype
    else:
        shape, dtype = std.shape, std.dtype
        mean = round_to(np.array(mean), dtype)
    # Two roundings, to the result's dtype each, as torch's in-place mul_ and add_.
    values = (normal(generator, shape, 0.0, 1.0, dtype) * std).astype(dtype, copy=False)
    return (values + mean).astype(dtype, copy=False)


def log_normal(
    generator: Generator,
    shape: Sequence[int],
    mean: float = 1.0,
    std: float = 2.0,
    dtype: npt.DTypeLike = np.float32,
) -> np.ndarray:
    """Draw ``exp(x)`` with ``x`` normal.

    Args:
        generator: the stream to draw from.
        shape: shape of the result.
        mean: mean of the underlying normal numbers.
        std: their standard deviation.
        dtype: a floating dtype.

    Returns:
        An array of ``shape`` and ``dtype``.

    Raises:
        RuntimeError: ``std`` is not positive.
        NotImplementedError: ``dtype`` is not floating.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.log_normal_.html

    Example::

        >>> log_normal(Generator().manual_seed(0), (3,)).shape
        (3,)
    """
    dtype = np.dtype(dtype)
    if not std > 0.0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    if dtype not in MANTISSA_BITS:
        raise not_implemented("log_normal_cpu", dtype)
    values = libm(_exp, _one_by_one(generator, math.prod(shape), float(mean), float(std)))
    return round_to(values, dtype).reshape(shape)


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _fill_blocks(generator: Generator, count: int, mean: float, std: float, dtype: np.dtype) -> np.ndarray:
    """Blocks of 16; where ``count`` is no multiple of 16, the last 16 values come from a block of their own."""
    if dtype != np.float64:
        # torch draws the rest of float32 in place too, then draws the last block anew over it.
        return fill_blocks32(generator, count, mean, std, redrawn=not is_half(dtype))
    whole, rest = count - count % BLOCK, count % BLOCK
    uniforms = unit64(generator, count + BLOCK if rest else whole)
    if rest:
        uniforms = np.concatenate([uniforms[:whole], uniforms[count:]])
    blocks = _blocks64(uniforms.reshape(-1, 2, BLOCK // 2), mean, std).reshape(-1)
    return np.concatenate([blocks[: count - BLOCK], blocks[whole:]]) if rest else blocks


def _blocks64(uniforms: np.ndarray, mean: float, std: float) -> np.ndarray:
    half = uniforms[:, 0].shape
    radius = np.sqrt(-2.0 * libm(math.log, (1.0 - uniforms[:, 0]).reshape(-1)))
    angle = (2.0 * math.pi) * uniforms[:, 1].reshape(-1)
    result = np.empty_like(uniforms)
    result[:, 0] = fma64(radius * libm(math.cos, angle), std, mean).reshape(half)
    result[:, 1] = fma64(radius * libm(math.sin, angle), std, mean).reshape(half)
    return result


def _one_by_one(generator: Generator, count: int, mean: float, std: float) -> np.ndarray:
    """In ``float64``, two numbers for two uniforms; an unused second number waits in the generator."""
    if count == 0:
        return np.empty(0)
    first = generator.next_normal_double
    pairs = (count + 1 if first is None else count) >> 1
    if pairs <= _SOME:
        values = generator.engine.made(pairs, 4, _pairs).reshape(-1)
    else:
        values = _pairs(generator.engine.draw32(4 * pairs)).reshape(-1)
    if first is not None:
        values = np.concatenate([(first,), values])
    generator.next_normal_double = None
    if len(values) > count:
        generator.next_normal_double = float(values[-1])
        values = values[:-1]
    return values if mean == 0.0 and std == 1.0 else fma64(values, std, mean)


def _some32(generator: Generator, count: int) -> np.ndarray:
    """The numbers of :func:`_one_by_one` of mean 0 and deviation 1 as ``float32``."""
    first = generator.next_normal_double
    pairs = (count + 1 if first is None else count) >> 1
    rows = generator.engine.made(pairs, 4, _pairs32)
    if first is None and not count & 1:
        return rows[:, :2].astype(_FLOAT32).reshape(-1)
    values = rows[:, :2].ravel().tolist()
    if first is not None:
        values.insert(0, first)
    generator.next_normal_double = None
    if len(values) > count:
        values.pop()
        generator.next_normal_double = _pair(*rows[-1, 2:].tolist())[1]
    return np.array(values, _FLOAT32)


def _pair(angle: float, radius: float) -> tuple[float, float]:
    """Two normal numbers of two uniform ones, as the C library computes them; no zero is negative."""
    length, turn = math.sqrt(-2.0 * math.log1p(-radius)), (2.0 * math.pi) * angle
    return length * math.cos(turn) + 0.0, length * math.sin(turn) + 0.0


def _pairs32(words: np.ndarray) -> np.ndarray:
    """For every four 32-bit numbers a pair of standard normal ones, rounded to ``float32``, and the two uniform ones.

    NumPy's functions are a few units in the last place of ``float64`` from the C library's, at a tenth of their time:
    where that may change what ``float32`` it is rounded to, about once in a million times, it is computed by these.
    """
    uniforms = units64(words)
    angle, radius = uniforms[0::2], uniforms[1::2]
    rows = np.empty((len(words) // 4, 4))
    rows[:, 2], rows[:, 3] = angle, radius
    length, turn = np.sqrt(-2.0 * np.log1p(-radius)), (2.0 * math.pi) * angle
    values = np.stack([length * np.cos(turn), length * np.sin(turn)], 1)
    margin = (length * _MARGIN)[:, None]
    low, high = (values - margin).astype(_FLOAT32), (values + margin).astype(_FLOAT32)
    rows[:, :2] = low
    for i in np.flatnonzero((low != high).any(1)).tolist():
        rows[i, :2] = np.array(_pair(*rows[i, 2:].tolist()), _FLOAT32)
    rows[:, :2] += 0.0
    return rows


# Of a number's length, how far NumPy's float64 may be from the C library's: 64 units in the last place.
_MARGIN = 2.0**-46


def _pairs(words: np.ndarray) -> np.ndarray:
    """A pair of standard normal numbers, in ``float64``, of every four 32-bit numbers; no zero is negative."""
    if len(words) <= 4 * _FEW:
        return _few_pairs(words)
    uniforms = units64(words)
    radius = np.sqrt(-2.0 * libm(math.log1p, -uniforms[1::2]))
    angle = (2.0 * math.pi) * uniforms[0::2]
    standard = np.empty((len(words) // 4, 2))
    standard[:, 0] = radius * libm(math.cos, angle)
    standard[:, 1] = radius * libm(math.sin, angle)
    standard += 0.0
    return standard


def _few_pairs(words: np.ndarray) -> np.ndarray:
    """:func:`_pairs` by a loop."""
    numbers = iter(words.tolist())
    standard = [
        _pair(((a << 32 | b) & _BITS_53) * 2.0**-53, ((c << 32 | d) & _BITS_53) * 2.0**-53)
        for a, b, c, d in zip(numbers, numbers, numbers, numbers, strict=True)
    ]
    return np.array(standard).reshape(-1, 2)

"""Integers in a range, and permutations."""

from __future__ import annotations

import functools
import math
import os
import sys
import warnings
from array import array
from collections.abc import Callable, Sequence
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from .dtypes import BFLOAT16, C_NAMES, MANTISSA_BITS, TORCH_NAMES, is_half, largest, not_implemented, round_to
from .generator import Generator

__all__ = ["randint", "random", "randperm"]

_INT64_MIN, _INT64_MAX = -(1 << 63), (1 << 63) - 1

# From this many values on, torch takes 64 bits per number to keep the modulo's skew small.
_WIDE_RANGE = 1 << 28

# From this many elements on, torch shuffles inside out with 64-bit numbers.
_HUGE_PERMUTATION = 0xFFFFFFFF // 20


# Up to so many numbers a loop over the swaps takes less than LAPACK's call, and up to so many less than NumPy's calls.
_VERY_FEW, _FEW = 10, 1500

# So many swaps have been made without LAPACK before SciPy's is loaded for it, which takes as long.
_WORTH = 1 << 16
_swapped = 0
_interchange: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None

_INT64 = np.dtype(np.int64)
_unsigned32 = functools.lru_cache(256)(np.uint32)


def randint(
    generator: Generator,
    low: int,
    high: int,
    shape: Sequence[int],
    dtype: npt.DTypeLike = np.int64,
) -> np.ndarray:
    """Draw integers uniform over [low, high).

    Args:
        generator: the stream to draw from.
        low: lowest value.
        high: one above the highest value.
        shape: shape of the result.
        dtype: an integer, boolean or floating dtype.

    Returns:
        An array of ``shape`` and ``dtype``.

    Raises:
        RuntimeError: the range is empty or outside the dtype's.

    Source: https://pytorch.org/docs/stable/generated/torch.randint.html

    Example::

        >>> randint(Generator().manual_seed(0), 0, 10, (4,)).tolist()
        [4, 9, 3, 0]
    """
    span = high - low
    if (
        dtype is _INT64 and 0 < span < _WIDE_RANGE and abs(low) < _WIDE_RANGE
    ):  # the common call, and nothing to check
        values = (generator.engine.draw32(math.prod(shape)) % _unsigned32(span)).astype(_INT64)
        if low:
            values += low
        return values if len(shape) == 1 else values.reshape(shape)
    return random(generator, shape, low, high, dtype)


def random(
    generator: Generator,
    shape: Sequence[int],
    from_: int | None = None,
    to: int | None = None,
    dtype: npt.DTypeLike = np.int64,
) -> np.ndarray:
    """Draw integers uniform over [from_, to), as ``Tensor.random_`` does.

    Args:
        generator: the stream to draw from.
        shape: shape of the result.
        from_: lowest value; without it, all non-negative values of an integer dtype, or [0, 2**mantissa] of a
            floating one.
        to: one above the highest value; without it, the dtype's highest value is included.
        dtype: an integer, boolean or floating dtype.

    Returns:
        An array of ``shape`` and ``dtype``.

    Raises:
        RuntimeError: the range is empty or outside the dtype's.
        NotImplementedError: the form without ``from_`` does not exist for ``dtype``.

    Source: https://pytorch.org/docs/stable/generated/torch.Tensor.random_.html

    Example::

        >>> random(Generator().manual_seed(0), (3,), dtype=np.uint8).tolist()
        [172, 47, 117]
    """
    dtype = np.dtype(dtype)
    if from_ is None:
        return _dtype_range(generator, shape, dtype)
    if from_ == _INT64_MIN and to is None:
        return _all_int64(generator, shape, dtype)
    low, high = _checked_range(from_, to, dtype)
    span, count = high - low, math.prod(shape)
    if span >= _WIDE_RANGE:
        offsets = (generator.engine.draw64(count) % np.uint64(span)).view(np.int64)
    else:
        offsets = (generator.engine.draw32(count) % np.uint32(span)).astype(np.int64)
    offsets += np.int64(low)
    return round_to(offsets, dtype).reshape(shape)


def _dtype_range(generator: Generator, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    count = math.prod(shape)
    if dtype.kind == "c" or (dtype.kind == "u" and dtype != np.uint8):
        raise not_implemented("random_kernel_cpu", dtype)
    if dtype in MANTISSA_BITS:
        values = (1 << MANTISSA_BITS[dtype]) + 1
    else:
        values = int(largest(dtype)) + 1
    if dtype in (np.dtype(np.int64), np.dtype(np.float64)):
        return (generator.engine.draw64(count) % np.uint64(values)).astype(dtype).reshape(shape)
    return round_to(generator.engine.draw32(count) % np.uint32(values), dtype).reshape(shape)


def _all_int64(generator: Generator, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    if dtype != np.int64 and (dtype not in MANTISSA_BITS or dtype == np.float16):
        raise RuntimeError(
            "random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16"
        )
    return round_to(generator.engine.draw64(math.prod(shape)).view(np.int64), dtype).reshape(shape)


def _checked_range(from_: int, to: int | None, dtype: np.dtype) -> tuple[int, int]:
    """The range [low, high) actually drawn from, after torch's checks and its narrowing for floating dtypes."""
    if dtype.kind == "c":
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    floating = dtype in MANTISSA_BITS
    low = from_
    if to is not None:
        if from_ >= to:
            raise RuntimeError(
                f"random_ expects 'from' to be less than 'to', but got from={from_} >= to={to}"
            )
        last = to - 1
        if floating:
            low, last = _narrow_from(from_, dtype), _narrow_to(to, dtype) - 1
            if low > last:
                raise RuntimeError(
                    "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got"
                    f" from={low} >= to={last + 1}"
                )
    elif floating:
        low, last = _narrow_from(from_, dtype), 1 << MANTISSA_BITS[dtype]
        if low >= last:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but"
                f" got from={low} > to_inc={last}"
            )
    else:
        last = min(int(largest(dtype)), _INT64_MAX)
    lowest = 0 if dtype.kind in "bu" else (-largest(dtype) if floating else -int(largest(dtype)) - 1)
    highest = largest(dtype) if floating else min(int(largest(dtype)), _INT64_MAX)
    for name, bound in (("from", low), ("to - 1", last)):
        if not lowest <= bound <= highest:
            raise RuntimeError(f"{name} is out of bounds for {C_NAMES[dtype]}")
        if floating and abs(bound) > 1 << MANTISSA_BITS[dtype]:
            digits = MANTISSA_BITS[dtype]
            warnings.warn(
                f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations"
                f" {C_NAMES[dtype]} can support discrete uniform distribution only within this range. This warning"
                " will become an error in version 1.7 release, please fix the code in advance",
                UserWarning,
                stacklevel=4,
            )
    return low, last + 1


def _as_integer(value: int, dtype: np.dtype) -> int:
    """``value`` rounded to ``dtype`` and back; what int64 cannot hold becomes its lowest value, as on x86."""
    rounded = float(round_to(np.array([value], np.int64), dtype).astype(np.float64)[0])
    return int(rounded) if abs(rounded) < 2.0**63 else _INT64_MIN


def _narrow_from(from_: int, dtype: np.dtype) -> int:
    """The next bound to the right that survives the conversion to ``dtype``."""
    following = _as_integer(from_ + 1, dtype)
    if following >= from_:
        return from_
    return following + (1 << max((abs(from_ + 1)).bit_length() - MANTISSA_BITS[dtype], 0))


def _narrow_to(to: int, dtype: np.dtype) -> int:
    """The next bound to the left that survives the conversion to ``dtype``."""
    previous = _as_integer(to - 1, dtype)
    if previous < to:
        return to
    return previous - (1 << max((abs(to - 1)).bit_length() - MANTISSA_BITS[dtype], 0))


def randperm(generator: Generator, n: int, dtype: npt.DTypeLike = np.int64) -> np.ndarray:
    """Draw a permutation of 0 ... n - 1 by a Fisher-Yates shuffle.

    Args:
        generator: the stream to draw from.
        n: number of elements.
        dtype: an integer or floating dtype that holds the elements (``bfloat16`` rounds them).

    Returns:
        An array of shape (n,) and ``dtype``.

    Raises:
        RuntimeError: ``n`` is negative or too large for ``dtype``.
        NotImplementedError: ``dtype`` is boolean, complex or a wide unsigned one.

    Source: https://pytorch.org/docs/stable/generated/torch.randperm.html

    Example::

        >>> randperm(Generator().manual_seed(0), 5).tolist()
        [4, 0, 1, 3, 2]
    """
    if dtype is _INT64 and 0 <= n <= _FEW:  # the common call, and nothing to check
        if n <= _VERY_FEW:
            return _shuffle_few(generator.engine.draw32(n - 1 if n else 0).tolist(), n)
        steps, spans = _few_steps(n)
        return _shuffle(generator.engine.draw32(n - 1) % spans + steps, n)
    dtype = np.dtype(dtype)
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    if dtype in MANTISSA_BITS:
        limit = (1 << MANTISSA_BITS[dtype]) + 1
        # torch lets bfloat16 round the larger elements.
        if n > limit and dtype != BFLOAT16:
            raise RuntimeError(f"n cannot be greater than {limit} for {TORCH_NAMES[dtype]} type.")
    elif dtype.kind in "iu" and n - 1 > largest(dtype):
        name = "int" if dtype == np.int32 else f"{dtype.name}_t"
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    if dtype.kind in "bc" or (dtype.kind == "u" and dtype != np.uint8):
        raise not_implemented("randperm", dtype)
    if n >= _HUGE_PERMUTATION:
        order = _shuffle_inside_out(generator.engine.draw64(n) % np.arange(1, n + 1, dtype=np.uint64))
    else:
        steps, spans = _steps(n)
        targets = generator.engine.draw32(len(steps)) % spans
        targets += steps
        order = _shuffle(targets, n)
    return round_to(order, dtype) if is_half(dtype) else order.astype(dtype, copy=False)


def _steps(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The swaps of a permutation, and among how many elements each of them chooses."""
    steps = np.arange(max(n - 1, 0), dtype=np.uint32)
    return steps, np.uint32(n) - steps


_few_steps = functools.lru_cache(maxsize=256)(_steps)


def _shuffle(targets: np.ndarray, n: int) -> np.ndarray:
    """Positions after swapping i with ``targets[i]`` (>= i) for i = 0, 1, ..., which is LAPACK's interchange of rows.

    Before that is imported, of many without a loop over the swaps.
    Swap k leaves at its target the number that stood at k, which in turn is the number an earlier swap onto k left
    there, and so on back to a swap onto which nothing was swapped: that number is the swap's own index. Halving the
    chains (pointer jumping) finds it for all swaps at once. The number that ends at i is the one left at ``targets[i]``
    by the last earlier swap with that target.
    """
    swap_rows = _interchange or _worth(n)
    if swap_rows is not None and n > 1:  # which moves 64 bits, whatever they mean
        rows = _few_rows(n) if n <= _FEW else _rows(n)
        return swap_rows(rows, targets.view(np.int32)).reshape(n).view(np.int64)
    if n <= _FEW:
        numbers = list(range(n))
        i = 0
        for j in targets.tolist():
            numbers[i], numbers[j] = numbers[j], numbers[i]
            i += 1
        return np.frombuffer(array("q", numbers), np.int64)  # of a list of integers NumPy looks at each one
    count = len(targets)
    target = np.append(targets, np.uint32(n - 1)).astype(np.int64)
    index = np.arange(n)
    # The last swap from elsewhere onto each position; of repeated indices NumPy keeps the last.
    number = index.copy()
    moved = np.flatnonzero(target[:count] != index[:count])
    number[target[moved]] = moved
    while True:
        further = number[number]
        if np.array_equal(further, number):
            break
        number = further
    keys = np.sort((target << 32) | index)
    swap, same = keys & 0xFFFFFFFF, (keys[1:] >> 32) == (keys[:-1] >> 32)
    order = target
    order[swap[1:][same]] = number[swap[:-1][same]]
    return order


def _shuffle_few(numbers: list[int], n: int) -> np.ndarray:
    """The permutation of the raw numbers, by a loop."""
    order = list(range(n))
    i = 0
    for number in numbers:
        j = i + number % (n - i)
        order[i], order[j] = order[j], order[i]
        i += 1
    return np.array(order, _INT64)


def _worth(n: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray] | None:
    """LAPACK's ``laswp``, where it is imported or worth that for ``n`` more swaps."""
    global _swapped, _interchange
    _swapped += n
    if _swapped >= _WORTH or _LAPACK in sys.modules:
        _interchange = _lapack().dlaswp
    return _interchange


_LAPACK = "scipy.linalg._flapack"


def _lapack() -> Any:
    """SciPy's LAPACK by itself: the package that it is in takes thirty times as long to import."""
    found = sys.modules.get(_LAPACK)
    if found is None:
        import scipy

        spec = PathFinder.find_spec(_LAPACK, [os.path.join(path, "linalg") for path in scipy.__path__])
        if spec is None or spec.loader is None:
            import scipy.linalg.lapack

            return scipy.linalg.lapack
        found = module_from_spec(spec)
        spec.loader.exec_module(found)
        sys.modules[_LAPACK] = found
    return found


def _rows(n: int) -> np.ndarray:
    """0 ... n - 1 as a column of LAPACK's, which copies it."""
    return np.arange(n).view(np.float64).reshape(n, 1)


_few_rows = functools.lru_cache(maxsize=256)(_rows)


def _shuffle_inside_out(sources: np.ndarray) -> np.ndarray:
    """The inside-out shuffle: step i moves what stands at ``sources[i]`` (<= i) to i and puts i in its place."""
    order = np.empty(len(sources), np.int64)
    for i, source in enumerate(sources.tolist()):
        order[i] = order[source]
        order[source] = i
    return order

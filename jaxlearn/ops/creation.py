"""The values of ``arange``, ``linspace`` and ``logspace``, in NumPy and rounded as torch's CPU kernels "
"round."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np

__all__ = ["arange_values", "linspace_values", "logspace_values"]

# torch's AVX2 kernels compute in vectors of so many bytes, two at a time: each from its first element, which
# is rounded
# before the others are counted from it. What does not fill two vectors is computed element by element.
_VECTOR_BYTES = 32


def arange_values(start: Any, end: Any, step: Any, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """``start, start + step, ...`` below ``end``.

    Bit-equal to torch on one thread; torch cuts more than 32,768 floats between threads, which moves the
    vectors.

    Args:
        start: the first value.
        end: the values stay on this side of it.
        step: the difference.
        dtype: integer or floating.
    """
    if dtype.kind in "iu":
        start, end, step = int(start), int(end), int(step)
        if step == 0:
            raise RuntimeError("step must be nonzero")
        return (start + step * np.arange(max(0, -(-(end - start) // step)), dtype=np.int64)).astype(dtype)
    count = math.ceil((end - start) / step)
    # Wide enough for the fused multiply-adds of the kernels.
    wide = np.dtype(np.longdouble if dtype == np.float64 else np.float64)
    first, difference = wide.type(start), wide.type(step)
    index = np.arange(count)
    lane = index % (_VECTOR_BYTES // dtype.itemsize)
    vectors = (first + difference * (index - lane)).astype(dtype).astype(wide) + difference * lane
    whole = count - count % (2 * _VECTOR_BYTES // dtype.itemsize)
    single = first + difference * index
    return np.where(index < whole, vectors, single).astype(dtype)


_FEW = 64


def linspace_values(start: Any, end: Any, steps: int, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """``steps`` values from ``start`` to ``end``: half counted from the start, the rest from the end.

    Args:
        start: the first value.
        end: the last value.
        steps: how many.
        dtype: integer, floating or complex.
    """
    if steps == 0:
        return np.empty(0, dtype)
    if steps == 1:
        return np.array([start]).astype(dtype)
    if dtype.kind in "iu":
        first, last, kind = np.float64(int(start)), np.float64(int(end)), np.dtype(np.float64)
    else:
        first, last = np.array([start, end]).astype(dtype)
        kind = dtype
    if kind == np.float32:  # as below, each number by itself: the calls take longer than the arithmetic
        head, tail = float(first), float(last)
        each = float((last - first) / np.float32(steps - 1))
        half, back = steps // 2, steps - 1
        if steps <= _FEW:
            numbers = [head + each * i if i < half else tail - each * (back - i) for i in range(steps)]
            return np.array(numbers, np.float32).astype(dtype, copy=False)
    # Each product and sum is rounded once (a fused multiply-add), in 16 bits and for complex numbers each by
    # itself.
    wide = {np.dtype(np.float32): np.float64, np.dtype(np.float64): np.longdouble}.get(kind, kind)
    step = ((last - first) / np.array(steps - 1).astype(kind)).astype(kind).astype(wide)
    index = np.arange(steps)
    forward = first.astype(wide) + step * index.astype(wide)
    backward = last.astype(wide) - step * (steps - 1 - index).astype(wide)
    return np.where(index < steps // 2, forward, backward).astype(kind).astype(dtype)


def logspace_values(
    start: Any, end: Any, steps: int, base: float, dtype: np.dtype[Any]
) -> np.ndarray[Any, Any]:
    """``base`` to the powers of equally spaced numbers from ``start`` to ``end``."""
    if dtype.kind == "c":
        return np.power(dtype.type(base), linspace_values(start, end, steps, dtype))
    if dtype.kind in "iu" and steps > 1:
        start, end = int(start), int(end)  # torch's kernel: the exponents run between whole numbers
    # As in torch's kernel the ends, and how far apart they are, are numbers of the dtype, and the step is a double.
    kind = np.dtype(np.float64) if dtype.kind in "iu" else dtype
    first, last = kind.type(float(start)), kind.type(float(end))
    step, index = float(last - first) / max(steps - 1, 1), np.arange(steps)
    exponents = np.where(
        index < steps // 2, float(first) + step * index, float(last) - step * (steps - 1 - index)
    )
    if steps == 1:
        exponents = np.array([float(start)])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        powers = [np.float64(base) ** x for x in exponents]
        narrow = dtype.itemsize < 8 and (dtype.kind == "f" or dtype == ml_dtypes.bfloat16)
        return np.array(powers).astype(np.float32 if narrow else np.float64).astype(dtype)

"""Arithmetic that rounds where torch's CPU kernels round: fused multiply-add, Cephes log and sincos, libm by element.

NumPy's own log, sin and cos differ from the C library's and from torch's vectorised ones in the last bit, so the
functions here follow torch's choice: the C library (through :mod:`math`) in double precision, and in single precision
the Cephes polynomials (S. L. Moshier, https://www.netlib.org/cephes/) with the multiply-adds fused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["cephes_log", "cephes_sincos", "fma32", "fma64", "libm"]

_f32 = np.float32

_SQRT_HALF = _f32(0.707106781186547524)
_LOG_COEFFICIENTS = tuple(
    _f32(c)
    for c in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
)
_LN2_LOW, _LN2_HIGH = _f32(-2.12194440e-4), _f32(0.693359375)
_FOUR_OVER_PI = _f32(1.27323954473516)
_QUARTER_PI_PARTS = tuple(_f32(c) for c in (-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8))
_SIN_COEFFICIENTS = tuple(_f32(c) for c in (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1))
_COS_COEFFICIENTS = tuple(
    _f32(c) for c in (2.443315711809948e-005, -1.388731625493765e-003, 4.166664568298827e-002)
)


def libm(function: Callable[[float], float], values: np.ndarray) -> np.ndarray:
    """Apply a :mod:`math` function to each element of a 1-d ``float64`` array: the C library's own last bit."""
    return np.fromiter(map(function, values.tolist()), np.float64, values.size)


def fma32(a: Any, b: Any, c: Any) -> Any:
    """``a * b + c`` in ``float32`` with one rounding; ``a`` is an array, of NumPy or of JAX with 64-bit types.

    The product of two ``float32`` is exact in ``float64``; the sum is then rounded twice, which differs from one
    rounding about once in 2**29 results. Arrays in place of ``b`` and ``c`` had better be ``float64``, which NumPy
    need not convert piece by piece.
    """
    exact = a.astype(np.float64)
    exact *= b
    exact += c
    return exact.astype(np.float32)


def fma64(a: np.ndarray, b: float, c: float) -> np.ndarray:
    """``a * b + c`` in ``float64`` with one rounding, by error-free transformations.

    Reference: T. J. Dekker, "A floating-point technique for extending the available precision", 1971.
    """
    product = a * b
    if c == 0.0 or b == 1.0:
        return product + c
    splitter = 134217729.0  # 2**27 + 1
    a_high = a * splitter - (a * splitter - a)
    b_high = b * splitter - (b * splitter - b)
    a_low, b_low = a - a_high, b - b_high
    product_error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    total = product + c
    virtual = total - product
    sum_error = (product - (total - virtual)) + (c - virtual)
    return total + (sum_error + product_error)


def cephes_log(x: Any, xp: Any = np) -> Any:
    """Natural logarithm of positive ``float32`` values by the Cephes polynomial.

    Args:
        x: an array; no subnormal numbers.
        xp: ``numpy``, or ``jax.numpy`` for an array of JAX.
    """
    mantissa, exponent = xp.frexp(x)
    small = mantissa < _SQRT_HALF
    e = (exponent - small).astype(np.float32)
    # x + x - 1 below sqrt(1/2), x - 1 above: both exact.
    x = mantissa - _f32(1) + mantissa * small
    z = x * x
    wide = x.astype(np.float64)
    y = fma32(x, _LOG_COEFFICIENTS[0], _LOG_COEFFICIENTS[1])
    for coefficient in _LOG_COEFFICIENTS[2:]:
        y = fma32(y, wide, coefficient)
    y = fma32(y * x, z.astype(np.float64), (e * _LN2_LOW).astype(np.float64))
    y = y - z * _f32(0.5)
    return fma32(e, _LN2_HIGH, (x + y).astype(np.float64))


def cephes_sincos(x: Any, xp: Any = np) -> tuple[Any, Any]:
    """Sine and cosine of non-negative ``float32`` angles below 8192 by the Cephes polynomials.

    Args:
        x: an array.
        xp: ``numpy``, or ``jax.numpy`` for an array of JAX.
    """
    octant = ((x * _FOUR_OVER_PI).astype(np.int32) + 1) & ~1
    y = octant.astype(np.float64)
    for part in _QUARTER_PI_PARTS:
        x = (y * part + x.astype(np.float64)).astype(np.float32)
    z = x * x
    wide = z.astype(np.float64)
    cosine = fma32(fma32(z, _COS_COEFFICIENTS[0], _COS_COEFFICIENTS[1]), wide, _COS_COEFFICIENTS[2]) * z
    cosine = fma32(cosine, wide, wide * -0.5) + _f32(1)
    sine = fma32(fma32(z, _SIN_COEFFICIENTS[0], _SIN_COEFFICIENTS[1]), wide, _SIN_COEFFICIENTS[2]) * z
    wide = x.astype(np.float64)
    sine = fma32(sine, wide, wide)
    swap = (octant & 2) != 0
    sin_sign = (1 - ((octant & 4) >> 1)).astype(np.float32)
    cos_sign = (1 - (((octant + 2) & 4) >> 1)).astype(np.float32)
    return xp.where(swap, cosine, sine) * sin_sign, xp.where(swap, sine, cosine) * cos_sign

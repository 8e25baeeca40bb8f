"""What the samplers need to know of a dtype: its mantissa, its range and the names torch's messages use for it."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import numpy.typing as npt

__all__ = [
    "BFLOAT16",
    "C_NAMES",
    "MANTISSA_BITS",
    "TORCH_NAMES",
    "is_half",
    "largest",
    "not_implemented",
    "round_to",
]

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)

#: Mantissa bits of the floating dtypes, the implicit one included.
MANTISSA_BITS: dict[np.dtype, int] = {
    np.dtype(np.float16): 11,
    BFLOAT16: 8,
    np.dtype(np.float32): 24,
    np.dtype(np.float64): 53,
}

#: torch's enum names, as in ``"randperm" not implemented for 'Bool'``.
TORCH_NAMES: dict[np.dtype, str] = {
    np.dtype(np.bool_): "Bool",
    np.dtype(np.uint8): "Byte",
    np.dtype(np.int8): "Char",
    np.dtype(np.int16): "Short",
    np.dtype(np.int32): "Int",
    np.dtype(np.int64): "Long",
    np.dtype(np.uint16): "UInt16",
    np.dtype(np.uint32): "UInt32",
    np.dtype(np.uint64): "UInt64",
    np.dtype(np.float16): "Half",
    BFLOAT16: "BFloat16",
    np.dtype(np.float32): "Float",
    np.dtype(np.float64): "Double",
    np.dtype(np.complex64): "ComplexFloat",
    np.dtype(np.complex128): "ComplexDouble",
}

#: C++ type names, as in ``to - 1 is out of bounds for unsigned char``.
C_NAMES: dict[np.dtype, str] = {
    np.dtype(np.bool_): "bool",
    np.dtype(np.uint8): "unsigned char",
    np.dtype(np.int8): "signed char",
    np.dtype(np.int16): "short int",
    np.dtype(np.int32): "int",
    np.dtype(np.int64): "long int",
    np.dtype(np.uint16): "short unsigned int",
    np.dtype(np.uint32): "unsigned int",
    np.dtype(np.uint64): "long unsigned int",
    np.dtype(np.float16): "c10::Half",
    BFLOAT16: "c10::BFloat16",
    np.dtype(np.float32): "float",
    np.dtype(np.float64): "double",
    np.dtype(np.complex64): "c10::complex<float>",
    np.dtype(np.complex128): "c10::complex<double>",
}


def is_half(dtype: np.dtype) -> bool:
    """Whether torch computes in ``float32`` for this dtype."""
    return dtype.itemsize == 2 and dtype in MANTISSA_BITS


def largest(dtype: np.dtype) -> float | int:
    """The largest finite value of a floating, integer or boolean dtype."""
    if dtype == np.bool_:
        return 1
    if dtype in MANTISSA_BITS:
        return float(ml_dtypes.finfo(dtype).max)
    return int(np.iinfo(dtype).max)


def round_to(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Convert as C++ does: a wide value reaches a 16-bit float by way of ``float32``, each step rounding to even."""
    with np.errstate(over="ignore", invalid="ignore"):
        if is_half(dtype):
            values = values.astype(np.float32, copy=False)
        return values.astype(dtype, copy=False)


def not_implemented(kernel: str, dtype: npt.DTypeLike) -> NotImplementedError:
    """torch's error for a kernel that does not exist for a dtype."""
    return NotImplementedError(f"\"{kernel}\" not implemented for '{TORCH_NAMES[np.dtype(dtype)]}'")

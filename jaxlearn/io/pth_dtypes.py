"""How torch names element types in a checkpoint, and their NumPy counterparts."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

__all__ = ["DTYPE_NAMES", "NUMPY_DTYPES", "STORAGE_CLASSES", "is_quantized_storage", "torch_dtype_name"]

# dtype → name of the storage class that carries it in the file.
STORAGE_CLASSES: dict[str, str] = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "bfloat16": "BFloat16Storage",
    "complex128": "ComplexDoubleStorage",
    "complex64": "ComplexFloatStorage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
}

# dtypes without a storage class of their own: bytes in an UntypedStorage, the dtype beside the tensor.
_UNTYPED: dict[str, Any] = {
    "uint16": np.uint16,
    "uint32": np.uint32,
    "uint64": np.uint64,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
    "float8_e5m2": ml_dtypes.float8_e5m2,
    "float8_e5m2fnuz": ml_dtypes.float8_e5m2fnuz,
    "float8_e8m0fnu": ml_dtypes.float8_e8m0fnu,
}

NUMPY_DTYPES: dict[str, np.dtype[Any]] = {
    **{name: np.dtype(name) for name in STORAGE_CLASSES if name != "bfloat16"},
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    **{name: np.dtype(scalar) for name, scalar in _UNTYPED.items()},
}

DTYPE_NAMES: dict[np.dtype[Any], str] = {dtype: name for name, dtype in NUMPY_DTYPES.items()}


def torch_dtype_name(dtype: np.dtype[Any]) -> str:
    """torch's name, without prefix, of a NumPy dtype.

    Args:
        dtype: any NumPy dtype, in either byte order.

    Raises:
        TypeError: if torch has no such element type.
    """
    name = DTYPE_NAMES.get(dtype.newbyteorder("="))
    if name is None:
        known = ", ".join(NUMPY_DTYPES)
        raise TypeError(
            f"cannot save a storage of dtype {dtype}: torch's file format holds {known}; convert it first"
        )
    return name


def is_quantized_storage(class_name: str) -> bool:
    """Whether a storage class holds quantized integers (`QInt8Storage` and the like)."""
    return class_name.startswith(("QInt", "QUInt")) and class_name.endswith("Storage")

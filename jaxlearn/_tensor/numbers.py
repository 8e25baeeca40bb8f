"""Python numbers on their way into tensors: torch's check that the dtype holds them."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np

__all__ = ["check_number"]

_C_NAMES = {
    "float32": "float",
    "float64": "double",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "int32": "int",
    **{f"int{bits}": f"int{bits}_t" for bits in (8, 16, 64)},
    **{f"uint{bits}": f"uint{bits}_t" for bits in (8, 16, 32, 64)},
}


def check_number(value: Any, dtype: np.dtype[Any]) -> None:
    """Refuse a number that the dtype cannot hold; negative numbers wrap round in unsigned dtypes.

    Raises:
        RuntimeError: the number is complex and the dtype real, or it is beyond the dtype's range.
    """
    kind = dtype.kind
    if kind == "c" or (kind == "f" and dtype.itemsize >= 4 and type(value) is float and -1e38 < value < 1e38):
        return
    fits = True
    if isinstance(value, complex):
        fits = value.imag == 0
        value = value.real
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        lowest = -info.max if dtype.kind == "u" else info.min
        fits = fits and math.isfinite(value) and lowest <= value <= info.max
    elif dtype.kind in "fV" and math.isfinite(value):
        fits = fits and abs(value) <= float(ml_dtypes.finfo(dtype).max)
    if not fits:
        raise RuntimeError(
            f"value cannot be converted to type {_C_NAMES.get(str(dtype), str(dtype))} without overflow"
        )

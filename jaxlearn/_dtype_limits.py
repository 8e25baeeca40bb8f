"""The limits of the dtypes: ``finfo`` and ``iinfo``. Import them from ``jaxlearn._dtypes``."""

from __future__ import annotations

import builtins
from typing import Any, Final, NoReturn

import ml_dtypes
import numpy as np

from jaxlearn._dtype_objects import (
    as_dtype,
    bfloat16,
    bool,
    dtype,
    float8_e5m2fnuz,
    float16,
    float32,
    float64,
)
from jaxlearn._dtype_promotion import get_default_dtype

__all__ = ["finfo", "iinfo"]

_bool = builtins.bool
_int = builtins.int
_float = builtins.float

# NumPy's own finfo does not know ml_dtypes' types, and ml_dtypes' carries no annotations.
_finfo: Final[Any] = ml_dtypes.finfo


class _Limits:
    """What ``finfo`` and ``iinfo`` share: read-only values that compare equal for the same dtype."""

    __slots__ = ("bits", "dtype", "max", "min")
    __hash__ = None  # type: ignore[assignment]

    bits: _int
    dtype: str

    def __setattr__(self, name: str, value: object) -> NoReturn:
        kind = type(self).__name__
        if hasattr(self, name):
            raise AttributeError(f"attribute {name!r} of 'torch.{kind}' objects is not writable")
        raise AttributeError(f"'torch.{kind}' object has no attribute {name!r}")

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"cannot pickle 'torch.{type(self).__name__}' object")

    def __eq__(self, other: object) -> _bool:
        return type(other) is type(self) and isinstance(other, _Limits) and other.dtype == self.dtype


# Significant decimal digits that always survive the way into the type and back; 8-bit floats keep none.
_DIGITS: Final = {float16: 3, bfloat16: 2, float32: 6, float64: 15}


class finfo(_Limits):
    """The limits of a floating-point dtype.

    See https://docs.pytorch.org/docs/stable/type_info.html#torch.torch.finfo

    Args:
        type: a floating-point or complex dtype (then of its parts); the default dtype when left out.

    Attributes:
        bits: bits per value.
        eps: the step from 1.0 to the next larger value.
        max: the largest finite value.
        min: the smallest finite value.
        tiny: the smallest positive normal value.
        smallest_normal: the same as ``tiny``.
        resolution: ten to the minus of the number of reliable decimal digits.
        dtype: the dtype's name, a string.

    Raises:
        TypeError: for an integer dtype or a value that is no dtype.

    Example::

        >>> finfo(float16).max
        65504.0
    """

    __slots__ = ("eps", "resolution", "smallest_normal", "tiny")

    eps: _float
    max: _float
    min: _float
    resolution: _float
    smallest_normal: _float
    tiny: _float

    def __init__(self, type: dtype | None = None) -> None:
        d = get_default_dtype() if type is None else as_dtype(type, "finfo", "type", 1)
        if not (d.is_floating_point or d.is_complex):
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'"
            )
        real = d.to_real()
        limits = _finfo(real._np)
        tiny = _float(limits.tiny)
        self._set(
            bits=real.itemsize * 8,
            # torch gives this one type half the step that its two fraction bits make.
            eps=0.125 if real is float8_e5m2fnuz else _float(limits.eps),
            max=_float(limits.max),
            min=_float(limits.min),
            tiny=tiny,
            smallest_normal=tiny,
            resolution=10.0 ** -_DIGITS.get(real, 0),
            dtype=real._name,
        )

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo(_Limits):
    """The limits of an integer dtype.

    See https://docs.pytorch.org/docs/stable/type_info.html#torch.torch.iinfo

    Args:
        type: an integer dtype.

    Attributes:
        bits: bits per value.
        max: the largest value.
        min: the smallest value.
        dtype: the dtype's name, a string.

    Raises:
        TypeError: for any other dtype or a value that is no dtype.

    Example::

        >>> from jaxlearn._dtypes import uint8
        >>> iinfo(uint8).max
        255
    """

    __slots__ = ()

    max: _int
    min: _int

    def __init__(self, type: dtype) -> None:
        d = as_dtype(type, "iinfo", "type", 1)
        if d.is_floating_point or d.is_complex:
            raise TypeError(
                "torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'"
            )
        if d is bool:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        limits = np.iinfo(d._np)
        self._set(bits=limits.bits, max=_int(limits.max), min=_int(limits.min), dtype=d._name)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

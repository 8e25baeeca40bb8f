"""The dtype objects: what ``torch.float32`` and its like are here. Import them from ``jaxlearn._dtypes``.

The module's own names shadow ``bool``, ``int``, ``float`` and ``complex`` because those are torch's names of dtypes;
the Python types are therefore spelled ``_bool``, ``_int`` and so on in here.

``complex32`` is left out: neither NumPy nor XLA has a complex number of two half floats. Where torch would
promote to ``complex32``, the result here is ``complex64``, the smallest complex type there is.
"""

from __future__ import annotations

import builtins
from typing import Final, NoReturn, Self

import ml_dtypes
import numpy as np

__all__ = [
    "FLOAT8",
    "WIDE_UNSIGNED",
    "as_dtype",
    "bfloat16",
    "bool",
    "cdouble",
    "cfloat",
    "complex64",
    "complex128",
    "double",
    "dtype",
    "float",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "float16",
    "float32",
    "float64",
    "from_numpy_dtype",
    "half",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "long",
    "short",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]

_bool = builtins.bool
_int = builtins.int
_float = builtins.float


class dtype:
    """The type of a tensor's elements: ``float32``, ``int64``, ``bool`` and so on.

    There is exactly one object per type, so ``is`` and ``==`` agree. See
    https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.dtype

    Attributes:
        is_floating_point: whether it is a real floating-point type.
        is_complex: whether it is a complex type.
        is_signed: whether it can hold negative values.
        itemsize: bytes per element.

    Example::

        >>> from jaxlearn._dtypes import float32, int64
        >>> float32
        torch.float32
        >>> int64.itemsize, int64.is_floating_point
        (8, False)
    """

    __slots__ = ("_name", "_np", "_scalar_name", "is_complex", "is_floating_point", "is_signed", "itemsize")

    _np: np.dtype
    """The NumPy dtype of the same elements."""
    _scalar_name: str
    """torch's other name of the type, as its messages use it: "Float" for ``float32``."""
    _name: str
    is_complex: _bool
    is_floating_point: _bool
    is_signed: _bool
    itemsize: _int

    def __new__(cls) -> Self:
        raise TypeError("cannot create 'torch.dtype' instances")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        if hasattr(self, name):
            raise AttributeError(f"attribute {name!r} of 'torch.dtype' objects is not writable")
        raise AttributeError(f"'torch.dtype' object has no attribute {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        self.__setattr__(name, None)

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> str:
        # A string makes pickle and copy refer to the module's global of that name: the object stays unique.
        return self._name

    def to_real(self) -> dtype:
        """The type of a value's real part: ``complex64`` gives ``float32``; a real type gives itself."""
        return _REAL_OF.get(self, self)

    def to_complex(self) -> dtype:
        """The complex type whose parts are of this type.

        ``float16`` and ``bfloat16`` give ``complex64`` (torch has ``complex32`` for ``float16``).

        Raises:
            RuntimeError: for integers, bool and 8-bit floats.
        """
        if self.is_complex:
            return self
        try:
            return _COMPLEX_OF[self]
        except KeyError:
            raise RuntimeError(f"Unknown Complex ScalarType for {self._scalar_name}") from None


def _make(name: str, scalar_name: str, numpy_type: type) -> dtype:
    np_dtype = np.dtype(numpy_type)
    kind = np_dtype.kind
    is_floating_point = kind == "f" or np_dtype.type.__module__ == "ml_dtypes"
    new = object.__new__(dtype)
    for attribute, value in (
        ("_np", np_dtype),
        ("_scalar_name", scalar_name),
        ("_name", name),
        ("is_complex", kind == "c"),
        ("is_floating_point", is_floating_point),
        ("is_signed", kind in "ifcV" and scalar_name != "Float8_e8m0fnu"),
        ("itemsize", np_dtype.itemsize),
    ):
        object.__setattr__(new, attribute, value)
    return new


bool = _make("bool", "Bool", np.bool_)
uint8 = _make("uint8", "Byte", np.uint8)
uint16 = _make("uint16", "UInt16", np.uint16)
uint32 = _make("uint32", "UInt32", np.uint32)
uint64 = _make("uint64", "UInt64", np.uint64)
int8 = _make("int8", "Char", np.int8)
int16 = short = _make("int16", "Short", np.int16)
int32 = int = _make("int32", "Int", np.int32)
int64 = long = _make("int64", "Long", np.int64)
float16 = half = _make("float16", "Half", np.float16)
bfloat16 = _make("bfloat16", "BFloat16", ml_dtypes.bfloat16)
float32 = float = _make("float32", "Float", np.float32)
float64 = double = _make("float64", "Double", np.float64)
complex64 = cfloat = _make("complex64", "ComplexFloat", np.complex64)
complex128 = cdouble = _make("complex128", "ComplexDouble", np.complex128)
float8_e4m3fn = _make("float8_e4m3fn", "Float8_e4m3fn", ml_dtypes.float8_e4m3fn)
float8_e4m3fnuz = _make("float8_e4m3fnuz", "Float8_e4m3fnuz", ml_dtypes.float8_e4m3fnuz)
float8_e5m2 = _make("float8_e5m2", "Float8_e5m2", ml_dtypes.float8_e5m2)
float8_e5m2fnuz = _make("float8_e5m2fnuz", "Float8_e5m2fnuz", ml_dtypes.float8_e5m2fnuz)
float8_e8m0fnu = _make("float8_e8m0fnu", "Float8_e8m0fnu", ml_dtypes.float8_e8m0fnu)

FLOAT8: Final = frozenset({float8_e4m3fn, float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz, float8_e8m0fnu})
WIDE_UNSIGNED: Final = frozenset({uint16, uint32, uint64})
_REAL_OF: Final = {complex64: float32, complex128: float64}
_COMPLEX_OF: Final = {float16: complex64, bfloat16: complex64, float32: complex64, float64: complex128}
_FROM_PYTHON: Final = {builtins.bool: bool, _int: int64, _float: float64, builtins.complex: complex128}
_FROM_NUMPY: Final = {
    d._np: d
    for d in (
        *(bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64),
        *(float16, bfloat16, float32, float64, complex64, complex128),
        *sorted(FLOAT8, key=repr),
    )
}


def from_numpy_dtype(np_dtype: np.dtype) -> dtype:
    """The dtype of a NumPy array's elements.

    Args:
        np_dtype: a NumPy dtype in native byte order, those of ``ml_dtypes`` included.

    Returns:
        The dtype of the same elements.

    Raises:
        TypeError: when no dtype has such elements (strings, objects, dates, long double).
        ValueError: when the byte order is not the machine's.

    Example::

        >>> import numpy as np
        >>> from_numpy_dtype(np.dtype("int16"))
        torch.int16
    """
    found = _FROM_NUMPY.get(np_dtype)
    if found is not None:
        return found
    if not np_dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. "
            "Conversion between byte orders is currently not supported."
        )
    raise TypeError(
        f"can't convert np.ndarray of type {np_dtype.type.__module__}.{np_dtype.type.__name__}. "
        "The only supported types are: float64, float32, float16, complex64, complex128, "
        "int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool."
    )


def as_dtype(value: object, function: str, argument: str = "dtype", position: _int | None = None) -> dtype:
    """A dtype argument as a dtype: Python's ``float``, ``int``, ``bool`` and ``complex`` stand for the widest type.

    Args:
        value: what the caller was given.
        function: the caller's name, for the message.
        argument: the argument's name, for the message.
        position: the argument's position counted from 1, or None for a keyword.

    Returns:
        The dtype meant.

    Raises:
        TypeError: when ``value`` means no dtype.

    Example::

        >>> as_dtype(builtins.float, "zeros")
        torch.float64
    """
    if type(value) is dtype:
        return value
    if isinstance(value, type) and value in _FROM_PYTHON:
        return _FROM_PYTHON[value]
    place = "" if position is None else f" (position {position})"
    raise TypeError(
        f"{function}(): argument '{argument}'{place} must be torch.dtype, not {type(value).__name__}"
    )

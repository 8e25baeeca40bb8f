"""Python data as arrays: torch's rules for the shape and dtype of nested sequences."""

from __future__ import annotations

import math
from typing import Any

import jax
import numpy as np

from .. import _dtypes as dtypes
from .._naming import type_name
from .._warnings import warn_once
from ..ops.host import host_cast
from .dispatch import TENSOR_TYPES
from .numbers import check_number

__all__ = ["array_of", "check_array"]

_NUMBERS = {bool, int, float, complex}
_SEQUENCES = (list, tuple, range)


def check_array(array: np.ndarray[Any, Any]) -> dtypes.dtype:
    """The dtype of a NumPy array that may become a tensor.

    Raises:
        TypeError: no dtype has such elements.
        ValueError: the byte order is foreign, or a stride is negative.
    """
    dtype = dtypes.from_numpy_dtype(array.dtype)
    if not array.flags.c_contiguous and min(array.strides, default=0) < 0 and array.size:
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are "
            "not currently "
            "supported. (You can probably work around this by making a copy of your array  with "
            "array.copy().) "
        )
    return dtype


def array_of(data: Any, dtype: dtypes.dtype | None) -> np.ndarray[Any, Any]:
    """A new array of numbers, arrays, tensors, or nested sequences of them.

    Args:
        data: what to convert.
        dtype: of the result; by default inferred as torch infers it.

    Raises:
        TypeError: an element is no number.
        ValueError: the sequences have different lengths, or an integer needs more than 64 bits.
        RuntimeError: the dtype does not hold a number, or none can be inferred.
    """
    if isinstance(data, np.ndarray):
        return _cast(data, check_array(data), dtype)
    if type(data) in TENSOR_TYPES:
        array = np.asarray(data.detach()._array())
        return _cast(array, dtypes.from_numpy_dtype(array.dtype), dtype)
    if isinstance(data, (jax.Array, np.generic)):
        if dtype is not None and isinstance(data, np.generic) and _unfit(data, dtype):
            raise _refusal(data, dtype)
        array = np.asarray(data)
        return _cast(array, dtypes.from_numpy_dtype(array.dtype), dtype)
    if not isinstance(data, _SEQUENCES) and type(data) not in _NUMBERS:
        if hasattr(data, "__array__"):
            return array_of(np.asarray(data), dtype)
        if (
            hasattr(data, "__len__")
            and hasattr(data, "__getitem__")
            and not isinstance(data, (str, bytes, dict))
        ):
            data = list(data)
    if isinstance(data, bytes):
        raise TypeError("new(): invalid data type 'bytes'")
    if isinstance(data, (list, tuple)) and data and isinstance(data[0], np.ndarray):
        warn_once(
            "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to "
            "a single numpy.ndarray with numpy.array() before converting to a tensor."
        )
    kinds: set[dtypes.dtype] = set()
    shape = _shape(data)
    pure = _collect(data, shape, 0, kinds, dtype)
    inferred = _common(kinds)
    if not pure:
        data = _plain(data, dtype)
    return _build(data, shape, inferred, dtype or inferred)


def _cast(array: np.ndarray[Any, Any], have: dtypes.dtype, want: dtypes.dtype | None) -> np.ndarray[Any, Any]:
    if want is None or want is have:
        return np.array(array)  # in its layout, as torch does
    if have.is_complex and not want.is_complex:
        array = array != 0 if want is dtypes.bool else array.real
    with np.errstate(invalid="ignore", over="ignore"):
        return host_cast(array, want._np)


def _shape(data: Any) -> tuple[int, ...]:
    """The shape by the first element at each depth."""
    shape: list[int] = []
    while isinstance(data, _SEQUENCES):
        shape.append(len(data))
        if not data:
            return tuple(shape)
        data = data[0]
    if isinstance(data, np.ndarray) or (type(data) in TENSOR_TYPES and not shape):
        shape.extend(data.shape)  # in a sequence a tensor is a number
    elif isinstance(data, str):
        if shape:
            raise ValueError("too many dimensions 'str'")
        raise TypeError("new(): invalid data type 'str'")
    return tuple(shape)


def _collect(
    data: Any, shape: tuple[int, ...], depth: int, kinds: set[dtypes.dtype], want: dtypes.dtype | None
) -> bool:
    """Check the lengths and gather the elements' dtypes; returns whether all are Python numbers."""
    if not isinstance(data, _SEQUENCES):
        inside = () if type(data) in TENSOR_TYPES else getattr(data, "shape", ())
        if depth < len(shape) - len(inside):
            raise TypeError("not a sequence")
        if want is None or type(data) in _NUMBERS or not _unfit(data, want):
            kinds.add(_kind(data))
        else:
            raise _refusal(data, want)
        return type(data) in _NUMBERS
    if depth >= len(shape):
        raise _refusal(data, want or _common(kinds))
    if not len(data) and want is None:
        kinds.add(dtypes.get_default_dtype())
    if 0 in shape[: depth + 1]:  # there is nothing to look at
        shape = (*shape[:depth], len(data))
    if len(data) != shape[depth]:
        raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})")
    types = {int} if type(data) is range else set(map(type, data))
    if types <= _NUMBERS:
        if depth != len(shape) - 1 and data:
            raise TypeError("not a sequence")
        kinds.update(_OF_PYTHON[t]() for t in types)
        return True
    # A list, since every item is to be checked and gathered, whatever the first ones are.
    pure = [_collect(item, shape, depth + 1, kinds, want) for item in data]
    return all(pure)


_OF_PYTHON = {
    bool: lambda: dtypes.bool,
    int: lambda: dtypes.int64,
    float: dtypes.get_default_dtype,
    complex: lambda: dtypes.get_default_dtype().to_complex(),
}


def _unfit(item: Any, want: dtypes.dtype) -> bool:
    """Whether an element is no number of the kind that a dtype was asked for has."""
    integral = not (want.is_floating_point or want.is_complex)
    if type(item) in TENSOR_TYPES:
        if integral and item.dtype.is_floating_point:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return False
    if isinstance(item, np.bool_):
        return integral and want is not dtypes.bool
    if isinstance(item, np.generic):
        return integral and not isinstance(item, (np.integer, int, float))
    return not isinstance(item, (int, float, complex, np.ndarray, jax.Array))


def _refusal(item: Any, want: dtypes.dtype) -> TypeError:
    if want.is_floating_point or want.is_complex:
        return TypeError(f"must be real number, not {type_name(item)}")
    return TypeError(f"'{type_name(item)}' object cannot be interpreted as an integer")


def _kind(item: Any) -> dtypes.dtype:
    if type(item) in _NUMBERS:
        return _OF_PYTHON[type(item)]()
    if type(item) in TENSOR_TYPES:
        found: dtypes.dtype = item.dtype
        return found
    if isinstance(item, (np.generic, np.ndarray, jax.Array)):
        return dtypes.from_numpy_dtype(np.dtype(item.dtype))
    for python in (bool, int, float, complex):
        if isinstance(item, python):
            return _OF_PYTHON[python]()
    if isinstance(item, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(item).__name__}'")
    raise RuntimeError(f"Could not infer dtype of {type_name(item)}")


def _common(kinds: set[dtypes.dtype]) -> dtypes.dtype:
    result: dtypes.dtype | None = None
    for kind in kinds:
        result = kind if result is None else dtypes.promote_types(result, kind)
    return result or dtypes.get_default_dtype()


def _plain(data: Any, want: dtypes.dtype | None) -> Any:
    """The same nesting of Python numbers only."""
    if isinstance(data, _SEQUENCES):
        return [_plain(item, want) for item in data]
    if type(data) in TENSOR_TYPES and data.numel() != 1:
        if data.dtype.is_floating_point:
            raise ValueError("only one element tensors can be converted to Python scalars")
        raise TypeError("only integer tensors of a single element can be converted to an index")
    if type(data) in TENSOR_TYPES:
        return data.item()
    if hasattr(data, "tolist"):
        return data.tolist()
    return data


def _build(data: Any, shape: tuple[int, ...], have: dtypes.dtype, want: dtypes.dtype) -> np.ndarray[Any, Any]:
    if have.is_complex and want is not dtypes.bool and not want.is_complex:
        raise _refusal(0j, want)
    if not math.prod(shape):
        return np.empty(shape, want._np)
    if want.is_complex:
        return np.array(data, np.complex128).astype(want._np).reshape(shape)
    if want.is_floating_point:
        with np.errstate(over="ignore"):
            return host_cast(np.array(data, np.float64), want._np).reshape(shape)
    if want is dtypes.bool:
        return np.array(data, np.bool_).reshape(shape)
    try:
        array = np.array(data, np.uint64 if want is dtypes.uint64 else np.int64).reshape(shape)
    except (OverflowError, ValueError) as error:
        if have.is_floating_point:  # no number, or infinity
            raise RuntimeError(f"value cannot be converted to type {want._name} without overflow") from None
        if isinstance(error, ValueError):
            raise
        raise ValueError("Overflow when unpacking long long") from None
    if want is not dtypes.int64:
        for bound in (int(array.min()), int(array.max())):
            try:
                check_number(bound, want._np)
            except RuntimeError:
                raise RuntimeError(
                    f"value cannot be converted to type {want._name} without overflow"
                ) from None
        array = array.astype(want._np)
    return array

"""From arrays made on the host to tensors: what all functions that make tensors share."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._engine.device import Device
from .._engine.recorder import recorder
from .._engine.value import Aval, Value, held, intern, meta
from ..ops.view_rules import is_dense
from .argument_kinds import refuse
from .constants import constant
from .devices import default_place, resolve_device
from .dispatch import wrap
from .inplace import write_out
from .layout import laid_out

__all__ = [
    "checked_size",
    "finish",
    "float_dtype",
    "host_value",
    "read_size",
    "type_of_new",
    "wanted_dtype",
]


_INT = {int}


def type_of_new(
    size: Any,
    keyword: Any,
    dtype: Any,
    device: Any,
    function: str,
    out: Any = None,
    otherwise: dtypes.dtype | None = None,
) -> Aval:
    """The type of a new tensor: shape, dtype and device.

    Args:
        size: the sizes, as for :func:`read_size`.
        keyword: the sizes by keyword.
        dtype: the dtype asked for.
        device: the device asked for.
        function: its name, for messages.
        out: a tensor that is written to instead.
        otherwise: the dtype where none was asked for; by default the default dtype.

    Raises:
        TypeError: a size is no integer.
        RuntimeError: a size is negative, or the dtype is not that of ``out``.
    """
    where = default_place() if device is None else resolve_device(device)
    kind = otherwise or dtypes.get_default_dtype()
    if dtype is not None or out is not None:
        kind = wanted_dtype(dtype, function, out, kind)
    if keyword is None and size:
        first = size[0]
        if type(first) is int:
            flat = size
        elif len(size) == 1 and isinstance(first, tuple) and set(map(type, first)) == _INT:
            flat = first
        else:
            flat = None
        if flat is not None:
            try:
                return _type_of_sizes(function, kind, where, *flat)
            except TypeError:
                pass  # said below, also of what has no hash
    return intern(read_size(size, keyword, function), kind._np, where)


# The key tells 2.0 and True from what they are equal to.
@functools.lru_cache(maxsize=4096, typed=True)
def _type_of_sizes(function: str, kind: dtypes.dtype, where: Device, *sizes: int) -> Aval:
    return intern(read_size(sizes, None, function), kind._np, where)


def host_value(array: np.ndarray[Any, Any], device: Device) -> Value:
    """The value of an array made on the host; a constant of the graph while a step is captured."""
    aval = intern(array.shape, array.dtype, device)
    if recorder.capture is None and array.flags.c_contiguous and device.type != "meta":
        return held(array, aval)
    if not array.flags.c_contiguous:
        strides = tuple([s // array.itemsize for s in array.strides])
        if is_dense(array.shape, strides):
            aval = laid_out(aval, strides)
    if device.type == "meta":
        return meta(aval)
    if recorder.capture is not None:
        return constant(array, aval)
    return held(array, aval)


def finish(value: Value, requires_grad: bool, out: Any = None, function: str = "empty") -> Any:
    """The new tensor of a value, or ``out`` with the value written to it.

    Raises:
        RuntimeError: integers cannot require grad.
    """
    result = wrap(value)
    if requires_grad is False and out is None:
        return result
    if type(requires_grad) is not bool and requires_grad is not None:
        raise refuse(function, "requires_grad", "bool", requires_grad)
    if requires_grad:
        if value.aval.dtype.kind not in "fcV":
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        result._requires_grad = True
    return result if out is None else write_out(out, result, function)


def wanted_dtype(dtype: Any, function: str, out: Any, otherwise: dtypes.dtype) -> dtypes.dtype:
    """The dtype asked for, or else that of ``out``, which is what the values are computed in.

    Raises:
        RuntimeError: the two differ.
    """
    asked = None if dtype is None else dtypes.as_dtype(dtype, function)
    if out is None:
        return otherwise if asked is None else asked
    if asked not in (None, out.dtype):
        raise RuntimeError(
            f"dtype {asked._scalar_name} does not match dtype of out parameter ({out.dtype._scalar_name})"
        )
    return out.dtype


def float_dtype(dtype: Any, function: str, out: Any = None) -> dtypes.dtype:
    return wanted_dtype(dtype, function, out, dtypes.get_default_dtype())


def read_size(size: Any, keyword: Any, function: str) -> tuple[int, ...]:
    """The sizes of a call like ``zeros(2, 3)``, ``zeros((2, 3))`` or ``zeros(size=(2, 3))``.

    Raises:
        TypeError: a size is missing or is no integer.
        RuntimeError: a size is negative.
    """
    if keyword is None and size and set(map(type, size)) == _INT and 0 <= min(size) and max(size) < 1 << 63:
        found: tuple[int, ...] = size
        return found
    if keyword is not None:
        if not isinstance(keyword, (tuple, list)):
            raise TypeError(
                f"{function}(): argument 'size' must be tuple of ints, not {type(keyword).__name__}"
            )
        size = keyword
    elif not size:
        raise TypeError(f'{function}() missing 1 required positional arguments: "size"')
    elif len(size) == 1:
        size = size[0]
    elif not hasattr(type(size[0]), "__index__") or type(size[0]) is bool:
        raise TypeError(f"{function}() takes 1 positional argument but {len(size)} were given")
    return checked_size(size, function)


def checked_size(size: Any, function: str) -> tuple[int, ...]:
    """The sizes of a sequence, or of one integer.

    Raises:
        TypeError: a size is no integer, or too large for one.
        RuntimeError: a size is negative.
    """
    items = size if isinstance(size, (tuple, list)) else (size,)
    try:
        result = tuple([operator.index(n) for n in items])
    except TypeError:
        result = None
    # Only in the first place torch refuses a bool.
    if result is None or (items and type(items[0]) is bool):
        raise TypeError(f"{function}(): argument 'size' {_wrong_size(size, items)}")
    for n in result:
        if n < 0:
            if function == "zeros":
                raise RuntimeError("zeros: Dimension size must be non-negative.")
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(result)}")
        if n >= 1 << 63:
            raise TypeError(
                f"{function}(): argument 'size' failed to unpack the object at pos {result.index(n) + 1} with error "
                '"Overflow when unpacking long long'
            )
    return result


def _wrong_size(size: Any, items: Any) -> str:
    """What torch says of the first item that is no integer."""
    for place, item in enumerate(items):
        try:
            operator.index(item)
            wrong = place == 0 and type(item) is bool
        except TypeError:
            wrong = True
        if wrong:
            break
    name = type(item).__name__
    if items is not size:
        return f"(position 1) must be tuple of ints, not {name}"
    if place == 0:
        return f"(position 1) must be tuple of ints, but found element of type {name} at pos 0"
    return f'failed to unpack the object at pos {place + 1} with error "type must be tuple of ints,but got {name}"'

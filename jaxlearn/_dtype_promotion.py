"""The default dtype and the rules by which dtypes combine. Import them from ``jaxlearn._dtypes``."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Final, Literal

from jaxlearn._dtype_objects import (
    FLOAT8,
    WIDE_UNSIGNED,
    as_dtype,
    bool,
    complex64,
    complex128,
    dtype,
    float32,
    float64,
    int16,
)

__all__ = [
    "DIMENSIONED",
    "WRAPPED_NUMBER",
    "ZERO_DIM",
    "Category",
    "can_cast",
    "get_default_dtype",
    "promote_types",
    "result_type_of",
    "set_default_dtype",
]

_bool = builtins.bool
_int = builtins.int

_default: dtype = float32


def get_default_dtype() -> dtype:
    """The dtype that new floating-point tensors have when none is named.

    See https://docs.pytorch.org/docs/stable/generated/torch.get_default_dtype.html

    Example::

        >>> get_default_dtype()
        torch.float32
    """
    return _default


def set_default_dtype(d: dtype, /) -> None:
    """Set the dtype that new floating-point tensors have when none is named.

    See https://docs.pytorch.org/docs/stable/generated/torch.set_default_dtype.html

    Args:
        d: ``float16``, ``bfloat16``, ``float32`` or ``float64``.

    Raises:
        TypeError: for any other value; the default then stays as it was.

    Example::

        >>> set_default_dtype(float64)
        >>> get_default_dtype()
        torch.float64
        >>> set_default_dtype(float32)
    """
    global _default
    if type(d) is not dtype:
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    if d in FLOAT8:
        raise TypeError(f"couldn't find storage object {d._scalar_name}Storage")
    if d is not _default:
        _default = d
        # A Python float's type is the default dtype, so remembered results may no longer hold.
        for forget in on_default_change:
            forget()


DIMENSIONED: Final = 0
"""Category of an operand: a tensor with at least one dimension."""
ZERO_DIM: Final = 1
"""Category of an operand: a tensor without dimensions."""
WRAPPED_NUMBER: Final = 2
"""Category of an operand: a Python number."""

Category = Literal[0, 1, 2]

# Called when the default dtype has changed, by everything that remembers results that depend on it.
on_default_change: list[Callable[[], None]] = []

_promoted: dict[tuple[dtype, dtype], dtype] = {}
_result_types: dict[tuple[tuple[dtype, Category], ...], dtype] = {}
on_default_change.append(_result_types.clear)


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype at least as large and of at least as high a kind as both.

    See https://docs.pytorch.org/docs/stable/generated/torch.promote_types.html

    Args:
        type1: one dtype.
        type2: the other.

    Returns:
        The dtype both are converted to.

    Raises:
        TypeError: when an argument is no dtype.
        RuntimeError: for two different dtypes of which one is an 8-bit float, or one is a 16, 32 or 64-bit
            unsigned integer and the other is not a floating-point type.

    Example::

        >>> from jaxlearn._dtypes import float16, int32, uint8, int8, bfloat16
        >>> promote_types(int32, float32), promote_types(uint8, int8), promote_types(float16, bfloat16)
        (torch.float32, torch.int16, torch.float32)
    """
    found = _promoted.get((type1, type2))
    if found is None:
        first = as_dtype(type1, "promote_types", "type1", 1)
        second = as_dtype(type2, "promote_types", "type2", 2)
        found = _promoted[first, second] = _promote(first, second)
    return found


def _promote(a: dtype, b: dtype) -> dtype:
    if a is b:
        return a
    pair = f"attempted to promote {a._scalar_name} and {b._scalar_name}"
    if a in FLOAT8 or b in FLOAT8:
        raise RuntimeError(f"Promotion for Float8 Types is not supported, {pair}")
    if a in WIDE_UNSIGNED or b in WIDE_UNSIGNED:
        for one in (a, b):
            if one.is_floating_point:
                return one
        raise RuntimeError(f"Promotion for uint16, uint32, uint64 types is not supported, {pair}")
    if a.is_complex or b.is_complex:
        return complex128 if float64 in (a.to_real(), b.to_real()) else complex64
    if a.is_floating_point and b.is_floating_point:
        # The two half types hold different values, so neither can stand for the other.
        return float32 if a.itemsize == b.itemsize else max(a, b, key=_itemsize)
    if a.is_floating_point or b is bool:
        return a
    if b.is_floating_point or a is bool:
        return b
    if a.itemsize == b.itemsize:  # uint8 and int8
        return int16
    return max(a, b, key=_itemsize)


def _itemsize(d: dtype) -> _int:
    return d.itemsize


def can_cast(from_: dtype, to: dtype) -> _bool:
    """Whether values of one dtype may be written into a tensor of another under the promotion rules.

    Only a step down in kind is refused: complex to real, floating point to integer, anything to bool.
    See https://docs.pytorch.org/docs/stable/generated/torch.can_cast.html

    Args:
        from_: the dtype of the values.
        to: the dtype they would get.

    Returns:
        True when the cast is allowed.

    Raises:
        TypeError: when an argument is no dtype.

    Example::

        >>> from jaxlearn._dtypes import int64
        >>> can_cast(float64, float32), can_cast(float32, int64)
        (True, False)
    """
    return _kind(as_dtype(from_, "can_cast", "from_", 1)) <= _kind(as_dtype(to, "can_cast", "to", 2))


def _kind(d: dtype) -> _int:
    if d.is_complex:
        return 3
    if d.is_floating_point:
        return 2
    return 0 if d is bool else 1


def result_type_of(operands: Sequence[tuple[dtype, Category]]) -> dtype:
    """The dtype of an operation's result, from its operands' dtypes and categories.

    Within a category dtypes are promoted; a lower category (zero-dimensional tensor, then Python number)
    counts only when its kind (bool, integer, floating point, complex) is higher than that of those above it.
    See https://docs.pytorch.org/docs/stable/generated/torch.result_type.html

    Args:
        operands: pairs of a dtype and ``DIMENSIONED``, ``ZERO_DIM`` or ``WRAPPED_NUMBER``, at least one. Give
            a tuple where speed counts: results are remembered under it.

    Returns:
        The result's dtype.

    Raises:
        ValueError: when there are no operands.
        RuntimeError: when two dtypes cannot be promoted (see :func:`promote_types`).

    Example::

        >>> from jaxlearn._dtypes import int64
        >>> result_type_of(((int64, DIMENSIONED), (float64, WRAPPED_NUMBER)))
        torch.float32
        >>> result_type_of(((float32, DIMENSIONED), (float64, ZERO_DIM)))
        torch.float32
    """
    key = tuple(operands)
    found = _result_types.get(key)
    if found is None:
        found = _result_types[key] = _result_type(key)
    return found


def _result_type(operands: tuple[tuple[dtype, Category], ...]) -> dtype:
    by_category: list[dtype | None] = [None, None, None]
    for d, category in operands:
        if category == WRAPPED_NUMBER:
            if d.is_complex:
                d = _default.to_complex()
            elif d.is_floating_point:
                d = _default
        before = by_category[category]
        by_category[category] = d if before is None else promote_types(before, d)
    dimensioned, zero_dim, wrapped = by_category
    result = _combine(dimensioned, _combine(zero_dim, wrapped))
    if result is None:
        raise ValueError("result_type_of(): expected at least one operand, got none")
    return result


def _combine(higher: dtype | None, lower: dtype | None) -> dtype | None:
    if higher is None or lower is None:
        return higher or lower
    if higher.is_complex:
        return higher
    if higher.is_floating_point:
        return higher.to_complex() if lower.is_complex else higher
    if lower.is_complex:
        return lower
    if higher is bool or lower.is_floating_point:
        return promote_types(higher, lower)
    return higher

"""Element by element: choosing between elements, and bounds."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._warnings import warn_once
from .host import direct_bounds, direct_choice, direct_filling, direct_twin
from .op import op, with_out
from .pointwise_rules import (
    aval_is_tensor,
    check_broadcast,
    check_tensors,
    is_bool,
    is_complex,
    is_float,
    operands,
    real_dtype,
    scalar_name,
    spread,
)
from .promotion import cast, is_number, promote, result_dtype

__all__ = [
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "fmax",
    "fmin",
    "masked_fill",
    "maximum",
    "minimum",
    "nan_to_num",
    "select",
    "where",
]

# What torch calls dtypes in the errors of a conversion: C++ names.
_C_NAMES = {
    "float16": "at::Half",
    "bfloat16": "at::BFloat16",
    "float32": "float",
    "float64": "double",
    "bool": "bool",
    "uint8": "uint8_t",
    "int8": "int8_t",
    "int16": "int16_t",
    "int32": "int",
}


def _clamp_grad_name(input: Any, min: Any = None, max: Any = None) -> str:
    return "ClampBackward0" if aval_is_tensor(min) or aval_is_tensor(max) else "ClampBackward1"


def _bounded(name: str, input: Any, min: Any, max: Any) -> Any:
    """``min`` and ``max`` applied in this order."""
    if is_complex(input):
        raise NotImplementedError("clamp is not supported for complex types")
    given = [x for x in (min, max) if x is not None]
    if not given:
        raise RuntimeError(f"torch.{name}: At least one of 'min' or 'max' must not be None")
    if len(given) == 2 and is_number(min) != is_number(max):
        raise TypeError(
            f"{name}() received an invalid combination of arguments: min and max must both be numbers or both tensors"
        )
    check_broadcast(input.shape, *(np.shape(x) for x in given))
    if any(isinstance(x, complex) for x in given):
        raise RuntimeError("value cannot be converted to type double without overflow")
    dtype = result_dtype(input, *given)
    if np.dtype(dtype).kind == "c":
        kernel = "clamp" if len(given) == 2 else "minimum" if min is None else "maximum"
        real_dtype(f"{kernel}_cpu", next(x for x in given if is_complex(x)))
    x = cast(input, dtype)
    low = None if min is None else cast(min, dtype)
    high = None if max is None else cast(max, dtype)
    return _clamped(x, low, high)


@jax.custom_jvp
def _clamped(x: Any, low: Any, high: Any) -> Any:
    if low is not None:
        x = _above(x, low)
    return x if high is None else _below(x, high)


@_clamped.defjvp
def _clamped_jvp(primals: Any, tangents: Any) -> Any:
    """The element's gradient flows within the bounds, so not where it is NaN; a bound's where the bound is taken."""
    (x, low, high), (dx, dlow, dhigh) = primals, tangents
    inside = jnp.asarray(True)
    if low is not None:
        inside &= x >= low
    if high is not None:
        inside &= x <= high
    tangent = jnp.where(inside, dx, 0)
    if low is not None:
        tangent += jnp.where((x < low) if high is None else (x < low) & (low < high), dlow, 0)
    if high is not None:
        tangent += jnp.where((x > high) if low is None else (x > high) | (high < low), dhigh, 0)
    return _clamped(x, low, high), tangent


def _above(x: Any, low: Any) -> Any:
    result = jnp.where(x < low, low, x)
    return jnp.where(jnp.isnan(low), low, result) if is_float(x) else result


def _below(x: Any, high: Any) -> Any:
    result = jnp.where(x > high, high, x)
    return jnp.where(jnp.isnan(high), high, result) if is_float(x) else result


@op(
    numbers=("min", "max"),
    saves=("input", "min", "max"),
    grad_name=_clamp_grad_name,
    direct=direct_bounds,
    selects=("input", "min", "max"),
)
def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """The elements brought into :math:`[min, max]`.

    https://docs.pytorch.org/docs/stable/generated/torch.clamp.html

    Args:
        input: any shape.
        min: lower bound, a number or a tensor; None for none.
        max: upper bound, of the same kind; if ``min > max``, the result is ``max``.

    Raises:
        RuntimeError: neither bound is given.

    Example::

        >>> import jaxlearn as torch
        >>> torch.clamp(torch.tensor([-2.0, 0.3, 5.0]), 0, 1)
        tensor([0.0000, 0.3000, 1.0000])
    """
    return _bounded("clamp", input, min, max)


@op(
    numbers=("min",),
    saves=("input", "min"),
    grad_name=lambda input, min: "ClampMinBackward1" if aval_is_tensor(min) else "ClampMinBackward0",
    selects=("input", "min"),
)
def clamp_min(input: Any, min: Any) -> Any:
    """The elements, at least ``min``.

    https://docs.pytorch.org/docs/stable/generated/torch.clamp_min.html

    Args:
        input: any shape.
        min: a number or a tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.clamp_min(torch.tensor([-2.0, 5.0]), 0)
        tensor([0., 5.])
    """
    return _bounded("clamp_min", input, min, None)


@op(
    numbers=("max",),
    saves=("input", "max"),
    grad_name=lambda input, max: "ClampMaxBackward1" if aval_is_tensor(max) else "ClampMaxBackward0",
    selects=("input", "max"),
)
def clamp_max(input: Any, max: Any) -> Any:
    """The elements, at most ``max``.

    https://docs.pytorch.org/docs/stable/generated/torch.clamp_max.html

    Args:
        input: any shape.
        max: a number or a tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.clamp_max(torch.tensor([-2.0, 5.0]), 0)
        tensor([-2.,  0.])
    """
    return _bounded("clamp_max", input, None, max)


def _pair(name: str, input: Any, other: Any) -> tuple[Any, Any]:
    check_tensors(name, other=other)
    if is_complex(input) or is_complex(other):
        raise RuntimeError(f"{name} not implemented for complex tensors.")
    return operands(name, input, other)


@jax.custom_jvp
def _larger(a: Any, b: Any) -> Any:
    return jnp.maximum(a, b)


@_larger.defjvp
def _larger_jvp(primals: Any, tangents: Any) -> Any:
    (a, b), t = primals, tangents
    return _larger(a, b), _shared(a == b, a < b, a > b, *t)


@jax.custom_jvp
def _smaller(a: Any, b: Any) -> Any:
    return jnp.minimum(a, b)


@_smaller.defjvp
def _smaller_jvp(primals: Any, tangents: Any) -> Any:
    (a, b), t = primals, tangents
    return _smaller(a, b), _shared(a == b, a > b, a < b, *t)


def _shared(equal: Any, not_first: Any, not_second: Any, first: Any, second: Any) -> Any:
    """The chosen one's tangent, half of each where they are equal; both where neither is smaller, that is with NaN."""
    return jnp.where(equal, first / 2, jnp.where(not_first, 0, first)) + jnp.where(
        equal, second / 2, jnp.where(not_second, 0, second)
    )


@op(saves=("input", "other"), direct=direct_twin(np.maximum), selects=("input", "other"))
def maximum(input: Any, other: Any) -> Any:
    """The larger of two elements; NaN if one is. Equal elements share the gradient.

    https://docs.pytorch.org/docs/stable/generated/torch.maximum.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.maximum(torch.tensor([1.0, 5.0]), torch.tensor([2.0, 4.0]))
        tensor([2., 5.])
    """
    a, b = _pair("maximum", input, other)
    return _larger(a, b)


@op(saves=("input", "other"), direct=direct_twin(np.minimum), selects=("input", "other"))
def minimum(input: Any, other: Any) -> Any:
    """The smaller of two elements; NaN if one is. Equal elements share the gradient.

    https://docs.pytorch.org/docs/stable/generated/torch.minimum.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.minimum(torch.tensor([1.0, 5.0]), torch.tensor([2.0, 4.0]))
        tensor([1., 4.])
    """
    a, b = _pair("minimum", input, other)
    return _smaller(a, b)


@op(saves=("input", "other"), selects=("input", "other"))
def fmax(input: Any, other: Any) -> Any:
    """The larger of two elements; the other one if one is NaN. The gradient of equal elements goes to ``input``.

    https://docs.pytorch.org/docs/stable/generated/torch.fmax.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fmax(torch.tensor([1.0, float("nan")]), torch.tensor([2.0, 4.0]))
        tensor([2., 4.])
    """
    a, b = _pair("fmax", input, other)
    return jnp.where((a >= b) | _nan(b), a, b)


@op(saves=("input", "other"), selects=("input", "other"))
def fmin(input: Any, other: Any) -> Any:
    """The smaller of two elements; the other one if one is NaN. The gradient of equal elements goes to ``input``.

    https://docs.pytorch.org/docs/stable/generated/torch.fmin.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fmin(torch.tensor([1.0, float("nan")]), torch.tensor([2.0, 4.0]))
        tensor([1., 4.])
    """
    a, b = _pair("fmin", input, other)
    return jnp.where((a <= b) | _nan(b), a, b)


def _nan(x: Any) -> Any:
    return jnp.isnan(x) if is_float(x) else jnp.zeros(x.shape, bool)


@op(name="where", numbers=("input", "other"), saves=("condition",), direct=direct_choice)
def select(condition: Any, input: Any, other: Any) -> Any:
    """``input`` where the condition holds, else ``other``; see :func:`where`."""
    if condition.dtype != np.bool_ and condition.dtype != np.uint8:
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {scalar_name(condition)}"
        )
    if condition.dtype == np.uint8:
        warn_once(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future "
            "version of PyTorch. Use a boolean condition instead."
        )
    check_broadcast(condition.shape, np.shape(input), np.shape(other))
    a, b = promote(input, other)
    shape = np.broadcast_shapes(condition.shape, a.shape, b.shape)
    return jnp.where(condition != 0, spread(a, shape), spread(b, shape))


@with_out
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """``input`` where the condition holds, else ``other``; without them, the indices of the True elements.

    https://docs.pytorch.org/docs/stable/generated/torch.where.html

    Args:
        condition: boolean tensor.
        input: a tensor that broadcasts with it, or a number.
        other: the same.

    Returns:
        A tensor; a tuple with a tensor of indices for each dimension if only ``condition`` is given.

    Raises:
        RuntimeError: ``condition`` is not boolean, or the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.where(torch.tensor([True, False]), torch.tensor([1.0, 2.0]), 0.0)
        tensor([1., 0.])
    """
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    return select(condition, input, other)


@op(
    saves=("mask",),
    numbers=("value",),
    direct=direct_filling,
    grad_name=lambda input, mask, value: (
        "MaskedFillBackward1" if aval_is_tensor(value) else "MaskedFillBackward0"
    ),
)
def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """The tensor with ``value`` where the mask is True.

    https://docs.pytorch.org/docs/stable/generated/torch.masked_fill.html

    Args:
        input: any shape.
        mask: boolean, broadcasts with it.
        value: a number or a 0-dimensional tensor; converted to the input's dtype.

    Raises:
        RuntimeError: the mask is not boolean, or ``value`` has dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked_fill(torch.tensor([1.0, 2.0]), torch.tensor([True, False]), -1)
        tensor([-1.,  2.])
    """
    if not is_bool(mask):
        names = {"Long": "long int", "Byte": "unsigned char", "Char": "signed char"}
        name = scalar_name(mask)
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {names.get(name, name.lower())}"
        )
    if not is_number(value) and value.ndim:
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.ndim} dimension(s)."
        )
    if isinstance(value, complex) or (not is_number(value) and is_complex(value)):
        if not is_complex(input):
            kind = _C_NAMES.get(str(input.dtype), "int64_t")
            raise RuntimeError(f"value cannot be converted to type {kind} without overflow")
    check_broadcast(mask.shape, input.shape)
    return jnp.where(mask, cast(value, input.dtype), input)


@op(saves=("input",), selects=("input",))
def nan_to_num(
    input: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Any:
    """NaN and the infinities replaced by numbers.

    https://docs.pytorch.org/docs/stable/generated/torch.nan_to_num.html

    Args:
        input: any shape.
        nan: in place of NaN. Default: 0.
        posinf: in place of infinity. Default: the largest number of the dtype.
        neginf: in place of minus infinity. Default: the smallest number of the dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nan_to_num(torch.tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
        tensor([0., 9., 1.])
    """
    if not jnp.issubdtype(input.dtype, jnp.inexact):
        return input
    if is_complex(input):
        parts = [nan_to_num.op.fn(x, nan, posinf, neginf) for x in (input.real, input.imag)]
        return parts[0] + 1j * parts[1]
    limits = jnp.finfo(input.dtype)
    high = cast(limits.max if posinf is None else posinf, input.dtype)
    low = cast(limits.min if neginf is None else neginf, input.dtype)
    x = jnp.where(jnp.isnan(input), cast(0.0 if nan is None else nan, input.dtype), input)
    return jnp.where(jnp.isposinf(input), high, jnp.where(jnp.isneginf(input), low, x))


clip = clamp

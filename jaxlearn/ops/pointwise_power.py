"""Element by element: powers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .host import direct_square
from .op import op, with_out
from .pointwise_rules import aval_is_tensor, check_broadcast, is_bool, operands, widened
from .promotion import cast, is_number

__all__ = ["float_power", "pow", "power"]


def _products(x: Any) -> dict[float, Callable[[], Any]]:
    """The powers that torch computes exactly rounded at each step rather than by its power function."""
    return {
        2.0: lambda: x * x,
        3.0: lambda: x * x * x,
        0.5: lambda: jnp.sqrt(x),
        -0.5: lambda: 1 / jnp.sqrt(x),
        -1.0: lambda: 1 / x,
        -2.0: lambda: 1 / (x * x),
    }


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _constant_power(x: Any, exponent: float) -> Any:
    if exponent == 1:
        return x
    product = _products(x).get(exponent)
    return jnp.power(x, cast(exponent, x.dtype)) if product is None else product()


@_constant_power.defjvp
def _constant_power_jvp(exponent: float, primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    if exponent == 0:
        return _constant_power(x, exponent), jnp.zeros_like(t)
    return _constant_power(x, exponent), t * (cast(exponent, x.dtype) * _constant_power(x, exponent - 1))


@jax.custom_jvp
def _number_power(x: Any, exponent: Any) -> Any:
    """For an exponent that changes from call to call, and so is known on the device only."""
    result = jnp.power(x, cast(exponent, x.dtype))
    for value, product in _products(x).items():
        result = jnp.where(exponent == value, product(), result)
    return result


@_number_power.defjvp
def _number_power_jvp(primals: Any, tangents: Any) -> Any:
    x, exponent = primals
    slope = cast(exponent, x.dtype) * _number_power(x, exponent - 1)
    # Where the exponent is 0 the gradient is 0, also at x = 0.
    return _number_power(x, exponent), jnp.where(exponent == 0, jnp.zeros_like(slope), slope) * tangents[0]


@jax.custom_jvp
def _powers(x: Any, exponent: Any) -> Any:
    return jnp.power(x, exponent)


@_powers.defjvp
def _powers_jvp(primals: Any, tangents: Any) -> Any:
    x, exponent = primals
    zero = exponent == 0
    slope = jnp.where(zero, 0, exponent * _powers(x, jnp.where(zero, 1, exponent - 1)))
    result = _powers(x, exponent)
    # 0 ** y does not change with y for y >= 0, though its logarithm is infinite.
    flat = (x == 0) & (exponent.real >= 0)
    by_exponent = jnp.where(flat, 0, result * jnp.log(jnp.where(flat, 1, x)))
    return result, slope * tangents[0] + by_exponent * tangents[1]


def _grad_name(input: Any, exponent: Any) -> str:
    if not aval_is_tensor(input):
        return "PowBackward2"
    return "PowBackward1" if aval_is_tensor(exponent) else "PowBackward0"


def _raise(input: Any, exponent: Any) -> Any:
    a, b = operands("pow", input, exponent)
    if is_bool(a):
        if not is_number(exponent) and not is_number(input):
            raise NotImplementedError("\"pow\" not implemented for 'Bool'")
        a, b = cast(a, np.int64), cast(b, np.int64)
    if not jnp.issubdtype(a.dtype, jnp.inexact):
        return _integer_power(a, b)
    if is_number(exponent) and not isinstance(exponent, complex):
        if isinstance(exponent, (int, float)):
            return widened(lambda x: _constant_power(x, float(exponent)), a)
        return widened(lambda x: _number_power(x, exponent), a)
    return widened(_powers, a, b)


def _integer_power(a: Any, b: Any) -> Any:
    """By repeated squaring; a negative exponent gives the integer part of the true result, as in C."""
    negative = jnp.where(a == 1, 1, jnp.where(a == -1, jnp.where(b % 2 == 0, 1, -1), 0)).astype(a.dtype)
    result = jnp.ones(jnp.broadcast_shapes(a.shape, b.shape), a.dtype)
    n, square = b, a
    for _ in range(6):  # an exponent above 63 overflows unless |a| <= 1, where its last bits decide
        result = jnp.where(n % 2 == 1, result * square, result)
        n, square = n // 2, square * square
    return jnp.where(b < 0, negative, result)


def _saves(input: Any, exponent: Any) -> tuple[str, ...]:
    return ("input", "exponent", "result") if aval_is_tensor(exponent) else ("input",)


@op(
    name="pow",
    numbers=("input", "exponent"),
    saves=_saves,
    grad_name=_grad_name,
    direct=direct_square,
)
def power(input: Any, exponent: Any) -> Any:
    """:func:`pow` without the check of the exponent's value."""
    return _raise(input, exponent)


@with_out
def pow(input: Any, exponent: Any) -> Any:
    """Power, :math:`input_i^{exponent_i}`.

    The exponents 2, 3, 0.5, -0.5, -1 and -2, given as numbers, are computed by products, roots and quotients.

    https://docs.pytorch.org/docs/stable/generated/torch.pow.html

    Args:
        input: a tensor or a number.
        exponent: a number or a tensor that broadcasts with it.

    Raises:
        RuntimeError: integers are to be raised to a negative integer.

    Example::

        >>> import jaxlearn as torch
        >>> torch.pow(torch.tensor([1.0, 2.0, 3.0]), 2)
        tensor([1., 4., 9.])
        >>> torch.pow(2.0, torch.tensor([1.0, 2.0, 3.0]))
        tensor([2., 4., 8.])
    """
    if type(exponent) is int and exponent < 0 and any(kind in str(input.dtype) for kind in ("int", "bool")):
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    return power(input, exponent)


def _float_saves(input: Any, exponent: Any) -> tuple[str, ...]:
    """torch computes with copies of what has another dtype."""
    given = {"input": input, "exponent": exponent}
    kinds = [
        x.dtype if hasattr(x, "dtype") else x if isinstance(x, type) else type(x) for x in given.values()
    ]
    dtype = np.complex128 if any(np.dtype(kind).kind == "c" for kind in kinds) else np.float64
    return tuple(
        [s for s in _saves(input, exponent) if s not in given or getattr(given[s], "dtype", None) == dtype]
    )


@op(numbers=("input", "exponent"), saves=_float_saves, grad_name=_grad_name)
def float_power(input: Any, exponent: Any) -> Any:
    """Power computed in double precision.

    https://docs.pytorch.org/docs/stable/generated/torch.float_power.html

    Args:
        input: a tensor or a number.
        exponent: a number or a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.float_power(torch.tensor([2, 3]), -1)
        tensor([0.5000, 0.3333], dtype=torch.float64)
    """
    if is_number(input) and is_number(exponent):
        raise TypeError("float_power() received an invalid combination of arguments: one must be a tensor")
    check_broadcast(np.shape(input), np.shape(exponent))
    dtype = np.complex128 if any(jnp.iscomplexobj(x) for x in (input, exponent)) else np.float64
    a, b = (x if is_number(x) and not isinstance(x, complex) else cast(x, dtype) for x in (input, exponent))
    return _raise(cast(a, dtype) if is_number(a) else a, b)

"""Element by element: exponentials, logarithms and roots."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .host import direct_unary
from .op import Operand, op
from .pointwise_rules import (
    aval_is_tensor,
    check_tensors,
    in_float,
    is_complex,
    on_both_sides,
    operands,
    real_dtype,
    real_in_float,
    scalar_name,
    widened,
)
from .promotion import cast, to_float

__all__ = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logit",
    "rsqrt",
    "sigmoid",
    "sqrt",
    "xlogy",
]


@op(saves=("result",))
def exp(input: Any) -> Any:
    """Exponential, :math:`e^{x}`.

    https://docs.pytorch.org/docs/stable/generated/torch.exp.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.exp(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 2.7183])
    """
    return in_float(jnp.exp, input)


@op(saves=("result",))
def expm1(input: Any) -> Any:
    """Exponential minus one, :math:`e^{x} - 1`, exact for small :math:`x`.

    https://docs.pytorch.org/docs/stable/generated/torch.expm1.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.expm1(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.7183])
    """
    return in_float(jnp.expm1, input)


def _power_of_two(x: Any) -> Any:
    """The whole part of the exponent by the number's own exponent, the rest by ``exp``, where it rounds little."""
    if jnp.issubdtype(x.dtype, jnp.complexfloating):
        return jnp.exp2(x)
    near = jax.lax.stop_gradient(jnp.where(jnp.isnan(x), 0, jnp.clip(jnp.round(x), -2000, 2000)))
    part = jnp.exp((x - near) * np.asarray(math.log(2), x.dtype))
    half = (near / 2).astype(jnp.int32)
    ones = jnp.ones_like(x)
    # In two steps, as 2 ** near alone may be out of range where the product is not.
    return part * jnp.ldexp(ones, half) * jnp.ldexp(ones, near.astype(jnp.int32) - half)


@op(saves=("result",))
def exp2(input: Any) -> Any:
    """Power of two, :math:`2^{x}`.

    https://docs.pytorch.org/docs/stable/generated/torch.exp2.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.exp2(torch.tensor([0.0, 3.0]))
        tensor([1., 8.])
    """
    return in_float(_power_of_two, input)


@op(saves=("input",))
def log(input: Any) -> Any:
    """Natural logarithm, :math:`\\ln x`.

    https://docs.pytorch.org/docs/stable/generated/torch.log.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.log(torch.tensor([1.0, 10.0]))
        tensor([0.0000, 2.3026])
    """
    return in_float(jnp.log, input)


@op(saves=("input",))
def log2(input: Any) -> Any:
    """Logarithm to base two, :math:`\\log_2 x`.

    https://docs.pytorch.org/docs/stable/generated/torch.log2.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.log2(torch.tensor([1.0, 8.0]))
        tensor([0., 3.])
    """
    return in_float(jnp.log2, input)


@op(saves=("input",))
def log10(input: Any) -> Any:
    """Logarithm to base ten, :math:`\\log_{10} x`.

    https://docs.pytorch.org/docs/stable/generated/torch.log10.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.log10(torch.tensor([1.0, 1000.0]))
        tensor([0., 3.])
    """
    return in_float(jnp.log10, input)


@op(saves=("input",), grad_name="Log1PBackward0")
def log1p(input: Any) -> Any:
    """Logarithm of one more, :math:`\\ln(1 + x)`, exact for small :math:`x`.

    https://docs.pytorch.org/docs/stable/generated/torch.log1p.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.log1p(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.6931])
    """
    return in_float(jnp.log1p, input)


@op(saves=("result",), direct=direct_unary(np.sqrt))
def sqrt(input: Any) -> Any:
    """Square root, :math:`\\sqrt{x}`.

    https://docs.pytorch.org/docs/stable/generated/torch.sqrt.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.sqrt(torch.tensor([4.0, 2.0]))
        tensor([2.0000, 1.4142])
    """
    return in_float(on_both_sides(jnp.sqrt), input)


@op(saves=("result",))
def rsqrt(input: Any) -> Any:
    """Inverse of the square root, :math:`1 / \\sqrt{x}`.

    https://docs.pytorch.org/docs/stable/generated/torch.rsqrt.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.rsqrt(torch.tensor([4.0, 2.0]))
        tensor([0.5000, 0.7071])
    """
    return in_float(lambda x: 1 / on_both_sides(jnp.sqrt)(x), input)


@op(saves=("result",))
def sigmoid(input: Any) -> Any:
    """Logistic function, :math:`1 / (1 + e^{-x})`.

    https://docs.pytorch.org/docs/stable/generated/torch.sigmoid.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.sigmoid(torch.tensor([0.0, 2.0]))
        tensor([0.5000, 0.8808])
    """
    return in_float(jax.nn.sigmoid, input)


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def _logit(x: Any, outside: Any, slope: float) -> Any:
    return jnp.log(x / (1 - x))


@_logit.defjvp
def _logit_jvp(slope: float, primals: Any, tangents: Any) -> Any:
    """Outside of the interval the derivative is the given number."""
    x, outside = primals
    return _logit(x, outside, slope), tangents[0] * jnp.where(outside, slope, 1 / (x * (1 - x)))


@op(saves=("input",))
def logit(input: Any, eps: float | None = None) -> Any:
    """Inverse of the logistic function, :math:`\\ln(z / (1 - z))`.

    https://docs.pytorch.org/docs/stable/generated/torch.logit.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        eps: if given, :math:`z` is the input clamped to :math:`[eps, 1 - eps]`; else the input.

    Example::

        >>> import jaxlearn as torch
        >>> torch.logit(torch.tensor([0.5, 0.9]))
        tensor([0.0000, 2.1972])
    """

    def compute(x: Any) -> Any:
        low, high = (0, 1) if eps is None else (cast(eps, x.dtype), cast(1 - eps, x.dtype))
        clamped = x if eps is None else jnp.where(x < low, low, jnp.where(x > high, high, x))
        return _logit(clamped, (x < low) | (x > high), 0.0 if eps is not None else math.nan)

    return real_in_float("logit_cpu", compute, input)


def _complex_logaddexp(a: Any, b: Any) -> Any:
    """The sum on the sheet of the logarithm where the number of the larger real part lies, as torch has it."""
    first = a.real >= b.real
    large, small = jnp.where(first, a, b), jnp.where(first, b, a)
    return large + jnp.log1p(jnp.exp(small - large))


def _sum_of_powers(function: Callable[..., Any], power: Callable[..., Any]) -> Callable[..., Any]:
    """A logarithm of a sum of powers with torch's derivative, of the operands and not of the rounded result."""
    result = jax.custom_jvp(function)

    def jvp(primals: Any, tangents: Any) -> Any:
        (a, b), (ta, tb) = primals, tangents
        return result(a, b), ta / (1 + power(b - a)) + tb / (1 + power(a - b))

    result.defjvp(jvp)
    return result


_logaddexp = _sum_of_powers(
    lambda a, b: _complex_logaddexp(a, b) if is_complex(a) else jnp.logaddexp(a, b), jnp.exp
)
_logaddexp2 = _sum_of_powers(jnp.logaddexp2, jnp.exp2)


def _refuse_integers(name: str, x: Any) -> None:
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{scalar_name(x)}'")


@op(saves=("input", "other"))
def logaddexp(input: Any, other: Any) -> Any:
    """Logarithm of the sum of exponentials, :math:`\\ln(e^{x} + e^{y})`, without overflow.

    https://docs.pytorch.org/docs/stable/generated/torch.logaddexp.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.logaddexp(torch.tensor([0.0, 100.0]), torch.tensor([0.0, 1.0]))
        tensor([  0.6931, 100.0000])
    """
    check_tensors("logaddexp", other=other)
    a, b = operands("logaddexp", input, other)
    _refuse_integers("logaddexp", a)
    return widened(_logaddexp, a, b)


@op(saves=("input", "other"))
def logaddexp2(input: Any, other: Any) -> Any:
    """Logarithm to base two of the sum of powers of two, :math:`\\log_2(2^{x} + 2^{y})`.

    https://docs.pytorch.org/docs/stable/generated/torch.logaddexp2.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.logaddexp2(torch.tensor([0.0, 100.0]), torch.tensor([0.0, 1.0]))
        tensor([  1., 100.])
    """
    check_tensors("logaddexp2", other=other)
    a, b = operands("logaddexp2", input, other)
    real_dtype("logaddexp2_cpu", a)
    _refuse_integers("logaddexp2", a)
    return widened(_logaddexp2, a, b)


@op(
    numbers=("input", "other"),
    saves=("input", "other"),
    grad_name=lambda input, other: (
        "XlogyBackward1"
        if not aval_is_tensor(input)
        else "XlogyBackward0"
        if aval_is_tensor(other)
        else "XlogyBackward2"
    ),
)
def xlogy(input: Operand, other: Operand) -> Any:
    """Product with a logarithm, :math:`x \\ln y`, zero where :math:`x` is zero and :math:`y` is not NaN.

    https://docs.pytorch.org/docs/stable/generated/torch.xlogy.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.xlogy(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 3.0]))
        tensor([0.0000, 2.1972])
    """
    real_dtype("xlogy_cpu", operands("xlogy", input, other)[0])
    return widened(_xlogy, *jnp.broadcast_arrays(*to_float(input, other)))


@jax.custom_jvp
def _xlogy(x: Any, y: Any) -> Any:
    zero = (x == 0) & ~jnp.isnan(y)
    return jnp.where(zero, x * 0, x * jnp.log(jnp.where(zero, 1, y)))


@_xlogy.defjvp
def _xlogy_jvp(primals: Any, tangents: Any) -> Any:
    x, y = primals
    none = (x == 0) & (y <= 0)
    by_x = jnp.where(none, 0, jnp.log(jnp.where(none, 1, y)))
    return _xlogy(x, y), by_x * tangents[0] + x / y * tangents[1]

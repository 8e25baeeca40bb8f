"""Element by element: angles and hyperbolic functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .op import op
from .pointwise_rules import check_tensors, in_float, is_complex, on_both_sides, operands, real_dtype
from .promotion import cast

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "hypot",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
]


@op(saves=("input",))
def sin(input: Any) -> Any:
    """Sine of angles in radians.

    https://docs.pytorch.org/docs/stable/generated/torch.sin.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.sin(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8415])
    """
    return in_float(jnp.sin, input)


@op(saves=("input",))
def cos(input: Any) -> Any:
    """Cosine of angles in radians.

    https://docs.pytorch.org/docs/stable/generated/torch.cos.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cos(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.5403])
    """
    return in_float(jnp.cos, input)


@op(saves=("result",))
def tan(input: Any) -> Any:
    """Tangent of angles in radians.

    https://docs.pytorch.org/docs/stable/generated/torch.tan.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tan(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5574])
    """
    return in_float(jnp.tan, input)


def _square(x: Any) -> Any:
    """The square, rounded on its own: a choice, which changes nothing, keeps the difference that follows from being
    fused with it.

    Near 1 the rounding of the square is most of what ``1 - x * x`` is, and torch's derivatives have it.
    """
    return jnp.where(x == x, x * x, x)


def _sided(fn: Callable[..., Any], *, imaginary: bool = False) -> Callable[..., Any]:
    """:func:`on_both_sides` with the derivative of ``fn``, which is torch's: it is the same on both sides."""
    function = jax.custom_jvp(on_both_sides(fn, imaginary=imaginary))
    function.defjvp(lambda primals, tangents: (function(*primals), jax.jvp(fn, primals, tangents)[1]))
    return function


def _with_slope(function: Callable[..., Any], slope: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one operand with torch's formula of the derivative on real numbers."""
    result = jax.custom_jvp(function)

    def jvp(primals: Any, tangents: Any) -> Any:
        (x,), (t,) = primals, tangents
        return result(x), t * slope(x)

    result.defjvp(jvp)
    return lambda x: _sided(function)(x) if is_complex(x) else result(x)


_arcsin = _with_slope(jnp.arcsin, lambda x: jax.lax.rsqrt(1 - _square(x)))
_arccos = _with_slope(jnp.arccos, lambda x: -jax.lax.rsqrt(1 - _square(x)))
_arctanh = _with_slope(jnp.arctanh, lambda x: 1 / (1 - _square(x)))


@op(saves=("input",))
def asin(input: Any) -> Any:
    """Arc sine, in radians.

    https://docs.pytorch.org/docs/stable/generated/torch.asin.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.asin(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5708])
    """
    return in_float(_arcsin, input)


@op(saves=("input",))
def acos(input: Any) -> Any:
    """Arc cosine, in radians.

    https://docs.pytorch.org/docs/stable/generated/torch.acos.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.acos(torch.tensor([0.0, 1.0]))
        tensor([1.5708, 0.0000])
    """
    return in_float(_arccos, input)


@op(saves=("input",))
def atan(input: Any) -> Any:
    """Arc tangent, in radians.

    https://docs.pytorch.org/docs/stable/generated/torch.atan.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.atan(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7854])
    """
    return in_float(on_both_sides(jnp.arctan, imaginary=True), input)


@op(saves=("input",))
def sinh(input: Any) -> Any:
    """Hyperbolic sine, :math:`(e^x - e^{-x}) / 2`.

    https://docs.pytorch.org/docs/stable/generated/torch.sinh.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.sinh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.1752])
    """
    return in_float(jnp.sinh, input)


@op(saves=("input",))
def cosh(input: Any) -> Any:
    """Hyperbolic cosine, :math:`(e^x + e^{-x}) / 2`.

    https://docs.pytorch.org/docs/stable/generated/torch.cosh.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cosh(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 1.5431])
    """
    return in_float(jnp.cosh, input)


@op(saves=("result",))
def tanh(input: Any) -> Any:
    """Hyperbolic tangent, :math:`\\sinh x / \\cosh x`.

    https://docs.pytorch.org/docs/stable/generated/torch.tanh.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tanh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7616])
    """
    return in_float(jnp.tanh, input)


@op(saves=("input",))
def asinh(input: Any) -> Any:
    """Inverse hyperbolic sine, :math:`\\ln(x + \\sqrt{x^2 + 1})`.

    https://docs.pytorch.org/docs/stable/generated/torch.asinh.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.asinh(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8814])
    """
    return in_float(_sided(jnp.arcsinh, imaginary=True), input)


@jax.custom_jvp
def _arccosh(x: Any) -> Any:
    return jnp.arccosh(x)


@_arccosh.defjvp
def _arccosh_jvp(primals: Any, tangents: Any) -> Any:
    (x,) = primals
    if not is_complex(x):
        return _arccosh(x), tangents[0] * jax.lax.rsqrt(_square(x) - 1)
    # Two roots rather than one of the product: that has the other sign in the left half of the complex plane.
    return _arccosh(x), tangents[0] / (jnp.sqrt(x - 1) * jnp.sqrt(x + 1))


@op(saves=("input",))
def acosh(input: Any) -> Any:
    """Inverse hyperbolic cosine, :math:`\\ln(x + \\sqrt{x^2 - 1})`.

    https://docs.pytorch.org/docs/stable/generated/torch.acosh.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.acosh(torch.tensor([1.0, 2.0]))
        tensor([0.0000, 1.3170])
    """
    return in_float(on_both_sides(_arccosh), input)


@op(saves=("input",))
def atanh(input: Any) -> Any:
    """Inverse hyperbolic tangent, :math:`\\ln((1 + x) / (1 - x)) / 2`.

    https://docs.pytorch.org/docs/stable/generated/torch.atanh.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.atanh(torch.tensor([0.0, 0.5]))
        tensor([0.0000, 0.5493])
    """
    return in_float(_arctanh, input)


@op(grad_name="Deg2RadBackward0")
def deg2rad(input: Any) -> Any:
    """Degrees as radians, :math:`x \\pi / 180`.

    https://docs.pytorch.org/docs/stable/generated/torch.deg2rad.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.deg2rad(torch.tensor([180.0, 90.0]))
        tensor([3.1416, 1.5708])
    """
    if is_complex(input):
        raise RuntimeError("deg2rad is not supported for complex tensors.")
    return in_float(lambda x: x * cast(math.pi / 180, x.dtype), input)


@op(grad_name="Rad2DegBackward0")
def rad2deg(input: Any) -> Any:
    """Radians as degrees, :math:`180 x / \\pi`.

    https://docs.pytorch.org/docs/stable/generated/torch.rad2deg.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.rad2deg(torch.tensor([3.14159, 1.0]))
        tensor([179.9999,  57.2958])
    """
    if is_complex(input):
        raise RuntimeError("rad2deg is not supported for complex tensors.")
    return in_float(lambda x: x * cast(180 / math.pi, x.dtype), input)


@jax.custom_jvp
def _sinc(x: Any) -> Any:
    return jnp.sinc(x)


@_sinc.defjvp
def _sinc_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    angle = x * jnp.pi
    change = jnp.cos(angle) * angle - jnp.sin(angle)
    flat = (x == 0) | (change == 0)  # near 0 the square below is 0 too
    return _sinc(x), t * jnp.where(flat, 0, change / jnp.where(flat, 1, angle * x))


@op(saves=("input",))
def sinc(input: Any) -> Any:
    """Normalised sinc, :math:`\\sin(\\pi x) / (\\pi x)`, 1 at 0.

    https://docs.pytorch.org/docs/stable/generated/torch.sinc.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.sinc(torch.tensor([0.0, 0.5]))
        tensor([1.0000, 0.6366])
    """
    return in_float(_sinc, input)


@jax.custom_jvp
def _arctan2(y: Any, x: Any) -> Any:
    return jnp.arctan2(y, x)


@_arctan2.defjvp
def _arctan2_jvp(primals: Any, tangents: Any) -> Any:
    (y, x), (ty, tx) = primals, tangents
    origin = (y == 0) & (x == 0)
    inverse = jnp.where(origin, 0, 1 / jnp.where(origin, 1, y * y + x * x))
    return _arctan2(y, x), ty * (x * inverse) - tx * (y * inverse)


@op(saves=("input", "other"))
def atan2(input: Any, other: Any) -> Any:
    """Angle of the vector :math:`(other_i, input_i)` in radians, from -π to π.

    https://docs.pytorch.org/docs/stable/generated/torch.atan2.html

    Args:
        input: the y coordinates.
        other: the x coordinates.

    Example::

        >>> import jaxlearn as torch
        >>> torch.atan2(torch.tensor([1.0, -1.0]), torch.tensor([1.0, -1.0]))
        tensor([ 0.7854, -2.3562])
    """
    check_tensors("atan2", other=other)
    real_dtype("atan2_cpu", operands("atan2", input, other)[0])
    return in_float(_arctan2, input, other)


@jax.custom_jvp
def _hypot(x: Any, y: Any) -> Any:
    return jnp.hypot(x, y)


@_hypot.defjvp
def _hypot_jvp(primals: Any, tangents: Any) -> Any:
    (x, y), (tx, ty), length = primals, tangents, _hypot(*primals)
    return length, tx * (x / length) + ty * (y / length)


@op(saves=("input", "other", "result"))
def hypot(input: Any, other: Any) -> Any:
    """Length of the hypotenuse, :math:`\\sqrt{x^2 + y^2}`, without overflow.

    https://docs.pytorch.org/docs/stable/generated/torch.hypot.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.hypot(torch.tensor([3.0]), torch.tensor([4.0]))
        tensor([5.])
    """
    check_tensors("hypot", other=other)
    real_dtype("hypot_cpu", operands("hypot", input, other)[0])
    return in_float(_hypot, input, other)


arcsin = asin
arccos = acos
arctan = atan
arctan2 = atan2
arcsinh = asinh
arccosh = acosh
arctanh = atanh

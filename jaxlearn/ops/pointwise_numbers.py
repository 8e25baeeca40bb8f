"""Element by element: how numbers are made up, of divisors and of powers of two."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..return_types import frexp as FrexpResult
from .op import op
from .pointwise import mul
from .pointwise_power import pow
from .pointwise_rules import check_tensors, is_bool, is_float, operands, scalar_name

__all__ = ["frexp", "gcd", "lcm", "ldexp", "nextafter"]


def _whole(name: str, input: Any, other: Any) -> tuple[Any, Any]:
    check_tensors(name, other=other)
    a, b = operands(name, input, other)
    if jnp.issubdtype(a.dtype, jnp.inexact) or is_bool(a):
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{scalar_name(a)}'")
    return a, b


@op(differentiable=False)
def gcd(input: Any, other: Any) -> Any:
    """The greatest common divisor of two integers, never negative; of 0 and 0 it is 0.

    https://docs.pytorch.org/docs/stable/generated/torch.gcd.html

    Args:
        input: integers.
        other: integers that broadcast with them.

    Raises:
        NotImplementedError: the elements are no integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.gcd(torch.tensor([5, 10, 15]), torch.tensor([3, 4, 5]))
        tensor([1, 2, 5])
    """
    return jnp.gcd(*_whole("gcd", input, other))


@op(differentiable=False)
def lcm(input: Any, other: Any) -> Any:
    """The least common multiple of two integers, never negative.

    https://docs.pytorch.org/docs/stable/generated/torch.lcm.html

    Args:
        input: integers.
        other: integers that broadcast with them.

    Raises:
        NotImplementedError: the elements are no integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.lcm(torch.tensor([5, 10, 15]), torch.tensor([3, 4, 5]))
        tensor([15, 20, 15])
    """
    a, b = _whole("lcm", input, other)
    divisor = jnp.gcd(a, b)
    return jnp.abs(jnp.where(divisor == 0, 0, a // jnp.where(divisor == 0, 1, divisor) * b))


@op(saves=("other", "result"), grad_name="LdexpBackward0")
def ldexp(input: Any, other: Any) -> Any:
    """A number with its exponent moved, :math:`input_i \\cdot 2^{other_i}`.

    https://docs.pytorch.org/docs/stable/generated/torch.ldexp.html

    Args:
        input: a tensor.
        other: the exponents, usually integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.ldexp(torch.tensor([1.0, 3.0]), torch.tensor([2, 0]))
        tensor([4., 3.])
    """
    operands("ldexp", input, other)
    check_tensors("ldexp", other=other)
    return mul(input, pow(2.0, other))


@op(keeps=("input", "other"))
def nextafter(input: Any, other: Any) -> Any:
    """The floating point number that follows in the direction of ``other``.

    https://docs.pytorch.org/docs/stable/generated/torch.nextafter.html

    Args:
        input: a tensor.
        other: where to go, of the same dtype.

    Raises:
        NotImplementedError: the elements are not real floating point numbers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nextafter(torch.tensor([1.0]), torch.tensor([2.0])) == 1 + torch.finfo(torch.float32).eps
        tensor([True])
    """
    check_tensors("nextafter", other=other)
    a, b = operands("nextafter", input, other)
    if not is_float(a):
        raise NotImplementedError(f"\"nextafter_cpu\" not implemented for '{scalar_name(a)}'")
    return _next(*jnp.broadcast_arrays(a, b))


@jax.custom_jvp
def _next(a: Any, b: Any) -> Any:
    """Steps are taken in the integers that the bits make, which ascend with the magnitude."""
    bits = np.dtype(f"i{a.dtype.itemsize}")
    i = jax.lax.bitcast_convert_type(a, bits)
    least = jax.lax.bitcast_convert_type(jnp.ones(a.shape, bits), a.dtype)
    step = jnp.where((b > a) == (a > 0), 1, -1).astype(bits)
    moved = jax.lax.bitcast_convert_type(i + step, a.dtype)
    moved = jnp.where(a == 0, jnp.where(b > 0, least, -least), moved)
    return jnp.where(jnp.isnan(a) | jnp.isnan(b), jnp.nan, jnp.where(a == b, b, moved)).astype(a.dtype)


@_next.defjvp
def _next_jvp(primals: Any, tangents: Any) -> Any:
    """torch's: the input's gradient goes through unless it is there already, ``other`` has none."""
    a, b = primals
    return _next(a, b), jnp.where(a == b, 0, tangents[0])


def _subnormal(x: Any) -> tuple[Any, Any, int]:
    """Which numbers are subnormal, these as whole multiples of the least one, and its exponent.

    They are read from the bits: XLA may take such numbers for zeros.
    """
    info = np.finfo(x.dtype)
    bits = jax.lax.bitcast_convert_type(x, np.dtype(f"u{x.dtype.itemsize}"))
    sign = np.array(1, bits.dtype) << np.array(info.bits - 1, bits.dtype)
    size = bits & ~sign
    tiny = (size > 0) & (size < np.array(1, bits.dtype) << np.array(info.nmant, bits.dtype))
    whole = size.astype(x.dtype)
    return tiny, jnp.where(bits & sign, -whole, whole), int(info.minexp) - int(info.nmant)


@jax.custom_jvp
def _mantissa(x: Any) -> Any:
    return jnp.frexp(x)[0]


@_mantissa.defjvp
def _mantissa_jvp(primals: Any, tangents: Any) -> Any:
    x = primals[0]
    return _mantissa(x), tangents[0] * jnp.exp2(-jnp.frexp(x)[1].astype(x.dtype))


@op(saves=("result1",), selects=("input",))
def frexp(input: Any) -> FrexpResult:
    """Mantissa and exponent, :math:`x = m \\cdot 2^e` with :math:`\\tfrac12 \\le |m| < 1`.

    https://docs.pytorch.org/docs/stable/generated/torch.frexp.html

    Args:
        input: floating point numbers.

    Returns:
        A named tuple ``(mantissa, exponent)``, the exponents ``int32``.

    Raises:
        RuntimeError: the elements are no real floating point numbers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.frexp(torch.tensor([6.0])).exponent
        tensor([3], dtype=torch.int32)
    """
    if not is_float(input):
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    wide = input.astype(jnp.float32) if input.dtype.itemsize == 2 else input
    plain = jax.lax.stop_gradient(wide)
    finite = jnp.isfinite(plain)
    tiny, whole, least = _subnormal(plain)
    mantissa = jnp.where(tiny, jnp.frexp(whole)[0], _mantissa(wide))
    exponent = jnp.where(tiny, jnp.frexp(whole)[1] + least, jnp.frexp(plain)[1])
    return FrexpResult(
        jnp.where(finite, mantissa, wide).astype(input.dtype),
        jnp.where(finite, exponent, 0).astype(jnp.int32),
    )

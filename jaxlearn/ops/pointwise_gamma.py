"""Element by element: the gamma function's relatives."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special

from .op import Operand, op
from .pointwise_rules import (
    check_broadcast,
    check_tensors,
    check_tensors_first,
    exact_dtype,
    function_operands,
    in_float,
    is_float,
    real_in_float,
    scalar_name,
    undifferentiable,
    widened,
)
from .promotion import cast, floating, promote

__all__ = [
    "digamma",
    "gammainc",
    "gammaincc",
    "lgamma",
    "multigammaln",
    "polygamma",
    "zeta",
]


@jax.custom_jvp
def _digamma(x: Any) -> Any:
    # torch: minus infinity at +0, plus infinity at -0, NaN at the negative integers.
    return jnp.where(x == 0, jnp.copysign(jnp.inf, -x), jax.scipy.special.digamma(x))


@_digamma.defjvp
def _digamma_jvp(primals: Any, tangents: Any) -> Any:
    return _digamma(*primals), _trigamma(*primals) * tangents[0]


@jax.custom_jvp
def _trigamma(x: Any) -> Any:
    """By the asymptotic series from 7 on, the recurrence below it and the reflection formula left of 1/2."""
    left = x < 0.5
    y = jnp.where(left, 1 - x, x)
    total = jnp.zeros_like(x)
    for _ in range(6):
        total = total + 1 / (y * y)
        y = y + 1
    s = 1 / (y * y)
    total = total + (1 + 1 / (2 * y) + s * (1 / 6 - s * (1 / 30 - s / 42))) / y
    sine = jnp.sin(math.pi * x)
    return jnp.where(left, (math.pi / sine) ** 2 - total, total)


@_trigamma.defjvp
def _trigamma_jvp(primals: Any, tangents: Any) -> Any:
    return _trigamma(*primals), _polygamma(2, *primals) * tangents[0]


def _polygamma(n: int, x: Any) -> Any:
    if n < 2:
        return (_digamma, _trigamma)[n](x)
    return _higher(n)(x)


def _higher(n: int) -> Any:
    factor = (1.0 if n % 2 else -1.0) * math.factorial(n)

    @jax.custom_jvp
    def function(x: Any) -> Any:
        return cast(factor, x.dtype) * _zeta(jnp.asarray(n + 1, x.dtype), x)

    @function.defjvp
    def derivative(primals: Any, tangents: Any) -> Any:
        return function(*primals), _polygamma(n + 1, *primals) * tangents[0]

    return function


# B(2k) / (2k)! of the Euler-Maclaurin formula.
_BERNOULLI = tuple(
    b / math.factorial(2 * k)
    for k, b in enumerate(
        (
            1 / 6,
            -1 / 30,
            1 / 42,
            -1 / 30,
            5 / 66,
            -691 / 2730,
            7 / 6,
            -3617 / 510,
            43867 / 798,
            -174611 / 330,
            854513 / 138,
            -236364091 / 2730,
        ),
        1,
    )
)


def _zeta(x: Any, q: Any) -> Any:
    """:math:`\\sum_k (k + q)^{-x}`: ten terms and those up to 9 one by one, the rest by the Euler-Maclaurin formula.

    A sum is at its end as soon as a term does not change it: for large ``x`` the formula's factors would overflow.
    A negative ``q`` is first brought above 0 term by term, which takes as many terms as it is large.
    """
    dtype = x.dtype
    x, q = (cast(v, jnp.float64) for v in jnp.broadcast_arrays(x, q))  # as torch does on a processor
    pole = (q <= 0) & (q == jnp.floor(q))
    undefined = (q <= 0) & (x != jnp.floor(x))
    small = jnp.finfo(x.dtype).eps / 2
    start = jnp.where(pole, 9.0, q)
    first = start**-x

    def going(state: Any) -> Any:
        count, a, _, _, done = state
        return ~done & ((count < 9) | (a <= 9))

    def add(state: Any) -> Any:
        count, a, term, total, done = state
        more = going(state)
        a = a + more
        term = jnp.where(more, a**-x, term)
        total = total + jnp.where(more, term, 0)
        return count + 1, a, term, total, done | (more & (jnp.abs(term) < small * total))

    state = (jnp.zeros((), jnp.int32), start, first, first, jnp.zeros(x.shape, bool))
    _, a, term, total, done = jax.lax.while_loop(lambda s: jnp.any(going(s)), add, state)
    total = jnp.where(done, total, total + term * a / (x - 1) - term / 2)
    factor, power = x, term / a
    for k, b in enumerate(_BERNOULLI):
        part = b * factor * power
        total = jnp.where(done, total, total + part)
        done = done | (jnp.abs(part / total) < small)
        factor = factor * (x + 2 * k + 1) * (x + 2 * k + 2)
        power = power / (a * a)
    total = jnp.where(pole, jnp.inf, jnp.where(undefined, jnp.nan, total))
    return cast(jnp.where(x == 1, jnp.inf, jnp.where(x < 1, jnp.nan, total)), dtype)


@op(saves=("input",))
def lgamma(input: Any) -> Any:
    """Logarithm of the absolute value of the gamma function, :math:`\\ln |\\Gamma(x)|`.

    https://docs.pytorch.org/docs/stable/generated/torch.lgamma.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.lgamma(torch.tensor([3.0, 5.0]))
        tensor([0.6931, 3.1781])
    """
    return real_in_float("lgamma_vml_cpu", _lgamma, input)


@jax.custom_jvp
def _lgamma(x: Any) -> Any:
    # In double precision: XLA's own in single precision is wrong in the last 4 bits near its zeros at 1 and 2, which
    # log-probabilities of counts, differences of large values, lay bare.
    return cast(jax.scipy.special.gammaln(cast(x, jnp.float64)), x.dtype)


@_lgamma.defjvp
def _lgamma_jvp(primals: Any, tangents: Any) -> Any:
    return _lgamma(*primals), _digamma(*primals) * tangents[0]


@op(saves=("input",))
def digamma(input: Any) -> Any:
    """Derivative of :func:`lgamma`, :math:`\\Gamma'(x) / \\Gamma(x)`.

    https://docs.pytorch.org/docs/stable/generated/torch.digamma.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.digamma(torch.tensor([1.0, 0.5]))
        tensor([-0.5772, -1.9635])
    """
    return real_in_float("digamma", _digamma, input)


@op(saves=("input",))
def polygamma(n: int, input: Any) -> Any:
    """The n-th derivative of :func:`digamma`.

    https://docs.pytorch.org/docs/stable/generated/torch.polygamma.html

    Args:
        n: order, 0 or more.
        input: any shape.

    Raises:
        RuntimeError: ``n`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.polygamma(1, torch.tensor([1.0, 0.5]))
        tensor([1.6449, 4.9348])
    """
    if isinstance(n, bool) or not isinstance(n, int):
        kind = "Tensor" if hasattr(n, "shape") else type(n).__name__
        raise TypeError(f"polygamma(): argument 'n' (position 1) must be int, not {kind}")
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    kernel = ("digamma", "trigamma")[n] if n < 2 else "polygamma"
    return real_in_float(kernel, lambda x: _polygamma(n, x), input)


@op(name="mvlgamma", saves=("input",))
def multigammaln(input: Any, p: int) -> Any:
    """Logarithm of the multivariate gamma function of dimension p.

    .. math:: \\ln\\Gamma_p(a) = \\frac{p (p - 1)}{4} \\ln\\pi + \\sum_{i=1}^{p} \\ln\\Gamma(a - \\frac{i - 1}{2})

    https://docs.pytorch.org/docs/stable/special.html#torch.special.multigammaln

    Args:
        input: any shape; integers are taken in the default floating dtype.
        p: the dimension, 1 or more.

    Raises:
        RuntimeError: ``p`` is smaller.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.multigammaln(torch.tensor([3.0]), 2)
        tensor([1.5502])
    """
    check_tensors_first("mvlgamma", input)
    if isinstance(p, bool) or not isinstance(p, int):
        kind = "Tensor" if hasattr(p, "shape") else type(p).__name__
        raise TypeError(f"mvlgamma(): argument 'p' (position 2) must be int, not {kind}")
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    if jnp.issubdtype(input.dtype, jnp.complexfloating):
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{scalar_name(input)}'")
    x = floating(input)

    def total(x: Any) -> Any:
        terms = [_lgamma(x - i / 2) for i in reversed(range(p))]
        return sum(terms[1:], terms[0]) + p * (p - 1) / 4 * math.log(math.pi)

    return widened(total, x)


def _incomplete(name: str, input: Any, other: Any) -> tuple[Any, Any]:
    check_tensors_first(f"special_gamma{name}", input)
    check_tensors(f"special_gamma{name}", other=other)
    check_broadcast(input.shape, other.shape)
    a, x = promote(input, other)
    kernel = "igamma" + name.removeprefix("inc")
    if not is_float(a):
        raise NotImplementedError(f"\"{kernel}_cpu\" not implemented for '{scalar_name(a)}'")
    return undifferentiable(a, f"{kernel}: input"), x


def _lower(a: Any, x: Any) -> Any:
    return _incomplete_value(a, x, jax.scipy.special.gammainc, 0.0)


def _upper(a: Any, x: Any) -> Any:
    return _incomplete_value(a, x, jax.scipy.special.gammaincc, 1.0)


def _incomplete_value(a: Any, x: Any, fn: Any, at_zero: float) -> Any:
    """The function where it is defined, its limits elsewhere."""
    dtype = a.dtype
    # In float64: the terms of a hundred steps add up, and torch's are right to the last digit of float32.
    a, x = (cast(v, jnp.float64) for v in jnp.broadcast_arrays(a, x))
    regular = (a > 0) & (x > 0) & jnp.isfinite(a) & jnp.isfinite(x)
    near, place = jnp.where(regular, a, 1.0), jnp.where(regular, x, 1.0)
    large = near > _LARGE
    value = fn(jnp.where(large, 1.0, near), jnp.where(large, 1.0, place))
    value = jnp.where(large, _incomplete_of_large(jnp.where(large, near, _LARGE), place, at_zero), value)
    value = jnp.where((x == 0) & (a > 0), at_zero, value)
    value = jnp.where((a == 0) & (x > 0), 1 - at_zero, value)
    value = jnp.where(jnp.isinf(x) & (a >= 0), 1 - at_zero, value)
    value = jnp.where(jnp.isinf(a) & (x >= 0), jnp.where(jnp.isinf(x), jnp.nan, at_zero), value)
    defined = (a >= 0) & (x >= 0) & ~((a == 0) & (x == 0))
    return cast(jnp.where(defined, value, jnp.nan), dtype)


# From here on the series takes too many terms, and the expansion below is right to ten digits.
_LARGE = 1e4


def _incomplete_of_large(a: Any, x: Any, at_zero: float) -> Any:
    """Temme's uniform expansion, https://dlmf.nist.gov/8.12: the upper function if ``at_zero`` is 1."""
    part = (x - a) / a
    size = jnp.sqrt(jnp.maximum(2 * (part - jnp.log1p(part)), 0))
    eta = jnp.where(part < 0, -size, size)
    sign = 1 if at_zero else -1
    inner = -1 / 3 + eta * (1 / 12 - eta * (2 / 135 - eta / 864)) - (1 / 540 + eta / 288) / a
    rest = jnp.exp(-a * eta * eta / 2) / jnp.sqrt(2 * math.pi * a) * inner
    return 0.5 * jax.lax.erfc(sign * eta * jnp.sqrt(a / 2)) + sign * rest


def _density(a: Any, x: Any) -> Any:
    return jnp.exp((a - 1) * jnp.log(x) - x - _lgamma(a))


@jax.custom_jvp
def _igamma(a: Any, x: Any) -> Any:
    return _lower(a, x)


@_igamma.defjvp
def _igamma_jvp(primals: Any, tangents: Any) -> Any:
    return _igamma(*primals), _density(*primals) * tangents[1]


@jax.custom_jvp
def _igammac(a: Any, x: Any) -> Any:
    return _upper(a, x)


@_igammac.defjvp
def _igammac_jvp(primals: Any, tangents: Any) -> Any:
    return _igammac(*primals), -_density(*primals) * tangents[1]


@op(name="igamma", refuses=True, saves=("input", "other"))
def gammainc(input: Any, other: Any) -> Any:
    """Regularized lower incomplete gamma function, :math:`\\frac{1}{\\Gamma(a)} \\int_0^x t^{a-1} e^{-t} dt`.

    It has a gradient by ``other`` only, as in torch.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.gammainc

    Args:
        input: the exponent a, 0 or more.
        other: the bound x, 0 or more; it broadcasts with ``input``.

    Raises:
        NotImplementedError: integers; backward for ``input``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.gammainc(torch.tensor([4.0]), torch.tensor([3.0, 4.0]))
        tensor([0.3528, 0.5665])
    """
    return widened(_igamma, *_incomplete("inc", input, other))


@op(name="igammac", refuses=True, saves=("input", "other"))
def gammaincc(input: Any, other: Any) -> Any:
    """Regularized upper incomplete gamma function, one minus :func:`gammainc`.

    It has a gradient by ``other`` only, as in torch.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.gammaincc

    Args:
        input: the exponent a, 0 or more.
        other: the bound x, 0 or more; it broadcasts with ``input``.

    Raises:
        NotImplementedError: integers; backward for ``input``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.gammaincc(torch.tensor([4.0]), torch.tensor([3.0, 4.0]))
        tensor([0.6472, 0.4335])
    """
    return widened(_igammac, *_incomplete("incc", input, other))


@op(name="special_zeta", refuses=True, saves=("input", "other"))
def zeta(input: Operand, other: Operand) -> Any:
    """Hurwitz zeta function, :math:`\\sum_{k=0}^\\infty (k + q)^{-x}`. Backward raises, as in torch.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.zeta

    Args:
        input: the exponent x; a tensor or a number.
        other: the shift q; a tensor or a number.

    Raises:
        NotImplementedError: half types; backward.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.zeta(torch.tensor([2.0, 4.0]), 1)
        tensor([1.6449, 1.0823])
    """
    x, q = function_operands("special_zeta", input, other)
    exact_dtype("zeta_cpu", x)
    return in_float(_zeta, undifferentiable(x, "zeta"), undifferentiable(q, "zeta"))

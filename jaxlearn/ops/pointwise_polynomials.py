"""Element by element: orthogonal polynomials, the degree a tensor or a number. torch gives them no gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .op import Operand, op
from .pointwise_rules import exact_dtype, function_operands

__all__ = [
    "chebyshev_polynomial_t",
    "chebyshev_polynomial_u",
    "chebyshev_polynomial_v",
    "chebyshev_polynomial_w",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
]

# torch gives up on Hermite polynomials, which overflow, from these degrees on.
_HERMITE_LIMIT = {"float32": 128, "float64": 512}


def _recurrence(n: Any, first: Any, second: Any, following: Callable[[Any, Any, Any], Any]) -> Any:
    """The polynomials of degrees ``n`` by their three-term recurrence; 0 for negative degrees.

    Args:
        first: the one of degree 0.
        second: that of degree 1.
        following: from the degree k, that of degree k and that of degree k - 1, that of degree k + 1.
    """

    def step(state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        k, before, now = state
        after = following(k.astype(first.dtype), now, before)
        going = k < n
        return k + 1, jnp.where(going, now, before), jnp.where(going, after, now)

    top = jnp.max(n, initial=0)
    _, _, last = jax.lax.while_loop(lambda state: state[0] < top, step, (jnp.asarray(1), first, second))
    return jnp.where(n < 0, 0.0, jnp.where(n == 0, first, last))


def _polynomial(name: str, x: Any, n: Any, fn: Callable[[Any, Any], Any]) -> Any:
    """``fn`` of the argument in the floating dtype of the operands and of the degree cut to an integer."""
    a, b = function_operands(f"special_{name}", x, n)
    exact_dtype(f"{name}_cpu", a)
    a, b = jnp.broadcast_arrays(a, b)
    return fn(a, b.astype(jnp.int64))


def _even(n: Any) -> Any:
    return n % 2 == 0


def _odd_sign(n: Any) -> Any:
    return jnp.where(_even(n), 1.0, -1.0)


def _first(x: Any, n: Any) -> Any:
    """Chebyshev polynomials of the first kind; trigonometry inside the interval from degree 7 on, as torch has it."""
    angle = jnp.arccos(jnp.clip(x, -1, 1))
    rest = _recurrence(n, jnp.ones_like(x), x, lambda k, q, p: 2 * x * q - p)
    inside = (n > 6) & (jnp.abs(x) < 1)
    value = jnp.where(inside, jnp.cos(n.astype(x.dtype) * angle), rest)
    return jnp.where((jnp.abs(x) == 1) & (n >= 0), jnp.where(x > 0, 1.0, _odd_sign(n)), value)


def _second(x: Any, n: Any) -> Any:
    angle = jnp.arccos(jnp.clip(x, -1, 1))
    degree = n.astype(x.dtype)
    rest = _recurrence(n, jnp.ones_like(x), 2 * x, lambda k, q, p: 2 * x * q - p)
    sine = jnp.sin(angle)
    waves = jnp.where(
        sine != 0, jnp.sin((degree + 1) * angle) / sine, (degree + 1) * jnp.cos((degree + 1) * angle) / x
    )
    value = jnp.where((n > 8) & (jnp.abs(x) < 1), waves, rest)
    ends = (degree + 1) * jnp.where(x > 0, 1.0, _odd_sign(n))
    return jnp.where((jnp.abs(x) == 1) & (n >= 0), ends, value)


def _third(x: Any, n: Any) -> Any:
    angle = jnp.arccos(jnp.clip(x, -1, 1))
    degree = n.astype(x.dtype)
    rest = _recurrence(n, jnp.ones_like(x), 2 * x - 1, lambda k, q, p: 2 * x * q - p)
    signed = (2 * degree + 1) * _odd_sign(n)
    waves = jnp.where(jnp.sin(angle / 2) != 1, jnp.cos((degree + 0.5) * angle) / jnp.cos(angle / 2), signed)
    value = jnp.where((n > 8) & (jnp.abs(x) < 1), waves, rest)
    return jnp.where((jnp.abs(x) == 1) & (n >= 0), jnp.where(x > 0, 1.0, signed), value)


def _fourth(x: Any, n: Any) -> Any:
    angle = jnp.arccos(jnp.clip(x, -1, 1))
    degree = n.astype(x.dtype)
    rest = _recurrence(n, jnp.ones_like(x), 2 * x + 1, lambda k, q, p: 2 * x * q - p)
    ends = jnp.where(x > 0, 2 * degree + 1, _odd_sign(n))
    waves = jnp.where(jnp.cos(angle / 2) != 1, jnp.sin((degree + 0.5) * angle) / jnp.sin(angle / 2), ends)
    value = jnp.where((n > 8) & (jnp.abs(x) < 1), waves, rest)
    return jnp.where((jnp.abs(x) == 1) & (n >= 0), ends, value)


@op(name="special_chebyshev_polynomial_t", differentiable=False)
def chebyshev_polynomial_t(input: Operand, n: Operand) -> Any:
    """Chebyshev polynomials of the first kind, :math:`T_n(\\cos\\varphi) = \\cos n\\varphi`.

    No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.chebyshev_polynomial_t

    Args:
        input: where; a tensor or a number.
        n: the degree; a tensor or a number, the result is 0 for negative ones.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.chebyshev_polynomial_t(torch.tensor([0.5, 2.0]), 2)
        tensor([-0.5000,  7.0000])
    """
    return _polynomial("chebyshev_polynomial_t", input, n, _first)


@op(name="special_chebyshev_polynomial_u", differentiable=False)
def chebyshev_polynomial_u(input: Operand, n: Operand) -> Any:
    """Chebyshev polynomials of the second kind, :math:`U_n(\\cos\\varphi) = \\sin((n+1)\\varphi) / \\sin\\varphi`.

    No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.chebyshev_polynomial_u

    Args:
        input: where; a tensor or a number.
        n: the degree; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.chebyshev_polynomial_u(torch.tensor([0.5, 2.0]), 2)
        tensor([ 0., 15.])
    """
    return _polynomial("chebyshev_polynomial_u", input, n, _second)


@op(name="special_chebyshev_polynomial_v", differentiable=False)
def chebyshev_polynomial_v(input: Operand, n: Operand) -> Any:
    """Chebyshev polynomials of the third kind, :math:`\\cos((n+\\frac12)\\varphi) / \\cos\\frac\\varphi2`.

    No gradient.

    https://docs.pytorch.org/docs/stable/special.html

    Args:
        input: where, the cosine of the angle; a tensor or a number.
        n: the degree; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.chebyshev_polynomial_v(torch.tensor([0.5, 2.0]), 2)
        tensor([-1., 11.])
    """
    return _polynomial("chebyshev_polynomial_v", input, n, _third)


@op(name="special_chebyshev_polynomial_w", differentiable=False)
def chebyshev_polynomial_w(input: Operand, n: Operand) -> Any:
    """Chebyshev polynomials of the fourth kind, :math:`\\sin((n+\\frac12)\\varphi) / \\sin\\frac\\varphi2`.

    No gradient.

    https://docs.pytorch.org/docs/stable/special.html

    Args:
        input: where, the cosine of the angle; a tensor or a number.
        n: the degree; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.chebyshev_polynomial_w(torch.tensor([0.5, 2.0]), 2)
        tensor([ 1., 19.])
    """
    return _polynomial("chebyshev_polynomial_w", input, n, _fourth)


def _on_unit(fn: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The shifted polynomials: those of ``2 x - 1``."""
    return lambda x, n: fn(2 * x - 1, n)


@op(name="special_shifted_chebyshev_polynomial_t", differentiable=False)
def shifted_chebyshev_polynomial_t(input: Operand, n: Operand) -> Any:
    """Chebyshev polynomials of the first kind on [0, 1]: :func:`chebyshev_polynomial_t` at :math:`2x - 1`.

    No gradient.

    https://docs.pytorch.org/docs/stable/special.html

    Args:
        input: where; a tensor or a number.
        n: the degree; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.shifted_chebyshev_polynomial_t(torch.tensor([0.5, 1.0]), 2)
        tensor([-1.,  1.])
    """
    return _polynomial("shifted_chebyshev_polynomial_t", input, n, _on_unit(_first))


@op(name="special_shifted_chebyshev_polynomial_u", differentiable=False)
def shifted_chebyshev_polynomial_u(input: Operand, n: Operand) -> Any:
    """Chebyshev polynomials of the second kind on [0, 1]: :func:`chebyshev_polynomial_u` at :math:`2x - 1`.

    No gradient.

    https://docs.pytorch.org/docs/stable/special.html

    Args:
        input: where; a tensor or a number.
        n: the degree; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.shifted_chebyshev_polynomial_u(torch.tensor([0.5, 1.0]), 2)
        tensor([-1.,  3.])
    """
    return _polynomial("shifted_chebyshev_polynomial_u", input, n, _on_unit(_second))


@op(name="special_shifted_chebyshev_polynomial_v", differentiable=False)
def shifted_chebyshev_polynomial_v(input: Operand, n: Operand) -> Any:
    """Chebyshev polynomials of the third kind on [0, 1]: :func:`chebyshev_polynomial_v` at :math:`2x - 1`.

    No gradient.

    https://docs.pytorch.org/docs/stable/special.html

    Args:
        input: where; a tensor or a number.
        n: the degree; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.shifted_chebyshev_polynomial_v(torch.tensor([0.5, 1.0]), 2)
        tensor([-1.,  1.])
    """
    return _polynomial("shifted_chebyshev_polynomial_v", input, n, _on_unit(_third))


@op(name="special_shifted_chebyshev_polynomial_w", differentiable=False)
def shifted_chebyshev_polynomial_w(input: Operand, n: Operand) -> Any:
    """Chebyshev polynomials of the fourth kind on [0, 1]: :func:`chebyshev_polynomial_w` at :math:`2x - 1`.

    No gradient.

    https://docs.pytorch.org/docs/stable/special.html

    Args:
        input: where; a tensor or a number.
        n: the degree; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.shifted_chebyshev_polynomial_w(torch.tensor([0.5, 1.0]), 2)
        tensor([-1.,  5.])
    """
    return _polynomial("shifted_chebyshev_polynomial_w", input, n, _on_unit(_fourth))


def _limited(x: Any, n: Any, value: Any) -> Any:
    return jnp.where(n > _HERMITE_LIMIT[x.dtype.name], jnp.nan, value)


def _physicists(x: Any, n: Any) -> Any:
    following = lambda k, q, p: 2 * x * q - 2 * k * p  # noqa: E731
    return _limited(x, n, _recurrence(n, jnp.ones_like(x), 2 * x, following))


def _probabilists(x: Any, n: Any) -> Any:
    return _limited(x, n, _recurrence(n, jnp.ones_like(x), x, lambda k, q, p: x * q - k * p))


@op(name="special_hermite_polynomial_h", differentiable=False)
def hermite_polynomial_h(input: Operand, n: Operand) -> Any:
    """Hermite polynomials in the physicists' form, :math:`H_{n+1} = 2 x H_n - 2 n H_{n-1}`. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.hermite_polynomial_h

    Args:
        input: where; a tensor or a number.
        n: the degree; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.hermite_polynomial_h(torch.tensor([0.0, 1.0]), 2)
        tensor([-2.,  2.])
    """
    return _polynomial("hermite_polynomial_h", input, n, _physicists)


@op(name="special_hermite_polynomial_he", differentiable=False)
def hermite_polynomial_he(input: Operand, n: Operand) -> Any:
    """Hermite polynomials in the probabilists' form, :math:`He_{n+1} = x He_n - n He_{n-1}`. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.hermite_polynomial_he

    Args:
        input: where; a tensor or a number.
        n: the degree; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.hermite_polynomial_he(torch.tensor([0.0, 1.0]), 2)
        tensor([-1.,  0.])
    """
    return _polynomial("hermite_polynomial_he", input, n, _probabilists)


def _laguerre(x: Any, n: Any) -> Any:
    following = lambda k, q, p: ((2 * k + 1 - x) * q - k * p) / (k + 1)  # noqa: E731
    return _recurrence(n, jnp.ones_like(x), 1 - x, following)


def _legendre(x: Any, n: Any) -> Any:
    following = lambda k, q, p: ((2 * k + 1) * x * q - k * p) / (k + 1)  # noqa: E731
    value = _recurrence(n, jnp.ones_like(x), x, following)
    return jnp.where((jnp.abs(x) == 1) & (n >= 0), jnp.where(x > 0, 1.0, _odd_sign(n)), value)


@op(name="special_laguerre_polynomial_l", differentiable=False)
def laguerre_polynomial_l(input: Operand, n: Operand) -> Any:
    """Laguerre polynomials, :math:`(n+1) L_{n+1} = (2n+1-x) L_n - n L_{n-1}`. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.laguerre_polynomial_l

    Args:
        input: where; a tensor or a number.
        n: the degree; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.laguerre_polynomial_l(torch.tensor([0.0, 1.0]), 2)
        tensor([ 1.0000, -0.5000])
    """
    return _polynomial("laguerre_polynomial_l", input, n, _laguerre)


@op(name="special_legendre_polynomial_p", differentiable=False)
def legendre_polynomial_p(input: Operand, n: Operand) -> Any:
    """Legendre polynomials, :math:`(n+1) P_{n+1} = (2n+1) x P_n - n P_{n-1}`. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.legendre_polynomial_p

    Args:
        input: where; a tensor or a number.
        n: the degree; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.legendre_polynomial_p(torch.tensor([0.0, 1.0]), 2)
        tensor([-0.5000,  1.0000])
    """
    return _polynomial("legendre_polynomial_p", input, n, _legendre)

"""Element by element: error functions, normal distribution, modified Bessel functions, entropy terms."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special

from .op import Operand, op
from .pointwise_rules import exact_real, function_operands, real_dtype, real_in_float, widened
from .promotion import floating

__all__ = [
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log_ndtr",
    "ndtr",
    "ndtri",
    "xlog1py",
]

_ROOT_PI = math.sqrt(math.pi)


@jax.custom_jvp
def _i0(x: Any) -> Any:
    return jax.scipy.special.i0(x)


@_i0.defjvp
def _i0_jvp(primals: Any, tangents: Any) -> Any:
    return _i0(*primals), _i1(*primals) * tangents[0]


def _away_from_zero(slope: Any, x: Any) -> Any:
    """The slope of a function of order 1, its limit of a half at 0 and, as in torch, where ``x`` is no number."""
    away = jnp.abs(x) > jnp.finfo(x.dtype).eps
    return jnp.where(away, slope(jnp.where(away, x, 1.0)), 0.5)


@jax.custom_jvp
def _i1(x: Any) -> Any:
    return jax.scipy.special.i1(x)


@_i1.defjvp
def _i1_jvp(primals: Any, tangents: Any) -> Any:
    (x,) = primals
    value = _i1(x)
    return value, _away_from_zero(lambda s: _i0(s) - _i1(s) / s, x) * tangents[0]


@jax.custom_jvp
def _i0e(x: Any) -> Any:
    return jax.scipy.special.i0e(x)


@_i0e.defjvp
def _i0e_jvp(primals: Any, tangents: Any) -> Any:
    (x,) = primals
    value = _i0e(x)
    return value, (_i1e(x) - jnp.sign(x) * value) * tangents[0]


@jax.custom_jvp
def _i1e(x: Any) -> Any:
    return jax.scipy.special.i1e(x)


@_i1e.defjvp
def _i1e_jvp(primals: Any, tangents: Any) -> Any:
    (x,) = primals
    value = _i1e(x)
    return value, _away_from_zero(lambda s: _i0e(s) - _i1e(s) * (jnp.sign(s) + 1 / s), x) * tangents[0]


@jax.custom_jvp
def _erfcx(x: Any) -> Any:
    return jnp.where(x == jnp.inf, 0.0, jax.scipy.special.erfcx(x))


@_erfcx.defjvp
def _erfcx_jvp(primals: Any, tangents: Any) -> Any:
    (x,) = primals
    value = _erfcx(x)
    return value, (2 * x * value - 2 / _ROOT_PI) * tangents[0]


@jax.custom_jvp
def _log_ndtr(x: Any) -> Any:
    t = x / math.sqrt(2)
    lower = jnp.log(_erfcx(-t) / 2) - t * t
    upper = jnp.log1p(-jax.scipy.special.erfc(t) / 2)
    value = jnp.where(x < -1, lower, upper)
    return jnp.where(x == -jnp.inf, -jnp.inf, value)


@_log_ndtr.defjvp
def _log_ndtr_jvp(primals: Any, tangents: Any) -> Any:
    (x,) = primals
    return _log_ndtr(x), math.sqrt(2 / math.pi) / _erfcx(-x / math.sqrt(2)) * tangents[0]


@jax.custom_jvp
def _ndtri(x: Any) -> Any:
    return jax.scipy.special.ndtri(x)


@_ndtri.defjvp
def _ndtri_jvp(primals: Any, tangents: Any) -> Any:
    value = _ndtri(*primals)
    return value, math.sqrt(2 * math.pi) * jnp.exp(value * value / 2) * tangents[0]


def _entr(x: Any) -> Any:
    positive = x > 0
    value = -x * jnp.log(jnp.where(positive, x, 1.0))
    return jnp.where(positive | jnp.isnan(x), value, jnp.where(x == 0, x, -jnp.inf))


@jax.custom_jvp
def _entropy(x: Any) -> Any:
    return _entr(x)


@_entropy.defjvp
def _entropy_jvp(primals: Any, tangents: Any) -> Any:
    (x,) = primals
    return _entropy(x), (-1 - jnp.log(x)) * tangents[0]


@op(saves=("input",))
def erf(input: Any) -> Any:
    """Error function, :math:`\\frac{2}{\\sqrt\\pi} \\int_0^x e^{-t^2} dt`.

    https://docs.pytorch.org/docs/stable/generated/torch.erf.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.erf(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8427])
    """
    return real_in_float("erf_vml_cpu", jax.scipy.special.erf, input)


@op(saves=("input",))
def erfc(input: Any) -> Any:
    """Complementary error function, :math:`1 - \\mathrm{erf}(x)`.

    https://docs.pytorch.org/docs/stable/generated/torch.erfc.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.erfc(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.1573])
    """
    return real_in_float("erfc_vml_cpu", jax.scipy.special.erfc, input)


@op(saves=("input",))
def erfinv(input: Any) -> Any:
    """Inverse of the error function, infinite at -1 and 1.

    https://docs.pytorch.org/docs/stable/generated/torch.erfinv.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.erfinv(torch.tensor([0.0, 0.5]))
        tensor([0.0000, 0.4769])
    """

    # JAX's approximation for float32 is too coarse near 1, where the gradient magnifies what is missing.
    def inverse(x: Any) -> Any:
        return _erfinv(x.astype(jnp.float64)).astype(x.dtype)

    return real_in_float("erfinv_vml_cpu", inverse, input)


@jax.custom_jvp
def _erfinv(x: Any) -> Any:
    return jax.scipy.special.erfinv(x)


@_erfinv.defjvp
def _erfinv_jvp(primals: Any, tangents: Any) -> Any:
    y = _erfinv(primals[0])
    return y, tangents[0] * (math.sqrt(math.pi) / 2) * jnp.exp(y * y)


@op(name="special_erfcx", saves=("input", "result"))
def erfcx(input: Any) -> Any:
    """Scaled complementary error function, :math:`e^{x^2} \\mathrm{erfc}(x)`.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.erfcx

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.erfcx(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.4276])
    """
    return exact_real("erfcx_cpu", _erfcx, input)


@op(saves=("input",))
def i0(input: Any) -> Any:
    """Modified Bessel function of the first kind, of order 0.

    https://docs.pytorch.org/docs/stable/generated/torch.i0.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.i0(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 1.2661])
    """
    return real_in_float("i0_vml_cpu", _i0, input)


@op(name="special_i0e", saves=("input", "result"), grad_name="SpecialI0EBackward0")
def i0e(input: Any) -> Any:
    """Modified Bessel function of the first kind, of order 0, times :math:`e^{-|x|}`.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.i0e

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.i0e(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.4658])
    """
    return real_in_float("i0e_cpu", _i0e, input)


@op(name="special_i1", saves=("input", "result"))
def i1(input: Any) -> Any:
    """Modified Bessel function of the first kind, of order 1.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.i1

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.i1(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.5652])
    """
    return real_in_float("i1_cpu", _i1, input)


@op(name="special_i1e", saves=("input", "result"), grad_name="SpecialI1EBackward0")
def i1e(input: Any) -> Any:
    """Modified Bessel function of the first kind, of order 1, times :math:`e^{-|x|}`.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.i1e

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.i1e(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.2079])
    """
    return real_in_float("i1e_cpu", _i1e, input)


@op(name="special_ndtr", grad_name="MulBackward1")
def ndtr(input: Any) -> Any:
    """Distribution function of the standard normal distribution.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.ndtr

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.ndtr(torch.tensor([0.0, 1.0]))
        tensor([0.5000, 0.8413])
    """
    real_dtype("erf_vml_cpu", input)
    # torch puts the function together of four, each of which rounds.
    scaled = widened(lambda x: x * math.sqrt(0.5), floating(input))
    total = widened(lambda x: 1 + x, widened(jax.scipy.special.erf, scaled))
    return widened(lambda x: 0.5 * x, total)


@op(name="special_ndtri", saves=("result",))
def ndtri(input: Any) -> Any:
    """Inverse of :func:`ndtr`: the quantiles of the standard normal distribution.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.ndtri

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.ndtri(torch.tensor([0.5, 0.75]))
        tensor([0.0000, 0.6745])
    """
    return exact_real("ndtri_cpu", _ndtri, input)


@op(name="special_log_ndtr", saves=("input", "result"))
def log_ndtr(input: Any) -> Any:
    """Logarithm of :func:`ndtr`, exact far below zero too.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.log_ndtr

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.log_ndtr(torch.tensor([0.0, -5.0]))
        tensor([ -0.6931, -15.0650])
    """
    return exact_real("log_ndtr_cpu", _log_ndtr, input)


@op(name="special_entr", saves=("input",))
def entr(input: Any) -> Any:
    """Terms of the entropy, :math:`-x \\ln x`: 0 at 0, minus infinity below.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.entr

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.entr(torch.tensor([0.0, 0.5, -1.0]))
        tensor([0.0000, 0.3466,   -inf])
    """
    return real_in_float("entr_cpu", _entropy, input)


@jax.custom_jvp
def _xlog1py(x: Any, y: Any) -> Any:
    return jnp.where((x == 0) & ~jnp.isnan(y), 0.0, x * jnp.log1p(y))


@_xlog1py.defjvp
def _xlog1py_jvp(primals: Any, tangents: Any) -> Any:
    x, y = primals
    outside = (x == 0) & (y <= -1)
    by_x = jnp.where(outside, 0.0, jnp.log1p(jnp.where(outside, 0.0, y)))
    return _xlog1py(x, y), by_x * tangents[0] + x / (y + 1) * tangents[1]


@op(name="special_xlog1py", saves=("input", "other"), grad_name="SpecialXlog1PyBackward0")
def xlog1py(input: Operand, other: Operand) -> Any:
    """:math:`x \\ln(1 + y)`, 0 where x is 0 unless y is NaN.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.xlog1py

    Args:
        input: the factor x; a tensor or a number.
        other: y; a tensor or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.xlog1py(torch.tensor([0.0, 2.0]), 3)
        tensor([0.0000, 2.7726])
    """
    x, y = function_operands("special_xlog1py", input, other)
    real_dtype("xlog1py_cpu", x)
    return widened(_xlog1py, x, y)

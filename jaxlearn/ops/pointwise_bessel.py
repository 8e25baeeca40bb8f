"""Element by element: Bessel functions and the Airy function. torch gives them no gradient.

Each is a few Chebyshev expansions, of the function itself near zero and of its slowly varying factors beyond: modulus
and phase of what oscillates (Abramowitz and Stegun 9.2.5, 10.4.60), the scaled function of what grows or decays. The
coefficients are interpolated from SciPy's values when a function is first traced.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import jax.scipy.special
import numpy as np

from .op import op
from .pointwise_rules import exact_real

__all__ = [
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "spherical_bessel_j0",
]

# Where the oscillating functions change from the expansion of themselves to that of modulus and phase.
_FAR = 8.0
# The Airy function decays from here on.
_DECAYS = 2.0
# torch's bound above which the Airy function is 0.
_VANISHES = 103.892
_ROOT2 = math.sqrt(2.0)


@functools.cache
def _coefficients(fn: Callable[[Any], Any], degree: int) -> tuple[float, ...]:
    """The Chebyshev coefficients of a NumPy function on [-1, 1]."""
    found = np.polynomial.chebyshev.chebinterpolate(fn, degree)
    return tuple(float(c) for c in found)


def _series(fn: Callable[[Any], Any], degree: int, t: Any) -> Any:
    """The Chebyshev expansion of a NumPy function at ``t`` in [-1, 1], by Clenshaw's recurrence."""
    coefficients = _coefficients(fn, degree)
    small = float(jnp.finfo(t.dtype).eps) / 64 * max(abs(c) for c in coefficients)
    kept = max(i for i, c in enumerate(coefficients) if abs(c) > small)
    b1 = b2 = jnp.zeros_like(t)
    for c in coefficients[kept:0:-1]:
        b1, b2 = 2 * t * b1 - b2 + c, b1
    return t * b1 - b2 + coefficients[0]


def _scipy() -> Any:
    import scipy.special

    return scipy.special


# What is expanded, as functions of the variable in [-1, 1].


def _near(t: Any) -> Any:
    return _FAR * np.sqrt((t + 1) / 2)


def _near_j0(t: Any) -> Any:
    return _scipy().j0(_near(t))


def _near_j1(t: Any) -> Any:
    return _scipy().j1(_near(t)) / _near(t)


def _near_y0(t: Any) -> Any:
    x = _near(t)
    return _scipy().y0(x) - 2 / np.pi * np.log(x) * _scipy().j0(x)


def _near_y1(t: Any) -> Any:
    x = _near(t)
    return (_scipy().y1(x) - 2 / np.pi * (np.log(x) * _scipy().j1(x) - 1 / x)) / x


def _far(t: Any) -> Any:
    return _FAR / np.sqrt((t + 1) / 2)


def _modulus(t: Any, order: int, part: int) -> Any:
    """The cosine's factor (part 0) and the sine's, times x, (part 1) of the Bessel functions beyond ``_FAR``."""
    x = _far(t)
    j, y = (f(order, x) for f in (_scipy().jn, _scipy().yn))
    cos, sin = _quarter(x, order, np)
    scale = np.sqrt(np.pi * x / 2)
    return scale * (j * cos + y * sin) if part == 0 else scale * (y * cos - j * sin) * x


def _quarter(x: Any, order: int, lib: Any) -> tuple[Any, Any]:
    """Cosine and sine of ``x - (2 order + 1) pi / 4`` without the rounding of the difference."""
    cos, sin = lib.cos(x), lib.sin(x)
    if order == 0:
        return (cos + sin) / _ROOT2, (sin - cos) / _ROOT2
    return (sin - cos) / _ROOT2, -(sin + cos) / _ROOT2


_MODULI = {
    (order, part): functools.partial(_modulus, order=order, part=part) for order in (0, 1) for part in (0, 1)
}


def _oscillating(x: Any, order: int) -> tuple[Any, Any]:
    """The Bessel functions of the first and the second kind at ``x >= _FAR``."""
    t = 2 * (_FAR / x) ** 2 - 1
    p, q = (_series(_MODULI[order, part], 24, t) for part in (0, 1))
    q = q / x
    cos, sin = _quarter(x, order, jnp)
    scale = jnp.sqrt(2 / (math.pi * x))
    return scale * (p * cos - q * sin), scale * (p * sin + q * cos)


def _near_variable(x: Any) -> Any:
    return 2 * (jnp.minimum(x, _FAR) / _FAR) ** 2 - 1


def _first_kind(x: Any, order: int) -> Any:
    a = jnp.abs(x)
    t = _near_variable(a)
    near = _series(_near_j0, 30, t) if order == 0 else a * _series(_near_j1, 30, t)
    value = jnp.where(a < _FAR, near, _oscillating(jnp.maximum(a, _FAR), order)[0])
    return value if order == 0 else jnp.copysign(1.0, x) * value


def _second_kind(x: Any, order: int) -> Any:
    t = _near_variable(x)
    log = jnp.log(x)
    if order == 0:
        near = _series(_near_y0, 30, t) + 2 / math.pi * log * _series(_near_j0, 30, t)
    else:
        j = x * _series(_near_j1, 30, t)
        near = x * _series(_near_y1, 30, t) + 2 / math.pi * (log * j - 1 / x)
    value = jnp.where(x < _FAR, near, _oscillating(jnp.maximum(x, _FAR), order)[1])
    return jnp.where(x > 0, value, jnp.where(x == 0, -jnp.inf, jnp.nan))


def _small(t: Any) -> Any:
    return np.sqrt(2 * (t + 1))


def _small_k0(t: Any) -> Any:
    x = _small(t)
    return _scipy().k0(x) + np.log(x / 2) * _scipy().i0(x)


def _small_k1(t: Any) -> Any:
    x = _small(t)
    return x * (_scipy().k1(x) - np.log(x / 2) * _scipy().i1(x))


def _large(t: Any) -> Any:
    return 4 / (t + 1)


def _large_k0(t: Any) -> Any:
    return np.sqrt(_large(t)) * _scipy().k0e(_large(t))


def _large_k1(t: Any) -> Any:
    return np.sqrt(_large(t)) * _scipy().k1e(_large(t))


def _third_kind(x: Any, order: int, scaled: bool) -> Any:
    """The modified Bessel functions of the second kind, times ``exp(x)`` if ``scaled``."""
    s = jnp.minimum(x, 2.0)
    t = s * s / 2 - 1
    log = jnp.log(s / 2)
    if order == 0:
        small = _series(_small_k0, 20, t) - log * jax.scipy.special.i0(s)
    else:
        small = _series(_small_k1, 20, t) / s + log * jax.scipy.special.i1(s)
    b = jnp.maximum(x, 2.0)
    large = _series(_large_k0 if order == 0 else _large_k1, 40, 4 / b - 1) / jnp.sqrt(b)
    value = (
        jnp.where(x <= 2, small * jnp.exp(s), large)
        if scaled
        else jnp.where(x <= 2, small, large * jnp.exp(-b))
    )
    return jnp.where(x > 0, value, jnp.where(x == 0, jnp.inf, jnp.nan))


def _middle_airy(t: Any) -> Any:
    return _scipy().airy(-3 + 5 * t)[0]


def _decay(t: Any) -> Any:
    x = (1.5 * _first_zeta() * 2 / (t + 1)) ** (2 / 3)
    return x**0.25 * _scipy().airye(x)[0]


def _first_zeta() -> float:
    return 2 / 3 * _DECAYS**1.5


def _airy_phase(t: Any, part: int) -> Any:
    """The factors of sine and cosine (the latter times zeta) of the Airy function before ``-_FAR``."""
    zeta = 2 / 3 * _FAR**1.5 / np.sqrt((t + 1) / 2)
    z = (1.5 * zeta) ** (2 / 3)
    ai, _, bi, _ = _scipy().airy(-z)
    cos, sin = _quarter(zeta, 0, np)[0], _quarter(zeta, 0, np)[1]
    cos, sin = -sin, cos  # of zeta + pi / 4
    scale = np.sqrt(np.pi) * z**0.25
    return scale * (ai * sin + bi * cos) if part == 0 else scale * (bi * sin - ai * cos) * zeta


_AIRY_PHASES = [functools.partial(_airy_phase, part=part) for part in (0, 1)]


def _airy(x: Any) -> Any:
    middle = _series(_middle_airy, 48, (jnp.clip(x, -_FAR, _DECAYS) + 3) / 5)
    b = jnp.clip(x, _DECAYS, 2 * _VANISHES)
    zeta = 2 / 3 * b * jnp.sqrt(b)
    decays = _series(_decay, 40, 2 * _first_zeta() / zeta - 1) * jnp.exp(-zeta) / b**0.25
    z = jnp.maximum(-x, _FAR)
    zeta = 2 / 3 * z * jnp.sqrt(z)
    t = 2 * (2 / 3 * _FAR**1.5 / zeta) ** 2 - 1
    p, q = (_series(phase, 24, t) for phase in _AIRY_PHASES)
    cos, sin = _quarter(zeta, 0, jnp)
    waves = (cos * p + sin * q / zeta) / (math.sqrt(math.pi) * z**0.25)
    value = jnp.where(x < -_FAR, waves, jnp.where(x < _DECAYS, middle, decays))
    value = jnp.where(x > _VANISHES, 0.0, value)
    return jnp.where(jnp.isinf(x), jnp.nan, value)


@op(name="special_airy_ai", differentiable=False)
def airy_ai(input: Any) -> Any:
    """The Airy function :math:`\\mathrm{Ai}(x)`, the solution of :math:`y'' = x y` that decays. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.airy_ai

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.airy_ai(torch.tensor([0.0, 1.0]))
        tensor([0.3550, 0.1353])
    """
    return exact_real("airy_ai_cpu", _airy, input)


@op(name="special_bessel_j0", differentiable=False)
def bessel_j0(input: Any) -> Any:
    """Bessel function of the first kind, of order 0. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.bessel_j0

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.bessel_j0(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.7652])
    """
    return exact_real("bessel_j0_cpu", lambda x: _first_kind(x, 0), input)


@op(name="special_bessel_j1", differentiable=False)
def bessel_j1(input: Any) -> Any:
    """Bessel function of the first kind, of order 1. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.bessel_j1

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.bessel_j1(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.4401])
    """
    return exact_real("bessel_j1_cpu", lambda x: _first_kind(x, 1), input)


@op(name="special_bessel_y0", differentiable=False)
def bessel_y0(input: Any) -> Any:
    """Bessel function of the second kind, of order 0; NaN below 0. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.bessel_y0

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.bessel_y0(torch.tensor([0.0, 1.0]))
        tensor([  -inf, 0.0883])
    """
    return exact_real("bessel_y0_cpu", lambda x: _second_kind(x, 0), input)


@op(name="special_bessel_y1", differentiable=False)
def bessel_y1(input: Any) -> Any:
    """Bessel function of the second kind, of order 1; NaN below 0. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.bessel_y1

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.bessel_y1(torch.tensor([0.0, 1.0]))
        tensor([   -inf, -0.7812])
    """
    return exact_real("bessel_y1_cpu", lambda x: _second_kind(x, 1), input)


@op(name="special_modified_bessel_i0", differentiable=False)
def modified_bessel_i0(input: Any) -> Any:
    """Modified Bessel function of the first kind, of order 0. No gradient; :func:`i0` has one.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.modified_bessel_i0

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.modified_bessel_i0(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 1.2661])
    """
    return exact_real("modified_bessel_i0_cpu", jax.scipy.special.i0, input)


@op(name="special_modified_bessel_i1", differentiable=False)
def modified_bessel_i1(input: Any) -> Any:
    """Modified Bessel function of the first kind, of order 1. No gradient; ``special.i1`` has one.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.modified_bessel_i1

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.modified_bessel_i1(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.5652])
    """
    return exact_real("modified_bessel_i1_cpu", jax.scipy.special.i1, input)


@op(name="special_modified_bessel_k0", differentiable=False)
def modified_bessel_k0(input: Any) -> Any:
    """Modified Bessel function of the second kind, of order 0; NaN below 0. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.modified_bessel_k0

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.modified_bessel_k0(torch.tensor([0.0, 1.0]))
        tensor([   inf, 0.4210])
    """
    return exact_real("modified_bessel_k0_cpu", lambda x: _third_kind(x, 0, False), input)


@op(name="special_modified_bessel_k1", differentiable=False)
def modified_bessel_k1(input: Any) -> Any:
    """Modified Bessel function of the second kind, of order 1; NaN below 0. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.modified_bessel_k1

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.modified_bessel_k1(torch.tensor([0.0, 1.0]))
        tensor([   inf, 0.6019])
    """
    return exact_real("modified_bessel_k1_cpu", lambda x: _third_kind(x, 1, False), input)


@op(name="special_scaled_modified_bessel_k0", differentiable=False)
def scaled_modified_bessel_k0(x: Any) -> Any:
    """:func:`modified_bessel_k0` times :math:`e^x`. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.scaled_modified_bessel_k0

    Args:
        x: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.scaled_modified_bessel_k0(torch.tensor([0.0, 1.0]))
        tensor([   inf, 1.1445])
    """
    return exact_real("scaled_modified_bessel_k0_cpu", lambda x: _third_kind(x, 0, True), x)


@op(name="special_scaled_modified_bessel_k1", differentiable=False)
def scaled_modified_bessel_k1(x: Any) -> Any:
    """:func:`modified_bessel_k1` times :math:`e^x`. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.scaled_modified_bessel_k1

    Args:
        x: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.scaled_modified_bessel_k1(torch.tensor([0.0, 1.0]))
        tensor([   inf, 1.6362])
    """
    return exact_real("scaled_modified_bessel_k1_cpu", lambda x: _third_kind(x, 1, True), x)


def _spherical(x: Any) -> Any:
    s = x * x
    near = 1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110 * (1 - s / 156)))))
    far = jnp.where(jnp.abs(x) < 0.5, 1.0, x)
    return jnp.where(jnp.isinf(x), 0.0, jnp.where(jnp.abs(x) < 0.5, near, jnp.sin(far) / far))


@op(name="special_spherical_bessel_j0", differentiable=False)
def spherical_bessel_j0(x: Any) -> Any:
    """Spherical Bessel function of the first kind, of order 0: :math:`\\sin(x) / x`. No gradient.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.spherical_bessel_j0

    Args:
        x: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.spherical_bessel_j0(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.8415])
    """
    return exact_real("spherical_bessel_j0_cpu", _spherical, x)

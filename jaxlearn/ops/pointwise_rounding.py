"""Element by element: rounding, absolute value and sign."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .host import direct_unary
from .op import op
from .pointwise_rules import (
    WITHOUT_DERIVATIVE,
    aval_is_tensor,
    check_tensors,
    direction,
    is_bool,
    is_complex,
    is_float,
    kernel_dtypes,
    magnitude,
    operands,
    real_dtype,
    scalar_name,
    widened,
    without_derivative,
)
from .promotion import cast, floating, to_float

__all__ = [
    "abs",
    "absolute",
    "angle",
    "ceil",
    "copysign",
    "fix",
    "floor",
    "frac",
    "heaviside",
    "round",
    "sgn",
    "sign",
    "signbit",
    "special_round",
    "trunc",
]


def _refuse_complex(name: str, x: Any) -> None:
    if is_complex(x):
        raise NotImplementedError(f"{name} is not supported for complex inputs")


@op(direct=direct_unary(np.floor))
def floor(input: Any) -> Any:
    """The largest integer not above each element, :math:`\\lfloor x \\rfloor`.

    https://docs.pytorch.org/docs/stable/generated/torch.floor.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.floor(torch.tensor([1.7, -1.2]))
        tensor([ 1., -2.])
    """
    _refuse_complex("floor", input)
    kernel_dtypes("floor_vml_cpu", input)
    return jnp.floor(input) if is_float(input) else input


@op(direct=direct_unary(np.ceil))
def ceil(input: Any) -> Any:
    """The smallest integer not below each element, :math:`\\lceil x \\rceil`.

    https://docs.pytorch.org/docs/stable/generated/torch.ceil.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.ceil(torch.tensor([1.2, -1.7]))
        tensor([ 2., -1.])
    """
    _refuse_complex("ceil", input)
    kernel_dtypes("ceil_vml_cpu", input)
    return jnp.ceil(input) if is_float(input) else input


@op(direct=direct_unary(np.trunc))
def trunc(input: Any) -> Any:
    """The integer part of each element.

    https://docs.pytorch.org/docs/stable/generated/torch.trunc.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.trunc(torch.tensor([1.7, -1.7]))
        tensor([ 1., -1.])
    """
    _refuse_complex("trunc", input)
    kernel_dtypes("trunc_vml_cpu", input)
    return jnp.trunc(input) if is_float(input) else input


@op
def frac(input: Any) -> Any:
    """The fractional part, :math:`x - \\mathrm{trunc}(x)`.

    https://docs.pytorch.org/docs/stable/generated/torch.frac.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.frac(torch.tensor([1.75, -1.25]))
        tensor([ 0.7500, -0.2500])
    """
    kernel_dtypes("frac_cpu", input, allow_integer=False)
    real_dtype("frac_cpu", input)
    return input - jnp.trunc(input)


@op(
    grad_name=lambda input, decimals=0: "RoundBackward1" if decimals else "RoundBackward0",
    direct=direct_unary(np.rint),
)
def round(input: Any, *, decimals: int = 0) -> Any:
    """The nearest integer, the even one at equal distance.

    https://docs.pytorch.org/docs/stable/generated/torch.round.html

    Args:
        input: any shape.
        decimals: digits after the point to keep; negative ones count before the point.

    Example::

        >>> import jaxlearn as torch
        >>> torch.round(torch.tensor([0.5, 1.5, -2.6]))
        tensor([ 0.,  2., -3.])
        >>> torch.round(torch.tensor([1.234]), decimals=1)
        tensor([1.2000])
    """
    kernel_dtypes("round_vml_cpu", input)
    real_dtype("round_vml_cpu", input)
    if not is_float(input):
        if decimals:
            raise NotImplementedError(f"\"round_cpu\" not implemented for '{scalar_name(input)}'")
        return input
    if not decimals:
        return jnp.round(input)
    # By the true power of ten on both sides: 10 ** -1 is not a binary number.
    scale = 10.0 ** (decimals if decimals > 0 else -decimals)

    def scaled(x: Any) -> Any:
        s = cast(scale, x.dtype)
        return jnp.round(x * s) / s if decimals > 0 else jnp.round(x / s) * s

    return widened(scaled, input)


@op(name="special_round", grad_name=lambda input, decimals=0: f"RoundBackward{int(bool(decimals))}")
def special_round(input: Any, *, decimals: int = 0) -> Any:
    """:func:`jaxlearn.round` of floating point numbers; torch refuses integers here.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.round

    Args:
        input: any shape.
        decimals: digits after the point to keep.

    Raises:
        NotImplementedError: the elements are integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.special.round(torch.tensor([0.5, 1.5]))
        tensor([0., 2.])
    """
    if not is_float(input):
        kernel = "round_cpu" if decimals else "round_vml_cpu"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(input)}'")
    return round.op.fn(input, decimals=decimals)


@op(saves=("input",), direct=direct_unary(np.absolute, "fiu"))
def abs(input: Any) -> Any:
    """Absolute value, :math:`|x|`; its gradient is 0 at 0.

    https://docs.pytorch.org/docs/stable/generated/torch.abs.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.abs(torch.tensor([1.0, -2.0]))
        tensor([1., 2.])
    """
    kernel_dtypes("abs_cpu", input)
    return magnitude(input) if jnp.issubdtype(input.dtype, jnp.inexact) else jnp.abs(input)


@op
def sign(input: Any) -> Any:
    """-1, 0 or 1 as the element is negative, zero or positive.

    https://docs.pytorch.org/docs/stable/generated/torch.sign.html

    Args:
        input: any shape.

    Raises:
        NotImplementedError: the input is complex; see :func:`sgn`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.sign(torch.tensor([-2.0, 0.0, 3.0]))
        tensor([-1.,  0.,  1.])
    """
    if is_complex(input):
        raise NotImplementedError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."
        )
    return input if is_bool(input) else direction(input)


@op(saves=("result",), keeps=("input",))
def sgn(input: Any) -> Any:
    """Sign; of a complex number :math:`z / |z|`, and 0 for 0.

    https://docs.pytorch.org/docs/stable/generated/torch.sgn.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.sgn(torch.tensor([-2.0, 0.0, 3.0]))
        tensor([-1.,  0.,  1.])
    """
    return input if is_bool(input) else direction(input)


@op(differentiable=False)
def signbit(input: Any) -> Any:
    """Whether the sign bit is set: for negative numbers and -0.

    https://docs.pytorch.org/docs/stable/generated/torch.signbit.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.signbit(torch.tensor([1.0, -0.0]))
        tensor([False,  True])
    """
    if is_complex(input):
        raise NotImplementedError("signbit is not implemented for complex tensors.")
    if is_float(input):
        return jnp.signbit(cast(input, jnp.float32) if input.dtype.itemsize == 2 else input)
    return jnp.zeros(input.shape, bool) if input.dtype.kind in "ub" else input < 0


@jax.custom_jvp
def _with_sign_of(x: Any, y: Any) -> Any:
    return jnp.copysign(x, y)


@_with_sign_of.defjvp
def _with_sign_of_jvp(primals: Any, tangents: Any) -> Any:
    x, y = primals
    result = _with_sign_of(x, y)
    zero = x == 0
    ratio = jnp.where(zero, 0, result / jnp.where(zero, 1, x))  # NaN where x is infinite, as torch's
    return result, ratio * tangents[0]


@op(
    numbers=("other",),
    saves=("result",),
    keeps=("input",),
    grad_name=lambda input, other: "CopysignBackward0" if aval_is_tensor(other) else "CopysignBackward1",
)
def copysign(input: Any, other: Any) -> Any:
    """The magnitude of ``input`` with the sign of ``other``.

    https://docs.pytorch.org/docs/stable/generated/torch.copysign.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.copysign(torch.tensor([1.0, 2.0]), -0.5)
        tensor([-1., -2.])
    """
    real_dtype("copysign_cpu", operands("copysign", input, other)[0])
    return widened(_with_sign_of, *to_float(input, other))


@op(grad_name=WITHOUT_DERIVATIVE, refuses=True)
def heaviside(input: Any, values: Any) -> Any:
    """Step function: 0 for negative elements, 1 for positive ones, ``values`` at 0.

    https://docs.pytorch.org/docs/stable/generated/torch.heaviside.html

    Args:
        input: any shape.
        values: of the same dtype; broadcasts with it.

    Raises:
        RuntimeError: the dtypes differ.

    Example::

        >>> import jaxlearn as torch
        >>> torch.heaviside(torch.tensor([-1.5, 0.0, 2.0]), torch.tensor([0.5]))
        tensor([0.0000, 0.5000, 1.0000])
    """
    check_tensors("heaviside", values=values)
    if is_complex(input) or is_complex(values):
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    if input.dtype != values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    a, b = operands("heaviside", input, values)
    step = without_derivative("heaviside", lambda x, y: jnp.where(x == 0, y, (x > 0).astype(x.dtype)))
    return step(a, b)


@jax.custom_jvp
def _complex_angle(x: Any) -> Any:
    return jnp.angle(x)


@_complex_angle.defjvp
def _complex_angle_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    zero = x == 0  # torch's derivative there is 0
    length = jnp.where(zero, 1, x.real * x.real + x.imag * x.imag)
    return _complex_angle(x), jnp.where(zero, 0, (x.real * t.imag - x.imag * t.real) / length)


@op(keeps=("input",))
def angle(input: Any) -> Any:
    """The angle of complex numbers in radians; of real ones 0, or π if negative.

    https://docs.pytorch.org/docs/stable/generated/torch.angle.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.angle(torch.tensor([1.0, -1.0]))
        tensor([0.0000, 3.1416])
    """
    x = floating(input)
    if is_complex(x):
        return _complex_angle(x)
    angles = jnp.where(x < 0, cast(jnp.pi, x.dtype), jnp.zeros_like(x))
    return jnp.where(jnp.isnan(x), jax.lax.stop_gradient(x), angles)


absolute = abs
fix = trunc

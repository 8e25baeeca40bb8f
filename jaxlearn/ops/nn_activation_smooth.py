"""Smooth activation functions."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp

from .nn_rules import floating_only
from .op import op
from .pointwise import check_sub
from .pointwise_rules import in_float, is_complex, kernel_dtypes, widened

__all__ = ["celu", "elu", "gelu", "logsigmoid", "mish", "selu", "silu", "softplus", "softsign", "tanhshrink"]


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def _elu(x: Any, alpha: float, scale: float, inner: float) -> Any:
    """``scale * x`` above 0, ``scale * alpha * (exp(inner * x) - 1)`` below."""
    return jnp.where(x > 0, x * scale, jnp.expm1(_not_above(x) * inner) * (alpha * scale))


def _not_above(x: Any) -> Any:
    """The input up to 0, so that exp cannot overflow in the branch not taken."""
    return jnp.where(x > 0, jnp.zeros_like(x), x)


@_elu.defjvp
def _elu_jvp(alpha: float, scale: float, inner: float, primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    # JAX's own derivative of expm1 is expm1 + 1, which is 0 where the slope is small.
    slope = jnp.where(
        x <= 0, jnp.exp(_not_above(x) * inner) * (alpha * scale * inner), jnp.full_like(x, scale)
    )
    return _elu(x, alpha, scale, inner), slope * t


@op(saves=("input",))
def elu(input: Any, alpha: float = 1.0) -> Any:
    """Exponential linear unit; see :func:`jaxlearn.nn.functional.elu`."""
    floating_only("elu_cpu", input)
    return widened(lambda x: _elu(x, alpha, 1.0, 1.0), input)


@op(saves=("input",), grad_name="EluBackward0")
def selu(input: Any) -> Any:
    r"""Scaled ELU, :math:`s(\max(0, x) + \min(0, \alpha(e^x - 1)))`, which keeps mean 0 and variance 1.

    Self-normalizing neural networks, https://arxiv.org/abs/1706.02515;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.selu.html

    Args:
        input: tensor of any shape, floating.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.selu(torch.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])
    """
    floating_only("elu_cpu", input)
    return widened(
        lambda x: _elu(x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1.0), input
    )


@op(saves=("input",))
def celu(input: Any, alpha: float = 1.0) -> Any:
    r"""Continuously differentiable ELU, :math:`\max(0, x) + \min(0, \alpha(e^{x/\alpha} - 1))`.

    https://arxiv.org/abs/1704.07483; https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.celu.html

    Args:
        input: tensor of any shape, floating.
        alpha: minus the limit at minus infinity, not 0.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        RuntimeError: ``alpha`` is 0.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.celu(torch.tensor([-1.0, 2.0]), 2.0)
        tensor([-0.7869,  2.0000])
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    floating_only("elu_cpu", input)
    return widened(lambda x: _elu(x, alpha, 1.0, 1.0 / alpha), input)


@op(saves=("input",))
def gelu(input: Any, *, approximate: str = "none") -> Any:
    r"""Gaussian error linear unit, :math:`x \Phi(x)` with the standard normal distribution function.

    Gaussian error linear units, https://arxiv.org/abs/1606.08415;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gelu.html

    Args:
        input: tensor of any shape, floating.
        approximate: ``"none"``, or ``"tanh"`` for :math:`x/2\,(1 + \tanh(\sqrt{2/\pi}(x + 0.044715 x^3)))`.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        RuntimeError: ``approximate`` is something else.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.gelu(torch.tensor([-1.0, 2.0]))
        tensor([-0.1587,  1.9545])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    floating_only("GeluKernelImpl", input)
    if approximate == "tanh":
        return widened(
            lambda x: 0.5 * x * (1 + jnp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x)))), input
        )
    return widened(lambda x: x * (0.5 * (1 + jax.lax.erf(x * math.sqrt(0.5)))), input)


@op(saves=("input",))
def silu(input: Any) -> Any:
    """``x * sigmoid(x)``; see :func:`jaxlearn.nn.functional.silu`."""
    floating_only("silu_cpu", input, allow_complex=True)
    if is_complex(input):
        whole = 1 + jnp.exp(-input)  # torch's quotient by an infinite complex number is NaN
        return jnp.where(jnp.isfinite(whole), input / whole, complex(math.nan, math.nan))
    return widened(lambda x: x * jax.nn.sigmoid(x), input)


@op(saves=("input",))
def mish(input: Any) -> Any:
    """``x * tanh(softplus(x))``; see :func:`jaxlearn.nn.functional.mish`."""
    floating_only("mish_cpu", input)
    return widened(lambda x: x * jnp.tanh(jnp.logaddexp(x, 0.0)), input)


@op(saves=("input",))
def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    r"""A smooth ReLU, :math:`\frac{1}{\beta}\ln(1 + e^{\beta x})`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softplus.html

    Args:
        input: tensor of any shape, floating.
        beta: the sharpness of the bend.
        threshold: where :math:`\beta x` is above it, the result is the input itself.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.softplus(torch.tensor([0.0, 30.0]))
        tensor([ 0.6931, 30.0000])
    """
    floating_only("softplus_cpu", input)

    def formula(x: Any) -> Any:
        linear = x * beta > threshold
        bent = jnp.where(linear, jnp.zeros_like(x), x)
        return jnp.where(linear, x, jnp.log1p(jnp.exp(bent * beta)) / beta)

    return widened(formula, input)


@op(saves=("input",), grad_name="DivBackward0")
def softsign(input: Any) -> Any:
    r"""The input divided by one plus its magnitude, :math:`x / (1 + |x|)`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softsign.html

    Args:
        input: tensor of any shape.

    Returns:
        A floating tensor of the input's shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.softsign(torch.tensor([-1.0, 3.0]))
        tensor([-0.5000,  0.7500])
    """
    kernel_dtypes("abs_cpu", input)
    return in_float(lambda x: x / (jnp.abs(x) + 1), input)


@op(saves=("input",), grad_name="LogSigmoidBackward0")
def logsigmoid(input: Any) -> Any:
    r"""The logarithm of the sigmoid, :math:`\ln\frac{1}{1 + e^{-x}}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html

    Args:
        input: tensor of any shape, floating.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.logsigmoid(torch.tensor([0.0, -100.0]))
        tensor([  -0.6931, -100.0000])
    """
    floating_only("log_sigmoid_cpu", input)
    # A difference, as the negative of 0 would be -0.
    return widened(lambda x: 0.0 - jnp.logaddexp(-x, 0.0), input)


@op(grad_name="SubBackward0")
def tanhshrink(input: Any) -> Any:
    r"""The input without its hyperbolic tangent, :math:`x - \tanh x`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.tanhshrink.html

    Args:
        input: tensor of any shape.

    Returns:
        A floating tensor of the input's shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.tanhshrink(torch.tensor([1.0]))
        tensor([0.2384])
    """
    check_sub(input, 1.0)
    return in_float(lambda x: x - jnp.tanh(x), input)

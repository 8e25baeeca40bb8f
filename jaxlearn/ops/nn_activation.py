"""Activation functions made of straight pieces, with torch's derivative at the kinks."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .nn_rules import floating_only, wrapped_dim
from .op import op
from .pointwise_rules import is_bool, is_complex, scalar_name, widened
from .promotion import cast

__all__ = [
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "prelu",
    "relu",
    "relu6",
    "softshrink",
    "threshold",
]


@op(saves=("result",))
def relu(input: Any) -> Any:
    r"""The positive part, :math:`\max(0, x)`; its derivative at 0 is 0.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu.html

    Args:
        input: tensor of any shape, real.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        RuntimeError: the input is boolean.

    Example::

        >>> import jaxlearn as torch
        >>> torch.relu(torch.tensor([-1.0, 0.0, 2.0]))
        tensor([0., 0., 2.])
    """
    if is_bool(input):
        raise RuntimeError("Boolean inputs not supported for relu")
    if is_complex(input):
        raise NotImplementedError("clamp is not supported for complex types")
    return _positive_part(input)


# A maximum rather than where(): XLA then keeps the layout in which a convolution hands out its result, and does not
# transpose images between channels first and last around every relu.
@jax.custom_jvp
def _positive_part(x: Any) -> Any:
    return lax.max(x, lax.full_like(x, 0))


@_positive_part.defjvp
def _positive_part_jvp(primals: Any, tangents: Any) -> Any:
    y, (t,) = _positive_part(*primals), tangents
    zero = lax.full_like(y, 0)
    return y, lax.select(lax.le(y, zero), zero, t)  # NaN passes; the derivative at 0 is 0


@op(saves=("input",), grad_name="HardtanhBackward0")
def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """The input clipped to an interval; see :func:`jaxlearn.nn.functional.hardtanh`."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if is_bool(input):
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if is_complex(input):
        raise NotImplementedError("clamp is not supported for complex types")
    if min_val != min_val or max_val != max_val:
        return jnp.full_like(input, np.nan)
    low, high = cast(min_val, input.dtype), cast(max_val, input.dtype)
    return jnp.where(input <= low, low, jnp.where(input >= high, high, input))


@op(saves=("input",), grad_name="HardtanhBackward0")
def relu6(input: Any) -> Any:
    """The input clipped to [0, 6]; see :func:`jaxlearn.nn.functional.relu6`."""
    return hardtanh.op.fn(input, 0.0, 6.0)


@op(saves=("input",))
def leaky_relu(input: Any, negative_slope: float = 0.01) -> Any:
    """Positive values as they are, negative ones scaled; see :func:`jaxlearn.nn.functional.leaky_relu`."""
    floating_only("leaky_relu_cpu", input)
    return widened(lambda x: jnp.where(x > 0, x, x * negative_slope), input)


@op(saves=("input",))
def threshold(input: Any, threshold: float, value: float) -> Any:
    r"""The input where it is above a threshold, elsewhere a constant.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html

    Args:
        input: tensor of any shape.
        threshold: values up to this one are replaced.
        value: what replaces them.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.threshold(torch.tensor([0.1, 2.0]), 1.0, -5.0)
        tensor([-5.,  2.])
    """
    if is_bool(input) or is_complex(input):
        floating_only("threshold_cpu", input)
    return jnp.where(input <= cast(threshold, input.dtype), cast(value, input.dtype), input)


@op(saves=("input",))
def hardswish(input: Any) -> Any:
    """``x * clip(x + 3, 0, 6) / 6``; see :func:`jaxlearn.nn.functional.hardswish`."""
    floating_only("hardswish_cpu", input)
    return widened(_hardswish, input)


@jax.custom_jvp
def _hardswish(x: Any) -> Any:
    return x * jnp.clip(x + 3, 0, 6) / 6


@_hardswish.defjvp
def _hardswish_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    slope = jnp.where(x <= -3, jnp.zeros_like(x), jnp.where(x < 3, x / 3 + 0.5, jnp.ones_like(x)))
    return _hardswish(x), slope * t


@op(saves=("input",))
def hardsigmoid(input: Any) -> Any:
    """``clip(x + 3, 0, 6) / 6``; see :func:`jaxlearn.nn.functional.hardsigmoid`."""
    floating_only("hardsigmoid_cpu", input)

    def formula(x: Any) -> Any:
        sloped = (x > -3) & (x < 3)
        return jnp.where(sloped, (x + 3) / 6, jax.lax.stop_gradient(jnp.clip(x + 3, 0, 6) / 6))

    return widened(formula, input)


@op(saves=("input",))
def softshrink(input: Any, lambd: float = 0.5) -> Any:
    r"""The input moved towards 0 by ``lambd``; values within ``lambd`` of 0 become 0.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softshrink.html

    Args:
        input: tensor of any shape, floating.
        lambd: half the width of the zero interval, not negative.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        RuntimeError: ``lambd`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.softshrink(torch.tensor([-1.0, 0.2, 2.0]))
        tensor([-0.5000,  0.0000,  1.5000])
    """
    floating_only("softshrink_check", input)
    largest = float(jnp.finfo(input.dtype).max)
    if not 0 <= lambd <= largest:
        raise RuntimeError(
            f"lambda must be in range [0, {largest:.6g}] for input dtype {scalar_name(input)}, but found {lambd:g}"
        )
    inside = (input >= -lambd) & (input <= lambd)
    # A negative number becomes -0, as in PyTorch.
    zero = lax.stop_gradient(input) * 0
    return jnp.where(inside, zero, jnp.where(input > 0, input - lambd, input + lambd))


@op(saves=("input",))
def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    r"""The input with values within ``lambd`` of 0 replaced by 0.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html

    Args:
        input: tensor of any shape, floating.
        lambd: half the width of the zero interval.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.hardshrink(torch.tensor([-1.0, 0.2, 2.0]))
        tensor([-1.,  0.,  2.])
    """
    floating_only("hardshrink_cpu", input)
    return jnp.where((input >= -lambd) & (input <= lambd), jnp.zeros_like(input), input)


@op(saves=("input", "weight"), grad_name="PreluKernelBackward0")
def prelu(input: Any, weight: Any) -> Any:
    r"""Leaky ReLU with a learned slope, :math:`\max(0, x) + w \min(0, x)`.

    Delving deep into rectifiers, https://arxiv.org/abs/1502.01852;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.prelu.html

    Args:
        input: tensor (N, C, ...) or of any shape with a single slope.
        weight: slopes, (C,) or (1,).

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        RuntimeError: the number of slopes is neither 1 nor the number of channels, or the dtypes differ.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.prelu(torch.tensor([-2.0, 2.0]), torch.tensor([0.5]))
        tensor([-1.,  2.])
    """
    if input.dtype != weight.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {scalar_name(input)} and {scalar_name(weight)}"
        )
    if weight.ndim > 1:
        raise RuntimeError(
            f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}"
        )
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.size != 1 and not input.ndim:
        raise RuntimeError("Not allow zero-dim input tensor.")
    if weight.size != 1 and weight.size != channels:
        raise RuntimeError(
            "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
            f"{weight.size} and channel size = {channels}."
        )
    floating_only("prelu_cpu", input)
    slope = (
        weight.reshape((-1,) + (1,) * (input.ndim - 2))
        if input.ndim > 1
        else weight.reshape((1,) * input.ndim)
    )
    # A slope that is not finite does not reach the gradient of positive elements.
    return widened(lambda x, w: jnp.where(x > 0, 1, w) * x, input, slope)


@op(saves=("input",))
def glu(input: Any, dim: int = -1) -> Any:
    r"""Gated linear unit, :math:`a \otimes \sigma(b)` for the two halves of the input.

    Language modeling with gated convolutional networks, https://arxiv.org/abs/1612.08083;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.glu.html

    Args:
        input: tensor whose size along ``dim`` is even, floating.
        dim: the dimension that is halved.

    Returns:
        A tensor of half the input's size along ``dim``.

    Raises:
        RuntimeError: the size along ``dim`` is odd.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.glu(torch.tensor([1.0, 2.0, 0.0, 0.0]))
        tensor([0.5000, 1.0000])
    """
    if input.ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    dim = wrapped_dim(dim, input.ndim)
    size = input.shape[dim]
    if size % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {size}")
    floating_only("glu_cpu", input)
    a, b = jnp.split(input, 2, dim)
    return widened(lambda a, b: a * jax.nn.sigmoid(b), a, b)

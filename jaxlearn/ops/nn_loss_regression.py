"""Losses between numbers: absolute, squared and in between, and negative log likelihoods."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .nn_reduction import mean_name, reduced
from .nn_rules import floating_only
from .op import op
from .pointwise import check_sub
from .pointwise_rules import check_broadcast, is_complex, is_half, is_inexact, magnitude, scalar_name
from .promotion import cast, promote, to_float

__all__ = [
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]


def pair(input: Any, target: Any) -> tuple[Any, Any, Any]:
    """The operands in their common dtype (half types in float32), and that dtype."""
    check_broadcast(input.shape, target.shape)
    a, b = promote(input, target)
    dtype = a.dtype
    if dtype == np.bool_:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    if is_half(dtype):
        a, b = cast(a, jnp.float32), cast(b, jnp.float32)
    return a, b, dtype


def real_pair(input: Any, target: Any) -> tuple[Any, Any, Any]:
    """The same for losses of torch's arithmetic with Python's floats: integers are of the default dtype."""
    return pair(*to_float(input, target))


def weighted(loss: Any, weight: Any, reduction: str, *, by_weights: bool = True) -> Any:
    """The losses times a weight for each, reduced; the mean is over the weights, or over the number of losses.

    Raises:
        ValueError: the weight has another shape.
    """
    if weight is None:
        return reduced(loss, reduction)
    if weight.shape != loss.shape:
        raise ValueError("Weights and input must have the same size.")
    loss = loss * cast(weight, loss.dtype)
    if reduction == "mean" and by_weights:
        return jnp.sum(loss) / jnp.sum(cast(weight, loss.dtype))
    return reduced(loss, reduction)


def _weighted_name(plain: Any, mean: str, weight_at: int) -> Any:
    """The name of a loss that torch composes only if it has weights."""
    names = {"none": "MulBackward0", "sum": "SumBackward0", "mean": mean}

    def name(*bound: Any) -> str:
        if bound[weight_at] is not None:
            return names.get(bound[2], plain)
        return plain(*bound) if callable(plain) else plain

    return name


@op(grad_name=_weighted_name(mean_name("AbsBackward0", 2), "DivBackward0", 3))
def l1_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """Mean absolute error on arrays; see :func:`jaxlearn.nn.functional.l1_loss`."""
    check_sub(input, target)
    a, b, dtype = pair(input, target)
    loss = jnp.abs(a - b) if not jnp.issubdtype(a.dtype, jnp.inexact) else magnitude(a - b)
    return cast(weighted(loss, weight, reduction), loss.dtype if is_complex(a) else dtype)


@op(saves=("input", "target"), grad_name=_weighted_name("MseLossBackward0", "DivBackward0", 3))
def mse_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """Mean squared error on arrays; see :func:`jaxlearn.nn.functional.mse_loss`."""
    a, b, dtype = pair(input, target)
    floating_only("mse_cpu", a)
    return cast(weighted((a - b) * (a - b), weight, reduction), dtype)


@op(
    saves=lambda input, target, reduction, beta: ("input", "target") if beta else (),
    grad_name="SmoothL1LossBackward0",
)
def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """Squared below ``beta``, absolute above; see :func:`jaxlearn.nn.functional.smooth_l1_loss`."""
    if not beta >= 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    a, b, dtype = pair(input, target)
    floating_only("smooth_l1_cpu", a)
    size = magnitude(a - b)
    far = size >= beta
    near = jnp.where(far, 0, size)  # the square of an infinite one would make its gradient NaN
    loss = size if beta == 0 else jnp.where(far, size - 0.5 * beta, 0.5 * near * near / beta)
    return cast(reduced(loss, reduction), dtype)


@op(saves=("input", "target"), grad_name=_weighted_name("HuberLossBackward0", "MeanBackward0", 4))
def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Any:
    """Squared below ``delta``, linear above; see :func:`jaxlearn.nn.functional.huber_loss`."""
    if not delta > 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    a, b, dtype = pair(input, target)
    if dtype != input.dtype and not is_inexact(input):
        common = scalar_name(promote(input, target)[0])
        raise RuntimeError(
            f"result type {common} can't be cast to the desired output type {scalar_name(input)}"
        )
    floating_only("huber_cpu", a)
    size = magnitude(a - b)
    far = size > delta
    near = jnp.where(far, 0, size)
    loss = jnp.where(far, delta * (size - 0.5 * delta), 0.5 * near * near)
    return cast(weighted(loss, weight, reduction, by_weights=False), input.dtype if weight is None else dtype)


def _kl_name(input: Any, target: Any, reduction: str, log_target: bool) -> str:
    names = {"mean": "MeanBackward0", "sum": "SumBackward0", "batchmean": "DivBackward0"}
    return names.get(reduction, "MulBackward0" if log_target else "SubBackward0")


@op(
    saves=lambda input, target, reduction, log_target: () if log_target else ("input", "target"),
    grad_name=_kl_name,
)
def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """Kullback-Leibler divergence on arrays; see :func:`jaxlearn.nn.functional.kl_div`."""
    if is_complex(input) or is_complex(target):
        raise RuntimeError("kl_div: Complex inputs not supported.")
    if not (is_inexact(input) and is_inexact(target)):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    b, a, dtype = pair(target, input)
    if log_target:
        loss = jnp.exp(b) * (b - a)
    else:
        # As in torch, the target's own gradient is NaN where the target is 0.
        loss = jnp.where(b == 0, 0, b * jnp.log(b)) - b * a
    if reduction == "batchmean":
        return cast(jnp.sum(loss) / (input.shape[0] if input.ndim else 1), dtype)
    return cast(reduced(loss, reduction), dtype)


def _full_name(plain: str, full_at: int) -> Any:
    """The name of a composed loss, which ends with an addition if it is asked for in full."""
    reduced_name, full_name = mean_name(plain, 5), mean_name("AddBackward0", 5)
    return lambda *bound: (full_name if bound[full_at] else reduced_name)(*bound)


@op(saves=("target",), grad_name=_full_name("SubBackward0", 3))
def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    """Poisson likelihood on arrays; see :func:`jaxlearn.nn.functional.poisson_nll_loss`."""
    b, a, dtype = real_pair(target, input)
    loss = jnp.exp(a) - b * a if log_input else a - b * jnp.log(a + eps)
    if full:
        # The gradient by targets of 0 and below is NaN, as torch's.
        stirling = b * jnp.log(b) - b + 0.5 * jnp.log(2 * math.pi * b)
        loss = loss + jnp.where(b > 1, stirling, 0)
    return cast(reduced(loss, reduction), dtype)


@op(grad_name=_full_name("MulBackward0", 3))
def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """Normal likelihood on arrays; see :func:`jaxlearn.nn.functional.gaussian_nll_loss`."""
    check_sub(input, target)
    a, b, dtype = real_pair(input, target)
    dtype = promote(cast(a, dtype), var)[0].dtype
    # The floor under the variance is no function of it: its gradient passes unchanged.
    floored = var + jax.lax.stop_gradient(jnp.maximum(var, eps) - var)
    loss = 0.5 * (jnp.log(floored) + (a - b) ** 2 / floored)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return cast(reduced(loss, reduction), dtype)

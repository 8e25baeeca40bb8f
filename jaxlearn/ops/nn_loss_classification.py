"""Losses of classification: negative log likelihood, cross entropy and their binary forms."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from .nn_reduction import check_reduction, reduced
from .nn_rules import accumulator, floating_only
from .nn_softmax import log_softmax_along
from .op import op
from .pointwise_rules import check_broadcast, scalar_name
from .promotion import cast

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "nll_loss"]


def _chosen(x: Any, target: Any, dim: int) -> Any:
    """Where the class along ``dim`` is the target's.

    A comparison with all classes rather than an index: the gradient of indexing is a scatter, which XLA:CPU runs
    element by element.
    """
    classes = jnp.arange(x.shape[dim], dtype=target.dtype)
    return jnp.expand_dims(target, dim) == classes.reshape((-1,) + (1,) * (x.ndim - 1 - dim))


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def _log_loss(x: Any, target: Any, dim: int) -> Any:
    """``-log_softmax(x)`` at the targets, without the array of log probabilities.

    XLA:CPU, 1024 x 5000, with the gradient, ms: log_softmax and take_along_axis 33, this 11.
    """
    return _log_loss_and_total(x, target, dim)[0]


def _log_loss_and_total(x: Any, target: Any, dim: int) -> tuple[Any, Any]:
    top = jnp.max(x, dim, keepdims=True, initial=-jnp.inf)
    log_sum = jnp.log(jnp.sum(jnp.exp(x - top), dim, keepdims=True))
    at = jnp.take_along_axis(x, jnp.expand_dims(target, dim), dim, mode="clip")
    return jnp.squeeze(log_sum - (at - top), dim), log_sum + top


@_log_loss.defjvp
def _log_loss_jvp(dim: int, primals: Any, tangents: Any) -> Any:
    (x, target), (t, _) = primals, tangents
    loss, total = _log_loss_and_total(x, target, dim)
    slope = jnp.exp(x - total) - _chosen(x, target, dim).astype(x.dtype)
    return loss, jnp.sum(slope * t, dim)


def _class_weights(weight: Any, target: Any, dtype: Any) -> Any:
    return (
        jnp.ones(target.shape, dtype)
        if weight is None
        else jnp.take(cast(weight, dtype), target, mode="clip")
    )


def _reduce_classes(loss: Any, counted: Any, weight: Any, target: Any, reduction: str) -> Any:
    """Weight the losses by class, leave out those not counted; the mean is over the weights.

    A target that is no class and is not ignored gives NaN: torch's error needs the target on the host.
    """
    share = jnp.where(counted, _class_weights(weight, target, loss.dtype), 0)
    loss = jnp.where(counted, loss * share, 0)
    check_reduction(reduction)
    if reduction == "none":
        return loss
    total = jnp.sum(loss)
    return total if reduction == "sum" else total / jnp.sum(share)


def _usable(target: Any, classes: int, ignore_index: int) -> tuple[Any, Any, Any]:
    """(counted, the target with 0 where it is none, whether it is a class)."""
    counted = target != ignore_index
    inside = (target >= 0) & (target < classes)
    return counted, jnp.where(inside, target, 0), inside


def _check_classes(x: Any, target: Any, weight: Any) -> int:
    """torch's checks of a classification loss's operands; returns the dimension of the classes."""
    dim = 0 if x.ndim == 1 else 1
    expected = (x.shape[0], *x.shape[2:]) if x.ndim > 1 else target.shape
    if x.ndim <= 2 and target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if x.ndim == 3 and tuple(target.shape) != tuple(expected):
        raise RuntimeError(f"Expected target size {list(expected)}, got {list(target.shape)}")
    if target.dtype not in (jnp.int64, jnp.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {scalar_name(target)}")
    if x.ndim > 3 and target.ndim != x.ndim - 1:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {target.ndim}"
        )
    if x.ndim == 4 and tuple(target.shape) != tuple(expected):
        raise RuntimeError(f"size mismatch (got input: {list(x.shape)} , target: {list(target.shape)}")
    if x.ndim != 4 and tuple(target.shape) != tuple(expected):
        raise RuntimeError(f"Expected target size {list(expected)}, got {list(target.shape)}")
    classes = x.shape[dim]
    if weight is not None and (weight.ndim != 1 or weight.shape[0] != classes):
        raise RuntimeError(
            "weight tensor should be defined either for all or no classes"
            if x.ndim == 4
            else f"weight tensor should be defined either for all {classes} classes or no classes but got weight "
            f"tensor of shape: {list(weight.shape)}"
        )
    if weight is not None and weight.dtype != x.dtype:
        raise RuntimeError(f"expected scalar type {scalar_name(x)} but found {scalar_name(weight)}")
    return dim


def _nll_name(input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, *rest: Any) -> str:
    dims = len(input.shape)
    if dims <= 2:
        return "NllLossBackward0"
    return "ViewBackward0" if dims != 4 and reduction == "none" else "NllLoss2DBackward0"


@op(saves=("target", "weight"), keeps=("input",), grad_name=_nll_name)
def nll_loss(input: Any, target: Any, weight: Any, ignore_index: int, reduction: str) -> Any:
    """Minus the given log probability of the target; see :func:`jaxlearn.nn.functional.nll_loss`."""
    check_reduction(reduction)
    dim = _check_classes(input, target, weight)
    floating_only("nll_loss_out_frame", input)
    x = accumulator(input)
    if input.ndim == 1:
        target = target.reshape(())
    counted, safe, inside = _usable(target, x.shape[dim], ignore_index)
    loss = -jnp.sum(jnp.where(_chosen(x, safe, dim), x, 0), dim)
    loss = jnp.where(inside, loss, jnp.nan)
    return cast(_reduce_classes(loss, counted, weight, safe, reduction), input.dtype)


def _cross_entropy_name(
    input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, label_smoothing: float
) -> str:
    if target.dtype.kind in "fV":
        return "DivBackward1" if reduction == "mean" else "NegBackward0"
    if label_smoothing:
        return "AddBackward0"
    return _nll_name(input, target, weight, ignore_index, reduction)


@op(saves=("target",), grad_name=_cross_entropy_name)
def cross_entropy(
    input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, label_smoothing: float
) -> Any:
    """Cross entropy of logits and classes; see :func:`jaxlearn.nn.functional.cross_entropy`."""
    check_reduction(reduction)
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    if not label_smoothing > 0:  # torch does not look at the others
        label_smoothing = 0.0
    if tuple(target.shape) == tuple(input.shape):
        if not jnp.issubdtype(target.dtype, jnp.floating):
            raise RuntimeError(
                f"Expected floating point type for target with class probabilities, got {scalar_name(target)}"
            )
        if not input.ndim:
            raise IndexError("Dimension specified as 1 but tensor has no dimensions")
        return _soft_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    dim = _check_classes(input, target, weight)
    floating_only("log_softmax_lastdim_kernel_impl", input)
    x = accumulator(input)
    if input.ndim == 1:
        target = target.reshape(())
    counted, safe, inside = _usable(target, x.shape[dim], ignore_index)
    loss = jnp.where(inside, _log_loss(x, safe, dim), jnp.nan)
    hard = _reduce_classes(loss, counted, weight, safe, reduction)
    if not label_smoothing:
        return cast(hard, input.dtype)
    logs = log_softmax_along(x, dim)
    if weight is not None:
        logs = logs * cast(weight, x.dtype).reshape((-1,) + (1,) * (x.ndim - 1 - dim))
    smooth = jnp.where(counted, -jnp.sum(logs, dim), 0)
    if reduction != "none":
        total = jnp.sum(smooth)
        if reduction == "mean":
            total = total / jnp.sum(jnp.where(counted, _class_weights(weight, safe, x.dtype), 0))
        smooth = total
    return cast((1 - label_smoothing) * hard + label_smoothing / x.shape[dim] * smooth, input.dtype)


def _soft_cross_entropy(
    input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, label_smoothing: float
) -> Any:
    """Cross entropy with the targets' probabilities."""
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    dim = 0 if input.ndim == 1 else 1
    classes = input.shape[dim]
    if weight is not None and (weight.ndim != 1 or weight.shape[0] != classes):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes but got "
            f"weight tensor of shape: {list(weight.shape)}"
        )
    floating_only("log_softmax_lastdim_kernel_impl", input)
    x = accumulator(input)
    wanted = cast(target, x.dtype) if target.dtype.itemsize <= x.dtype.itemsize else target
    if label_smoothing:
        wanted = wanted * (1 - label_smoothing) + label_smoothing / classes
    logs = log_softmax_along(x, dim)
    if weight is not None:
        logs = logs * cast(weight, x.dtype).reshape((-1,) + (1,) * (x.ndim - 1 - dim))
    # The sign is changed last: a sum of no losses is -0.
    loss = jnp.sum(logs * wanted, dim)
    if reduction == "mean":
        loss = jnp.sum(loss) / (input.size // max(classes, 1))
    elif reduction == "sum":
        loss = jnp.sum(loss)
    return cast(-loss, jnp.promote_types(input.dtype, target.dtype))


@jax.custom_jvp
def _binary(x: Any, target: Any) -> Any:
    """``-(t ln x + (1 - t) ln(1 - x))`` with logarithms not below -100."""
    return (target - 1) * jnp.maximum(jnp.log1p(-x), -100) - target * jnp.maximum(jnp.log(x), -100)


@_binary.defjvp
def _binary_jvp(primals: Any, tangents: Any) -> Any:
    (x, target), (dx, dt) = primals, tangents
    by_input = (x - target) / jnp.maximum((1 - x) * x, 1e-12)
    by_target = jnp.maximum(jnp.log1p(-x), -100) - jnp.maximum(jnp.log(x), -100)
    return _binary(x, target), by_input * dx + by_target * dt


@op(saves=("input", "target", "weight"))
def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """Cross entropy of probabilities; see :func:`jaxlearn.nn.functional.binary_cross_entropy`."""
    if target.dtype != input.dtype:
        raise RuntimeError(f"Found dtype {scalar_name(target)} but expected {scalar_name(input)}")
    floating_only("binary_cross_entropy", input)
    if weight is not None:
        _check_expandable(weight, input.shape)
    loss = _times(_binary(accumulator(input), accumulator(target)), weight)
    return cast(reduced(loss, reduction), input.dtype)


def _times(loss: Any, weight: Any) -> Any:
    """The losses times a weight that broadcasts to them."""
    return loss if weight is None else loss * cast(weight, loss.dtype)


def _check_expandable(weight: Any, shape: tuple[int, ...]) -> None:
    for i in range(1, weight.ndim + 1):
        if i > len(shape) or weight.shape[-i] not in (1, shape[-i]):
            raise RuntimeError(
                f"Attempting to broadcast a dimension of length {weight.shape[-i]} at -{i}! Mismatching argument at "
                f"index 1 had torch.Size({list(weight.shape)}); but expected shape should be broadcastable to "
                f"{list(shape)}"
            )


@op(saves=("input", "target", "weight", "pos_weight"))
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """Cross entropy of logits; see :func:`jaxlearn.nn.functional.binary_cross_entropy_with_logits`."""
    floating_only("log_sigmoid_cpu", input)
    if not jnp.issubdtype(target.dtype, jnp.inexact):
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type {scalar_name(target)}"
        )
    dtype = jnp.promote_types(input.dtype, target.dtype)
    x, t = cast(accumulator(input), jnp.promote_types(dtype, jnp.float32)), accumulator(target)
    softplus = jnp.logaddexp(-x, 0.0)
    if pos_weight is not None:
        check_broadcast(pos_weight.shape, t.shape)
        softplus = softplus * ((cast(pos_weight, x.dtype) - 1) * t + 1)
    loss = (1 - t) * x + softplus
    if weight is not None:
        check_broadcast(loss.shape, weight.shape)
    # torch writes into a product with the target, whose type the result keeps.
    return cast(reduced(_times(loss, weight), reduction), target.dtype if weight is None else dtype)

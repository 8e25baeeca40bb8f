"""Keeping gradients within bounds."""

from __future__ import annotations

import math
import warnings
from types import GeneratorType
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..._autograd.modes import no_grad
from ..._engine.value import concrete
from ..._tensor.dispatch import wrap
from ..._tensor.views import assign
from ...ops.op import op
from ..parameter import is_tensor

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]

# 16-bit gradients are summed in 32 bits.
_WIDER = {"float16": jnp.float32, "bfloat16": jnp.float32}


def _norm(x: Any, norm_type: float) -> Any:
    magnitude = jnp.abs(x)
    if norm_type == math.inf:
        return jnp.max(magnitude) if x.size else jnp.zeros((), magnitude.dtype)
    if norm_type == -math.inf:
        return jnp.min(magnitude)
    if norm_type == 0:
        return jnp.count_nonzero(x).astype(magnitude.dtype)
    wide = magnitude.astype(_WIDER.get(str(magnitude.dtype), magnitude.dtype))
    if norm_type == 2:
        return jnp.sqrt(jnp.sum(wide * wide)).astype(magnitude.dtype)
    return (jnp.sum(wide**norm_type) ** (1 / norm_type)).astype(magnitude.dtype)


@op(name="total_norm", grad_name="LinalgVectorNormBackward0")
def _total_norm(tensors: Any, norm_type: float) -> Any:
    """The norm of the norms of all tensors."""
    return _norm(jnp.stack([_norm(t, norm_type) for t in tensors]), norm_type)


@op(name="clip_by_norm", numbers=("max_norm",), differentiable=False)
def _scaled(tensors: Any, total_norm: Any, max_norm: Any) -> Any:
    """All tensors times min(1, max_norm / total_norm)."""
    factor = jnp.minimum(max_norm / (total_norm + 1e-6), 1.0)
    return tuple((t * factor).astype(t.dtype) for t in tensors)


@op(name="clip_by_value", numbers=("low", "high"), differentiable=False)
def _clipped(tensors: Any, low: Any, high: Any) -> Any:
    """All tensors within [low, high]."""
    return tuple(jnp.clip(t, low, high).astype(t.dtype) for t in tensors)


def _gradients(parameters: Any) -> list[Any]:
    given = [parameters] if is_tensor(parameters) else parameters
    return [p.grad for p in given if p.grad is not None]


def _replace(gradients: list[Any], results: Any) -> None:
    with no_grad():
        for gradient, result in zip(gradients, results, strict=True):
            assign(gradient, result)


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Any:
    """The norm of all tensors together, as if they were one vector.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.get_total_norm.html

    Args:
        tensors: one or several.
        norm_type: the p of the norm; ``float("inf")`` for the largest magnitude.
        error_if_nonfinite: whether to look at the value and refuse infinity and nan.
        foreach: accepted; all tensors are always one operation.

    Returns:
        A 0-dimensional tensor.

    Raises:
        RuntimeError: the norm is not finite and ``error_if_nonfinite`` is set.
    """
    given = [tensors] if is_tensor(tensors) else list(tensors)
    norm_type = float(norm_type)
    if not given:
        return wrap(concrete(np.zeros((), np.float32)))
    for tensor in given:
        tensor.device  # noqa: B018  # what is no tensor has none
    total = _total_norm(given, norm_type)
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(
    parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None
) -> None:
    """Multiply all gradients by min(1, max_norm / total_norm), in place.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grads_with_norm_.html

    Args:
        parameters: one or several; those without gradient are left out.
        max_norm: the bound.
        total_norm: the norm, as :func:`get_total_norm` gives it.
        foreach: accepted; all gradients are always one operation.
    """
    gradients = _gradients(parameters)
    if gradients:
        with no_grad():
            results = _scaled(gradients, total_norm, float(max_norm))
        _replace(gradients, results)


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """Scale all gradients down, in place, if their norm together is above a bound.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html

    Args:
        parameters: one or several; those without gradient are left out.
        max_norm: the bound.
        norm_type: the p of the norm; ``float("inf")`` for the largest magnitude.
        error_if_nonfinite: whether to look at the norm and refuse infinity and nan.
        foreach: accepted; all gradients are always one operation.

    Returns:
        The norm before, a 0-dimensional tensor.

    Raises:
        RuntimeError: the norm is not finite and ``error_if_nonfinite`` is set; the gradients are as they were.
    """
    given = parameters if is_tensor(parameters) else list(parameters)
    if isinstance(parameters, GeneratorType) and not given:
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur.", UserWarning, stacklevel=2
        )
    with no_grad():
        total = get_total_norm(_gradients(given), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(given, max_norm, total)
    return total


def clip_grad_norm(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """The older name of :func:`clip_grad_norm_` (deprecated).

    Args:
        parameters, max_norm, norm_type, error_if_nonfinite, foreach: as there.
    """
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Clip every element of all gradients to ±``clip_value``, in place.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html

    Args:
        parameters: one or several; those without gradient are left out.
        clip_value: the bound.
        foreach: accepted; all gradients are always one operation.
    """
    gradients = _gradients(parameters)
    if gradients:
        bound = float(clip_value)
        with no_grad():
            results = _clipped(gradients, -bound, bound)
        _replace(gradients, results)

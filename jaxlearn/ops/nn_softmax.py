"""Softmax and its logarithm."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from .. import _dtypes as dtypes
from .nn_rules import floating_only, wrapped_dim
from .op import op
from .pointwise import neg
from .pointwise_rules import widened
from .promotion import cast

__all__ = ["log_softmax", "log_softmax_along", "softmax", "softmax_along", "softmin"]


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def softmax_along(x: Any, dim: int) -> Any:
    """Softmax along one dimension; its derivative reuses the result."""
    e = jnp.exp(x - jnp.max(x, dim, keepdims=True, initial=-jnp.inf))
    return e / jnp.sum(e, dim, keepdims=True)


@softmax_along.defjvp
def _softmax_jvp(dim: int, primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    y = softmax_along(x, dim)
    return y, y * (t - jnp.sum(y * t, dim, keepdims=True))


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def log_softmax_along(x: Any, dim: int) -> Any:
    """The logarithm of softmax along one dimension."""
    shifted = x - jnp.max(x, dim, keepdims=True, initial=-jnp.inf)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), dim, keepdims=True))


@log_softmax_along.defjvp
def _log_softmax_jvp(dim: int, primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    y = log_softmax_along(x, dim)
    return y, t - jnp.sum(jnp.exp(y) * t, dim, keepdims=True)


def _along(formula: Any, kernel: str, x: Any, dim: int, dtype: dtypes.dtype | None) -> Any:
    dim = wrapped_dim(dim, x.ndim)
    if dtype is not None:
        x = cast(x, dtype._np)
    floating_only(f"{kernel}_lastdim_kernel_impl" if dim >= x.ndim - 1 else f"{kernel}_kernel_impl", x)
    if x.ndim == 0:
        return widened(lambda a: formula(a[None], 0)[0], x)
    return widened(lambda a: formula(a, dim), x)


@op(saves=("result",))
def softmax(input: Any, dim: int, dtype: dtypes.dtype | None = None) -> Any:
    r"""Exponentials that add up to 1 along a dimension, :math:`e^{x_i} / \sum_j e^{x_j}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html

    Args:
        input: tensor of any shape, floating unless ``dtype`` is given.
        dim: the dimension along which the result adds up to 1.
        dtype: the input is converted to it first.

    Returns:
        A tensor of the input's shape.

    Raises:
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.softmax(torch.tensor([1.0, 2.0, 3.0]), dim=0)
        tensor([0.0900, 0.2447, 0.6652])
    """
    return _along(softmax_along, "softmax", input, dim, dtype)


@op(saves=("result",))
def log_softmax(input: Any, dim: int, dtype: dtypes.dtype | None = None) -> Any:
    r"""The logarithm of softmax, :math:`x_i - \ln \sum_j e^{x_j}`, without overflow.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html

    Args:
        input: tensor of any shape, floating unless ``dtype`` is given.
        dim: the dimension along which the result's exponentials add up to 1.
        dtype: the input is converted to it first.

    Returns:
        A tensor of the input's shape.

    Raises:
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.log_softmax(torch.tensor([1.0, 2.0, 3.0]), dim=0)
        tensor([-2.4076, -1.4076, -0.4076])
    """
    return _along(log_softmax_along, "log_softmax", input, dim, dtype)


@op(saves=("result",), grad_name="SoftmaxBackward0")
def softmin(input: Any, dim: int, dtype: dtypes.dtype | None = None) -> Any:
    r"""Softmax of the negated input, :math:`e^{-x_i} / \sum_j e^{-x_j}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html

    Args:
        input: tensor of any shape, floating unless ``dtype`` is given.
        dim: the dimension along which the result adds up to 1.
        dtype: the input is converted to it first.

    Returns:
        A tensor of the input's shape.

    Raises:
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.softmin(torch.tensor([1.0, 2.0, 3.0]), dim=0)
        tensor([0.6652, 0.2447, 0.0900])
    """
    return _along(softmax_along, "softmax", neg(input), dim, dtype)

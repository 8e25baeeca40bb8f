"""Power-average pooling, and maxima put back at their places."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .nn_pool_avg import average
from .nn_rules import floating_only, product, sizes
from .op import op
from .pointwise_rules import is_half, rounded_as, scalar_name
from .promotion import to_float

__all__ = ["power_average", "unpooled"]


@op(grad_name="PowBackward0")
def power_average(
    input: Any, n: int, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool
) -> Any:
    """The p-norm of each window of the last ``n`` dimensions.

    Args:
        input: (N, C, *) or (C, *).
        n: number of spatial dimensions.
        norm_type: p.
        kernel_size: size of the window.
        stride: step of the window, None for ``kernel_size``.
        ceil_mode: keep the last windows even if they end outside.

    Returns:
        The pooled tensor.
    """
    kernel = sizes(kernel_size, n, f"lp_pool{n}d", "kernel_size")
    if n == 3 and is_half(input.dtype):
        raise NotImplementedError(f"\"avg_pool3d_out_frame\" not implemented for '{scalar_name(input)}'")
    # torch rounds a half type after each of these operations.
    x = input if isinstance(norm_type, int) else to_float(input)[0]
    powers = rounded_as(x**norm_type, x.dtype)
    mean = rounded_as(average(n, powers, kernel, stride, 0, ceil_mode, True, None), x.dtype)
    total = to_float(rounded_as(mean * product(kernel), x.dtype))[0]
    return total ** (1.0 / norm_type)


@jax.custom_jvp
def _placed(empty: Any, values: Any, places: Any) -> Any:
    """Values at their places in the rows of zeros.

    Where several have one place the last one stays, but all of them have its gradient, as in torch.
    """
    return empty.at[jnp.arange(values.shape[0])[:, None], places].set(values)


@_placed.defjvp
def _placed_jvp(primals: Any, tangents: Any) -> Any:
    empty, values, places = primals
    moved = jnp.zeros_like(empty).at[jnp.arange(values.shape[0])[:, None], places].add(tangents[1])
    return _placed(empty, values, places), moved


def _name(input: Any, indices: Any, size: tuple[int, ...]) -> str:
    return {1: "SqueezeBackward1"}.get(len(size), f"MaxUnpool{len(size)}DBackward0")


@op(saves=("indices",), grad_name=_name)
def unpooled(input: Any, indices: Any, size: tuple[int, ...]) -> Any:
    """Values at their flat positions in arrays of ``size``, zeros elsewhere.

    Args:
        input: (..., *).
        indices: int64, of the input's shape.
        size: the last dimensions of the result.

    Returns:
        A tensor (..., *size).

    Raises:
        RuntimeError: the indices are not int64 or of another shape.
    """
    if indices.dtype != jnp.int64:
        found = f" but got: {scalar_name(indices)}" if len(size) < 3 else ""
        raise RuntimeError(f"elements in indices should be type int64{found}")
    n = max(len(size), 2)  # sequences are images of one column
    column = (1,) * (len(size) == 1)
    shape = (*input.shape, *column)
    if len(shape) not in (n + 1, n + 2):
        raise RuntimeError(
            f"Input to max_unpooling{n}d should be a {n + 1}d or {n + 2}d Tensor, but got a tensor with {len(shape)} "
            "dimensions."
        )
    if indices.shape != input.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(shape)}) but got indices "
            f"tensor with shape: {[*indices.shape, *column]}"
        )
    floating_only(f"max_unpool{n}d", input)
    for place, extent in enumerate(shape):
        if place and not extent:
            raise RuntimeError(
                f"max_unpooling{n}d_forward_out_cpu(): Expected input to have non-zero size for non-batch dimensions, "
                f"but got {list(shape)} with dimension {place} being empty."
            )
    lead = input.shape[: input.ndim - len(size)]
    values = input.reshape(product(lead), product(input.shape[len(lead) :]))
    empty = jnp.zeros((values.shape[0], product(size)), input.dtype)
    return _placed(empty, values, indices.reshape(values.shape)).reshape(*lead, *size)

"""Linear and bilinear maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .linalg_rules import c_name, flat_matrix, same_dtype
from .nn_rules import product
from .op import op
from .pointwise_rules import is_half, scalar_name
from .promotion import cast

__all__ = ["bilinear", "linear"]


def _linear_name(input: Any, weight: Any, bias: Any = None) -> str:
    """torch composes the map of views and products; the last of them is what it prints."""
    if len(weight.shape) == 1:
        return "MvBackward0" if len(input.shape) == 2 else "ViewBackward0"
    if bias is not None:
        return "AddmmBackward0" if len(input.shape) == 2 else "ViewBackward0"
    return {1: "SqueezeBackward4", 2: "MmBackward0"}.get(len(input.shape), "UnsafeViewBackward0")


def _linear_arrival(types: Sequence[Any]) -> Sequence[int]:
    """In torch the weight's gradient passes through a transpose, and an input of other than two dimensions' through a
    view."""
    order = (0, 1) if len(types[0].shape) == 2 else (1, 0)
    return (2, *order) if len(types) == 3 else order


def _linear_saves(input: Any, weight: Any, bias: Any) -> tuple[str, ...]:
    return ("input", "weight") if len(input.shape) < 3 or flat_matrix(input) else ("weight",)


@op(saves=_linear_saves, grad_name=_linear_name, arrival=_linear_arrival)
def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    r"""The affine map :math:`y = x A^T + b`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear.html

    Args:
        input: (*, in_features).
        weight: (out_features, in_features), or (in_features,) for a single output without its dimension.
        bias: (out_features,), or (,) with the single output.

    Returns:
        A tensor (*, out_features).

    Raises:
        RuntimeError: sizes or dtypes do not match.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.linear(torch.ones(2, 3), torch.ones(4, 3), torch.zeros(4)).shape
        torch.Size([2, 4])
    """
    if input.ndim == 0 or weight.ndim == 0:
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {input.ndim}D and {weight.ndim}D"
        )
    if weight.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {weight.ndim}D")
    features = weight.shape[-1]
    rows = product(input.shape[:-1])
    outputs = weight.shape[0] if weight.ndim == 2 else 1
    if input.shape[-1] != features:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{input.shape[-1]} and {features}x{outputs})"
        )
    if bias is None:
        same_dtype(input, weight)
    else:
        # torch computes this as addmm, which compares all three.
        for name, x in (("self", bias), ("mat1", input)):
            if x.dtype != weight.dtype:
                raise RuntimeError(
                    f"{name} and mat2 must have the same dtype, but got {scalar_name(x)} and {scalar_name(weight)}"
                )
        if input.dtype == np.bool_:
            raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")
        if bias.ndim == 1 and bias.shape[0] not in (1, outputs):
            raise RuntimeError(
                f"The expanded size of the tensor ({outputs}) must match the existing size ({bias.shape[0]}) at "
                f"non-singleton dimension 1.  Target sizes: [{rows}, {outputs}].  Tensor sizes: [{bias.shape[0]}]"
            )
    # One 2-dimensional product whatever the input: 72 -> 55 ms a step of a small GPT on XLA:CPU against x @ w.T on
    # (16, 64, 128). The contraction takes the weight as it lies, without a transposed copy.
    wide = jnp.float32 if is_half(input.dtype) else input.dtype
    y = lax.dot_general(
        input.reshape(rows, features),
        weight.reshape(outputs, features),
        (((1,), (1,)), ((), ())),
        preferred_element_type=wide,
    )
    if bias is not None:
        y = y + cast(bias, wide)
    return cast(y, input.dtype).reshape(input.shape[:-1] + weight.shape[:-1])


@op(
    saves=("input1", "input2", "weight"),
    grad_name=lambda *a: "AddBackward0" if a[3] is not None else "ViewBackward0",
)
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    r"""The bilinear map :math:`y = x_1^T A x_2 + b`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html

    Args:
        input1: (*, in1_features).
        input2: (*, in2_features).
        weight: (out_features, in1_features, in2_features).
        bias: (out_features,).

    Returns:
        A tensor (*, out_features).

    Raises:
        RuntimeError: sizes do not match.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.bilinear(torch.ones(2, 3), torch.ones(2, 4), torch.ones(5, 3, 4)).shape
        torch.Size([2, 5])
    """
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    for i in range(input1.ndim - 1):
        if input1.shape[i] != input2.shape[i]:
            raise RuntimeError(
                f"bilinear(): input batch dimensions do not match at dim {i}: got {input1.shape[i]} and "
                f"{input2.shape[i]}"
            )
    if not input1.ndim:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    for i, x in enumerate((input1, input2), 1):
        if x.shape[-1] != weight.shape[i]:
            raise RuntimeError(
                f"bilinear(): input{i} size does not match weight size: got {x.shape[-1]} but expected "
                f"{weight.shape[i]}"
            )
    if bias is not None and bias.shape[0] != weight.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected {weight.shape[0]}"
        )
    if not input1.dtype == input2.dtype == weight.dtype:
        raise RuntimeError(
            f"All tensors must have the same dtype, got input1: {c_name(input1)}, input2: {c_name(input2)}, weight: "
            f"{c_name(weight)}{'' if bias is None else f', bias: {c_name(bias)}'}"
        )
    rows = math.prod(input1.shape[:-1])
    a = input1.reshape(rows, input1.shape[-1])
    b = input2.reshape(rows, input2.shape[-1])
    y = jnp.einsum("ni,oij,nj->no", a, weight, b)
    if bias is not None:
        y = y + bias
    return y.reshape((*input1.shape[:-1], weight.shape[0]))

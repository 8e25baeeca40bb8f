"""Layer, group, instance and RMS normalisation and scaling to unit length."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .nn_norm_kernel import normalized_rows
from .nn_rules import accumulator, check_parameter_types, floating_only, product
from .op import op
from .pointwise_rules import is_inexact, scalar_name
from .promotion import cast, to_float

__all__ = [
    "group_norm",
    "instance_norm",
    "instance_statistics",
    "layer_norm",
    "local_response_norm",
    "normalize",
    "rms_norm",
]


def _check_normalized(
    function: str, x: Any, shape: tuple[int, ...], weight: Any, bias: Any, between: str
) -> None:
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    for name, v in (("weight", weight), ("bias", bias)):
        if v is not None and tuple(v.shape) != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape {list(v.shape)} and "
                f"normalized_shape = {list(shape)}"
            )
    if tuple(x.shape[x.ndim - len(shape) :]) != shape or x.ndim < len(shape):
        sizes = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*{between}{sizes}], but got input of "
            f"size{list(x.shape)}"
        )


def _affine(y: Any, weight: Any, bias: Any) -> Any:
    if weight is not None:
        y = y * cast(weight, y.dtype)
    return y if bias is None else y + cast(bias, y.dtype)


@op(saves=("input", "weight"), keeps=("bias",), grad_name="NativeLayerNormBackward0", fused=True)
def layer_norm(
    input: Any, normalized_shape: tuple[int, ...], weight: Any = None, bias: Any = None, eps: float = 1e-05
) -> Any:
    r"""Normalisation over the last dimensions, :math:`\frac{x - E[x]}{\sqrt{Var[x] + \epsilon}}\, w + b`.

    Layer normalization, https://arxiv.org/abs/1607.06450;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html

    Args:
        input: (*, normalized_shape).
        normalized_shape: the sizes of the dimensions that are normalised together.
        weight: factors, of ``normalized_shape``.
        bias: offsets, of ``normalized_shape``.
        eps: added to the (biased) variance.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        RuntimeError: the shapes do not match.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.layer_norm(torch.tensor([[1.0, 3.0]]), (2,))
        tensor([[-1.0000,  1.0000]])
    """
    if isinstance(normalized_shape, int):
        raise TypeError(
            "layer_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not int"
        )
    shape = tuple(normalized_shape)
    _check_normalized("layer_norm", input, shape, weight, bias, ", ")
    check_parameter_types(input, weight, bias)
    floating_only("LayerNormKernelImpl", input)
    rows = accumulator(input).reshape(input.shape[: input.ndim - len(shape)] + (product(shape),))
    return cast(_affine(normalized_rows(rows, eps).reshape(input.shape), weight, bias), input.dtype)


@op(saves=("input", "weight"), grad_name="MulBackward0")
def rms_norm(
    input: Any, normalized_shape: tuple[int, ...], weight: Any = None, eps: float | None = None
) -> Any:
    r"""Scaling to unit root mean square over the last dimensions, :math:`\frac{x}{\sqrt{E[x^2] + \epsilon}}\, w`.

    Root mean square layer normalization, https://arxiv.org/abs/1910.07467;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html

    Args:
        input: (*, normalized_shape).
        normalized_shape: the sizes of the dimensions that are scaled together.
        weight: factors, of ``normalized_shape``.
        eps: added to the mean square. Default: the dtype's machine epsilon.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        RuntimeError: the shapes do not match.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.rms_norm(torch.tensor([[3.0, 4.0]]), (2,))
        tensor([[0.8485, 1.1314]])
    """
    shape = tuple(normalized_shape)
    if shape and input.ndim < len(shape):
        raise ValueError(f"Input tensor must have at least {len(shape)} dimensions, but got {input.ndim}")
    _check_normalized("rms_norm", input, shape, weight, None, "")
    floating_only("rms_norm", input, allow_complex=True)
    if eps is None:
        eps = float(jnp.finfo(input.dtype).eps)
    x = accumulator(input)
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    y = x * lax.rsqrt(jnp.mean(x * x, axes, keepdims=True) + eps)
    return cast(_affine(y, weight, None), input.dtype)


@op(saves=("input", "weight"), grad_name="NativeGroupNormBackward0")
def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-05) -> Any:
    r"""Normalisation of each sample over groups of channels.

    Group normalization, https://arxiv.org/abs/1803.08494;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html

    Args:
        input: (N, C, *).
        num_groups: number of groups, a divisor of C.
        weight: factors (C,).
        bias: offsets (C,).
        eps: added to the (biased) variance.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        RuntimeError: C is not divisible by ``num_groups`` or the shapes do not match.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.group_norm(torch.tensor([[1.0, 3.0, 5.0, 5.0]]), 2)
        tensor([[-1.0000,  1.0000,  0.0000,  0.0000]])
    """
    if input.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    channels = input.shape[1]
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(input.shape)} and num_groups={num_groups}"
        )
    for name, v in (("weight", weight), ("bias", bias)):
        if v is not None and (v.ndim != 1 or v.shape[0] != channels):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of "
                f"shape {list(v.shape)} and input of shape {list(input.shape)}"
            )
    check_parameter_types(input, weight, bias)
    floating_only("GroupNormKernelImpl", input)
    size = math.prod(input.shape[1:]) // num_groups  # not -1, which JAX cannot tell for an empty batch
    rows = accumulator(input).reshape(input.shape[0], num_groups, size)
    return cast(_by_channel(normalized_rows(rows, eps).reshape(input.shape), weight, bias), input.dtype)


def _by_channel(y: Any, weight: Any, bias: Any) -> Any:
    shape = (1, -1) + (1,) * (y.ndim - 2)
    return _affine(
        y, None if weight is None else weight.reshape(shape), None if bias is None else bias.reshape(shape)
    )


@op(saves=("input",), grad_name="ViewBackward0", fused=True)
def instance_norm(input: Any, weight: Any = None, bias: Any = None, eps: float = 1e-05) -> Any:
    r"""Normalisation of each channel of each sample over its spatial dimensions.

    Instance normalization: the missing ingredient for fast stylization, https://arxiv.org/abs/1607.08022.

    Args:
        input: (N, C, *) with at least one spatial dimension.
        weight: factors (C,).
        bias: offsets (C,).
        eps: added to the (biased) variance.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.instance_norm(torch.tensor([[[1.0, 3.0]]]))
        tensor([[[-1.0000,  1.0000]]])
    """
    floating_only("batch_norm", input)
    check_parameter_types(input, weight, bias)
    rows = accumulator(input).reshape(input.shape[0], input.shape[1], math.prod(input.shape[2:]))
    return cast(_by_channel(normalized_rows(rows, eps).reshape(input.shape), weight, bias), input.dtype)


@op(differentiable=False, numbers=("momentum",))
def instance_statistics(input: Any, running_mean: Any, running_var: Any, momentum: float) -> tuple[Any, Any]:
    """The running statistics moved towards the samples' average mean and unbiased variance.

    Args:
        input: (N, C, *).
        running_mean: (C,).
        running_var: (C,).
        momentum: weight of this batch.

    Returns:
        The new mean and variance.
    """
    rows = accumulator(input).reshape(input.shape[0], input.shape[1], math.prod(input.shape[2:]))
    mean = jnp.mean(rows, (0, 2))
    variance = jnp.mean(jnp.var(rows, 2, ddof=1), 0)
    return (
        cast((1 - momentum) * running_mean + momentum * mean, running_mean.dtype),
        cast((1 - momentum) * running_var + momentum * variance, running_var.dtype),
    )


@op(saves=("input",), grad_name="DivBackward0")
def normalize(input: Any, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: float = 1e-12) -> Any:
    r"""Vectors scaled to unit length, :math:`v / \max(\lVert v \rVert_p, \epsilon)`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html

    Args:
        input: tensor of any shape, floating.
        p: exponent of the norm.
        dim: the dimension (or dimensions) along which a vector lies.
        eps: the smallest divisor.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.normalize(torch.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """
    if not jnp.issubdtype(input.dtype, jnp.inexact):
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {scalar_name(input)}"
        )
    x = accumulator(input)
    if input.ndim == 0:
        x = x[None]
    length = vector_norm(x, p, dim)
    return cast(x / jnp.where(length < eps, eps, length), input.dtype).reshape(input.shape)


def vector_norm(x: Any, p: float, dim: int | tuple[int, ...]) -> Any:
    """The p-norm along dimensions that are kept; its derivative at 0 is 0."""
    # jnp.abs has derivative 1 at 0, torch's 0.
    size = jnp.abs(x) if jnp.iscomplexobj(x) else x * lax.stop_gradient(jnp.sign(x))
    if p == float("inf"):
        return jnp.max(size, dim, keepdims=True)
    if p == 1:
        return jnp.sum(size, dim, keepdims=True)
    if p == 0:
        return jnp.sum((size != 0).astype(size.dtype), dim, keepdims=True)
    total = jnp.sum(size * size if p == 2 else size**p, dim, keepdims=True)
    zero = total == 0
    safe = jnp.where(zero, 1, total)
    return jnp.where(zero, 0, jnp.sqrt(safe) if p == 2 else safe ** (1 / p))


@op(saves=("input",), grad_name="DivBackward0")
def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    r"""Division by neighbouring channels' activity, :math:`x_c (k + \frac{\alpha}{n}\sum_{c'} x_{c'}^2)^{-\beta}`.

    ImageNet classification with deep convolutional neural networks (2012);
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.local_response_norm.html

    Args:
        input: (N, C, *) with at least one spatial dimension.
        size: number of neighbouring channels :math:`n`.
        alpha: factor of their mean square.
        beta: exponent.
        k: constant added.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: the input has fewer than 3 dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.local_response_norm(torch.ones(1, 2, 1), 2, alpha=1.0, beta=1.0)
        tensor([[[0.6667],
                 [0.5000]]])
    """
    if input.ndim < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality                          input (got {input.ndim} dimensions)"
        )
    if not input.size:
        return input
    if size <= 0:
        window = f"kH: {size} kW: 1" if input.ndim == 3 else f"kT: {size} kH: 1 kW: 1"
        raise RuntimeError(f"kernel size should be greater than zero, but got {window}")
    if input.dtype != np.int64:
        floating_only("avg_pool2d" if input.ndim == 3 else "avg_pool3d_out_frame", input)
    x = accumulator(input)
    low, high = size // 2, (size - 1) // 2
    squares = lax.pad(x * x, np.zeros((), x.dtype), [(0, 0, 0), (low, high, 0), *[(0, 0, 0)] * (x.ndim - 2)])
    total: Any = sum(squares[:, i : i + x.shape[1]] for i in range(size))
    if is_inexact(x):
        return cast(x / (total / size * alpha + k) ** beta, input.dtype)
    # torch's mean of integers is rounded down; what follows is arithmetic with Python's floats.
    x, mean = to_float(x, total // size)
    return x / (mean * alpha + k) ** beta

"""Rounding to a grid of integers and back, as quantisation will do it, with the gradient of not having rounded."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .op import op
from .pointwise_rules import scalar_name
from .promotion import cast

__all__ = ["fake_quantize_per_channel_affine", "fake_quantize_per_tensor_affine"]


def _levels(x: Any, scale: Any, zero_point: Any) -> Any:
    return jnp.round(x * (1 / scale)) + zero_point


@functools.partial(jax.custom_jvp, nondiff_argnums=(3, 4))
def _rounded(x: Any, scale: Any, zero_point: Any, low: int, high: int) -> Any:
    return (jnp.clip(_levels(x, scale, zero_point), low, high) - zero_point) * scale


@_rounded.defjvp
def _rounded_jvp(low: int, high: int, primals: Any, tangents: Any) -> Any:
    level = _levels(*primals)
    inside = (level >= low) & (level <= high)
    return _rounded(*primals, low, high), jnp.where(inside, tangents[0], 0)


def _check_range(low: int, high: int) -> None:
    if low > high:
        raise RuntimeError("`quant_min` should be less than or         equal to `quant_max`.")


def _check_float(name: str, x: Any) -> None:
    if not jnp.issubdtype(x.dtype, jnp.floating):
        raise NotImplementedError(f"\"{name}\" not implemented for '{scalar_name(x)}'")


def _tensor_grad_name(input: Any, scale: Any, *rest: Any, **named: Any) -> str:
    kind = "TensorQparams" if hasattr(scale, "dtype") else ""
    return f"FakeQuantizePerTensorAffineCachemask{kind}Backward0"


@op(grad_name=_tensor_grad_name)
def fake_quantize_per_tensor_affine(
    input: Any, scale: Any, zero_point: Any, quant_min: int, quant_max: int
) -> Any:
    """Round to the integers of a range and back, :math:`(\\mathrm{clamp}(\\mathrm{round}(x / s) + z, min, max) - z) s`.

    The gradient is that of the identity inside the range, and 0 outside.

    https://docs.pytorch.org/docs/stable/generated/torch.fake_quantize_per_tensor_affine.html

    Args:
        input: floating point, any shape.
        scale: s, a number or a tensor of one element.
        zero_point: z, an integer or a tensor of one element.
        quant_min: the least integer.
        quant_max: the largest.

    Raises:
        RuntimeError: the range is empty, or z lies outside.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fake_quantize_per_tensor_affine(torch.tensor([0.0567, 0.3, 9.0]), 0.1, 0, 0, 10)
        tensor([0.1000, 0.3000, 1.0000])
    """
    _check_float("fake_quantize_tensor_cachemask_kernel_type_handling", input)
    _check_range(quant_min, quant_max)
    if not hasattr(zero_point, "dtype") and not quant_min <= zero_point <= quant_max:
        raise RuntimeError("`zero_point` must be between `quant_min` and `quant_max`.")
    s, z = (jnp.asarray(v).reshape(()) for v in (scale, zero_point))
    result = _rounded(
        cast(input, jnp.float32), cast(s, jnp.float32), cast(z, jnp.float32), quant_min, quant_max
    )
    return cast(result, input.dtype)


@op(grad_name="FakeQuantizePerChannelAffineCachemaskBackward0")
def fake_quantize_per_channel_affine(
    input: Any, scale: Any, zero_point: Any, axis: int, quant_min: int, quant_max: int
) -> Any:
    """:func:`fake_quantize_per_tensor_affine` with a scale and a zero point for each index along a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.fake_quantize_per_channel_affine.html

    Args:
        input: floating point, any shape.
        scale: a vector, ``float32``.
        zero_point: a vector of the same length, ``int32`` or floating point.
        axis: the dimension.
        quant_min: the least integer.
        quant_max: the largest.

    Raises:
        RuntimeError: the vectors do not fit, the range is empty, or a dtype is another.

    Example::

        >>> import jaxlearn as torch
        >>> scale, zero = torch.tensor([0.1, 0.5]), torch.zeros(2, dtype=torch.int32)
        >>> torch.fake_quantize_per_channel_affine(torch.tensor([[0.26], [0.26]]), scale, zero, 0, 0, 10)
        tensor([[0.3000],
                [0.5000]])
    """
    if scale.dtype not in (jnp.float32, jnp.bfloat16):
        raise RuntimeError(f"Scale must be Float or BFloat16, found {scalar_name(scale)}")
    if zero_point.dtype not in (np.int32, jnp.float32, jnp.float16):
        raise RuntimeError(f"Zero-point must be Int32, Float or Half, found {scalar_name(zero_point)}")
    if scale.ndim != 1:
        raise RuntimeError("scale should be a 1-D tensor")
    if zero_point.ndim != 1:
        raise RuntimeError("zero point should be a 1-D tensor")
    if scale.shape != zero_point.shape:
        raise RuntimeError("scale and zero-point need to have the same dimensions")
    if not -input.ndim <= axis < input.ndim or scale.shape[0] != input.shape[axis]:
        raise RuntimeError("dimensions of scale and zero-point are not consistent with input tensor")
    _check_range(quant_min, quant_max)
    _check_float("fake_quantize_channel_cachemask_cpu_type_handling", input)
    shape = [1] * input.ndim
    shape[axis] = -1
    s, z = (cast(v.reshape(shape), jnp.float32) for v in (scale, zero_point))
    return cast(_rounded(cast(input, jnp.float32), s, z, quant_min, quant_max), input.dtype)

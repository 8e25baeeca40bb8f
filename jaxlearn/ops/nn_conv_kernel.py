"""How convolutions are computed: the formulation that XLA runs fastest, and its gradient."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from .nn_rules import product
from .pointwise_rules import is_half
from .promotion import cast

__all__ = ["convolve", "transposed"]

# Few products per output and many outputs are cheaper as fused multiply-adds than as a product of matrices. XLA:CPU,
# batch 64, forward alone, ms: 3x32x32 -> 32, 3x3: 8.6 -> 1.2. A training step of a CNN with 32 such channels takes 0.9
# of the time; with the 6 channels of LeNet, 1.1: hence the second bound.
FEW_TERMS = 32
MANY_OUTPUTS = 16

Pads = tuple[tuple[int, int], ...]


def convolve(
    x: Any, weight: Any, stride: tuple[int, ...], padding: Pads, dilation: tuple[int, ...], groups: int
) -> Any:
    """Cross-correlation of (N, C, *) with (O, C / groups, *) in the operands' dtype; half types add up in float32."""
    if is_half(x.dtype):
        return cast(
            convolve(cast(x, jnp.float32), cast(weight, jnp.float32), stride, padding, dilation, groups),
            x.dtype,
        )
    depthwise = weight.shape[1] == 1 and groups > 1
    short = product(weight.shape[1:]) <= FEW_TERMS and (depthwise or weight.shape[0] >= MANY_OUTPUTS)
    if short and x.ndim <= 4 and product(stride) == 1 and jnp.issubdtype(x.dtype, jnp.floating):
        return _short_sum(x, weight, padding, dilation, groups)
    return _general(x, weight, stride, padding, dilation, groups)


def _general(
    x: Any, weight: Any, stride: tuple[int, ...], padding: Pads, dilation: tuple[int, ...], groups: int
) -> Any:
    # Channels last as XLA:CPU's kernels want them: forward 15 -> 10 ms (16x64x32x32, 3x3) against NCHW;
    # in whole training steps the two are equal.
    n = x.ndim
    last = (0, *range(2, n), 1)
    y = lax.conv_general_dilated(
        x.transpose(last),
        weight.transpose((*range(2, n), 1, 0)),
        stride,
        padding,
        rhs_dilation=dilation,
        dimension_numbers=lax.ConvDimensionNumbers(
            (0, n - 1, *range(1, n - 1)), (n - 1, n - 2, *range(n - 2)), (0, n - 1, *range(1, n - 1))
        ),
        feature_group_count=groups,
    )
    return y.transpose((0, n - 1, *range(1, n - 1)))


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def _short_sum(x: Any, weight: Any, padding: Pads, dilation: tuple[int, ...], groups: int) -> Any:
    """Stride-1 convolution of which each output is a sum of few products."""
    ones = (1,) * (x.ndim - 2)
    return lax.platform_dependent(
        x,
        weight,
        cpu=lambda x, w: _unrolled(x, w, padding, dilation, groups),
        default=lambda x, w: _general(x, w, ones, padding, dilation, groups),
    )


def _short_sum_forward(x: Any, weight: Any, padding: Pads, dilation: tuple[int, ...], groups: int) -> Any:
    return _short_sum(x, weight, padding, dilation, groups), (x, weight)


def _short_sum_backward(padding: Pads, dilation: tuple[int, ...], groups: int, saved: Any, grad: Any) -> Any:
    x, weight = saved
    ones = (1,) * (x.ndim - 2)
    # The derivative of the unrolled sum is many times slower than XLA's own gradients (input: 187 against 11 ms).
    _, to_weight = jax.vjp(lambda w: _general(x, w, ones, padding, dilation, groups), weight)
    if weight.shape[1] == 1 and groups > 1:
        # Depthwise: the gradient is again a short sum, of the mirrored kernel. 3.3 -> 0.3 ms (16x32x16x16, 3x3).
        mirrored = jnp.flip(weight, range(2, weight.ndim))
        per_group = weight.shape[0] // groups
        if per_group == 1:
            around = tuple(
                (d * (k - 1) - low, d * (k - 1) - high)
                for (low, high), d, k in zip(padding, dilation, weight.shape[2:], strict=True)
            )
            return _short_sum(grad, mirrored, around, dilation, groups), to_weight(grad)[0]
    _, to_input = jax.vjp(lambda x: _general(x, weight, ones, padding, dilation, groups), x)
    return to_input(grad)[0], to_weight(grad)[0]


_short_sum.defvjp(_short_sum_forward, _short_sum_backward)


def _unrolled(x: Any, weight: Any, padding: Pads, dilation: tuple[int, ...], groups: int) -> Any:
    outputs, channels, *kernel = weight.shape
    x = lax.pad(x, jnp.zeros((), x.dtype), [(0, 0, 0), (0, 0, 0), *((low, high, 0) for low, high in padding)])
    spatial = [size - d * (k - 1) for size, d, k in zip(x.shape[2:], dilation, kernel, strict=True)]
    x = x.reshape(x.shape[0], groups, 1, channels, *x.shape[2:])
    w = weight.reshape(1, groups, outputs // groups, channels, *kernel)
    y: Any = 0
    for channel in range(channels):
        for place in itertools.product(*map(range, kernel)):
            window = tuple(slice(i * d, i * d + s) for i, d, s in zip(place, dilation, spatial, strict=True))
            factor = w[(slice(None), slice(None), slice(None), channel, *place)]
            y = (
                y
                + x[(slice(None), slice(None), slice(None), channel, *window)]
                * factor[(..., *([None] * len(kernel)))]
            )
    # The barrier keeps consumers that read an element several times (pooling) from computing it as often.
    return lax.optimization_barrier(y.reshape(x.shape[0], outputs, *spatial))


def transposed(
    x: Any,
    weight: Any,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    output_padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
) -> Any:
    """The gradient of a convolution by its input, as an operation: (N, C, *) with (C, O / groups, *)."""
    if is_half(x.dtype):
        wide = transposed(
            cast(x, jnp.float32), cast(weight, jnp.float32), stride, padding, output_padding, dilation, groups
        )
        return cast(wide, x.dtype)
    kernel = weight.shape[2:]
    n = x.ndim
    pads = tuple(
        (d * (k - 1) - p, d * (k - 1) - p + extra)
        for d, k, p, extra in zip(dilation, kernel, padding, output_padding, strict=True)
    )
    w = jnp.flip(weight, range(2, n))
    w = w.reshape(groups, weight.shape[0] // groups, *weight.shape[1:])
    w = w.swapaxes(1, 2).reshape(groups * weight.shape[1], weight.shape[0] // groups, *kernel)
    y = lax.conv_general_dilated(
        x.transpose((0, *range(2, n), 1)),
        w.transpose((*range(2, n), 1, 0)),
        (1,) * (n - 2),
        pads,
        lhs_dilation=stride,
        rhs_dilation=dilation,
        dimension_numbers=lax.ConvDimensionNumbers(
            (0, n - 1, *range(1, n - 1)), (n - 1, n - 2, *range(n - 2)), (0, n - 1, *range(1, n - 1))
        ),
        feature_group_count=groups,
    )
    return y.transpose((0, n - 1, *range(1, n - 1)))

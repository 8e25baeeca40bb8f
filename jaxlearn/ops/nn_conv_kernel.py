"""How convolutions are computed: the formulation that XLA runs fastest, and its gradient."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .nn_rules import product
from .pointwise_rules import is_half, spread
from .promotion import cast

__all__ = ["convolve", "output_sizes", "transposed", "with_bias"]

# A depthwise convolution with kernels no larger than this is a sum of shifted images, ms: 8x96x28x28, 3x3, forward
# 17 -> 1.6; 7x7 41 -> 2.
MANY_TERMS = 49

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
    if jax.default_backend() != "cpu" or not jnp.issubdtype(x.dtype, jnp.floating):
        return _general(x, weight, stride, padding, dilation, groups)
    if groups > 1:
        small = product(weight.shape[2:]) <= MANY_TERMS and x.ndim <= 4
        if weight.shape[1] == 1 and small and product(stride) == 1:
            return _depthwise(x, weight, padding, dilation)
    else:
        # XLA:CPU transposes kernels three times in a training step, which costs more than the convolution where there
        # are fewer places in the output than channels. One product of matrices takes a kernel as it lies; forward and
        # backward, 8x512x4x4, 3x3: 32 -> 12 ms; 8x256x28x28 -> 64, 1x1: 10.8 -> 5.2 ms.
        spatial = output_sizes(x.shape[2:], weight.shape[2:], stride, padding, dilation)
        few = x.shape[0] * product(spatial) <= weight.shape[0]
        if few or (product(weight.shape[2:]) == 1 and not any(map(any, padding))):
            return _windows_product(x, weight, stride, padding, dilation)
    return _general(x, weight, stride, padding, dilation, groups)


def output_sizes(
    sizes: Sequence[int],
    kernel: Sequence[int],
    stride: tuple[int, ...],
    padding: Pads,
    dilation: tuple[int, ...],
) -> list[int]:
    """The spatial sizes of a convolution's result."""
    return [
        (size + low + high - d * (k - 1) - 1) // s + 1
        for size, k, s, (low, high), d in zip(sizes, kernel, stride, padding, dilation, strict=True)
    ]


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


def _windows_product(
    x: Any, weight: Any, stride: tuple[int, ...], padding: Pads, dilation: tuple[int, ...]
) -> Any:
    outputs, channels, *kernel = weight.shape
    n = x.ndim
    spatial = output_sizes(x.shape[2:], kernel, stride, padding, dilation)
    x = x.transpose((0, *range(2, n), 1))
    if any(map(any, padding)):
        around = [(0, 0, 0), *((low, high, 0) for low, high in padding), (0, 0, 0)]
        x = lax.pad(x, np.zeros((), x.dtype), around)
    # One dimension after the other: 3 + 3 slices for a kernel of 3 x 3, not 9, each of which XLA compiles.
    for i, (size, k, s, d) in enumerate(zip(spatial, kernel, stride, dilation, strict=True)):
        last = s * (size - 1) + 1
        windows = [lax.slice_in_dim(x, j * d, j * d + last, s, 1 + i)[..., None] for j in range(k)]
        x = windows[0] if k == 1 else lax.concatenate(windows, x.ndim)
    rows = x.reshape(-1, channels * product(kernel))
    y = lax.dot_general(rows, weight.reshape(outputs, -1), (((1,), (1,)), ((), ())))
    return y.reshape(x.shape[0], *spatial, outputs).transpose((0, n - 1, *range(1, n - 1)))


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _depthwise(x: Any, weight: Any, padding: Pads, dilation: tuple[int, ...]) -> Any:
    """Stride-1 convolution of each channel (N, C, *) by its own kernels (C * M, 1, *)."""
    own = _kernels(x, weight)
    shifted = _shifted(x[:, :, None], weight.shape[2:], padding, dilation)
    y: Any = sum(image * own[:, :, *place] for place, image in shifted)
    return y.reshape(x.shape[0], weight.shape[0], *y.shape[3:])


def _depthwise_forward(x: Any, weight: Any, padding: Pads, dilation: tuple[int, ...]) -> Any:
    return _depthwise(x, weight, padding, dilation), (x, weight)


def _depthwise_backward(padding: Pads, dilation: tuple[int, ...], saved: Any, grad: Any) -> Any:
    # The derivative of the sum as jax makes it is many times slower (input: 187 against 11 ms).
    x, weight = saved
    kernel = weight.shape[2:]
    grad = grad.reshape(*x.shape[:2], weight.shape[0] // x.shape[1], *grad.shape[2:])
    mirrored = jnp.flip(_kernels(x, weight), range(2, x.ndim))
    around = tuple(
        (d * (k - 1) - low, d * (k - 1) - high)
        for (low, high), d, k in zip(padding, dilation, kernel, strict=True)
    )
    to_input: Any = sum(
        jnp.sum(image * mirrored[:, :, *place], 2)
        for place, image in _shifted(grad, kernel, around, dilation)
    )
    others = (0, *range(3, grad.ndim))
    images = _shifted(x[:, :, None], kernel, padding, dilation)
    to_weight = jnp.stack([jnp.sum(image * grad, others) for _, image in images], -1)
    return to_input, to_weight.reshape(weight.shape)


_depthwise.defvjp(_depthwise_forward, _depthwise_backward)


def _kernels(x: Any, weight: Any) -> Any:
    """The kernels as (C, M, *), with dimensions for the images behind them."""
    return weight.reshape(x.shape[1], weight.shape[0] // x.shape[1], *weight.shape[2:], *[1] * (x.ndim - 2))


def _shifted(
    x: Any, kernel: Sequence[int], padding: Pads, dilation: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The places of a kernel, each with what it sees of (N, C, M, *) from every position."""
    x = lax.pad(x, np.zeros((), x.dtype), [*[(0, 0, 0)] * 3, *((low, high, 0) for low, high in padding)])
    sizes = [size - d * (k - 1) for size, d, k in zip(x.shape[3:], dilation, kernel, strict=True)]
    for place in itertools.product(*map(range, kernel)):
        start = [i * d for i, d in zip(place, dilation, strict=True)]
        stop = [a + size for a, size in zip(start, sizes, strict=True)]
        yield place, lax.slice(x, (0, 0, 0, *start), (*x.shape[:3], *stop))


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


def with_bias(y: Any, bias: Any) -> Any:
    """A number for each channel added to (N, C, *)."""
    wide = bias.reshape((-1,) + (1,) * (y.ndim - 2))
    if jnp.iscomplexobj(wide):
        # The parts by themselves, so that the gradient is added up by parts too, see ``reduction_rules.total``.
        wide = lax.complex(jnp.broadcast_to(wide.real, y.shape), jnp.broadcast_to(wide.imag, y.shape))
    elif is_half(y.dtype):
        wide = spread(wide, y.shape)
    return y + wide

"""Convolution in NumPy: the windows of the input as rows of a matrix, times the kernel as another.

In JAX's form, which the gradients of a convolution have too: strides, padding that may crop, both operands with holes,
and groups of channels or, for a kernel's gradient, of the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["convolution_rule", "padded"]

Array = Any


def padded(x: Array, value: Array, config: Sequence[tuple[int, int, int]]) -> Array:
    """``x`` with so many values before, behind and between its elements; of fewer than none, elements are cut off."""
    shape, inside, kept = [], [], []
    for n, (low, high, inner) in zip(x.shape, config, strict=True):
        before, after = max(low, 0), max(high, 0)
        width = max(n - 1, 0) * (inner + 1) + min(n, 1)
        shape.append(before + width + after)
        inside.append(slice(before, before + width, inner + 1))
        kept.append(slice(before - low, before + width + high))
    out = np.full(shape, value, x.dtype)
    out[tuple(inside)] = x
    return out[tuple(kept)]


def convolution_rule(
    params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]
) -> Callable[..., Array] | None:
    if not results[0].size or not operands[1].size:
        return None
    numbers = params["dimension_numbers"]
    groups, of_batch = params["feature_group_count"], params["batch_group_count"]
    strides, holes = params["window_strides"], params["rhs_dilation"]
    config = [(0, 0, 0), (0, 0, 0)]
    config += [(*p, d - 1) for p, d in zip(params["padding"], params["lhs_dilation"], strict=True)]
    dims = len(strides)
    kernel = [operands[1].shape[i] for i in numbers.rhs_spec[2:]]
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, holes, strict=True)]
    out = [results[0].shape[i] for i in numbers.out_spec[2:]]
    every = tuple(slice(None, n * s, s) for n, s in zip(out, strides, strict=True))
    every += tuple(slice(None, None, d) for d in holes)
    dtype = results[0].dtype
    back = np.argsort(numbers.out_spec)
    spatial, window = range(3, 3 + dims), range(3 + dims, 3 + 2 * dims)
    several = groups * of_batch  # one of them is 1

    def convolve(x: Array, weight: Array) -> Array:
        x = np.transpose(x, numbers.lhs_spec).astype(dtype, copy=False)
        weight = np.transpose(weight, numbers.rhs_spec).astype(dtype, copy=False)
        if any(any(c) for c in config):
            x = padded(x, dtype.type(0), config)
        batch, channels = x.shape[0] // of_batch, x.shape[1] // groups
        windows = np.lib.stride_tricks.sliding_window_view(x, extent, tuple(range(2, 2 + dims)))
        windows = windows[(slice(None), slice(None), *every)]
        # (groups, batch, *out, channels, *kernel), whose groups were of the channels or the batch
        if of_batch > 1:
            parts = windows.reshape(of_batch, batch, channels, *out, *kernel)
        else:
            parts = np.swapaxes(windows.reshape(batch, groups, channels, *out, *kernel), 0, 1)
        rows = np.transpose(parts, (0, 1, *spatial, 2, *window))
        rows = rows.reshape(several, batch * math.prod(out), channels * math.prod(kernel))
        columns = weight.reshape(several, weight.shape[0] // several, rows.shape[2])
        made = np.matmul(rows, np.swapaxes(columns, 1, 2)).reshape(several, batch, *out, columns.shape[1])
        made = np.transpose(made, (1, 0, made.ndim - 1, *range(2, 2 + dims)))
        return np.transpose(made.reshape(batch, weight.shape[0], *out), back)

    return convolve

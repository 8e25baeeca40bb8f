"""Sliding windows over the last dimensions: their geometry and the two ways to get at their elements."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from .nn_rules import product

__all__ = ["FEW", "Windows"]

# Windows up to this many elements are walked element by element over the whole array, in one fused loop.
FEW = 16


class Windows(NamedTuple):
    """Windows of ``kernel`` elements each, ``out`` of them along each of the last dimensions of an array."""

    size: tuple[int, ...]  # of the array
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    out: tuple[int, ...]

    @staticmethod
    def make(
        size: tuple[int, ...],
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        padding: tuple[int, ...],
        dilation: tuple[int, ...],
        ceil_mode: bool,
    ) -> Windows:
        """The windows of a pooling; with ``ceil_mode`` also those that begin inside but end outside."""
        out = []
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True):
            steps = (n + 2 * p - d * (k - 1) - 1) / s
            count = (math.ceil(steps) if ceil_mode else math.floor(steps)) + 1
            if ceil_mode and (count - 1) * s >= n + p:
                count -= 1
            out.append(count)
        return Windows(size, kernel, stride, padding, dilation, tuple(out))

    @property
    def elements_each(self) -> int:
        """Elements in a window."""
        return product(self.kernel)

    def padded(self, x: Any, fill: Any) -> Any:
        """The array with all windows inside it, and nothing beyond them."""
        config = [(0, 0, 0)] * (x.ndim - len(self.size))
        for n, k, s, p, d, o in zip(*self, strict=True):
            config.append((p, (o - 1) * s + d * (k - 1) + 1 - n - p, 0))
        return lax.pad(x, jnp.asarray(fill, x.dtype), config) if any(c != (0, 0, 0) for c in config) else x

    def elements(self, x: Any, fill: Any) -> Iterator[Any]:
        """For each place in the window, in row-major order, the elements at that place of all windows."""
        x = self.padded(x, fill)
        lead = x.ndim - len(self.size)
        for place in itertools.product(*map(range, self.kernel)):
            start = [i * d for i, d in zip(place, self.dilation, strict=True)]
            limit = [a + (o - 1) * s + 1 for a, o, s in zip(start, self.out, self.stride, strict=True)]
            yield lax.slice(x, [0] * lead + start, [*x.shape[:lead], *limit], [1] * lead + list(self.stride))

    def tangents(self, t: Any) -> Iterator[Any]:
        """The same elements of a tangent, 0 in the padding, by operations whose transposes are fast."""
        if self.stride != self.kernel or any(self.padding) or any(d != 1 for d in self.dilation):
            yield from self.elements(t, 0)
            return
        # Windows side by side: splitting transposes to joining, slicing to adding up padded arrays.
        # XLA:CPU, 64x32x32x32, 2x2, forward and backward of max pooling: 7.5 -> 2.5 ms.
        n = len(self.size)
        lead = t.ndim - n
        t = self.padded(t, 0)
        blocks = [b for pair in zip(self.out, self.kernel, strict=True) for b in pair]
        parts = [t.reshape((*t.shape[:lead], *blocks))]
        for axis, k in enumerate(self.kernel):
            parts = [piece for part in parts for piece in lax.split(part, (1,) * k, lead + 2 * axis + 1)]
        for part in parts:
            yield part.reshape((*t.shape[:lead], *self.out))

    def gathered(self, x: Any, fill: Any) -> Any:
        """An array (..., *out, elements) of all windows."""
        x = self.padded(x, fill)
        n = len(self.size)
        lead = x.ndim - n
        for axis in range(n):
            starts = np.arange(self.out[axis]) * self.stride[axis]
            index = starts[:, None] + np.arange(self.kernel[axis]) * self.dilation[axis]
            x = jnp.take(x, jnp.asarray(index), axis=lead + 2 * axis)
        order = (*range(lead), *range(lead, lead + 2 * n, 2), *range(lead + 1, lead + 2 * n, 2))
        return x.transpose(order).reshape((*x.shape[:lead], *self.out, math.prod(self.kernel)))

    def places(self, element: Any) -> Any:
        """The flat index in the array of the ``element``-th element of each window, given as an array (..., *out)."""
        flat: Any = 0
        n = len(self.size)
        for axis in range(n):
            inner = product(self.kernel[axis + 1 :])
            step = (element // inner) % self.kernel[axis] * self.dilation[axis]
            start = (np.arange(self.out[axis]) * self.stride[axis] - self.padding[axis]).astype(np.int64)
            flat = flat * self.size[axis] + step + start.reshape((-1,) + (1,) * (n - 1 - axis))
        return flat

    def lengths(self, count_include_pad: bool) -> list[Any]:
        """For each dimension, how many elements of each window count: of the array, or of it and its padding."""
        found = []
        for n, k, s, p, _, o in zip(*self, strict=True):
            start = np.arange(o) * s - p
            end = np.minimum(start + k, n + p)
            if not count_include_pad:
                start, end = np.maximum(start, 0), np.minimum(end, n)
            found.append(end - start)
        return found

"""Max pooling over windows at pseudo-random places."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from .nn_rules import product
from .op import op
from .pointwise_rules import scalar_name
from .reduction_rules import argmax

__all__ = ["fractional_max_pool"]

_AXES = {2: ("height", "width"), 3: ("time", "height", "width")}


def _starts(sample: Any, size: int, out: int, kernel: int) -> Any:
    """Where the windows begin, for each channel; (channels, out)."""
    last = jnp.full((*sample.shape, 1), size - kernel)
    if out <= 1:
        return last[..., :out]
    step = (jnp.asarray(size - kernel, sample.dtype) / (out - 1)).astype(sample.dtype)
    places = jnp.arange(out - 1, dtype=sample.dtype)
    first = ((places + sample[..., None]) * step).astype(jnp.int64) - (sample[..., None] * step).astype(
        jnp.int64
    )
    return jnp.concatenate([first, last], -1)


def _check(n: int, x: Any, kernel: Any, out: Any, samples: Any) -> None:
    name = f"fractional_max_pool{n}d" + "_out" * (n == 3)
    if x.ndim not in (n + 1, n + 2):
        raise RuntimeError(f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got: {list(x.shape)}")
    for place, extent in enumerate(x.shape):
        if place and not extent:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but got{list(x.shape)} with "
                f"dimension {place} being empty."
            )
    for size, k, o, axis in zip(x.shape[-n:], kernel, out, _AXES[n], strict=True):
        if o + k - 1 > size - (n == 3):  # torch wants one element more of volumes
            raise RuntimeError(f"{name}(): pool {axis} {k} too large relative to input {axis} {size}")
    if samples.dtype != x.dtype:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    expected = (x.shape[0] if x.ndim == n + 2 else 1, x.shape[-n - 1], n)
    if samples.ndim != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.ndim}")
    if samples.shape[0] < expected[0]:
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if samples.shape[1] != expected[1]:
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if samples.shape[2] != n:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {n}; got {samples.shape[2]}.")


@op(
    saves=("input", "result1"),
    grad_name=lambda *bound: f"FractionalMaxPool{bound[2]}DBackward0",
)
def fractional_max_pool(
    input: Any, samples: Any, n: int, kernel_size: tuple[int, ...], output_size: tuple[int, ...]
) -> Any:
    """The maximum of each window, and its flat position.

    Args:
        input: (N, C, *) or (C, *) with ``n`` spatial dimensions.
        samples: (N, C, n), numbers in [0, 1) that place the windows.
        n: number of spatial dimensions.
        kernel_size: size of the windows.
        output_size: how many windows there are.

    Returns:
        Maxima and int64 positions, (..., *output_size).

    Raises:
        RuntimeError: sizes do not fit.
    """
    if not jnp.issubdtype(input.dtype, jnp.floating):
        raise NotImplementedError(
            f"\"fractional_max_pool{n}d_out_frame\" not implemented for '{scalar_name(input)}'"
        )
    for what, sizes in (("kernel_size", kernel_size), ("output_size", output_size)):
        if len(sizes) != n:
            raise RuntimeError(
                f"fractional_max_pool{n}d: {what} must either be a single Int or tuple of Ints"
            )
    _check(n, input, kernel_size, output_size, samples)
    spatial = input.shape[-n:]
    x = input if input.ndim == n + 2 else input[None]
    samples = samples[: x.shape[0]]
    # In two dimensions torch takes the first number for the width.
    order = (1, 0) if n == 2 else (0, 1, 2)
    flat: Any = 0
    for axis in range(n):
        starts = _starts(samples[..., order[axis]], spatial[axis], output_size[axis], kernel_size[axis])
        index = starts[..., None] + jnp.arange(kernel_size[axis])
        shape = [1] * (2 * n)
        shape[axis], shape[n + axis] = output_size[axis], kernel_size[axis]
        flat = flat * spatial[axis] + index.reshape(*index.shape[:2], *shape)
    lead = x.shape[:2]
    elements = flat.reshape(*lead, product(output_size), product(kernel_size))
    values = x.reshape(*lead, 1, product(spatial))
    windows = jnp.take_along_axis(
        values, elements.reshape(*lead, 1, product(elements.shape[2:])), -1
    ).reshape(elements.shape)
    best = argmax(windows, -1)[..., None]
    places = jnp.take_along_axis(elements, best, -1)[..., 0]
    found = jnp.take_along_axis(x.reshape(*lead, product(spatial)), places, -1)
    shape_out = (*input.shape[:-n], *output_size)
    return found.reshape(shape_out), places.reshape(shape_out)

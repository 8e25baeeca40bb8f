"""Resizing of sequences, images and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from .nn_pool_adaptive import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .nn_rules import accumulator, floating_only
from .nn_taps import Taps, weighted_sums
from .op import op
from .promotion import cast

__all__ = ["resize"]

_DIMENSIONS = {"linear": 1, "bilinear": 2, "trilinear": 3}
_REACH = {"bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}  # of the filters for shrinking
_AREA = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}


def _name(input: Any, size: Any, scales: Any, mode: str, align_corners: bool, antialias: bool) -> str:
    n = len(input.shape) - 2
    if mode == "area":
        return f"AdaptiveAvgPool{n}DBackward0"
    words = "".join(part.capitalize() for part in mode.split("-"))
    return f"Upsample{words}{n}D{'Aa' if antialias else ''}Backward0"


def _keeps(input: Any, size: Any, scales: Any, mode: str, *rest: Any) -> Sequence[str]:
    return _AREA[len(input.shape) - 2].op.keeps(input, size) if mode == "area" else ()


def _cubic(x: Any, a: float) -> Any:
    """The cubic convolution kernel of parameter ``a`` (Keys 1981)."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def _filter(x: Any, mode: str) -> Any:
    """The weight of an element at a distance from the centre."""
    if mode == "bicubic":
        return _cubic(x, -0.5)
    if mode == "lanczos":
        return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)
    return np.maximum(1 - np.abs(x), 0)


def _source(out: int, scale: float, wide: Any, align_corners: bool) -> Any:
    """Where the elements of the result lie among those there are: rounded to ``wide`` once, as torch's processors do.

    At position 300 that moves a float32 weight by 1e-5, far more than the sums' own rounding.
    """
    i = np.arange(out)
    return (i * scale if align_corners else (i + 0.5) * scale - 0.5).astype(wide)


def _taps(
    size: int, out: int, scale: float, wide: Any, mode: str, align_corners: bool, antialias: bool
) -> Taps:
    """The elements, and how much of each, that resize one dimension.

    Args:
        wide: the NumPy dtype in which torch computes places and weights.
    """
    scale = float(wide(scale))
    if antialias:
        reach = float(wide(_REACH[mode] * max(scale, 1.0)))
        centre = (scale * (np.arange(out) + 0.5)).astype(wide).astype(np.float64)
        # Rounded, so that an element at the very edge is left out or not as in torch.
        first, last = (edge.astype(wide).astype(np.float64) for edge in (centre - reach, centre + reach))
        start = np.maximum((first + 0.5).astype(np.int64), 0)
        end = np.minimum((last + 0.5).astype(np.int64), size)
        at = start[:, None] + np.arange((end - start).max(initial=0))
        inside = at < end[:, None]
        distance = (at + 0.5 - centre[:, None]) * float(wide(1 / max(scale, 1.0)))
        kernel = np.where(inside, _filter(distance, mode), 0)
        return Taps.make(at, kernel / kernel.sum(1, keepdims=True), size, inside)
    source = _source(out, scale, wide, align_corners).astype(np.float64)
    if mode == "bicubic":
        base = np.floor(source).astype(np.int64)[:, None]
        around = base + np.arange(-1, 3)
        return Taps.make(np.clip(around, 0, size - 1), _cubic(source[:, None] - around, -0.75), size)
    source = np.maximum(source, 0)
    low = np.minimum(source.astype(np.int64), size - 1)
    high = np.minimum(low + 1, size - 1)
    part = np.clip(source - low, 0, 1)
    return Taps.make(np.stack([low, high], 1), np.stack([1 - part, part], 1), size)


def _kept(taps: Taps, mode: str, dtype: Any) -> Taps:
    """The taps with weights that were kept in a narrow dtype: torch's forward keeps them in the input's."""
    weight = taps.weight.astype(dtype)
    if mode != "bicubic":
        weight = np.stack([np.ones((), dtype) - weight[:, 1], weight[:, 1]], 1)
    return taps._replace(weight=weight.astype(np.float64))


def _nearest(x: Any, axis: int, out: int, scale: float, exact: bool) -> Any:
    size = x.shape[axis]
    if out == size:
        return x
    if out % size == 0 and scale == size / out:
        return jnp.repeat(x, out // size, axis)  # its gradient is a sum, that of indexing a scatter
    source = (np.arange(out, dtype=np.float32) + np.float32(0.5 if exact else 0)) * np.float32(scale)
    return jnp.take(x, jnp.asarray(np.minimum(source.astype(np.int64), size - 1)), axis=axis)


@op(name="interpolate", keeps=_keeps, grad_name=_name)
def resize(
    input: Any,
    size: tuple[int, ...],
    scales: tuple[float | None, ...],
    mode: str,
    align_corners: bool,
    antialias: bool,
) -> Any:
    """Resize the last dimensions of (N, C, *); see :func:`jaxlearn.nn.functional.interpolate`.

    Args:
        input: (N, C, *).
        size: the result's spatial sizes.
        scales: for each dimension the scale factor to compute with, None for the ratio of the sizes.
        mode: torch's name.
        align_corners: the corners' centres coincide, rather than their outer edges.
        antialias: widen the filter when the result is smaller.

    Raises:
        NotImplementedError: the mode is not defined for the input's number of dimensions.
        RuntimeError: a size is not positive.
    """
    n = input.ndim - 2
    if mode in _DIMENSIONS and _DIMENSIONS[mode] != n:
        raise NotImplementedError(
            f"Got {input.ndim}D input, but {mode} mode needs {_DIMENSIONS[mode] + 2}D input"
        )
    spatial = input.shape[2:]
    if min(size) <= 0 or 0 in spatial:
        letters = "DHW"[3 - n :]
        before, after = (
            ", ".join(f"{a}: {s}" for a, s in zip(letters, sizes, strict=True)) for sizes in (spatial, size)
        )
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input ({before}) output ({after})"
        )
    if mode == "area":
        return _AREA[n].op.fn(input, size)
    if input.dtype != np.uint8:
        floating_only(f"upsample_{mode}{n}d_channels_last", input)
    x = input
    wide = np.float64 if input.dtype == np.float64 else np.float32
    # torch's two-dimensional linear kernel for small results is another one, which keeps weights in float32
    # (and it has none of half types for filters, whose weights stay as they are here).
    narrow = input.dtype.itemsize == 2 and not antialias and not (mode == "bilinear" and sum(size) <= 128)
    for axis, (s, o, factor) in enumerate(zip(spatial, size, scales, strict=True), 2):
        if mode in ("nearest", "nearest-exact"):
            x = _nearest(x, axis, o, s / o if factor is None else 1 / factor, mode == "nearest-exact")
            continue
        if align_corners:
            scale = (s - 1) / (o - 1) if o > 1 else 0.0
        else:
            scale = s / o if factor is None else 1 / factor
        if s == o and scale == 1 and mode != "bicubic":
            continue
        x = accumulator(x) if jnp.issubdtype(x.dtype, jnp.floating) else cast(x, jnp.float32)
        taps = _taps(s, o, scale, wide, mode, align_corners, antialias)
        x = weighted_sums(x, _kept(taps, mode, input.dtype) if narrow else taps, axis, taps)
    if jnp.issubdtype(input.dtype, jnp.integer) and x.dtype != input.dtype:
        x = jnp.clip(jnp.round(x), 0, 255)
    return cast(x, input.dtype)

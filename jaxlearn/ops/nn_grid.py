"""Sampling of images and volumes at given places, and grids of such places."""

from __future__ import annotations

import itertools
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from .creation import linspace_values
from .nn_rules import accumulator, product
from .op import op
from .pointwise_rules import scalar_name
from .promotion import cast

__all__ = ["grid_places", "grid_samples"]


def _pixel(place: Any, size: int, align_corners: bool) -> Any:
    """From [-1, 1] to the pixels' numbers, rounded as torch does: the product and the difference at once.

    Places on a pixel's centre, such as those of a spatial transformer that begins with the identity, fall to one
    side or the other by this rounding, and the gradient of the grid is that side's slope.
    """
    if align_corners:
        return (place + 1) * ((size - 1) / 2)
    wide = (place + 1).astype(jnp.float64)
    return (wide * (size / 2) - 0.5).astype(place.dtype)


def _clipped(x: Any, size: int) -> Any:
    """Into the image; with no gradient from outside or the edge itself."""
    edge = jnp.asarray(size - 1, x.dtype)
    return jnp.where(x <= 0, jnp.zeros_like(x), jnp.where(x >= edge, edge, x))


def _reflected(x: Any, low: float, high: float) -> Any:
    if low == high:
        return jnp.zeros_like(x)
    span = high - low
    away = x - low
    away = jnp.where(away < 0, -away, away)
    rest = jnp.fmod(away, span)
    even = lax.stop_gradient(jnp.floor(away / span)) % 2 == 0
    return jnp.where(even, rest + low, span - rest + low)


def _padded(x: Any, size: int, padding_mode: str, align_corners: bool) -> Any:
    """The pixel that stands for one outside; what is no number goes far outside."""
    if padding_mode == "border":
        x = _clipped(x, size)
    elif padding_mode == "reflection":
        low, high = (0, size - 1) if align_corners else (-0.5, size - 0.5)
        x = _clipped(_reflected(x, low, high), size)
    usable = jnp.isfinite(x) & (jnp.abs(x) < 2**31)
    return jnp.where(usable, x, jnp.asarray(-100, x.dtype))


def _cubic(t: Any) -> list[Any]:
    """Weights of the four neighbours at distances 1 + t, t, 1 - t and 2 - t."""
    a = -0.75

    def near(x: Any) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _check(input: Any, grid: Any, mode: str) -> None:
    sizes = f"input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
    if input.ndim not in (4, 5) or grid.ndim != input.ndim:
        raise RuntimeError(
            f"grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got {sizes}"
        )
    if input.shape[0] != grid.shape[0]:
        raise RuntimeError(
            f"grid_sampler(): expected grid and input to have same batch size, but got {sizes}"
        )
    n = input.ndim - 2
    if grid.shape[-1] != n:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {n} in last dimension, but got grid with sizes "
            f"{list(grid.shape)}"
        )
    for axis in range(2, input.ndim):
        if input.shape[axis] == 0:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                f"{list(input.shape)} with dimension {axis} being empty"
            )
    if mode == "bicubic" and n == 3:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if grid.dtype != input.dtype:
        raise RuntimeError(f"expected scalar type {scalar_name(input)} but found {scalar_name(grid)}")


@op(
    name="grid_sampler",
    fused=True,
    saves=("input", "grid"),
    grad_name=lambda *bound: f"GridSampler{len(bound[0].shape) - 2}DBackward0",
)
def grid_samples(input: Any, grid: Any, mode: str, padding_mode: str, align_corners: bool) -> Any:
    """The input at the grid's places; see :func:`jaxlearn.nn.functional.grid_sample`.

    Args:
        input: (N, C, H, W) or (N, C, D, H, W).
        grid: (N, ..., 2) or (N, ..., 3), places x, y (, z) between -1 and 1.
        mode: ``"bilinear"``, ``"nearest"`` or ``"bicubic"``.
        padding_mode: ``"zeros"``, ``"border"`` or ``"reflection"``.
        align_corners: whether -1 and 1 are the centres of the corner pixels rather than their edges.

    Returns:
        A tensor (N, C, ...).

    Raises:
        RuntimeError: sizes or dtypes do not fit.
    """
    _check(input, grid, mode)
    spatial = input.shape[2:]
    n = len(spatial)
    x = accumulator(input)
    flat = x.reshape(*x.shape[:2], product(spatial))
    out = grid.shape[1:-1]
    places = accumulator(grid).reshape(grid.shape[0], product(out), n)
    # The grid names the last dimension first.
    pixels = [_pixel(places[..., n - 1 - axis], spatial[axis], align_corners) for axis in range(n)]
    taps: list[list[tuple[Any, Any]]] = []  # for each dimension, the neighbours' numbers and weights
    for pixel, size in zip(pixels, spatial, strict=True):
        if mode == "bicubic":
            first = lax.stop_gradient(jnp.floor(pixel))
            weights = _cubic(pixel - first)
            around = [_padded(first + i, size, padding_mode, align_corners) for i in (-1, 0, 1, 2)]
            taps.append([(lax.stop_gradient(p), w) for p, w in zip(around, weights, strict=True)])
            continue
        pixel = _padded(pixel, size, padding_mode, align_corners)
        if mode == "nearest":
            taps.append([(lax.stop_gradient(jnp.round(pixel)), jnp.ones_like(pixel))])
        else:
            first = lax.stop_gradient(jnp.floor(pixel))
            taps.append([(first, first + 1 - pixel), (first + 1, pixel - first)])
    total: Any = 0
    for corner in itertools.product(*taps):
        weight, index, inside = 1.0, 0, True
        for (at, share), size in zip(corner, spatial, strict=True):
            weight = weight * share
            inside = inside & (at >= 0) & (at <= size - 1)
            index = index * size + jnp.clip(at, 0, size - 1).astype(jnp.int64)
        values = jnp.take_along_axis(flat, index[:, None], -1)  # type: ignore[index]
        total = total + values * jnp.where(inside, weight, 0)[:, None]
    return cast(total.reshape(*input.shape[:2], *out), input.dtype)


@op(name="affine_grid_generator")
def grid_places(theta: Any, size: tuple[int, ...], align_corners: bool) -> Any:
    """The places that affine maps give to the pixels of an image; see :func:`jaxlearn.nn.functional.affine_grid`.

    Args:
        theta: (N, 2, 3) or (N, 3, 4).
        size: (N, C, H, W) or (N, C, D, H, W).
        align_corners: whether -1 and 1 are the centres of the corner pixels rather than their edges.

    Returns:
        A tensor (N, *spatial, 2) or (N, *spatial, 3).
    """
    spatial = size[2:]
    axes = []
    for count in spatial:
        line = jnp.asarray(linspace_values(-1 if count > 1 else 0, 1, count, np.dtype(theta.dtype)))
        axes.append(line if align_corners else line * (count - 1) / count)
    base = jnp.stack([*jnp.meshgrid(*axes, indexing="ij")[::-1], jnp.ones(spatial, theta.dtype)], -1)
    base = cast(base, theta.dtype).reshape(-1, len(spatial) + 1)
    return jnp.einsum("pk,nck->npc", base, theta).reshape(theta.shape[0], *spatial, len(spatial))

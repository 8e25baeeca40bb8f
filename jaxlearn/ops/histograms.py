"""How many values fall into each of several bins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from ..return_types import histogram as HistogramResult
from ..return_types import histogramdd as HistogramddResult
from .op import explained, op
from .pointwise_rules import is_float, rounded_as, scalar_name, widened
from .promotion import cast

__all__ = ["histc", "histogram", "histogramdd"]


# torch's names of the types here are those of C++.
_KINDS = {
    "BFloat16": "c10::BFloat16", "Bool": "bool", "Byte": "unsigned char", "Char": "signed char", "Double": "double",
    "Float": "float", "Half": "c10::Half", "Int": "int", "Long": "long int", "Short": "short int",
}  # fmt: skip


def _kind(x: Any) -> str:
    return _KINDS.get(scalar_name(x), scalar_name(x))


def _check_finite(low: float, high: float, dim: int | None = None) -> None:
    if not (math.isfinite(low) and math.isfinite(high)):
        what = "torch.histc: range of" if dim is None else f"torch.histogramdd: dimension {dim}'s range"
        raise RuntimeError(f"{what} [{low:g}, {high:g}] is not finite")


def _check_count(bins: int, dim: int) -> None:
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension {dim}")


def _check_bins(rows: Any, bins: Sequence[Any], range: Any) -> None:
    count = rows.shape[1]
    for d, b in enumerate(bins):
        if not hasattr(b, "shape"):
            _check_count(b, d)
            continue
        if b.dtype != rows.dtype:
            raise RuntimeError(
                "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
                f"{_kind(rows)} and bins for dimension {d} with dtype {_kind(b)}"
            )
        if b.ndim != 1:
            raise RuntimeError(
                f"torch.histogramdd: bins tensor should have one dimension, but got {b.ndim} dimensions in the bins "
                f"tensor for dimension {d}"
            )
        if not b.size:
            raise RuntimeError(
                "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in the bins tensor "
                f"for dimension {d}"
            )
        _check_count(b.shape[0] - 1, d)
    if range is None:
        return
    if len(range) != 2 * count:
        raise RuntimeError(
            f"torch.histogramdd: for a {count}-dimensional histogram range should have {2 * count} elements, but got "
            f"{len(range)}"
        )
    for d, (low, high) in enumerate(zip(range[::2], range[1::2], strict=True)):
        _check_finite(low, high, d)
        if low > high:
            raise RuntimeError(
                f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension {d}"
            )


def _extent(x: Any, low: Any, high: Any, around: float) -> tuple[Any, Any]:
    """The outermost edges: those given, or the smallest and largest value; moved apart where they are equal."""
    if low is None:
        low, high = (jnp.min(x), jnp.max(x)) if x.size else (0, 1)
    low, high = cast(low, x.dtype), cast(high, x.dtype)
    same = low == high
    return jnp.where(same, low - around, low), jnp.where(same, high + around, high)


def _linear_bins(x: Any, low: Any, high: Any, bins: int, dtype: Any) -> tuple[Any, Any]:
    """The bin that each value falls into if all have the same width, and which values fall into one.

    Values on an edge go where torch's rounding in ``dtype`` puts them.
    """
    inside = (x >= low) & (x <= high)
    place = rounded_as(
        rounded_as(rounded_as(x - low, dtype) * bins, dtype) / rounded_as(high - low, dtype), dtype
    )
    place = jnp.where(inside, place, 0).astype(np.int64)
    return jnp.minimum(place, bins - 1), inside


@op(differentiable=False)
def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many values fall into each of ``bins`` bins of the same width between ``min`` and ``max``.

    Values outside are not counted. If both ends are 0, they are the smallest and the largest value.

    https://docs.pytorch.org/docs/stable/generated/torch.histc.html

    Args:
        input: floating point numbers.
        bins: how many bins.
        min: the lower end.
        max: the upper end.

    Raises:
        RuntimeError: there is no bin, or the ends are not finite or not in order.
        NotImplementedError: the elements are no floating point numbers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.histc(torch.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
        tensor([0., 2., 1., 0.])
    """
    _check_count(bins, 0)
    _check_finite(min, max)
    if min > max:
        raise RuntimeError("torch.histc: max must be larger than min")
    if not is_float(input):
        raise NotImplementedError(f"\"histogram_cpu\" not implemented for '{scalar_name(input)}'")

    def count(x: Any) -> Any:
        x = x.reshape(-1)
        low, high = _extent(x, None, None, 1) if min == max else _extent(x, min, max, 1)
        place, inside = _linear_bins(x, low, high, bins, input.dtype)
        return jnp.zeros(bins, x.dtype).at[place].add(inside.astype(x.dtype))

    return widened(count, input)


def _edges(x: Any, bins: int, low: Any, high: Any) -> Any:
    """``bins + 1`` edges from one end to the other, as ``linspace`` makes them."""
    step = (high - low) / bins
    i = jnp.arange(bins + 1)
    ahead = low + step * i.astype(x.dtype)
    behind = high - step * (bins - i).astype(x.dtype)
    return jnp.where(i < (bins + 1) // 2, ahead, behind)


def _place(x: Any, edges: Any, linear: bool) -> tuple[Any, Any]:
    """The bin of each value between ascending edges, and which values fall into one; the last bin is closed."""
    bins = edges.shape[0] - 1
    inside = (x >= edges[0]) & (x <= edges[-1])
    if linear:
        place = _linear_bins(x, edges[0], edges[-1], bins, x.dtype)[0]
        # The rounded guess may be off by one: look at the edges.
        place = jnp.where(x < edges[place], place - 1, jnp.where(x >= edges[place + 1], place + 1, place))
    else:
        place = jnp.searchsorted(edges, x, side="right") - 1
    return jnp.clip(place, 0, bins - 1), inside


def _histogram(
    rows: Any, bins: Sequence[Any], range: Any, weight: Any, density: bool
) -> tuple[Any, list[Any]]:
    """The histogram of rows of coordinates, and the edges along each coordinate."""
    _check_bins(rows, bins, range)
    if weight is not None and weight.dtype != rows.dtype:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same "
            f"dtype, but got input({_kind(rows)}), and weight({_kind(weight)})"
        )
    if weight is not None and weight.size != len(rows):
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor "
            f"excluding its innermost dimension, but got input with shape {list(rows.shape)} and weight with shape "
            f"{list(weight.shape)}"
        )
    if rows.dtype not in (np.float32, np.float64):
        raise NotImplementedError(f"\"histogramdd\" not implemented for '{scalar_name(rows)}'")
    shape = []
    edges = []
    places: list[Any] = []
    counted: Any = True
    for d, b in enumerate(bins):
        x = rows[:, d]
        linear = not hasattr(b, "shape")
        if linear:
            ends = (None, None) if range is None else (range[2 * d], range[2 * d + 1])
            edge = _edges(x, b, *_extent(x, ends[0], ends[1], 0.5))
        else:
            edge = b
        place, inside = _place(x, edge, linear)
        counted = counted & inside
        places.append(place)
        edges.append(edge)
        shape.append(edge.shape[0] - 1)
    value = jnp.ones(rows.shape[0], rows.dtype) if weight is None else weight.reshape(-1)
    hist = jnp.zeros(shape, rows.dtype).at[tuple(places)].add(jnp.where(counted, value, 0))
    if density:
        hist = hist / jnp.sum(hist)
        for d, edge in enumerate(edges):
            width = jnp.diff(edge)
            hist = hist / width.reshape([-1 if i == d else 1 for i, _ in enumerate(edges)])
    return hist, edges


@op(differentiable=False)
def histogram(
    input: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False
) -> HistogramResult:
    """How many values fall into each bin, and the bins' edges.

    https://docs.pytorch.org/docs/stable/generated/torch.histogram.html

    Args:
        input: floating point numbers.
        bins: how many bins of the same width, or an ascending vector of their edges.
        range: the outermost edges; by default the smallest and the largest value.
        weight: how much each value counts.
        density: divide so that the integral over the bins is 1.

    Returns:
        A named tuple ``(hist, bin_edges)``.

    Raises:
        RuntimeError: there is no bin, or the arguments do not fit each other.

    Example::

        >>> import jaxlearn as torch
        >>> torch.histogram(torch.tensor([1.0, 2.0, 1.0]), bins=4, range=(0.0, 3.0)).hist
        tensor([0., 2., 1., 0.])
    """
    hist, edges = _histogram(input.reshape(-1, 1), [bins], range, weight, density)
    return HistogramResult(hist, edges[0])


@op(name="histogramdd", differentiable=False)
def _histogramdd(input: Any, bins: Any, range: Any, weight: Any, density: bool) -> tuple[Any, ...]:
    rows = input.reshape(math.prod(input.shape[:-1]), input.shape[-1])
    hist, edges = _histogram(rows, bins, range, weight, density)
    return (hist, *edges)


@explained
def histogramdd(
    input: Any, bins: Any, range: Any = None, weight: Any = None, density: bool = False
) -> HistogramddResult:
    """How many points fall into each cell of a grid of several dimensions, and the grid's edges.

    https://docs.pytorch.org/docs/stable/generated/torch.histogramdd.html

    Args:
        input: the points; the last dimension holds their coordinates.
        bins: how many bins of the same width along each coordinate (one number for all), or for each a vector of edges.
        range: for each coordinate the two outermost edges, one after the other; by default its extreme values.
        weight: how much each point counts.
        density: divide so that the integral over the cells is 1.

    Returns:
        A named tuple ``(hist, bin_edges)``; the edges are a tuple of vectors.

    Raises:
        RuntimeError: the arguments do not fit each other.

    Example::

        >>> import jaxlearn as torch
        >>> points = torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        >>> torch.histogramdd(points, bins=[2, 2]).hist
        tensor([[0., 1.],
                [1., 1.]])
    """
    if input.ndim < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    count = input.shape[-1]
    bins = (bins,) * count if isinstance(bins, int) else tuple(bins)
    if len(bins) != count and bins and hasattr(bins[0], "shape"):
        raise RuntimeError(
            f"torch.histogramdd: expected {count} sequences of bin edges for a {count}-dimensional histogram but got "
            f"{len(bins)}"
        )
    if len(bins) != count:
        raise RuntimeError(
            "histogramdd: The size of bins must be equal to the innermost dimension of the input."
        )
    hist, *edges = _histogramdd(input, bins, range, weight, density)
    return HistogramddResult(hist, tuple(edges))

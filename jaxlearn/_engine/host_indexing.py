"""XLA's gather and scatter in NumPy: windows of an array at places that are data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jax.lax import GatherScatterMode

__all__ = ["gather_rule", "scatter_rule"]

Array = Any


def _places(
    indices: Array,
    shape: Sequence[int],
    sizes: Sequence[int],
    mapped: Sequence[int],
    batching: Mapping[int, int],
    kept: Sequence[int],
    clip: bool,
) -> tuple[tuple[Array, ...], Array]:
    """Where the windows' elements are.

    Args:
        indices: (*batch, len(mapped)), the windows' corners.
        shape: of the array.
        sizes: of a window, for each dimension.
        mapped: the dimension that each of a corner's numbers is for.
        batching: for a dimension that goes along with one of the batch's, that one.
        kept: the dimensions that a window has, in order.
        clip: move windows into the array.

    Returns:
        For each dimension the indices, all of which broadcast to (*batch, *window), and, for the batch, which windows
        are inside.
    """
    batch = indices.shape[:-1]
    inside = np.ones(batch, np.bool_)
    corners: dict[int, Array] = {}
    for k, dimension in enumerate(mapped):
        corner, last = indices[..., k].astype(np.int64), shape[dimension] - sizes[dimension]
        if clip:
            corner = np.clip(corner, 0, last)
        else:
            inside &= (corner >= 0) & (corner <= last)
        corners[dimension] = corner
    places = []
    for dimension, size in enumerate(sizes):
        place: Array = np.zeros((1,) * len(batch), np.int64)
        if dimension in corners:
            place = corners[dimension]
        elif dimension in batching:
            along = [1] * len(batch)
            along[batching[dimension]] = -1
            place = np.arange(shape[dimension]).reshape(along)
        place = place.reshape((*place.shape, *[1] * len(kept)))
        if dimension in kept:
            window = [1] * len(kept)
            window[kept.index(dimension)] = -1
            place = place + np.arange(size).reshape(window)
        places.append(place)
    return tuple(places), inside


def _clips(mode: Any) -> bool:
    return bool(mode in (GatherScatterMode.CLIP, GatherScatterMode.PROMISE_IN_BOUNDS))


def gather_rule(
    params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]
) -> Callable[..., Array] | None:
    """The rule of ``gather``."""
    numbers, sizes, mode = params["dimension_numbers"], params["slice_sizes"], params["mode"]
    shape, result = operands[0].shape, results[0]
    batching = dict(zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True))
    kept = [d for d in range(len(shape)) if d not in numbers.collapsed_slice_dims and d not in batching]
    clip = _clips(mode)
    missing = params["fill_value"]
    if not clip and 0 in shape:
        return None
    # What is out of the array, where that is not given: NaN, the lowest signed and the largest unsigned number.
    if missing is not None:
        pass
    elif result.dtype.kind == "f":
        missing = np.nan
    elif result.dtype.kind == "b":
        missing = True
    else:
        missing = np.iinfo(result.dtype).min if result.dtype.kind == "i" else np.iinfo(result.dtype).max
    count = len(result.shape) - len(kept)
    batch_dims = [d for d in range(len(result.shape)) if d not in numbers.offset_dims]
    position = [0] * len(result.shape)
    for i, d in enumerate((*batch_dims, *numbers.offset_dims)):
        position[d] = i

    def gather(x: Array, indices: Array) -> Array:
        places, inside = _places(indices, shape, sizes, numbers.start_index_map, batching, kept, clip)
        if not clip and not inside.all():
            places = tuple(np.clip(p, 0, n - 1) for p, n in zip(places, shape, strict=True))
            found = np.where(
                inside.reshape((*inside.shape, *[1] * len(kept))), x[places], result.dtype.type(missing)
            )
        else:
            found = x[places]
        full = (*inside.shape, *(sizes[d] for d in kept))
        return np.transpose(np.broadcast_to(found, full), position) if count or kept else found

    return gather


def scatter_rule(
    ufunc: Any,
) -> Callable[[Mapping[str, Any], Sequence[Any], Sequence[Any]], Callable[..., Array] | None]:
    """The rule of a scatter.

    Args:
        ufunc: joins what is there and what comes; None to replace it.
    """

    def rule(
        params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]
    ) -> Callable[..., Array] | None:
        numbers = params["dimension_numbers"]
        shape, updated = operands[0].shape, operands[2].shape
        batching = dict(
            zip(numbers.operand_batching_dims, numbers.scatter_indices_batching_dims, strict=True)
        )
        kept = [d for d in range(len(shape)) if d not in numbers.inserted_window_dims and d not in batching]
        sizes = [1] * len(shape)
        for d, axis in zip(kept, numbers.update_window_dims, strict=True):
            sizes[d] = updated[axis]
        clip = _clips(params["mode"])
        order = [d for d in range(len(updated)) if d not in numbers.update_window_dims]
        order += numbers.update_window_dims

        def scatter(x: Array, indices: Array, updates: Array) -> Array:
            out = np.array(x)
            updates = np.transpose(updates, order)
            mapped = numbers.scatter_dims_to_operand_dims
            places, inside = _places(indices, shape, sizes, mapped, batching, kept, clip)
            if not inside.all():
                places = tuple(np.broadcast_to(p, updates.shape)[inside] for p in places)
                updates = updates[inside]
            if ufunc is None:
                out[places] = updates
            else:
                ufunc.at(out, places, updates)
            return out

        return scatter

    return rule

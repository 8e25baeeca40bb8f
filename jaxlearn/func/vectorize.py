"""``vmap``: a function of single samples made one of batches."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .._tensor.batching import batched
from .._tensor.tree import LEAF, broadcast, describe, flatten, tree_map, unflatten
from ..ops.joining import cat
from ._arguments import is_tensor, name_of

__all__ = ["check_randomness", "vmap"]


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Make a function of single samples one of whole batches.

    The function is recorded once, on one sample's shapes, and becomes one operation of the program; results depend on
    the mapped arguments, on everything the function closes over, and gradients flow to both.
    https://docs.pytorch.org/docs/stable/generated/torch.func.vmap.html

    Args:
        func: takes and returns tensors, or nested tuples, lists and dicts of them.
        in_dims: the dimension of the arguments that counts the samples: one for all, or as nested as the arguments;
            None for what goes in whole.
        out_dims: where the results count the samples; None for what does not depend on the sample.
        randomness: ``"error"`` forbids random operations inside, ``"different"`` draws for each sample, ``"same"``
            once for all.
        chunk_size: how many samples to treat at a time, if not all; saves memory.

    Returns:
        The function of batches.

    Raises:
        ValueError: ``in_dims`` or ``out_dims`` do not fit, sizes differ, or there is nothing to map over.
        RuntimeError: at a call, a value that differs from sample to sample is read on the host or decides on a shape,
            random numbers are drawn in the mode ``"error"``, or an in-place operation would need a value for each
            sample where there is room for one.

    Example::

        >>> import jaxlearn as torch
        >>> batched_dot = torch.func.vmap(torch.dot)
        >>> batched_dot(torch.ones(2, 3), torch.arange(6.0).reshape(2, 3))
        tensor([ 3., 12.])
    """
    check_randomness(randomness)
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        _check_out_dims(out_dims, func)
        size, axes, leaves, structure = _read_arguments(in_dims, args, func)
        if chunk_size is None:
            results, out_axes, shape = _call(
                func, leaves, axes, structure, size, out_dims, randomness, kwargs
            )
            return unflatten(results, shape)
        parts = [
            leaf.split(chunk_size, axis) if axis is not None else None
            for leaf, axis in zip(leaves, axes, strict=True)
        ]
        chunks = []
        drawn: list[Any] = []
        for k in range(-(-size // chunk_size)):
            some = [leaf if part is None else part[k] for leaf, part in zip(leaves, parts, strict=True)]
            count = min(chunk_size, size - k * chunk_size)
            results, out_axes, shape = _call(
                func, some, axes, structure, count, out_dims, randomness, kwargs, drawn
            )
            chunks.append(results)
        joined = [
            column[0] if axis is None else cat(column, axis)
            for column, axis in zip(zip(*chunks, strict=True), out_axes, strict=True)
        ]
        return unflatten(joined, shape)

    return mapped


def _check_out_dims(out_dims: Any, func: Any) -> None:
    def check(x: Any) -> None:
        if x is not None and not isinstance(x, int):
            raise ValueError(
                f"vmap({name_of(func)}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python "
                "collection of ints representing where in the outputs the vmapped dimension should appear."
            )

    tree_map(check, out_dims)


def _read_arguments(in_dims: Any, args: tuple[Any, ...], func: Any) -> tuple[int, list[Any], list[Any], Any]:
    """The number of samples, each leaf's mapped dimension, the leaves and their structure."""
    start = f"vmap({name_of(func)}, in_dims={in_dims}, ...)(<inputs>): "
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(
            f"{start}expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, "
            f"got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name_of(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to "
            "vmap over a function with no inputs. The latter is unsupported."
        )
    leaves, structure = flatten(args)
    axes = broadcast(in_dims, structure)
    if axes is None:
        raise ValueError(
            f"{start}in_dims is not compatible with the structure of `inputs`. in_dims has structure "
            f"{describe(flatten(in_dims)[1])} but inputs has structure {describe(structure)}."
        )
    for i, (leaf, axis) in enumerate(zip(leaves, axes, strict=True)):
        if axis is None:
            continue
        if not isinstance(axis, int):
            raise ValueError(
                f"{start}Got in_dim={axis} for an input but in_dim must be either an integer dimension or None."
            )
        if not is_tensor(leaf):
            raise ValueError(
                f"{start}Got in_dim={axis} for an input but the input is of type {type(leaf)}. We cannot vmap over "
                "non-Tensor arguments, please use None as the respective in_dim"
            )
        dims = leaf.dim()
        if not -dims <= axis < dims:
            raise ValueError(
                f"{start}Got in_dim={axis} for some input, but that input is a Tensor of dimensionality {dims} so "
                f"expected in_dim to satisfy -{dims} <= in_dim < {dims}."
            )
        axes[i] = axis % dims
    sizes = [leaf.shape[axis] for leaf, axis in zip(leaves, axes, strict=True) if axis is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if any(size != sizes[0] for size in sizes):
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return sizes[0], axes, leaves, structure


def _call(
    func: Any,
    leaves: list[Any],
    axes: list[Any],
    structure: Any,
    size: int,
    out_dims: Any,
    randomness: str,
    kwargs: dict[str, Any],
    drawn: list[Any] | None = None,
) -> tuple[list[Any], list[Any], Any]:
    """The result's leaves, where each counts the samples, and the result's structure."""
    name = name_of(func)
    found: dict[str, Any] = {}

    def one(samples: list[Any], is_mapped: Callable[[Any], bool]) -> tuple[list[Any], list[int | None]]:
        output = func(*unflatten(samples, structure), **kwargs)
        results, shape = flatten(output)
        out_axes = broadcast(out_dims, shape)
        if shape is LEAF and is_tensor(output) and isinstance(out_dims, tuple) and len(out_dims) == 1:
            out_axes = list(out_dims)
        if out_axes is None:
            raise ValueError(
                f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of "
                f"`outputs`. out_dims has structure {describe(flatten(out_dims)[1])} but outputs has structure "
                f"{describe(shape)}."
            )
        for result, axis in zip(results, out_axes, strict=True):
            if axis is None and is_tensor(result) and is_mapped(result):
                raise ValueError(
                    f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None"
                )
            if axis is not None and not is_tensor(result):
                raise ValueError(
                    f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(result)}. Did you mean to "
                    "set out_dims= to None for output?"
                )
        out_axes = [None if axis is None else int(axis) for axis in out_axes]
        found["results"], found["axes"], found["shape"] = results, out_axes, shape
        tensors = [(r, x) for r, x in zip(results, out_axes, strict=True) if is_tensor(r)]
        return [r for r, _ in tensors], [x for _, x in tensors]

    arriving = iter(batched(one, leaves, axes, size, randomness, drawn))
    results = [next(arriving) if is_tensor(r) else r for r in found["results"]]
    return results, found["axes"], found["shape"]


def check_randomness(randomness: str) -> None:
    """Raise RuntimeError if there is no such way of drawing random numbers for several samples."""
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}"
        )

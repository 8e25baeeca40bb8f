"""What ``x[...]`` and ``x[...] = y`` are made of: reading and writing at index tensors, and writing a box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._dtype_objects import from_numpy_dtype
from .op import op
from .pointwise_rules import scalar_name
from .promotion import cast

__all__ = ["add_at", "index_get", "index_set", "mask_rows", "mask_set", "masked_scatter", "set_at", "set_box"]


def _whole(places: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([slice(None) if p is None else p for p in places])


@jax.custom_vjp
def set_at(input: Any, places: tuple[Any, ...], values: Any) -> Any:
    """``input`` with ``values`` written at ``places`` (index arrays; None for a whole dimension).

    Where a place comes twice, each writer gets the gradient, as in torch; JAX would work out which one was
    the last.
    """
    return input.at[_whole(places)].set(values)


def _set_at_forward(input: Any, places: tuple[Any, ...], values: Any) -> tuple[Any, Any]:
    return set_at(input, places, values), (places, values)


def _set_at_backward(kept: Any, gradient: Any) -> tuple[Any, None, Any]:
    places, values = kept
    given = gradient[_whole(places)]
    given = given.sum(tuple(range(given.ndim - values.ndim)))
    stretched = tuple([d for d in range(values.ndim) if values.shape[d] == 1 != given.shape[d]])
    taken = given.sum(stretched, keepdims=True) if stretched else given
    return gradient.at[_whole(places)].set(0), None, taken


set_at.defvjp(_set_at_forward, _set_at_backward)


def add_at(input: Any, places: tuple[Any, ...], values: Any) -> Any:
    """``input`` with ``values`` added at ``places``; a sum of booleans is true where one of them is."""
    ref = input.at[places]
    return ref.max(values) if input.dtype == np.bool_ else ref.add(values)


def _places(indices: Sequence[Any]) -> tuple[Any, ...]:
    """The index tuple with whole slices for None; raises torch's error for shapes that do not broadcast."""
    shapes = [tuple(i.shape) for i in indices if i is not None]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes "
            + ", ".join(str(list(s)) for s in shapes)
        ) from None
    return tuple([slice(None) if i is None else i for i in indices])


@op(name="index", saves=("indices",), host=lambda input, indices: input[_places(indices)])
def index_get(input: Any, indices: Sequence[Any]) -> Any:
    """The elements at index tensors (None: a whole dimension), placed as NumPy places them."""
    return input[_places(indices)]


def _checked_put(input: Any, places: tuple[Any, ...], values: Any) -> None:
    target = jax.eval_shape(
        lambda x, *i: x[_merge(places, i)], input, *[p for p in places if not isinstance(p, slice)]
    )
    shape = tuple(getattr(values, "shape", ()))
    lead = len(shape) - len(target.shape)
    trimmed = shape[lead:] if lead > 0 and all(n == 1 for n in shape[:lead]) else shape
    try:
        fits = np.broadcast_shapes(trimmed, target.shape) == target.shape
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(shape)} cannot be broadcast to indexing result of "
            "shape "
            f"{list(target.shape)}"
        )


def _merge(places: tuple[Any, ...], arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    rest = iter(arrays)
    return tuple([p if isinstance(p, slice) else next(rest) for p in places])


def _trim(values: Any, ndim: int) -> Any:
    """The values without leading dimensions of size 1 that the result does not have."""
    return values.reshape(values.shape[values.ndim - ndim :]) if values.ndim > ndim else values


def _rank(input: Any, places: tuple[Any, ...]) -> int:
    arrays = [p for p in places if not isinstance(p, slice)]
    return input.ndim - len(arrays) + max(a.ndim for a in arrays)


def _put_host(
    input: Any, indices: Sequence[Any], values: Any, accumulate: bool = False
) -> np.ndarray[Any, Any]:
    places = _places(indices)
    values = _trim(np.asarray(values).astype(input.dtype, copy=False), _rank(input, places))
    out = input.copy()
    if accumulate:
        np.add.at(out, places, values)
    else:
        out[places] = values
    return out


@op(name="index_put", numbers=("values",), saves=("indices",), host=_put_host)
def index_set(input: Any, indices: Sequence[Any], values: Any, accumulate: bool = False) -> Any:
    """A copy with ``values`` written, or added, at index tensors (None: a whole dimension)."""
    places = _places(indices)
    _checked_put(input, places, values)
    values = _trim(cast(values, input.dtype), _rank(input, places))
    return add_at(input, places, values) if accumulate else set_at(input, tuple(indices), values)


@op(name="index_put", numbers=("value",), saves=("mask",))
def mask_set(input: Any, mask: Any, value: Any, dim: int = 0) -> Any:
    """A copy with a value where a mask of the dimensions from ``dim`` on is true: ``x[mask] = value``."""
    mask = mask.reshape(mask.shape + (1,) * (input.ndim - dim - mask.ndim))
    return jnp.where(mask, cast(value, input.dtype), input)


@op(name="index")
def mask_rows(input: Any, mask: Any, dim: int) -> Any:
    """``input`` with the dimensions of a mask, from ``dim`` on, made one; a row that the mask leaves out is as the
    first one that it selects, or 0.5 if there is none, so that what is computed from it is as finite, and its gradients
    too."""
    before, after = input.shape[:dim], input.shape[dim + mask.ndim :]
    rows, valid = input.reshape((*before, mask.size, *after)), mask.reshape(-1)
    if not mask.size:
        return rows
    first = jax.lax.dynamic_index_in_dim(jax.lax.stop_gradient(rows), jnp.argmax(valid), dim)
    if jnp.issubdtype(input.dtype, jnp.inexact):
        first = jnp.where(valid.any(), first, 0.5)  # within the domain of what is computed with most
    return jnp.where(valid.reshape((-1, *[1] * len(after))), rows, first)


def _box(spans: Sequence[tuple[int, int]], starts: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([slice(s, s + n * step, step) for (n, step), s in zip(spans, starts, strict=True)])


def _set_box_host(
    input: np.ndarray[Any, Any],
    value: Any,
    spans: Any,
    shape: Any,
    s0: Any,
    s1: Any,
    s2: Any,
    s3: Any,
    s4: Any,
    s5: Any,
) -> np.ndarray[Any, Any]:
    starts = [0 if s is None else s for s in (s0, s1, s2, s3, s4, s5)][: input.ndim]
    value = np.asarray(value)
    value = _trim(value, len(shape))
    out = input.copy()
    with np.errstate(invalid="ignore", over="ignore"):
        out[_box(spans, starts)] = np.broadcast_to(value, shape).reshape([n for n, _ in spans])
    return out


@op(
    name="copy_",
    grad_name="torch::autograd::CopySlices",
    numbers=("value", "s0", "s1", "s2", "s3", "s4", "s5"),
    host=_set_box_host,
)
def set_box(
    input: Any,
    value: Any,
    spans: Sequence[tuple[int, int]],
    shape: Sequence[int],
    s0: Any,
    s1: Any,
    s2: Any,
    s3: Any,
    s4: Any,
    s5: Any,
) -> Any:
    """A copy with ``value`` written into a box: what an assignment to integers and slices does.

    The starts are parameters of their own so that they may become operands of the program: a loop over
    ``x[i] = y``
    then compiles once.

    Args:
        input: the tensor, of at most six dimensions.
        value: a number, or a tensor that broadcasts to ``shape``.
        spans: the box's number of elements and step in each dimension.
        shape: the box as the assignment sees it: without the integers' dimensions, with those of None.
        s0: the box's first index in the first dimension; None means 0.
        s1: in the second, and so on.
        s2: third.
        s3: fourth.
        s4: fifth.
        s5: sixth.
    """
    starts = [0 if s is None else s for s in (s0, s1, s2, s3, s4, s5)][: input.ndim]
    value = _trim(cast(value, input.dtype), len(shape))
    value = jnp.broadcast_to(value, shape).reshape([n for n, _ in spans])
    if all(step == 1 for _, step in spans):
        return jax.lax.dynamic_update_slice(input, value, [jnp.asarray(s, jnp.int32) for s in starts])
    if all(isinstance(s, int) for s in starts):
        return input.at[_box(spans, starts)].set(value)
    along = [s + step * np.arange(n) for (n, step), s in zip(spans, starts, strict=True)]
    return set_at(input, jnp.ix_(*along), value)


@op(saves=("mask",))
def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """A copy with the elements of ``source``, in order, where the mask is true.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_scatter.html

    Args:
        input: the tensor.
        mask: boolean, broadcast with the tensor.
        source: at least as many elements as the mask has true ones, of the tensor's dtype.

    Raises:
        RuntimeError: the mask is not boolean or the dtypes differ.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(3).masked_scatter(torch.tensor([True, False, True]), torch.tensor([1.0, 2.0]))
        tensor([1., 0., 2.])
    """
    if mask.dtype != np.bool_:
        raise RuntimeError(
            "masked_scatter_ only supports boolean masks, but got mask with dtype "
            f"{from_numpy_dtype(np.dtype(mask.dtype))._scalar_name}"
        )
    if input.dtype != source.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{scalar_name(input)} and {scalar_name(source)}"
        )
    input, mask = jnp.broadcast_arrays(input, mask)
    if not source.size:
        return input
    nth = jnp.cumsum(mask.reshape(-1)) - 1
    taken = source.reshape(-1)[jnp.clip(nth, 0, source.size - 1)].reshape(input.shape)
    return jnp.where(mask, taken, input)

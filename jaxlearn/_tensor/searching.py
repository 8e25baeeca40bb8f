"""Operations whose result's shape depends on the values: they are computed on the host, in NumPy."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import _dtypes as dtypes
from .._autograd.modes import modes
from .._engine.capture import HostRead
from .._engine.device import default_device
from .._engine.recorder import unusual
from .._engine.value import concrete, intern
from .._warnings import warn_once
from ..ops.found import found_in
from ..ops.op import explained, op, with_out
from ..ops.pointwise_rules import check_broadcast
from ..ops.promotion import cast, result_dtype
from ..ops.shape_dims import wrap_dim
from ..ops.shape_rearrange import repeat_each
from ..ops.view_rules import contiguous_strides
from .argument_kinds import integer, refuse, tensor, truth
from .creation_ranges import arange
from .dispatch import TENSOR_TYPES, new_on_host, wrap
from .index_check import known_values, within
from .indexing import host_array
from .layout import found_on_host
from .ranged import gather, index_select
from .reshaping import reshape

__all__ = [
    "argwhere",
    "bincount",
    "bucketize",
    "masked_select",
    "nonzero",
    "repeat_interleave",
    "searchsorted",
    "unique",
    "unique_consecutive",
]


def _tensor(array: np.ndarray[Any, Any]) -> Any:
    return wrap(concrete(np.asarray(array, order="C")))


def _refuse_complex(kernel: str, input: Any) -> None:
    if type(input) in TENSOR_TYPES and input.is_complex():
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{input.dtype._scalar_name}'")


_INT64 = np.dtype(np.int64)


@with_out
def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """The places of the elements that are not zero.

    https://docs.pytorch.org/docs/stable/generated/torch.nonzero.html

    Args:
        input: the tensor.
        as_tuple: one vector for each dimension, as an index takes them, instead of a matrix of (count,
        dimensions).

    Example::

        >>> import jaxlearn as torch
        >>> torch.nonzero(torch.tensor([0, 5, 0, 7]))
        tensor([[1],
                [3]])
    """
    if type(as_tuple) is not bool:
        raise refuse("nonzero", "as_tuple", "bool", as_tuple)
    try:
        array = host_array(input, optional=True)
    except HostRead:
        from .selection_finding import nonzero_rows  # it is made of tensors' methods

        return nonzero_rows(input, as_tuple)
    if as_tuple:
        return tuple([_tensor(p.astype(np.int64)) for p in np.nonzero(array.reshape(array.shape or (1,)))])
    if array.ndim == 1:
        found = array.nonzero()[0].reshape(-1, 1)
    elif array.ndim:
        found = np.array(array.nonzero(), np.int64).T.copy()  # argwhere() in a third of the time
    else:
        found = np.argwhere(array).astype(np.int64, copy=False)
    n, k = found.shape
    strides = (1, n)  # the columns lie together
    if unusual:
        return wrap(found_on_host(found, strides))
    # The same, which loops over masks would wait for.
    kept = None if strides == (k, 1) else strides
    return new_on_host(found, intern((n, k), _INT64, default_device(), kept))


@explained
def argwhere(input: Any) -> Any:
    """The places of the elements that are not zero, as rows.

    https://docs.pytorch.org/docs/stable/generated/torch.argwhere.html
    """
    return nonzero(input)


@with_out(alone=True)
def masked_select(input: Any, mask: Any) -> Any:
    """The elements where a mask, broadcast with the tensor, is true; one dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.masked_select.html

    Args:
        input: the tensor.
        mask: boolean.

    Raises:
        RuntimeError: the mask is not boolean.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([1, 5, 3])
        >>> torch.masked_select(x, x > 2)
        tensor([5, 3])
    """
    if tensor("masked_select", "mask", mask).dtype._np != np.bool_:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    shape = check_broadcast(tuple(mask.shape), tuple(input.shape))
    try:
        places = np.flatnonzero(np.broadcast_to(host_array(mask, optional=True), shape))
    except HostRead:
        mask = mask if tuple(mask.shape) == tuple(shape) else mask.expand(shape)
        return input.expand(shape)[mask]
    return _selected(input, tuple(shape), _tensor(places.astype(np.int64)))


def _selected_host(
    input: np.ndarray[Any, Any], shape: Any, places: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    return np.broadcast_to(input, shape).reshape(-1)[places]


@op(name="masked_select", keeps=("input",), host=_selected_host)
def _selected(input: Any, shape: tuple[int, ...], places: Any) -> Any:
    return jnp.broadcast_to(input, shape).reshape(-1)[places]


@explained
def repeat_interleave(
    input: Any = None, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Each index of a dimension several times in a row.

    https://docs.pytorch.org/docs/stable/generated/torch.repeat_interleave.html

    Args:
        input: the tensor; without ``repeats`` the numbers of repetitions of 0, 1, 2, ...
        repeats: how often, for all indices or for each.
        dim: the dimension; without it the tensor is flattened.
        output_size: the length of the result, which is checked.

    Raises:
        RuntimeError: the numbers of repetitions do not fit, or one is negative; ``output_size`` is wrong.

    Example::

        >>> import jaxlearn as torch
        >>> torch.repeat_interleave(torch.tensor([1, 2]), torch.tensor([1, 2]))
        tensor([1, 2, 2])
    """
    if output_size is not None:
        output_size = integer("repeat_interleave", "output_size", output_size)
    if input is None:
        input, repeats = repeats, None
    if repeats is None:
        tensor("repeat_interleave", "repeats", input)
        if input.is_floating_point():
            kind = input.dtype._scalar_name
            raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{kind}'")
        places = _places(host_array(input))
        if output_size is not None and output_size != len(places):
            raise RuntimeError("allocated size does not match required size")
        return _tensor(places)
    if isinstance(repeats, (list, tuple)) or not (isinstance(repeats, int) or hasattr(repeats, "__index__")):
        tensor("repeat_interleave", "repeats", repeats)
    if dim is None:
        input, dim = reshape(input, -1), 0
    dim = wrap_dim(dim, input.dim())
    if not input.dim():
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if type(repeats) not in TENSOR_TYPES:
        if repeats < 0:
            raise RuntimeError("Repeats must be non-negative")
        size = repeats * input.shape[dim]
        if output_size is not None and output_size != size:
            raise RuntimeError(
                f"repeat_interleave: Invalid output_size, expected {size} but got {output_size}"
            )
        return repeat_each(input, repeats, dim)
    size = input.shape[dim]
    try:
        counts = host_array(repeats, optional=output_size is not None)
    except HostRead:
        if output_size is None or repeats.dim() != 1 or tuple(repeats.shape) != (size,):
            raise
        places = _searchsorted(repeats.cumsum(0), arange(output_size), True, False)
        return index_select(input, dim, places)
    if counts.ndim > 1 or counts.size not in (1, size):
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = {counts.size} "
            "and "
            f"input.size({dim}) = {size}"
        )
    places = _places(np.broadcast_to(counts.reshape(-1), (size,)))
    if output_size is not None and output_size != len(places):
        raise RuntimeError("allocated size does not match required size")
    return index_select(input, dim, _tensor(places))


def _places(counts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if counts.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if counts.dtype not in (np.int64, np.int32):
        raise RuntimeError("repeats has to be Long or Int tensor")
    if (counts < 0).any():
        raise RuntimeError("repeats can not be negative")
    return np.repeat(np.arange(counts.size), counts)


def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements, in ascending order.

    https://docs.pytorch.org/docs/stable/generated/torch.unique.html

    Args:
        input: the tensor.
        sorted: accepted for torch's sake; the result is always sorted.
        return_inverse: also where in the result each element is.
        return_counts: also how often each comes.
        dim: look for different slices along this dimension instead of different elements.

    Example::

        >>> import jaxlearn as torch
        >>> torch.unique(torch.tensor([3, 1, 3]))
        tensor([1, 3])
    """
    if type(input) not in TENSOR_TYPES:
        raise refuse("unique_dim" if dim is not None else "_unique2", "input", "Tensor", input, 1)
    for flag, given in (
        ("sorted", sorted),
        ("return_inverse", return_inverse),
        ("return_counts", return_counts),
    ):
        truth("unique_dim" if dim is not None else "_unique2", flag, given)
    _refuse_complex("unique", input)
    array = _array_of(input, dim)
    if array is None:
        from .selection_finding import unique_elements  # it is made of tensors' methods

        return unique_elements(input, return_inverse, return_counts, consecutive=False)
    if dim is not None:
        dim = _dim_of("unique_dim", dim, array, 2)
        _check_slices(array, dim)
    values, inverse, counts = np.unique(
        array, return_inverse=True, return_counts=True, axis=dim, equal_nan=False
    )
    inverse = inverse.reshape(-1 if dim is not None else array.shape)
    found = _with_history(input, _values(values, dim), "_unique2" if dim is None else "unique_dim")
    return _results(found, inverse if return_inverse else None, counts if return_counts else None)


def _array_of(input: Any, dim: int | None) -> Any:
    """The elements on the host; None where they are not known while a function is compiled, but could be selected.

    Raises:
        HostRead: slices are asked for, which cannot.
    """
    try:
        return host_array(input, optional=dim is None or input.dim() == 1)
    except HostRead:
        if dim is not None and input.dim() != 1:
            raise
        return None


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements without those equal to the one before.

    https://docs.pytorch.org/docs/stable/generated/torch.unique_consecutive.html

    Args:
        input: the tensor.
        return_inverse: also where in the result each element is.
        return_counts: also how long each run is.
        dim: compare slices along this dimension instead of elements.

    Example::

        >>> import jaxlearn as torch
        >>> torch.unique_consecutive(torch.tensor([1, 1, 2, 1]))
        tensor([1, 2, 1])
    """
    if type(input) not in TENSOR_TYPES:
        raise refuse("unique_consecutive", "input", "Tensor", input, 1)
    array = _array_of(input, dim)
    if array is None:
        from .selection_finding import unique_elements  # it is made of tensors' methods

        return unique_elements(input, return_inverse, return_counts, consecutive=True)
    axis = 0 if dim is None else _dim_of("unique_consecutive", dim, array, 4)
    if dim is not None:
        _check_slices(array, axis)
    line = array.reshape(-1) if dim is None else np.moveaxis(array, axis, 0)
    rows = line.reshape(len(line), math.prod(line.shape[1:]))
    first = np.concatenate([np.ones(min(len(rows), 1), bool), (rows[1:] != rows[:-1]).any(-1)])
    inverse = np.cumsum(first) - 1
    counts = np.diff(np.append(np.flatnonzero(first), len(rows)))
    values = line[first] if dim is None else np.moveaxis(line[first], 0, axis)
    shaped = inverse.reshape(array.shape) if dim is None else inverse
    found = _with_history(input, _values(values, None if dim is None else axis), "unique_consecutive")
    return _results(found, shaped if return_inverse else None, counts if return_counts else None)


def _dim_of(name: str, dim: Any, array: np.ndarray[Any, Any], position: int) -> int:
    dim = wrap_dim(integer(name, "dim", dim, position), array.ndim)
    if not array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return dim


def _check_slices(array: np.ndarray[Any, Any], dim: int) -> None:
    if array.size == 0 and array.shape[dim]:
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
        )
    if array.shape.count(0) > 1:
        raise RuntimeError("Number of zero sized dimensions is more than one, so unique cannot be applied ")


def _values(values: np.ndarray[Any, Any], dim: int | None) -> Any:
    if dim is None:
        return _tensor(values)
    # Slices lie one after the other.
    first, *others = contiguous_strides(np.moveaxis(values, dim, 0).shape)
    return wrap(found_on_host(values, (*others[:dim], first, *others[dim:])))


def _with_history(input: Any, found: Any, name: str) -> Any:
    return found_in(input, found, name) if modes.grad and input.requires_grad else found


def _results(found: Any, inverse: Any, counts: Any) -> Any:
    extra = [_tensor(x.astype(np.int64)) for x in (inverse, counts) if x is not None]
    return (found, *extra) if extra else found


@explained
def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each number 0, 1, 2, ... comes, or the sum of its weights.

    https://docs.pytorch.org/docs/stable/generated/torch.bincount.html

    Args:
        input: a vector of integers that are not negative.
        weights: of the same size.
        minlength: the result's least length.

    Raises:
        RuntimeError: a number is negative, or the shapes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.bincount(torch.tensor([1, 2, 1]))
        tensor([0, 2, 1])
    """
    minlength = integer("bincount", "minlength", minlength)
    if weights is not None:
        tensor("bincount", "weights", weights)
    if input.dtype._np.kind not in "iu":
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{input.dtype._scalar_name}'")
    array = host_array(input)
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if array.shape == (0,):
        return _tensor(np.zeros(minlength, np.int64))  # torch does not look at the weights
    if array.ndim != 1 or (array.size and array.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return _tensor(np.bincount(array, minlength=minlength).astype(np.int64))
    if tuple(weights.shape) != array.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    sums = np.zeros(max(minlength, int(array.max()) + 1), np.float64)
    try:
        heights = host_array(weights, optional=True)
    except HostRead:
        known = weights.detach().to(dtypes.float32 if weights.dtype is dtypes.float32 else dtypes.float64)
        return known.new_zeros(sums.shape).index_add(0, _tensor(array.astype(np.int64)), known)
    if heights.dtype == np.float32:
        sums = sums.astype(np.float32)
    np.add.at(sums, array, heights)
    return _tensor(sums)


def _sorted_places(sequence: Any, values: Any, right: bool, out_int32: bool, module: Any) -> Any:
    side: Any = "right" if right else "left"
    found: Any
    if sequence.ndim > 1 and sequence.shape[:-1] != values.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of "
            "boundaries tensor "
            f"and input value tensor must match, but we got boundaries tensor {list(sequence.shape)} and "
            "input value tensor "
            f"{list(values.shape)}"
        )
    kind = np.int32 if out_int32 else np.int64
    if sequence.ndim == 1:
        return module.searchsorted(sequence, values, side=side).astype(kind)
    if not values.size:
        return module.zeros(values.shape, kind)
    rows = sequence.reshape(math.prod(sequence.shape[:-1]), sequence.shape[-1])
    wanted = values.reshape(rows.shape[0], -1)
    if module is np:
        found = np.stack([np.searchsorted(r, w, side=side) for r, w in zip(rows, wanted, strict=True)])
    else:
        found = jax.vmap(functools.partial(jnp.searchsorted, side=side))(rows, wanted)
    return found.reshape(values.shape).astype(kind)


def _searchsorted_host(
    sorted_sequence: np.ndarray[Any, Any], values: Any, right: bool, out_int32: bool
) -> np.ndarray[Any, Any]:
    return np.asarray(_sorted_places(sorted_sequence, np.asarray(values), right, out_int32, np))


@op(name="searchsorted", differentiable=False, numbers=("values",), host=_searchsorted_host)
def _searchsorted(sorted_sequence: Any, values: Any, right: bool, out_int32: bool) -> Any:
    dtype = result_dtype(sorted_sequence, values)
    return _sorted_places(cast(sorted_sequence, dtype), cast(values, dtype), right, out_int32, jnp)


def _warn_of_layout(boundaries: Any, values: Any) -> None:
    for name, x in (("input value", values), ("boundary", boundaries)):
        if type(x) in TENSOR_TYPES and not x.is_contiguous():
            warn_once(
                f"torch.searchsorted(): {name} tensor is non-contiguous, this will lower the performance due to extra "
                f"data copy when converting non-contiguous tensor to contiguous, please use contiguous {name} tensor "
                "if possible. This message will only appear once per program."
            )


@with_out
def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """Where values would have to be put into a sorted sequence.

    https://docs.pytorch.org/docs/stable/generated/torch.searchsorted.html

    Args:
        sorted_sequence: ascending along the last dimension.
        input: the values, or a number.
        out_int32: whether the result is ``int32`` instead of ``int64``.
        right: behind equal elements instead of before them.
        side: the same as ``"left"`` or ``"right"``.
        sorter: indices that sort the sequence.

    Raises:
        RuntimeError: the shapes do not fit, or ``side`` contradicts ``right``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 6]))
        tensor([1, 3])
    """
    truth("searchsorted", "out_int32", out_int32)
    truth("searchsorted", "right", right)
    _refuse_complex("searchsorted_out_cpu", input)
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right "
            "was True"
        )
    _warn_of_layout(sorted_sequence, input)
    if sorter is not None:
        if tuple(sorter.shape) != tuple(sorted_sequence.shape):
            raise RuntimeError(
                "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
                f"{list(sorted_sequence.shape)}and got sorter tensor {list(sorter.shape)}"
            )
        if sorter.dtype is not dtypes.int64:
            raise RuntimeError(
                "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype "
                f"{sorter.dtype._scalar_name}"
            )
        known = known_values(sorter)
        if known is not None and known.size and not within(known, 0, sorted_sequence.shape[-1]):
            raise RuntimeError("torch.searchsorted(): sorter index out of range")
        sorted_sequence = gather(sorted_sequence, -1, sorter)
    return _searchsorted(sorted_sequence, input, right or side == "right", out_int32)


@with_out
def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """The number of the bucket, between sorted boundaries, that each value falls into.

    https://docs.pytorch.org/docs/stable/generated/torch.bucketize.html

    Args:
        input: the values, or a number.
        boundaries: an ascending vector.
        out_int32: whether the result is ``int32`` instead of ``int64``.
        right: whether a value equal to a boundary falls into the bucket above it.

    Raises:
        RuntimeError: the boundaries are not a vector.
    """
    truth("bucketize", "out_int32", out_int32)
    truth("bucketize", "right", right)
    _refuse_complex("searchsorted_out_cpu", input)
    if tensor("bucketize", "boundaries", boundaries).dim() != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.dim()})")
    _warn_of_layout(boundaries, input)
    return _searchsorted(boundaries, input, right, out_int32)

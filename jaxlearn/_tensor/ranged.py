"""Operations with an index tensor, whose values are checked before the operation is recorded if they are on "
"the host."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from ..ops import indexing, indexing_scatter, indexing_select
from ..ops.op import explained, with_out
from ..ops.shape_dims import wrap_dim
from .dispatch import TENSOR_TYPES
from .index_check import check_range, in_range, on_host

__all__ = [
    "gather",
    "index_add",
    "index_copy",
    "index_fill",
    "index_reduce",
    "index_select",
    "masked_scatter",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "select_scatter",
    "slice_scatter",
    "take",
]

_BOUNDS = "index {{}} is out of bounds for dimension {dim} with size {size}"
_IN_SELF = "index out of range in self"


def _ranged(
    function: Callable[..., Any], message: str, error: type[Exception], lowest: int | None = 0
) -> Callable[..., Any]:
    """The operation with its third argument, an index into dimension ``dim``, checked."""
    at_once = function.op.host is not None  # type: ignore[attr-defined]

    @functools.wraps(function)
    def checked(input: Any, dim: int, index: Any, *args: Any, **kwargs: Any) -> Any:
        # An operation's own checks come first; where it may be computed on the host at once, only if it is refused.
        result = None if at_once else function(input, dim, index, *args, **kwargs)
        if type(input) in TENSOR_TYPES and index is not None:
            shape = input._current().aval.shape
            place = wrap_dim(dim, len(shape))
            size = shape[place] if shape else 1
            if not in_range(index, size, lowest):
                try:
                    check_range(index, size, message.format(dim=place, size=size), error, lowest)
                except error as refused:
                    if at_once:
                        _own_checks(function, input, dim, index, *args, **kwargs)
                    raise refused from None
        return function(input, dim, index, *args, **kwargs) if at_once else result

    return checked


def _own_checks(function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Raise what an operation itself says of its arguments, of which an index has been refused."""
    try:
        function(*args, **kwargs)
    except (IndexError, TypeError) as error:
        if not re.search(
            "out of bounds for axis|Slice size", str(error)
        ):  # NumPy's and JAX's words about that index
            raise


def _flat(function: Callable[..., Any]) -> Callable[..., Any]:
    """The operation with its second argument, an index into the flattened tensor, checked."""

    @functools.wraps(function)
    def checked(input: Any, index: Any, *args: Any, **kwargs: Any) -> Any:
        if type(input) in TENSOR_TYPES and index.dtype == dtypes.int64 and input.numel():
            message = f"out of range: tried to access index {{}} on a tensor of {input.numel()} elements."
            check_range(index, input.numel(), message, IndexError)
        return function(input, index, *args, **kwargs)

    return checked


gather = explained(_ranged(indexing_scatter.gather, _BOUNDS, RuntimeError))
scatter_add = explained(_ranged(indexing_scatter.scatter_add, _BOUNDS, RuntimeError))
scatter_reduce = explained(_ranged(indexing_scatter.scatter_reduce, _BOUNDS, RuntimeError))
index_select = explained(_ranged(indexing_select.index_select, _IN_SELF, IndexError))
_index_add = _ranged(indexing_select.index_add, _BOUNDS, RuntimeError)
_index_add_1d = _ranged(indexing_select.index_add, _IN_SELF, IndexError)
index_reduce = explained(_ranged(indexing_scatter.index_reduce, _IN_SELF, IndexError))
index_copy = explained(_ranged(indexing_select.index_copy, "index_copy_(): " + _BOUNDS, IndexError))
index_fill = explained(_ranged(indexing_select.index_fill, _BOUNDS, IndexError, None))
_scatter = _ranged(indexing_scatter.scatter, _BOUNDS, RuntimeError)
take = explained(_flat(indexing_select.take))
put = explained(_flat(indexing_select.put))


@explained
@functools.wraps(indexing_select.index_add)
def index_add(input: Any, dim: int, *args: Any, **kwargs: Any) -> Any:
    # torch's loops over vectors and over rows say it in words of their own
    one = type(input) in TENSOR_TYPES and input.dim() <= 1
    return (_index_add_1d if one else _index_add)(input, dim, *args, **kwargs)


@with_out
@functools.wraps(indexing_scatter.scatter)
def scatter(
    input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Any:
    return _scatter(input, dim, index, value if src is None else src, reduce)


@with_out
@functools.wraps(indexing.masked_scatter)
def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    known = on_host(mask) if type(mask) in TENSOR_TYPES else None
    if known is not None and known.dtype == np.bool_:
        wanted = np.count_nonzero(
            np.broadcast_to(known, np.broadcast_shapes(known.shape, tuple(input.shape)))
        )
        if source.numel() < wanted:
            raise RuntimeError("Number of elements of source < number of ones in mask")
    return indexing.masked_scatter(input, mask, source)


@with_out
def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """A copy with ``src`` written at one index of a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.select_scatter.html

    Args:
        input: of one dimension or more.
        src: of ``input``'s shape without the dimension.
        dim: the dimension.
        index: the place in it; a negative one counts from its end.

    Raises:
        IndexError: there is no such dimension or index.
        RuntimeError: ``src`` has another shape than what it replaces.

    Example::

        >>> import jaxlearn as torch
        >>> torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 1)
        tensor([[0., 0.],
                [1., 1.]])
    """
    dim = wrap_dim(dim, input.ndim)
    size = input.shape[dim]
    if not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {dim}"
        )
    return indexing_select.select_scatter_at(input, src, dim, index % size)


@with_out
def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """A copy with ``src`` written at a slice of a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.slice_scatter.html

    Args:
        input: of one dimension or more.
        src: of the slice's shape.
        dim: the dimension.
        start: the slice's first index; a negative one counts from the end.
        end: one behind its last index.
        step: from one index to the next, at least 1.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: ``src`` has another shape than what it replaces, or the step is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> torch.slice_scatter(torch.zeros(4), torch.ones(2), 0, 1, 3)
        tensor([0., 1., 1., 0.])
    """
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    dim = wrap_dim(dim, input.ndim)
    first, last, _ = slice(start, end).indices(input.shape[dim])
    length = max(0, -(-(last - first) // step))
    return indexing_select.slice_scatter_at(input, src, dim, first, length, step)

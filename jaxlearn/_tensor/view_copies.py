"""The functions that copy what the view of the same name shows: ``view_copy(x, size)`` is ``x.view(size).clone()``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .._dtype_objects import dtype as Dtype
from ..layouts import contiguous_format
from ..ops import shape, shape_parts
from ..ops.conversion import copy
from ..ops.indexing_select import as_strided_scatter_at
from ..ops.op import explained
from ..ops.shape_dims import wrap_dim
from . import reshaping
from .dispatch import write_out

__all__ = [
    "alias_copy",
    "as_strided_copy",
    "as_strided_scatter",
    "diagonal_copy",
    "expand_copy",
    "narrow_copy",
    "permute_copy",
    "select_copy",
    "slice_copy",
    "split_copy",
    "split_with_sizes_copy",
    "squeeze_copy",
    "t_copy",
    "transpose_copy",
    "unbind_copy",
    "unfold_copy",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "unsqueeze_copy",
    "view_copy",
]


def _in_rows(shown: Any) -> Any:
    return reshaping.clone(shown, memory_format=contiguous_format)


def _copying(
    view: Callable[..., Any], name: str, copied: Callable[..., Any] = _in_rows
) -> Callable[..., Any]:
    """The function that gives copies of what a view function shows."""

    @functools.wraps(view)
    def function(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        shown = view(*args, **kwargs)
        result = tuple([copied(s) for s in shown]) if isinstance(shown, (tuple, list)) else copied(shown)
        return result if out is None else write_out(out, result, name)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"What :func:`{view.__name__}` shows, as a copy with memory of its own.\n\n    Args:\n"
        "        args: those of the view function.\n        out: a tensor to write the result into."
    )
    return function


def _alias(input: Any) -> Any:
    return input


def _slice(input: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    index = (slice(None),) * wrap_dim(dim, input.ndim)
    return input[(*index, slice(start, end, step))]


def _narrow(input: Any, dim: int, start: int, length: int) -> Any:
    if input.ndim and dim >= input.ndim:
        raise RuntimeError(
            "Expected dim < static_cast<int64_t>(self_sizes.size()) to be true, but got false.  (Could this error "
            "message be improved?  If so, please report an enhancement request to PyTorch.)"
        )
    if length < 0 and input.ndim:
        raise RuntimeError(
            f"start ({start}) + length ({length}) exceeds dimension size ({input.shape[dim]})."
        )
    return reshaping.narrow(input, dim, start, length)


def _view(input: Any, size: Any = None, *, dtype: Any = None) -> Any:
    """What ``view`` shows, or the elements in the shape where no view can show them."""
    if dtype is not None or isinstance(size, Dtype):
        return reshaping.view(input, size if dtype is None else dtype)
    return reshaping.reshape(input, size)


alias_copy = _copying(_alias, "alias_copy")
as_strided_copy = _copying(reshaping.as_strided, "as_strided_copy")
diagonal_copy = _copying(shape_parts.diagonal, "diagonal_copy")
expand_copy = _copying(shape.expand, "expand_copy")
narrow_copy = _copying(_narrow, "narrow_copy")
permute_copy = _copying(shape.permute, "permute_copy")
select_copy = _copying(reshaping.select, "select_copy")
slice_copy = _copying(_slice, "slice_copy")
split_copy = _copying(shape_parts.split, "split_copy")
split_with_sizes_copy = _copying(shape_parts.split_with_sizes, "split_with_sizes_copy")
squeeze_copy = _copying(shape.squeeze, "squeeze_copy")
t_copy = _copying(shape.t, "t_copy")
transpose_copy = _copying(shape.transpose, "transpose_copy")
unbind_copy = _copying(shape_parts.unbind, "unbind_copy")
unfold_copy = _copying(shape_parts.unfold, "unfold_copy")
unsafe_chunk = _copying(shape_parts.chunk, "unsafe_chunk", copy)
unsafe_split = _copying(shape_parts.split, "unsafe_split", copy)
unsafe_split_with_sizes = _copying(shape_parts.split_with_sizes, "unsafe_split_with_sizes", copy)
unsqueeze_copy = _copying(shape.unsqueeze, "unsqueeze_copy")
view_copy = _copying(_view, "view_copy")


@explained
def as_strided_scatter(
    input: Any, src: Any, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Any:
    """A copy with ``src`` written where a view of the given sizes and strides would show it.

    https://docs.pytorch.org/docs/stable/generated/torch.as_strided_scatter.html

    Args:
        input: the tensor; its memory counts as dense.
        src: of the view's shape.
        size: the view's sizes.
        stride: elements to step over, for each dimension.
        storage_offset: the view's first element. Default: 0.

    Raises:
        RuntimeError: an element would lie outside the tensor, or ``src`` has another shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.as_strided_scatter(torch.zeros(2, 2), torch.ones(2), (2,), (3,))
        tensor([[1., 0.],
                [0., 1.]])
    """
    return as_strided_scatter_at(input, src, tuple(size), tuple(stride), storage_offset or 0)

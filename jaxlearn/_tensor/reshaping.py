"""Shape functions that look at a tensor's strides, or at an index, before an operation is recorded."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from .._autograd.modes import modes
from .._autograd.nowhere import lead_nowhere
from .._dtype_objects import dtype as Dtype
from ..layouts import contiguous_format, preserve_format
from ..ops.conversion import copy, copy_laid_out
from ..ops.op import Op, explained, makes_views
from ..ops.shape import permute, reshape_alias, reshape_copy, view_in_shape, view_in_type
from ..ops.shape_dims import as_size, infer_size, view_strides, wrap_dim
from ..ops.shape_parts import as_strided_view, select_view, slice_view
from ..ops.shape_parts import split as split_pieces
from ..ops.shape_rearrange import view_as_complex as pairs_as_complex
from ..ops.view_rules import Step
from .argument_kinds import tensor
from .cell import view_of
from .dispatch import TENSOR_TYPES, host_array_of, host_view, wrap_cell
from .layout import format_strides
from .predicates import is_conj
from .views import geometry, read_node, read_storage

__all__ = [
    "as_strided",
    "clone",
    "contiguous",
    "fill_diagonal_",
    "flatten",
    "narrow",
    "on_storage",
    "ravel",
    "reshape",
    "reshape_as",
    "resolve_conj",
    "resolve_neg",
    "select",
    "split",
    "unflatten",
    "view",
    "view_as",
    "view_as_complex",
]


def _shown_by_strides(input: Any, size: tuple[int, ...]) -> bool:
    """Whether torch could make the shape a view, as it always can of row-major memory."""
    if type(input) not in TENSOR_TYPES or input._current().aval.strides is None:
        return True
    return view_strides(input.shape, geometry(input)[0], size) is not None


def _shown_on_host(input: Any, size: tuple[int, ...]) -> Any:
    """Row-major memory in another shape, if it is on the host; else None."""
    array = host_array_of(input) if type(input) in TENSOR_TYPES else None
    if array is None or input._current().aval.strides is not None:
        return None
    size = infer_size(size, array.size)
    return host_view(input, ((view_in_shape.op, (size,)),), array.reshape(size))


@makes_views
def view(input: Any, *shape: Any, dtype: Any = None, size: Any = None) -> Any:
    """The same memory in another shape, or its bits as another dtype.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html

    Args:
        input: the tensor.
        shape: the sizes, one of them perhaps -1; or a dtype.
        dtype: the dtype, by keyword.
        size: the sizes, by keyword.

    Raises:
        RuntimeError: the sizes hold another number of elements, or the strides cannot show them.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.zeros(2, 3)
        >>> x.view(-1)[0] = 1
        >>> x
        tensor([[1., 0., 0.],
                [0., 0., 0.]])
    """
    if len(shape) == 1 and type(shape[0]) is Dtype:
        dtype = shape[0]
    if dtype is not None:
        if type(input) in TENSOR_TYPES:
            _check_bits(input, dtype)
        return view_in_type(input, dtype)
    try:
        wanted = as_size((size,) if size is not None else shape)
    except TypeError:
        better = Op.explain("view", (input, *shape), {} if size is None else {"size": size}, True)
        if better is None:
            raise
        raise better from None
    shown = _shown_on_host(input, wanted)
    if shown is not None:
        return shown
    if type(input) in TENSOR_TYPES and input._current().aval.strides is not None:
        wanted = infer_size(wanted, input.numel())
        if not _shown_by_strides(input, wanted):
            raise RuntimeError(
                "view size is not compatible with input tensor's size and stride (at least one dimension "
                "spans across two "
                "contiguous subspaces). Use .reshape(...) instead."
            )
    return view_in_shape(input, wanted)


def _check_bits(input: Any, dtype: Dtype) -> None:
    """Refuse memory in which the bits of neighbouring elements do not make, or are not made of, whole new ones."""
    old, new = input.itemsize, dtype.itemsize
    if old == new or not input.dim() or (new > old and input.shape[-1] * old % new):
        return  # the operation itself says so
    names = f"view {input.dtype._scalar_name} as {dtype._scalar_name} (different element sizes), but got"
    strides, offset = geometry(input)
    if strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 to {names} {strides[-1]}")
    ratio = new // old
    if ratio > 1:
        if offset % ratio:
            raise RuntimeError(f"self.storage_offset() must be divisible by {ratio} to {names} {offset}")
        for d, stride in enumerate(strides[:-1]):
            if stride % ratio:
                raise RuntimeError(f"self.stride({d}) must be divisible by {ratio} to {names} {stride}")


@explained
def view_as_complex(input: Any) -> Any:
    """A view of pairs of real numbers, in the last dimension, as complex ones.

    https://docs.pytorch.org/docs/stable/generated/torch.view_as_complex.html

    Args:
        input: the tensor, of floating point dtype.

    Raises:
        RuntimeError: the last dimension's size is not 2, or the pairs do not lie side by side in memory.

    Example::

        >>> import jaxlearn as torch
        >>> torch.view_as_complex(torch.tensor([[1.0, 2.0]]))
        tensor([1.+2.j])
    """
    result = pairs_as_complex(input)
    if type(input) in TENSOR_TYPES:
        strides, offset = geometry(input)
        if strides[-1] != 1:
            raise RuntimeError("Tensor must have a last dimension with stride 1")
        if any(stride % 2 for stride in strides[:-1]):
            raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
        if offset % 2:
            raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return result


@makes_views
def reshape(input: Any, *sizes: Any, shape: Any = None) -> Any:
    """The elements in another shape: a view where the strides allow it, else a copy.

    https://docs.pytorch.org/docs/stable/generated/torch.reshape.html

    Args:
        input: the tensor.
        sizes: the sizes, one of them perhaps -1.
        shape: the sizes, by keyword.

    Raises:
        RuntimeError: the sizes hold another number of elements.

    Example::

        >>> import jaxlearn as torch
        >>> torch.arange(4).reshape(2, -1)
        tensor([[0, 1],
                [2, 3]])
    """
    return _in_shape(input, as_size(sizes if shape is None else (shape,)))


def _in_shape(input: Any, wanted: tuple[int, ...]) -> Any:
    """:func:`reshape` to a tuple of sizes."""
    shown = _shown_on_host(input, wanted)
    if shown is not None:
        return shown
    if type(input) not in TENSOR_TYPES or input._current().aval.strides is None:
        return view_in_shape(input, wanted)
    wanted = infer_size(wanted, input.numel())
    if not _shown_by_strides(input, wanted):
        return reshape_copy(input, wanted)
    return (view_in_shape if input.is_contiguous() else reshape_alias)(input, wanted)


@explained
def view_as(input: Any, other: Any) -> Any:
    """A view in the shape of another tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view_as.html
    """
    return view(input, tuple(tensor("view_as", "other", other).shape))


@explained
def reshape_as(input: Any, other: Any) -> Any:
    """The tensor in the shape of another.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.reshape_as.html
    """
    return reshape(input, tuple(tensor("reshape_as", "other", other).shape))


@makes_views
def ravel(input: Any) -> Any:
    """All elements in one dimension. https://docs.pytorch.org/docs/stable/generated/torch.ravel.html"""
    return view(contiguous(input), -1)


@makes_views
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Several dimensions joined into one.

    https://docs.pytorch.org/docs/stable/generated/torch.flatten.html

    Args:
        input: the tensor.
        start_dim: the first of them.
        end_dim: the last.

    Raises:
        RuntimeError: the last comes before the first.
        IndexError: there is no such dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(2, 3, 4).flatten(1).shape
        torch.Size([2, 12])
    """
    shape = input._current().aval.shape if type(input) in TENSOR_TYPES else tuple(input.shape)
    n = len(shape)
    start, end = wrap_dim(start_dim, n), wrap_dim(end_dim, n)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if n == 0:
        return _in_shape(input, (1,))
    if start == end:
        return input
    return _in_shape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


@makes_views
def split(input: Any, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
    """Views of consecutive pieces: :func:`jaxlearn.split` as a method, whose argument has another name.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.split.html

    Args:
        input: the tensor.
        split_size: the size of each piece (the last may be smaller), a number or a tensor of one, or a list of sizes.
        dim: the dimension that is cut.

    Raises:
        RuntimeError: the sizes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.arange(5).split(split_size=3)
        (tensor([0, 1, 2]), tensor([3, 4]))
    """
    if type(split_size) in TENSOR_TYPES and split_size.numel() == 1:
        split_size = int(split_size)
    return split_pieces(input, split_size, dim)


@makes_views
def unflatten(input: Any, dim: int, sizes: Sequence[int]) -> Any:
    """One dimension cut into several.

    https://docs.pytorch.org/docs/stable/generated/torch.unflatten.html

    Args:
        input: the tensor.
        dim: the dimension.
        sizes: its new sizes, one of them perhaps -1.

    Raises:
        RuntimeError: the sizes do not multiply up to the dimension's.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(2, 6).unflatten(1, (2, 3)).shape
        torch.Size([2, 2, 3])
    """
    dim = wrap_dim(dim, input.ndim)
    sizes = as_size((sizes,) if isinstance(sizes, (tuple, list)) else sizes)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    unexpected = "unflatten got an unexpected error:\n"
    if not input.ndim:
        raise RuntimeError(f"{unexpected}Dimension specified as {dim} but tensor has no dimensions")
    try:
        sizes = infer_size(sizes, input.shape[dim])
    except RuntimeError as error:
        if not str(error).startswith("shape '"):
            raise RuntimeError(f"{unexpected}{error}") from None
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({input.shape[dim]}) in "
            "the input tensor"
        ) from None
    return view(input, (*input.shape[:dim], *sizes, *input.shape[dim + 1 :]))


@makes_views
def select(input: Any, dim: int, index: int) -> Any:
    """A view of one index of a dimension, which goes away.

    https://docs.pytorch.org/docs/stable/generated/torch.select.html

    Args:
        input: the tensor.
        dim: the dimension.
        index: the index.

    Raises:
        IndexError: there is no such dimension or index.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([[1, 2], [3, 4]]).select(1, 0)
        tensor([1, 3])
    """
    if not input.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim, index = wrap_dim(dim, input.ndim), operator.index(index)
    size = input.shape[dim]
    if not -size <= index < size:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {dim}"
        )
    return select_view(input, dim, index % size)


@makes_views
def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """A view of a part of one dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.narrow.html

    Args:
        input: the tensor.
        dim: the dimension.
        start: the first index; negative ones count from the end.
        length: how many.

    Raises:
        RuntimeError: the part does not lie in the dimension.
        IndexError: ``start`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.arange(5).narrow(0, 1, 3)
        tensor([1, 2, 3])
    """
    if not input.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if type(start) in TENSOR_TYPES and (
        start.ndim or start.is_floating_point() or str(start.dtype) == "torch.bool"
    ):
        raise RuntimeError("start must be an 0-dim integral Tensor.")
    dim, start = wrap_dim(dim, input.ndim), operator.index(start)
    size = input.shape[dim]
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    start = start + size if start < 0 else start
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return slice_view(input, dim, start, length, 1)


@explained
def as_strided(
    input: Any, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Any:
    """A view of the whole storage with the given sizes and strides.

    https://docs.pytorch.org/docs/stable/generated/torch.as_strided.html

    Args:
        input: a tensor on the storage.
        size: the sizes.
        stride: elements to step over, for each dimension.
        storage_offset: the first element; by default that of ``input``.

    Raises:
        RuntimeError: an element would lie outside the storage.
    """
    size, stride = tuple(size), tuple(stride)
    if storage_offset is not None and storage_offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {storage_offset}")
    if any(n < 0 for n in size):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}"
        )
    held = input._cell.value.aval if type(input) in TENSOR_TYPES else None
    if held is None or (input._view is None and held.strides is None):
        return as_strided_view(input, size, stride, storage_offset or 0)
    offset = geometry(input)[1] if storage_offset is None else storage_offset
    steps: tuple[Step, ...] = ((as_strided_view.op, (size, stride, offset)),)
    if held.strides is not None:  # the elements in the order of the memory first
        strides = held.strides
        steps = ((permute.op, (tuple(sorted(range(len(strides)), key=lambda d: -strides[d])),)), *steps)
    view = input._view
    base = input if view is None or view.base is None else view.base
    kind = "" if modes.grad and not modes.hidden else "inference" if modes.inference else "no_grad"
    result = wrap_cell(input._cell)
    kind = kind or ("" if view is None else view.kind)
    result._view = view_of(base, steps, read_storage(input, steps), input._cell, kind)
    if modes.grad and (input._requires_grad or input.requires_grad):
        result._grad_fn, result._requires_grad = read_node(input, steps, "AsStridedBackward0"), True
    elif kind and base._requires_grad:
        lead_nowhere(result)
    return result


def on_storage(cell: Any) -> Any:
    """A vector of all elements of a storage, without a history."""
    whole = wrap_cell(cell)
    return as_strided(whole, (whole.numel(),), (1,), 0)


@explained
def fill_diagonal_(self: Any, fill_value: Any, wrap: bool = False) -> Any:
    """Write a number to the diagonal: to the elements whose indices are all equal.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.fill_diagonal_.html

    Args:
        fill_value: the number.
        wrap: begin another diagonal one row below the end of the last, in a matrix with more rows than columns.

    Raises:
        RuntimeError: there are fewer than two dimensions, or more than two of different sizes.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(2, 2).fill_diagonal_(5)
        tensor([[5., 0.],
                [0., 5.]])
    """
    if self.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(set(self.shape)) > 1 and self.ndim > 2:
        raise RuntimeError("all dimensions of input must be of equal length")
    strides, offset = geometry(self)
    step, size = sum(strides), min(self.shape)
    as_strided(self, (size,), (step,), offset).fill_(fill_value)
    rows, columns = self.shape[:2]
    if wrap and self.ndim == 2 and rows > columns + 1:
        rest = (self.numel() + columns) // (columns + 1) - size
        as_strided(self, (rest,), (step,), offset + strides[0] * (columns + 1)).fill_(fill_value)
    return self


@explained
def contiguous(input: Any, *, memory_format: Any = None) -> Any:
    """The tensor itself if its memory is dense and row-major, else a copy that is.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.contiguous.html

    Args:
        input: the tensor.
        memory_format: the layout that ``stride()`` tells; XLA chooses its own.
    """
    if type(input) not in TENSOR_TYPES:
        return copy(input)
    if memory_format is None:
        value = input._cell.value if input._view is None else input._current()
        if value.aval.strides is None:
            return input
    wanted = contiguous_format if memory_format is None else memory_format
    if wanted is preserve_format and not input.is_contiguous():
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    if input.is_contiguous(memory_format=wanted):
        return input
    return copy_laid_out(input, format_strides(tuple(input.shape), wanted))


@explained
def resolve_conj(input: Any) -> Any:
    """The tensor itself, or a copy of a view of conjugates.

    https://docs.pytorch.org/docs/stable/generated/torch.resolve_conj.html

    Args:
        input: the tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([1 + 2j]).conj().resolve_conj().is_conj()
        False
    """
    return copy(input) if is_conj(input) else input


def clone(input: Any, *, memory_format: Any = None) -> Any:
    """A copy with memory of its own, through which gradients flow.

    https://docs.pytorch.org/docs/stable/generated/torch.clone.html

    Args:
        input: the tensor.
        memory_format: the layout that ``stride()`` tells; XLA chooses its own.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.zeros(2)
        >>> y = x.clone()
        >>> y[0] = 1
        >>> x
        tensor([0., 0.])
    """
    if memory_format is None or memory_format is preserve_format or type(input) not in TENSOR_TYPES:
        return copy(input)
    return copy_laid_out(input, format_strides(tuple(input.shape), memory_format))


@explained
def resolve_neg(input: Any) -> Any:
    """The tensor itself: no tensor is a view that shows negatives.

    https://docs.pytorch.org/docs/stable/generated/torch.resolve_neg.html

    Args:
        input: the tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.resolve_neg(torch.ones(2))
        tensor([1., 1.])
    """
    return input

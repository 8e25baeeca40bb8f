"""Views of a part of a tensor: one index, a slice, a diagonal, windows, or all pieces of a cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .op import makes_views, op
from .shape_dims import wrap_dim

__all__ = [
    "as_strided_view",
    "chunk",
    "diagonal",
    "dsplit",
    "hsplit",
    "narrow_view",
    "select_view",
    "slice_view",
    "split",
    "split_view",
    "split_with_sizes",
    "strided_places",
    "tensor_split",
    "unbind",
    "unfold",
    "vsplit",
]


def _axis(dim: int, part: Any) -> tuple[Any, ...]:
    return (*[slice(None)] * dim, part, ...)


def _select_host(input: np.ndarray[Any, Any], dim: int, index: int) -> np.ndarray[Any, Any]:
    return input[_axis(dim, index)]


@op(name="select", view=True, numbers=("index",), host=_select_host)
def select_view(input: Any, dim: int, index: Any) -> Any:
    """One index of one dimension, both checked and without sign; the index may be an operand of the "
    "program."""
    if isinstance(index, int):
        return jax.lax.index_in_dim(input, index, dim, keepdims=False)
    return jax.lax.dynamic_index_in_dim(input, index, dim, keepdims=False)


def _slice_host(
    input: np.ndarray[Any, Any], dim: int, start: int, length: int, step: int
) -> np.ndarray[Any, Any]:
    return input[_axis(dim, slice(start, start + length * step, step))]


@op(name="slice", view=True, numbers=("start",), host=_slice_host)
def slice_view(input: Any, dim: int, start: Any, length: int, step: int) -> Any:
    """``length`` elements of one dimension from ``start`` on, every ``step``-th; the start may be an "
    "operand."""
    span = max(length - 1, 0) * step + min(length, 1)
    if isinstance(start, int):
        return jax.lax.slice_in_dim(input, start, start + span, step, dim)
    part = jax.lax.dynamic_slice_in_dim(input, start, span, dim)
    return part if step == 1 else jax.lax.slice_in_dim(part, 0, span, step, dim)


def narrow_view(input: Any, dim: int, start: int, length: int) -> Any:
    """A part of one dimension; ``start`` and ``length`` are checked and not negative."""
    return slice_view(input, dim, start, length, 1)


def _diagonal_host(input: np.ndarray[Any, Any], offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    return np.diagonal(input, offset, wrap_dim(dim1, input.ndim), wrap_dim(dim2, input.ndim))


@op(view=True, host=_diagonal_host)
def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A view of the diagonals of the matrices that two dimensions make; it becomes the last dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.diagonal.html

    Args:
        input: the tensor.
        offset: which diagonal; positive ones lie above the main one.
        dim1: the rows' dimension.
        dim2: the columns' dimension.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: the two dimensions are the same.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([[1, 2], [3, 4]]).diagonal()
        tensor([1, 4])
    """
    given = f"{dim1}, {dim2}"
    dim1, dim2 = wrap_dim(dim1, input.ndim), wrap_dim(dim2, input.ndim)
    if dim1 == dim2:
        raise RuntimeError(f"diagonal dimensions cannot be identical {given}")
    return jnp.diagonal(input, offset, dim1, dim2)


def _windows(input: Any, dimension: int, size: int, step: int) -> tuple[int, int]:
    dim = wrap_dim(dimension, input.ndim)
    extent = input.shape[dim] if input.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > extent:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {extent} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return dim, (extent - size) // step + 1


def _unfold_host(input: np.ndarray[Any, Any], dimension: int, size: int, step: int) -> np.ndarray[Any, Any]:
    dim, _ = _windows(input, dimension, size, step)
    if not input.ndim:
        return input.reshape(1)[:size]
    return np.lib.stride_tricks.sliding_window_view(input, size, axis=dim)[
        _axis(dim, slice(None, None, step))
    ]


@op(view=True, host=_unfold_host)
def unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    """A view of all windows of one dimension; the windows' elements become the last dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.unfold.html

    Args:
        input: the tensor.
        dimension: the dimension.
        size: elements per window.
        step: elements from one window to the next.

    Raises:
        RuntimeError: no window fits, or ``step`` is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> torch.arange(5).unfold(0, 3, 2)
        tensor([[0, 1, 2],
                [2, 3, 4]])
    """
    dim, count = _windows(input, dimension, size, step)
    if not input.ndim:
        return input.reshape(1)[:size]
    places = np.arange(count)[:, None] * step + np.arange(size)
    return jnp.moveaxis(input[_axis(dim, places)], dim + 1, -1)


def _pieces(extent: int, split_size: int) -> list[tuple[int, int]]:
    if split_size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={split_size}")
    if split_size == 0:
        if extent:
            raise RuntimeError(
                f"split_size can only be 0 if dimension size is 0, but got dimension size of {extent}"
            )
        return [(0, 0)]
    return [(start, min(split_size, extent - start)) for start in range(0, extent, split_size)] or [(0, 0)]


def _sizes(extent: int, dim: int, split_sizes: Sequence[int]) -> list[tuple[int, int]]:
    if any(n < 0 for n in split_sizes):
        raise RuntimeError(
            "split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={list(split_sizes)}"
        )
    if sum(split_sizes) != extent:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {extent} (input tensor's size at "
            f"dimension {dim}), "
            f"but got split_sizes={list(split_sizes)}"
        )
    starts = np.cumsum([0, *split_sizes])
    return [(int(s), n) for s, n in zip(starts, split_sizes, strict=False)]


def _cut(input: Any, dim: int, pieces: list[tuple[int, int]]) -> tuple[Any, ...]:
    return tuple([jax.lax.slice_in_dim(input, start, start + length, 1, dim) for start, length in pieces])


def _cut_host(input: np.ndarray[Any, Any], dim: int, pieces: list[tuple[int, int]]) -> tuple[Any, ...]:
    return tuple([input[_axis(dim, slice(start, start + length))] for start, length in pieces])


def _dim_of(input: Any, dim: int) -> int:
    if not input.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    return wrap_dim(dim, input.ndim)


def _split_host(tensor: np.ndarray[Any, Any], split_size_or_sections: int, dim: int = 0) -> tuple[Any, ...]:
    dim = _dim_of(tensor, dim)
    return _cut_host(tensor, dim, _pieces(tensor.shape[dim], split_size_or_sections))


@op(name="split", view=True, host=_split_host)
def split_view(tensor: Any, split_size_or_sections: int, dim: int = 0) -> Any:
    """Views of consecutive pieces of one size; the last may be smaller."""
    dim = _dim_of(tensor, dim)
    return _cut(tensor, dim, _pieces(tensor.shape[dim], split_size_or_sections))


def _split_with_sizes_host(
    input: np.ndarray[Any, Any], split_sizes: Sequence[int], dim: int = 0
) -> tuple[Any, ...]:
    dim = _dim_of(input, dim)
    return _cut_host(input, dim, _sizes(input.shape[dim], dim, split_sizes))


@op(view=True, host=_split_with_sizes_host)
def split_with_sizes(input: Any, split_sizes: Sequence[int], dim: int = 0) -> Any:
    """Views of consecutive pieces of the given sizes.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.split.html

    Args:
        input: the tensor.
        split_sizes: the pieces' sizes; they add up to the dimension's.
        dim: the dimension that is cut.

    Raises:
        RuntimeError: the sizes do not add up.
    """
    dim = _dim_of(input, dim)
    return _cut(input, dim, _sizes(input.shape[dim], dim, split_sizes))


@makes_views
def split(tensor: Any, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """Views of consecutive pieces.

    https://docs.pytorch.org/docs/stable/generated/torch.split.html

    Args:
        tensor: the tensor.
        split_size_or_sections: the size of each piece (the last may be smaller), or a list of sizes.
        dim: the dimension that is cut.

    Raises:
        RuntimeError: the sizes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.arange(5).split(2)
        (tensor([0, 1]), tensor([2, 3]), tensor([4]))
        >>> torch.arange(5).split([1, 4])
        (tensor([0]), tensor([1, 2, 3, 4]))
    """
    if isinstance(split_size_or_sections, (tuple, list)):
        return tuple(split_with_sizes(tensor, tuple(split_size_or_sections), dim))
    return tuple(split_view(tensor, split_size_or_sections, dim))


@makes_views
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """Views of at most ``chunks`` consecutive pieces of one size (the last may be smaller).

    https://docs.pytorch.org/docs/stable/generated/torch.chunk.html

    Args:
        input: the tensor.
        chunks: how many pieces.
        dim: the dimension that is cut.

    Raises:
        RuntimeError: ``chunks`` is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> torch.arange(5).chunk(3)
        (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if not input.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if isinstance(chunks, bool):
        raise TypeError("chunk(): argument 'chunks' (position 2) must be int, not bool")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = wrap_dim(dim, input.ndim)
    size = -(-input.shape[dim] // chunks)
    return split(input, size, dim) if size else split(input, (0,) * chunks, dim)


@makes_views
def tensor_split(input: Any, indices_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """Views of pieces: a number of nearly equal ones, or those between the given indices.

    https://docs.pytorch.org/docs/stable/generated/torch.tensor_split.html

    Args:
        input: the tensor.
        indices_or_sections: how many pieces, or where each but the first begins.
        dim: the dimension that is cut.

    Raises:
        RuntimeError: the number of pieces is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> torch.arange(5).tensor_split(3)
        (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if not input.ndim:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    dim = wrap_dim(dim, input.ndim)
    extent = input.shape[dim]
    if hasattr(indices_or_sections, "tolist"):
        places: Any = indices_or_sections
        split = "tensor_split expected tensor_indices_or_sections to"
        kind = places.dtype
        if str(kind).removeprefix("torch.") != "int64":
            raise RuntimeError(f"{split} have dtype of long, but got {getattr(kind, '_scalar_name', kind)}")
        if places.ndim > 1:
            raise RuntimeError(
                f"{split} be a zero-dimensional or one-dimensional tensor, but got a tensor with "
                f"{places.ndim} dims"
            )
        indices_or_sections = places.tolist()
    if isinstance(indices_or_sections, int):
        sections = indices_or_sections
        if sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
        sizes = [extent // sections + (i < extent % sections) for i in range(sections)]
        starts = np.cumsum([0, *sizes]).tolist()
        return tuple([slice_view(input, dim, s, n, 1) for s, n in zip(starts, sizes, strict=False)])
    bounds = [slice(i, None).indices(extent)[0] for i in indices_or_sections]
    pairs = zip([0, *bounds], [*bounds, extent], strict=True)
    return tuple([slice_view(input, dim, a, max(b - a, 0), 1) for a, b in pairs])


def _even_split(name: str, input: Any, indices_or_sections: Any, dim: int) -> tuple[Any, ...]:
    if isinstance(indices_or_sections, int):
        extent, sections = input.shape[dim], indices_or_sections
        if sections <= 0 or extent % sections:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension "
                f"{extent} is not "
                f"divisible by the split_size {sections}!"
            )
    return tensor_split(input, indices_or_sections, dim)


def _needs_dims(name: str, input: Any, ndim: int) -> None:
    if input.ndim < ndim:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {ndim} dimension, but got a tensor with {input.ndim} "
            "dimensions!"
        )


@makes_views
def hsplit(input: Any, indices_or_sections: int | Sequence[int]) -> tuple[Any, ...]:
    """Pieces along the second dimension (the first of a vector).

    https://docs.pytorch.org/docs/stable/generated/torch.hsplit.html

    Args:
        input: of one dimension or more.
        indices_or_sections: how many equal pieces, or the indices at which pieces start.

    Returns:
        The pieces, as views.

    Raises:
        RuntimeError: there is no dimension, or the size is not divisible by the number of pieces.

    Example::

        >>> import jaxlearn as torch
        >>> torch.hsplit(torch.arange(4), [1, 3])
        (tensor([0]), tensor([1, 2]), tensor([3]))
    """
    _needs_dims("hsplit", input, 1)
    return _even_split("hsplit", input, indices_or_sections, 0 if input.ndim == 1 else 1)


@makes_views
def vsplit(input: Any, indices_or_sections: int | Sequence[int]) -> tuple[Any, ...]:
    """Pieces along the first dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.vsplit.html

    Args:
        input: of two dimensions or more.
        indices_or_sections: how many equal pieces, or the indices at which pieces start.

    Returns:
        The pieces, as views.

    Raises:
        RuntimeError: there are fewer than two dimensions, or the size is not divisible by the number of pieces.

    Example::

        >>> import jaxlearn as torch
        >>> torch.vsplit(torch.tensor([[0, 1], [2, 3]]), 2)
        (tensor([[0, 1]]), tensor([[2, 3]]))
    """
    _needs_dims("vsplit", input, 2)
    return _even_split("vsplit", input, indices_or_sections, 0)


@makes_views
def dsplit(input: Any, indices_or_sections: int | Sequence[int]) -> tuple[Any, ...]:
    """Pieces along the third dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.dsplit.html

    Args:
        input: of three dimensions or more.
        indices_or_sections: how many equal pieces, or the indices at which pieces start.

    Returns:
        The pieces, as views.

    Raises:
        RuntimeError: there are fewer than three dimensions, or the size is not divisible by the number of pieces.

    Example::

        >>> import jaxlearn as torch
        >>> torch.dsplit(torch.tensor([[[0, 1, 2]]]), [1])
        (tensor([[[0]]]), tensor([[[1, 2]]]))
    """
    _needs_dims("dsplit", input, 3)
    return _even_split("dsplit", input, indices_or_sections, 2)


def _unbind_host(input: np.ndarray[Any, Any], dim: int = 0) -> tuple[Any, ...]:
    if not input.ndim:
        raise RuntimeError("Dimension specified as 0 but tensor has no dimensions")
    dim = wrap_dim(dim, input.ndim)
    return tuple([input[_axis(dim, i)] for i in range(input.shape[dim])])


def _direct_unbind(args: Any, out: Any) -> Any:
    x, dim = args
    ndim = len(x.shape)
    if not ndim:
        return None
    first = wrap_dim(dim, ndim)
    if ndim == 1:  # NumPy's own rows of a vector are numbers
        return lambda array: [array[i, ...] for i in range(len(array))]
    order = (first, *[d for d in range(ndim) if d != first])
    return list if first == 0 else lambda array: list(array.transpose(order))


@op(view=True, host=_unbind_host, direct=_direct_unbind)
def unbind(input: Any, dim: int = 0) -> Any:
    """Views of all indices of one dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.unbind.html

    Args:
        input: the tensor.
        dim: the dimension that goes away.

    Raises:
        IndexError: there is no such dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([[1, 2], [3, 4]]).unbind(1)
        (tensor([1, 3]), tensor([2, 4]))
    """
    if not input.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    dim = wrap_dim(dim, input.ndim)
    return tuple([jax.lax.index_in_dim(input, i, dim, keepdims=False) for i in range(input.shape[dim])])


def strided_places(
    input: Any, size: Sequence[int], stride: Sequence[int], storage_offset: int
) -> np.ndarray[Any, Any]:
    """The places in a whole storage that strides and an offset give.

    Raises:
        RuntimeError: one lies outside the storage.
    """
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in stride):
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}"
        )
    last = storage_offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if math.prod(size) and last >= input.size:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {storage_offset}, and "
            "itemsize "
            f"{input.dtype.itemsize} requiring a storage size of {(last + 1) * input.dtype.itemsize} are out "
            "of bounds for "
            f"storage of size {input.size * input.dtype.itemsize}"
        )
    places = np.full((), storage_offset)
    for n, s in zip(size, stride, strict=True):
        places = places[..., None] + np.arange(n) * s
    return places


def _as_strided_host(
    input: np.ndarray[Any, Any], size: Sequence[int], stride: Sequence[int], storage_offset: int
) -> np.ndarray[Any, Any]:
    flat = input.reshape(-1)[storage_offset:]
    return np.lib.stride_tricks.as_strided(flat, size, [s * input.itemsize for s in stride])


@op(name="as_strided", view=True, host=_as_strided_host)
def as_strided_view(input: Any, size: Sequence[int], stride: Sequence[int], storage_offset: int) -> Any:
    """The elements of a whole storage at the places that strides and an offset give."""
    return input.reshape(-1)[strided_places(input, size, stride, storage_offset)]

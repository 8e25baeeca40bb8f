"""Reading and writing at a vector of indices, along one dimension or in the flattened tensor."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._dtype_objects import from_numpy_dtype
from .indexing import add_at, set_at
from .op import op
from .pointwise_rules import is_complex
from .promotion import cast
from .shape_dims import wrap_dim
from .shape_parts import strided_places

__all__ = [
    "as_strided_scatter_at",
    "diagonal_scatter",
    "index_add",
    "index_copy",
    "index_fill",
    "index_select",
    "put",
    "select_scatter_at",
    "slice_scatter_at",
    "take",
]


def _name(x: Any) -> str:
    return from_numpy_dtype(np.dtype(x.dtype))._scalar_name


def _integer(index: Any) -> bool:
    return np.dtype(index.dtype) in (np.int64, np.int32)


def _along(dim: int, index: Any) -> tuple[Any, ...]:
    return (*[slice(None)] * dim, index)


def _checked_select(input: Any, dim: int, index: Any) -> tuple[Any, int, Any]:
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if not _integer(index):
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    if not input.ndim and index.size != 1:
        raise RuntimeError(
            f"index_select(): Index to scalar can have only 1 value, got {index.size} value(s)"
        )
    dim = wrap_dim(dim, input.ndim)
    return (input if input.ndim else input.reshape(1)), dim, index.reshape(-1)


def _select_host(input: np.ndarray[Any, Any], dim: int, index: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    wide, dim, index = _checked_select(input, dim, index)
    out = np.take(wide, index, dim)
    return out if input.ndim else out.reshape(())


def _direct_select(args: Any, out: Any) -> Any:
    x, dim, index = args
    if not x.shape or len(index.shape) != 1:
        return None
    axis = wrap_dim(dim, len(x.shape))
    return lambda array, places: array.take(places, axis)


@op(saves=("index",), host=_select_host, direct=_direct_select, alone=True)
def index_select(input: Any, dim: int, index: Any) -> Any:
    """The indices of one dimension that a vector names, as a copy.

    https://docs.pytorch.org/docs/stable/generated/torch.index_select.html

    Args:
        input: the tensor.
        dim: the dimension.
        index: a vector, ``int64`` or ``int32``.

    Raises:
        IndexError: ``index`` is not a vector, or one that is known on the host is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.index_select(torch.tensor([[1, 2, 3]]), 1, torch.tensor([2, 0]))
        tensor([[3, 1]])
    """
    wide, dim, index = _checked_select(input, dim, index)
    out = wide[_along(dim, index)]
    return out if input.ndim else out.reshape(())


@op(saves=("index",), numbers=("alpha",), keeps=("source",))
def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """A copy with the parts of ``source`` added at the indices that a vector names.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_add_.html

    Args:
        input: the tensor.
        dim: the dimension.
        index: a vector, as long as ``source`` is in ``dim``.
        source: of the tensor's dtype, and its shape in the other dimensions.
        alpha: factor of ``source``.

    Raises:
        RuntimeError: shapes or dtypes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(3).index_add(0, torch.tensor([0, 0]), torch.ones(2))
        tensor([2., 0., 0.])
    """
    dim = wrap_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError(
            f"index_add_(): Index is supposed to be a vector, but got dim: {index.ndim} with type: "
            f"{_name(index)} and size: {list(index.shape)}"
        )
    if not _integer(index):
        raise RuntimeError(f"index_add_(): Expected dtype int32/int64 for index but got: {_name(index)}")
    if input.dtype != source.dtype:
        raise RuntimeError(
            f"index_add_(): self ({_name(input)}) and source ({_name(source)}) must have the same scalar type"
        )
    wide, part = (x if x.ndim else x.reshape(1) for x in (input, source))
    index = index.reshape(-1)
    if part.ndim == wide.ndim and part.shape[dim] != index.size:
        raise RuntimeError(
            f"index_add_(): Number of indices ({index.size}) should be equal to source.size(dim): "
            f"({part.shape[dim]}), "
            f"for dim: {dim}"
        )
    if part.shape[:dim] + part.shape[dim + 1 :] != wide.shape[:dim] + wide.shape[dim + 1 :]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got "
            "self.shape = "
            f"{list(input.shape)} source.shape = {list(source.shape)}"
        )
    part = part & cast(alpha, bool) if part.dtype == np.bool_ else part * cast(alpha, part.dtype)
    return add_at(wide, _along(dim, index), part).reshape(input.shape)


@op(saves=("index",), keeps=("source",))
def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """A copy with the parts of ``source`` written at the indices that a vector names.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_copy_.html

    Args:
        input: the tensor.
        dim: the dimension.
        index: a vector, as long as ``source`` is in ``dim``.
        source: of the tensor's dtype, and its shape in the other dimensions.

    Raises:
        IndexError: the number of indices does not fit.
        RuntimeError: shapes or dtypes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(3).index_copy(0, torch.tensor([2]), torch.ones(1))
        tensor([0., 0., 1.])
    """
    dim = wrap_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})")
    if np.dtype(index.dtype) != np.int64:
        raise RuntimeError("index_copy_(): Expected a long tensor for index, but got " + _name(index))
    if input.dtype != source.dtype:
        raise RuntimeError(
            f"index_copy_(): self and source expected to have the same dtype, but got (self) {_name(input)} "
            "and (source) "
            f"{_name(source)}"
        )
    wide, part = (x if x.ndim else x.reshape(1) for x in (input, source))
    index = index.reshape(-1)
    if part.ndim == wide.ndim and part.shape[dim] != index.size:
        raise IndexError(
            f"index_copy_(): Number of indices ({index.size}) should be equal to source.size(dim) "
            f"({part.shape[dim]})"
        )
    if input.ndim and source.ndim and part.ndim != wide.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({part.ndim}), destination dimensionality ({wide.ndim})"
        )
    if part.shape[:dim] + part.shape[dim + 1 :] != wide.shape[:dim] + wide.shape[dim + 1 :]:
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{_but(input.shape, dim)} at dimension {dim} and source slice shape: {_but(source.shape, dim)} "
            "at dimension 0."
        )
    return set_at(wide, (*[None] * dim, index), part).reshape(input.shape)


def _but(shape: tuple[int, ...], dim: int) -> str:
    return " ".join(str(n) for d, n in enumerate(shape) if d != dim)


@op(
    saves=("index",),
    numbers=("value",),
    grad_name=lambda input, dim, index, value: f"IndexFillBackward{int(hasattr(value, 'shape'))}",
)
def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """A copy with one value at the indices of a dimension that a vector names.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_fill_.html

    Args:
        input: the tensor.
        dim: the dimension.
        index: a vector, ``int64``.
        value: a number or a 0-dimensional tensor.

    Raises:
        IndexError: ``index`` is not a vector of ``int64``.
        RuntimeError: the value has dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(3).index_fill(0, torch.tensor([0, 2]), 1.0)
        tensor([1., 0., 1.])
    """
    dim = wrap_dim(dim, input.ndim)
    if np.dtype(index.dtype) != np.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    if getattr(value, "ndim", 0):
        raise RuntimeError(
            f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} "
            "dimension(s)."
        )
    if not is_complex(input) and (isinstance(value, complex) or is_complex(jnp.asarray(value))):
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    wide = input if input.ndim else input.reshape(1)
    filled = jnp.zeros(wide.shape[dim], bool).at[index.reshape(-1)].set(True)
    filled = filled.reshape([-1 if d == dim else 1 for d in range(wide.ndim)])
    return jnp.where(filled, cast(value, input.dtype), wide).reshape(input.shape)


def _checked_take(input: Any, index: Any) -> None:
    if np.dtype(index.dtype) != np.int64:
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {_name(index)}")
    if index.size and not input.size:
        raise IndexError("take(): tried to take from an empty tensor")


def _take_host(input: np.ndarray[Any, Any], index: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    _checked_take(input, index)
    return np.asarray(input.reshape(-1)[index])


@op(saves=("index",), host=_take_host, alone=True, keeps=("input",))
def take(input: Any, index: Any) -> Any:
    """The elements of the flattened tensor at the given places.

    https://docs.pytorch.org/docs/stable/generated/torch.take.html

    Args:
        input: the tensor.
        index: ``int64``, of the result's shape.

    Raises:
        RuntimeError: the index is not ``int64``.
        IndexError: an index that is known on the host is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.take(torch.tensor([[1, 2], [3, 4]]), torch.tensor([0, 3]))
        tensor([1, 4])
    """
    _checked_take(input, index)
    return input.reshape(-1)[index]


@op(saves=("index",), keeps=("source",))
def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """A copy with the elements of ``source`` written, or added, at places of the flattened tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.put_.html

    Args:
        input: the tensor.
        index: ``int64``.
        source: as many elements, of the tensor's dtype.
        accumulate: add instead of writing.

    Raises:
        RuntimeError: the dtypes do not fit.
        IndexError: the numbers of elements differ.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(2, 2).put(torch.tensor([3]), torch.tensor([1.0]))
        tensor([[0., 0.],
                [0., 1.]])
    """
    if np.dtype(index.dtype) != np.int64:
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {_name(index)}")
    if input.dtype != source.dtype:
        raise RuntimeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = {_name(input)} "
            "and "
            f"source.dtype = {_name(source)}"
        )
    if index.size != source.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.size}, index.numel() = {index.size}"
        )
    if index.size and not input.size:
        raise IndexError("put_(): Tried to put elements into an empty tensor")
    flat, index, values = input.reshape(-1), index.reshape(-1), source.reshape(-1)
    out = add_at(flat, (index,), values) if accumulate else set_at(flat, (index,), values)
    return out.reshape(input.shape)


@op(name="select_scatter")
def select_scatter_at(input: Any, src: Any, dim: int, index: int) -> Any:
    """A copy with ``src`` written at one index of a dimension."""
    shape = input.shape[:dim] + input.shape[dim + 1 :]
    if src.shape != shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(shape)}"
        )
    return jax.lax.dynamic_update_index_in_dim(input, cast(src, input.dtype), index, dim)


@op(name="slice_scatter")
def slice_scatter_at(input: Any, src: Any, dim: int, start: int, length: int, step: int) -> Any:
    """A copy with ``src`` written at a slice of a dimension."""
    shape = (*input.shape[:dim], length, *input.shape[dim + 1 :])
    if src.shape != shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(shape)}"
        )
    return input.at[_along(dim, slice(start, start + length * step, step))].set(cast(src, input.dtype))


@op
def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy with ``src`` written on a diagonal.

    https://docs.pytorch.org/docs/stable/generated/torch.diagonal_scatter.html

    Args:
        input: of two dimensions or more.
        src: of the diagonal's shape: without the two dimensions, and with the diagonal's length last.
        offset: which diagonal, counted upwards from the main one.
        dim1: the dimension of its rows.
        dim2: the dimension of its columns.

    Raises:
        RuntimeError: ``src`` has another shape than the diagonal.

    Example::

        >>> import jaxlearn as torch
        >>> torch.diagonal_scatter(torch.zeros(2, 2), torch.ones(2))
        tensor([[1., 0.],
                [0., 1.]])
    """
    if dim1 % input.ndim == dim2 % input.ndim:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    places = jnp.diagonal(jnp.arange(input.size).reshape(input.shape), offset, dim1, dim2)
    if src.shape != places.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(places.shape)}"
        )
    return set_at(input.reshape(-1), (places,), cast(src, input.dtype)).reshape(input.shape)


@op(name="as_strided_scatter")
def as_strided_scatter_at(
    input: Any, src: Any, size: tuple[int, ...], stride: tuple[int, ...], storage_offset: int
) -> Any:
    """A copy with ``src`` written at the places that strides and an offset give."""
    places = strided_places(input, size, stride, storage_offset)
    if src.shape != places.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(places.shape)}"
        )
    return _set_strided(input.reshape(-1), places, cast(src, input.dtype)).reshape(input.shape)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def _set_strided(flat: Any, places: Any, src: Any) -> Any:
    """``flat`` with ``src`` at ``places``. torch's gradient by ``flat`` is what came to the places written."""
    return flat.at[places].set(src)


def _set_strided_backward(places: Any, kept: None, gradient: Any) -> tuple[Any, Any]:
    taken = gradient[places]
    return jnp.zeros_like(gradient).at[places].set(taken), taken


_set_strided.defvjp(lambda flat, places, src: (_set_strided(flat, places, src), None), _set_strided_backward)

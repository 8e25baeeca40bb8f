"""Views in another shape: the same elements, their dimensions cut, joined, exchanged or repeated."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._dtype_objects import from_numpy_dtype
from .._warnings import warn_once
from .host import direct_reshape
from .op import explained, makes_views, op
from .pointwise_rules import spread
from .shape_dims import as_dims, as_size, infer_size, wrap_dim, wrap_dims

__all__ = [
    "adjoint",
    "alias",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_to",
    "conj",
    "conj_view",
    "conjugate_transpose",
    "conjugated_matrices",
    "expand",
    "expand_as",
    "matrix_transpose",
    "movedim",
    "permute",
    "reshape_alias",
    "reshape_copy",
    "reversed_dims",
    "squeeze",
    "t",
    "transpose",
    "unsqueeze",
    "view_in_shape",
    "view_in_type",
]


def _view_host(input: np.ndarray[Any, Any], size: Sequence[int]) -> np.ndarray[Any, Any]:
    return input.reshape(infer_size(size, input.size))


@op(name="view", view=True, host=_view_host, direct=direct_reshape)
def view_in_shape(input: Any, size: Sequence[int]) -> Any:
    """The elements in another shape; the layer above has made sure that strides can show it."""
    return input.reshape(infer_size(size, input.size))


@op(name="_reshape_alias", view=True, host=_view_host)
def reshape_alias(input: Any, size: Sequence[int]) -> Any:
    """What ``reshape`` makes of memory that is not row-major and yet can be shown in that shape."""
    return input.reshape(infer_size(size, input.size))


def _reshape_host(input: np.ndarray[Any, Any], size: Sequence[int]) -> np.ndarray[Any, Any]:
    return input.reshape(infer_size(size, input.size)).copy()


@op(name="_unsafe_view", host=_reshape_host)
def reshape_copy(input: Any, size: Sequence[int]) -> Any:
    """A copy in another shape, for memory that no strides can show in that shape."""
    return input.reshape(infer_size(size, input.size))


def _bits_shape(shape: tuple[int, ...], old: int, new: int, names: str) -> tuple[int, ...]:
    if old == new:
        return shape
    if not shape:
        raise RuntimeError(f"self.dim() cannot be 0 to view {names} (different element sizes)")
    if shape[-1] * old % new:
        raise RuntimeError(
            f"self.size(-1) must be divisible by {new // old} to view {names} (different element sizes), but got "
            f"{shape[-1]}"
        )
    return (*shape[:-1], shape[-1] * old // new)


def _names(input: Any, dtype: Any) -> str:
    return f"{from_numpy_dtype(np.dtype(input.dtype))._scalar_name} as {dtype._scalar_name}"


def _view_in_type_host(input: np.ndarray[Any, Any], dtype: Any) -> np.ndarray[Any, Any]:
    shape = _bits_shape(input.shape, input.itemsize, dtype.itemsize, _names(input, dtype))
    return np.ascontiguousarray(input).view(dtype._np).reshape(shape)


@op(name="view", view=True, differentiable=False, host=_view_in_type_host)
def view_in_type(input: Any, dtype: Any) -> Any:
    """The bits of the elements taken for elements of another type."""
    old, new = np.dtype(input.dtype), dtype._np
    shape = _bits_shape(input.shape, old.itemsize, new.itemsize, _names(input, dtype))
    if old == np.bool_:
        input = input.astype(np.uint8)
    if new == np.bool_:
        return input.view(np.uint8).reshape(shape).astype(np.bool_)
    return input.view(new).reshape(shape)


@op(view=True, host=lambda input: input[...])
def alias(input: Any) -> Any:
    """The whole tensor as a view of itself (``x[...]``)."""
    return input


def _transpose_host(input: np.ndarray[Any, Any], dim0: int, dim1: int) -> np.ndarray[Any, Any]:
    if not input.ndim:
        return input[...]
    return input.swapaxes(wrap_dim(dim0, input.ndim), wrap_dim(dim1, input.ndim))


def _direct_transpose(args: Any, out: Any) -> Any:
    ndim = len(args[0].shape)
    if not ndim:
        return None
    dim0, dim1 = wrap_dim(args[1], ndim), wrap_dim(args[2], ndim)
    return operator.methodcaller("swapaxes", dim0, dim1)


@op(view=True, host=_transpose_host, direct=_direct_transpose)
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """A view with two dimensions exchanged.

    https://docs.pytorch.org/docs/stable/generated/torch.transpose.html

    Args:
        input: the tensor.
        dim0: one dimension.
        dim1: the other.

    Raises:
        IndexError: there is no such dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(2, 3).transpose(0, 1).shape
        torch.Size([3, 2])
    """
    dim0, dim1 = wrap_dim(dim0, input.ndim), wrap_dim(dim1, input.ndim)
    return jnp.swapaxes(input, dim0, dim1) if input.ndim else input


def _t_host(input: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return input.T


@op(view=True, host=_t_host, direct=lambda args, out: _t_host)
def t(input: Any) -> Any:
    """The transposed view of a matrix; a vector as it is.

    https://docs.pytorch.org/docs/stable/generated/torch.t.html

    Raises:
        RuntimeError: the tensor has more than two dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([[1, 2], [3, 4]]).t()
        tensor([[1, 3],
                [2, 4]])
    """
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return input.T


def _permutation(dims: Any, ndim: int) -> tuple[int, ...]:
    dims = as_dims(dims)
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
            "desired "
            f"ordering of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(dims)}"
        )
    wrapped = tuple([wrap_dim(d, ndim) for d in dims])
    if len(set(wrapped)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return wrapped


def _direct_permute(args: Any, out: Any) -> Any:
    order = _permutation(args[1], len(args[0].shape))
    return operator.methodcaller("transpose", order)


def _permute_host(input: np.ndarray[Any, Any], dims: Sequence[int]) -> np.ndarray[Any, Any]:
    return input.transpose(_permutation(dims, input.ndim))


@op(view=True, variadic="dims", host=_permute_host, direct=_direct_permute)
def permute(input: Any, dims: Sequence[int]) -> Any:
    """A view with the dimensions in another order.

    https://docs.pytorch.org/docs/stable/generated/torch.permute.html

    Args:
        input: the tensor.
        dims: the old number of each new dimension.

    Raises:
        RuntimeError: ``dims`` is no permutation.
        IndexError: there is no such dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(2, 3, 5).permute(2, 0, 1).shape
        torch.Size([5, 2, 3])
    """
    return jnp.transpose(input, _permutation(dims, input.ndim))


@makes_views
def reversed_dims(input: Any) -> Any:
    """The view with all dimensions in reverse order: ``x.T``."""
    return permute(input, tuple(range(input.ndim))[::-1])


@makes_views
def matrix_transpose(input: Any) -> Any:
    """The view with the last two dimensions exchanged: ``x.mT``.

    Raises:
        RuntimeError: there is only one dimension, or none.
    """
    if input.ndim < 2:
        raise RuntimeError(
            f"tensor.mT is only supported on matrices or batches of matrices. Got {input.ndim}-D tensor."
        )
    return transpose(input, -2, -1)


@op(name="conj", view=True, host=np.conj)
def conj_view(input: Any) -> Any:
    """The complex conjugates, on the memory of the numbers themselves."""
    return jnp.conj(input)


@explained
def conj(input: Any) -> Any:
    """A view of the complex conjugates; a real tensor itself.

    https://docs.pytorch.org/docs/stable/generated/torch.conj.html

    Args:
        input: the tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.conj(torch.tensor([1 + 2j]))
        tensor([1.-2.j])
    """
    return conj_view(input) if jnp.issubdtype(_np_dtype(input), jnp.complexfloating) else input


@explained
def adjoint(input: Any) -> Any:
    """A view of the matrices conjugated and transposed: ``x.mH``.

    https://docs.pytorch.org/docs/stable/generated/torch.adjoint.html

    Raises:
        RuntimeError: there is only one dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([[1 + 1j, 2]]).adjoint()
        tensor([[1.-1.j],
                [2.-0.j]])
    """
    if input.ndim == 0:
        warn_once("adjoint() is deprecated on 0-D tensors. Consider using x.conj().")
        return conj(input)
    return conjugated_matrices("adjoint()", input)


def conjugated_matrices(name: str, input: Any) -> Any:
    """The view of :func:`adjoint`, whose error calls it ``name``."""
    if input.ndim < 2:
        raise RuntimeError(
            f"tensor.{name} is only supported on matrices or batches of matrices. Got {input.ndim}-D tensor."
        )
    return conj(transpose(input, -2, -1))


def _np_dtype(input: Any) -> np.dtype[Any]:
    dtype = input.dtype
    return np.dtype(getattr(dtype, "_np", dtype))


def conjugate_transpose(input: Any) -> Any:
    """One matrix conjugated and transposed: ``x.H``.

    Raises:
        RuntimeError: the tensor is neither a matrix nor a number.
    """
    if input.ndim not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {input.ndim}-D tensor."
            + (" For batches of matrices, consider using tensor.mH" if input.ndim > 2 else "")
        )
    return adjoint(input) if input.ndim else alias(conj(input))


@makes_views
def movedim(input: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """A view with some dimensions moved to other places; the rest keep their order.

    https://docs.pytorch.org/docs/stable/generated/torch.movedim.html

    Args:
        input: the tensor.
        source: the dimensions to move.
        destination: where each goes.

    Raises:
        RuntimeError: the two do not match, or name a dimension twice.

    Example::

        >>> import jaxlearn as torch
        >>> torch.movedim(torch.zeros(2, 3, 5), 0, -1).shape
        torch.Size([3, 5, 2])
    """
    n = input.ndim
    given = {"source": as_dims(source), "destination": as_dims(destination)}
    if len(given["source"]) != len(given["destination"]):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(given['source'])} dims) should "
            "contain the "
            f"same number of dims as destination ({list(given['destination'])} dims)"
        )
    wrapped = {name: [wrap_dim(d, n) for d in dims] for name, dims in given.items()}
    for name, dims in wrapped.items():
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(given[name])})")
    places = dict(zip(wrapped["destination"], wrapped["source"], strict=True))
    rest = iter([d for d in range(n) if d not in wrapped["source"]])
    return permute(input, tuple([places[d] if d in places else next(rest) for d in range(n)]))


def _squeezed(shape: tuple[int, ...], dim: Any) -> tuple[int, ...]:
    dims = range(len(shape)) if dim is None else wrap_dims(dim, len(shape))
    return tuple([n for d, n in enumerate(shape) if n != 1 or d not in dims])


@op(
    view=True,
    host=lambda input, dim=None: input.reshape(_squeezed(input.shape, dim)),
    direct=direct_reshape,
    grad_name=lambda input, dim=None: (
        f"SqueezeBackward{0 if dim is None else 1 if isinstance(dim, int) else 2}"
    ),
)
def squeeze(input: Any, dim: int | Sequence[int] | None = None) -> Any:
    """A view without dimensions of size 1.

    https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html

    Args:
        input: the tensor.
        dim: the dimension, or dimensions, to remove where their size is 1; by default all.

    Raises:
        IndexError: there is no such dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(1, 3, 1).squeeze().shape, torch.zeros(1, 3, 1).squeeze(0).shape
        (torch.Size([3]), torch.Size([3, 1]))
    """
    return input.reshape(_squeezed(input.shape, dim))


def _unsqueeze_host(input: np.ndarray[Any, Any], dim: int) -> np.ndarray[Any, Any]:
    return np.expand_dims(input, wrap_dim(dim, input.ndim + 1))


@op(view=True, host=_unsqueeze_host, direct=direct_reshape)
def unsqueeze(input: Any, dim: int) -> Any:
    """A view with a dimension of size 1 put in.

    https://docs.pytorch.org/docs/stable/generated/torch.unsqueeze.html

    Args:
        input: the tensor.
        dim: the new dimension's number.

    Raises:
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([1, 2]).unsqueeze(1)
        tensor([[1],
                [2]])
    """
    return jnp.expand_dims(input, wrap_dim(dim, input.ndim + 1))


def _expanded(input: Any, size: Sequence[int]) -> tuple[int, ...]:
    """The sizes after broadcasting ``input`` to ``size``; raises torch's errors."""
    size = as_dims(size)
    shape = input.shape
    lead = len(size) - len(shape)
    if lead < 0:
        name = from_numpy_dtype(np.dtype(input.dtype))._scalar_name
        raise RuntimeError(
            f"expand(torch.{name}Tensor{{{list(shape)}}}, size={list(size)}): the number of sizes provided "
            f"({len(size)}) must be greater or equal to the number of dimensions in the tensor ({len(shape)})"
        )
    result = []
    for i, n in reversed(list(enumerate(size))):  # torch speaks of the last one that does not fit
        have = 1 if i < lead else shape[i - lead]
        if n == -1 and i < lead:
            raise RuntimeError(
                f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {i}"
            )
        if n < -1:
            raise RuntimeError(f"expand: sizes must be -1 or not negative, but got {n} at dimension {i}")
        if n not in (-1, have) and have != 1:
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({have}) at "
                "non-singleton "
                f"dimension {i}.  Target sizes: {list(size)}.  Tensor sizes: {list(shape)}"
            )
        result.append(have if n == -1 else n)
    return tuple(reversed(result))


def _direct_expand(args: Any, out: Any) -> Any:
    shape, have = out[0].shape, args[0].shape
    lead = len(shape) - len(have)
    # The dimensions whose stride stays; the others are walked along without moving.
    kept = [None if i < lead or have[i - lead] != n else i - lead for i, n in enumerate(shape)]

    def call(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if not x.flags.c_contiguous or not x.size:
            return np.broadcast_to(x, shape)
        strides = x.strides
        result = np.ndarray(shape, x.dtype, x, 0, [0 if d is None else strides[d] for d in kept])
        result.setflags(write=False)  # as of broadcast_to(), which takes four times as long
        return result

    return call


@op(
    view=True,
    variadic="size",
    host=lambda input, size, implicit=False: np.broadcast_to(input, _expanded(input, size)),
    direct=_direct_expand,
)
def expand(input: Any, size: Sequence[int], implicit: bool = False) -> Any:
    """A view in which dimensions of size 1 are repeated, without memory for the repetitions.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand.html

    Args:
        input: the tensor.
        size: the sizes wanted, -1 for those that stay; new dimensions come first.
        implicit: accepted for torch's sake.

    Raises:
        RuntimeError: a dimension whose size is not 1 would change.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([[1], [2]]).expand(-1, 3)
        tensor([[1, 1, 1],
                [2, 2, 2]])
    """
    shape = _expanded(input, size)
    return jnp.broadcast_to(spread(input, shape), shape)


@explained
def broadcast_to(input: Any, *size: Any) -> Any:
    """The tensor broadcast to a shape, as a view; the same as :func:`Tensor.expand`.

    https://docs.pytorch.org/docs/stable/generated/torch.broadcast_to.html

    Args:
        input: (*,), with no more dimensions than ``size``; each of its sizes is 1 or the wanted one.
        size: the wanted shape, as a sequence or as several numbers; -1 keeps a size.

    Raises:
        RuntimeError: the tensor does not broadcast to this shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.broadcast_to(torch.tensor([1, 2]), (2, 2))
        tensor([[1, 2],
                [1, 2]])
    """
    return expand(input, as_size(size))


@explained
def expand_as(input: Any, other: Any) -> Any:
    """The tensor expanded to another's shape.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.expand_as.html
    """
    if not hasattr(other, "shape"):
        raise TypeError(
            f"expand_as(): argument 'other' (position 1) must be Tensor, not {type(other).__name__}"
        )
    return expand(input, tuple(other.shape))


def _atleast(n: int, tensors: tuple[Any, ...]) -> Any:
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        return tuple([_atleast(n, (x,)) for x in tensors[0]])
    if len(tensors) != 1:
        return tuple([_atleast(n, (x,)) for x in tensors])
    x = tensors[0]
    if n == 3 and x.ndim == 2:
        return unsqueeze(x, 2)
    while x.ndim < n:
        x = unsqueeze(x, x.ndim if n == 3 and x.ndim == 2 else 0)
    return x


def atleast_1d(*tensors: Any) -> Any:
    """The tensors with at least one dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.atleast_1d.html
    """
    return _atleast(1, tensors)


def atleast_2d(*tensors: Any) -> Any:
    """The tensors with at least two dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.atleast_2d.html
    """
    return _atleast(2, tensors)


def atleast_3d(*tensors: Any) -> Any:
    """The tensors with at least three dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.atleast_3d.html
    """
    return _atleast(3, tensors)

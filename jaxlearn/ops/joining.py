"""Several tensors made into one, or brought to a common shape."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._warnings import warn_once
from .op import explained, op, with_out
from .promotion import cast, result_dtype
from .shape import atleast_1d, atleast_2d, atleast_3d, expand, view_in_shape
from .shape_dims import wrap_dim

__all__ = [
    "block_diag",
    "broadcast_shapes",
    "broadcast_tensors",
    "cartesian_prod",
    "cat",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "meshgrid",
    "stack",
    "vstack",
]

# Joining moves data and computes nothing: NumPy is as fast as a program at any size.
ANY_SIZE = sys.maxsize


def _checked_cat(tensors: Any, dim: int) -> tuple[list[Any], int]:
    """The tensors that count, the legacy empty ones left out, and the dimension; raises torch's errors."""
    if not isinstance(tensors, (tuple, list)):
        raise TypeError("cat(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for i, x in enumerate(tensors):
        if x.ndim == 0:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    counted = [(i, x) for i, x in enumerate(tensors) if x.shape != (0,)]
    if not counted:
        return [tensors[0]], 0  # whatever the dimension
    first = counted[0][1]
    dim = wrap_dim(dim, first.ndim)
    for i, x in counted:
        if x.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {x.ndim}")
        for d in range(first.ndim):
            if d != dim and x.shape[d] != first.shape[d]:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {first.shape[d]} "
                    "but got size "
                    f"{x.shape[d]} for tensor number {i} in the list."
                )
    return [x for _, x in counted], dim


def _cat_host(tensors: Any, dim: int = 0, *, dtype: Any) -> np.ndarray[Any, Any]:
    # torch counts an empty vector as nothing, whatever the others' shapes
    counted = [x for x in tensors if x.shape != (0,)]
    if not counted:
        return np.zeros(0, dtype)
    return np.concatenate([x if x.dtype is dtype else x.astype(dtype) for x in counted], dim)


def _direct_cat(args: Any, out: Any) -> Any:
    tensors, dim = args
    if any(x.dtype != out[0].dtype or x.shape == (0,) for x in tensors):
        return None
    return lambda *arrays: np.concatenate(arrays, dim)


@op(host=_cat_host, host_limit=ANY_SIZE, direct=_direct_cat, alone=True)
def cat(tensors: Sequence[Any], dim: int = 0) -> Any:
    """The tensors one after the other along a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.cat.html

    Args:
        tensors: of the same shape except in ``dim``; their dtypes are promoted.
        dim: the dimension.

    Raises:
        RuntimeError: the shapes do not fit.
        ValueError: there are no tensors.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cat([torch.tensor([1, 2]), torch.tensor([3])])
        tensor([1, 2, 3])
    """
    counted, where = _checked_cat(tensors, dim)
    dtype = result_dtype(*tensors)
    return jnp.concatenate([cast(x, dtype) for x in counted], where)


concat = cat
concatenate = cat


def _checked_stack(tensors: Any, dim: int) -> int:
    if not isinstance(tensors, (tuple, list)):
        raise TypeError("stack(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0].shape
    dim = wrap_dim(dim, len(first) + 1)
    for i, x in enumerate(tensors):
        if x.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(x.shape)} at "
                f"entry {i}"
            )
    return dim


def _stack_host(tensors: Any, dim: int = 0, *, dtype: Any) -> np.ndarray[Any, Any]:
    return np.stack([x.astype(dtype, copy=False) for x in tensors], dim)


def _direct_stack(args: Any, out: Any) -> Any:
    tensors, dim = args
    shape, dtype = out[0].shape, out[0].dtype
    if any(x.dtype != dtype for x in tensors):
        return None
    if not tensors[0].shape:
        return lambda *arrays: np.array(arrays, dtype)
    dim = wrap_dim(dim, len(shape))
    if dim == 0:
        # the same memory as one after the other, without NumPy's work on each
        return lambda *arrays: np.concatenate(arrays).reshape(shape)
    each = (*shape[:dim], 1, *shape[dim + 1 :])
    return lambda *arrays: np.concatenate([x.reshape(each) for x in arrays], dim)


@op(host=_stack_host, host_limit=ANY_SIZE, direct=_direct_stack)
def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """The tensors side by side along a new dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.stack.html

    Args:
        tensors: of one shape; their dtypes are promoted.
        dim: the new dimension's number.

    Raises:
        RuntimeError: the shapes differ, or there are no tensors.

    Example::

        >>> import jaxlearn as torch
        >>> torch.stack([torch.tensor([1, 2]), torch.tensor([3, 4])])
        tensor([[1, 2],
                [3, 4]])
    """
    dim = _checked_stack(tensors, dim)
    dtype = result_dtype(*tensors)
    return jnp.stack([cast(x, dtype) for x in tensors], dim)


def _nonempty(name: str, tensors: Any) -> None:
    if not isinstance(tensors, (tuple, list)):
        given = type(tensors).__name__
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not {given}")
    for i, x in enumerate(tensors):
        if not hasattr(x, "ndim"):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}")
    if not len(tensors):
        raise RuntimeError(f"{name} expects a non-empty TensorList")


@with_out
def hstack(tensors: Sequence[Any]) -> Any:
    """Vectors end to end, other tensors along the second dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.hstack.html

    Example::

        >>> import jaxlearn as torch
        >>> torch.hstack([torch.tensor([1]), torch.tensor([2, 3])])
        tensor([1, 2, 3])
    """
    _nonempty("hstack", tensors)
    tensors = atleast_1d(tuple(tensors))
    return cat(tensors, 0 if tensors and tensors[0].ndim == 1 else 1)


@with_out
def vstack(tensors: Sequence[Any]) -> Any:
    """Rows one below the other.

    https://docs.pytorch.org/docs/stable/generated/torch.vstack.html

    Example::

        >>> import jaxlearn as torch
        >>> torch.vstack([torch.tensor([1, 2]), torch.tensor([3, 4])])
        tensor([[1, 2],
                [3, 4]])
    """
    _nonempty("vstack", tensors)
    return cat(atleast_2d(tuple(tensors)), 0)


@with_out
def dstack(tensors: Sequence[Any]) -> Any:
    """Along the third dimension. https://docs.pytorch.org/docs/stable/generated/torch.dstack.html"""
    _nonempty("dstack", tensors)
    return cat(atleast_3d(tuple(tensors)), 2)


@with_out
def column_stack(tensors: Sequence[Any]) -> Any:
    """Vectors as the columns of a matrix.

    https://docs.pytorch.org/docs/stable/generated/torch.column_stack.html
    """
    _nonempty("column_stack", tensors)
    columns = [x if x.ndim > 1 else view_in_shape(x, (-1, 1)) for x in tensors]
    return cat(columns, 1)


def _listed(tensors: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors


def broadcast_shapes(*shapes: Any) -> Any:
    """The shape that tensors of these shapes broadcast to.

    https://docs.pytorch.org/docs/stable/generated/torch.broadcast_shapes.html

    Args:
        shapes: of any number of dimensions each; an integer stands for one dimension.

    Returns:
        The sizes, aligned at the last dimension.

    Raises:
        RuntimeError: they do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.broadcast_shapes((2, 1), (3,))
        torch.Size([2, 3])
    """
    from .._size import Size

    wide = [(n,) if isinstance(n, int) else n for n in shapes]
    result = [1] * max(map(len, wide), default=0)
    for i, shape in enumerate(wide):
        for d in range(1, len(shape) + 1):
            n = shape[-d]
            if n in (1, result[-d]):
                continue
            if result[-d] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {n} at -{d}! Mismatching argument at "
                    f"index {i} had "
                    f"{shape}; but expected shape should be broadcastable to {result}"
                )
            result[-d] = n
    return Size(result)


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """The tensors expanded to their common shape, as views.

    https://docs.pytorch.org/docs/stable/generated/torch.broadcast_tensors.html

    Raises:
        RuntimeError: they do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> a, b = torch.broadcast_tensors(torch.zeros(2, 1), torch.zeros(3))
        >>> a.shape, b.shape
        (torch.Size([2, 3]), torch.Size([2, 3]))
    """
    tensors = _listed(tensors)
    shape: tuple[int, ...] = ()
    for x in tensors:
        for d in range(1, min(len(shape), x.ndim) + 1):
            a, b = shape[-d], x.shape[-d]
            if a != b and 1 not in (a, b):
                raise RuntimeError(
                    f"The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton "
                    "dimension "
                    f"{max(len(shape), x.ndim) - d}"
                )
        shape = np.broadcast_shapes(shape, tuple(x.shape))
    return tuple([x if tuple(x.shape) == shape else expand(x, shape) for x in tensors])


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """Coordinates of a grid: each vector expanded along the others' dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.meshgrid.html

    Args:
        tensors: vectors or numbers, all of one dtype.
        indexing: ``"ij"`` (the default) numbers dimensions as the vectors come, ``"xy"`` exchanges the first
            two.

    Raises:
        RuntimeError: a tensor has more than one dimension, or the dtypes differ.

    Example::

        >>> import jaxlearn as torch
        >>> torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4]), indexing="ij")
        (tensor([[1, 1],
                [2, 2]]), tensor([[3, 4],
                [3, 4]]))
    """
    tensors = _listed(tensors)
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing is not None and not isinstance(indexing, str):
        raise TypeError(f"meshgrid(): argument 'indexing' must be str, not {type(indexing).__name__}")
    for i, x in enumerate(tensors):
        if not hasattr(x, "ndim"):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}")
    if indexing is None:
        warn_once(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument."
        )
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for x in tensors:
        if x.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {x}")
        if x.dtype != tensors[0].dtype:
            raise RuntimeError("torch.meshgrid expects all tensors to have the same dtype")
    order = list(range(len(tensors)))
    if indexing == "xy" and len(order) > 1:
        order[:2] = [1, 0]
    lengths = [x.shape[0] if x.ndim else 1 for x in tensors]
    shape = [0] * len(order)
    for n, d in zip(lengths, order, strict=True):
        shape[d] = n
    grids = []
    for x, d in zip(tensors, order, strict=True):
        along = [1] * len(order)
        along[d] = -1
        grids.append(expand(view_in_shape(x, tuple(along)), tuple(shape)))
    return tuple(grids)


def cartesian_prod(*tensors: Any) -> Any:
    """All combinations of one element of each vector, as rows.

    https://docs.pytorch.org/docs/stable/generated/torch.cartesian_prod.html

    Example::

        >>> import jaxlearn as torch
        >>> torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3, 4]))
        tensor([[1, 3],
                [1, 4],
                [2, 3],
                [2, 4]])
    """
    if len(tensors) == 1:
        return tensors[0]
    return stack([grid.reshape(-1) for grid in meshgrid(*tensors)], 1)


@explained
def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """Combinations of ``r`` elements of a vector, as rows.

    https://docs.pytorch.org/docs/stable/generated/torch.combinations.html

    Args:
        input: a vector.
        r: elements per combination.
        with_replacement: whether an element may come more than once.

    Raises:
        RuntimeError: the tensor is not a vector.
    """
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    return _chosen(input, r, with_replacement)


@op(name="stack")
def _chosen(input: Any, r: int, with_replacement: bool) -> Any:
    n = input.shape[0]
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    count = math.comb(max(n + r - 1, 0) if with_replacement else n, r) * r
    # With the count NumPy asks for all the memory before the first is made, and says that there is too little.
    places = np.fromiter(itertools.chain.from_iterable(choose(range(n), r)), np.int64, count)
    return input[places.reshape(-1, r)] if count else jnp.zeros((0, r) if r else 0, input.dtype)


@op(name="block_diag")
def _block_diag(tensors: Sequence[Any]) -> Any:
    """Matrices along the diagonal of one matrix that is zero elsewhere."""
    dtype = result_dtype(*tensors)
    blocks = [cast(jnp.atleast_2d(x), dtype) for x in tensors]
    rows, columns = (sum(b.shape[d] for b in blocks) for d in (0, 1))
    out = jnp.zeros((rows, columns), dtype)
    i = j = 0
    for b in blocks:
        out = out.at[i : i + b.shape[0], j : j + b.shape[1]].set(b)
        i, j = i + b.shape[0], j + b.shape[1]
    return out


def block_diag(*tensors: Any) -> Any:
    """Matrices along the diagonal of one matrix that is zero elsewhere.

    https://docs.pytorch.org/docs/stable/generated/torch.block_diag.html

    Example::

        >>> import jaxlearn as torch
        >>> torch.block_diag(torch.tensor([[1]]), torch.tensor([[2, 3]]))
        tensor([[1, 0, 0],
                [0, 2, 3]])
    """
    return _block_diag(tensors)

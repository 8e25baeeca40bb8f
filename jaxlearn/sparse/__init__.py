"""Products and sums of sparse matrices: ``torch.sparse``.

https://docs.pytorch.org/docs/stable/sparse.html

Matrices in coordinates alone (:func:`jaxlearn.sparse_coo_tensor`), as graph networks use them. They are no
:class:`jaxlearn.Tensor`.
"""

from __future__ import annotations

from typing import Any

from .. import _dtypes as dtypes
from .._tensor.creation_constants import zeros
from .._tensor.sparse_coo import SparseTensor, sparse_coo_tensor
from ..ops.indexing_select import index_add, index_select

__all__ = ["DoubleTensor", "FloatTensor", "LongTensor", "addmm", "log_softmax", "mm", "softmax", "sum"]


def mm(mat1: Any, mat2: Any) -> Any:
    """The product of a sparse and a dense matrix, or the reverse.

    https://docs.pytorch.org/docs/stable/generated/torch.sparse.mm.html

    Args:
        mat1: (n, m).
        mat2: (m, p).

    Example::

        >>> import jaxlearn as torch
        >>> torch.sparse.mm(torch.eye(2).to_sparse(), torch.tensor([[1.0], [2.0]]))
        tensor([[1.],
                [2.]])
    """
    return mat1 @ mat2


def addmm(mat: Any, mat1: Any, mat2: Any, *, beta: float = 1.0, alpha: float = 1.0) -> Any:
    r"""A product and a matrix: :math:`\beta \, \text{mat} + \alpha \, \text{mat1} \cdot \text{mat2}`.

    https://docs.pytorch.org/docs/stable/generated/torch.sparse.addmm.html

    Args:
        mat: what is added, dense.
        mat1: sparse.
        mat2: dense.
        beta: factor of ``mat``.
        alpha: factor of the product.
    """
    return beta * mat + alpha * (mat1 @ mat2)


def sum(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """The sum of all elements, or along a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.sparse.sum.html

    Args:
        input: sparse.
        dim: the dimension; the result is sparse.
        dtype: what the elements are converted to first.
    """
    return (input if dtype is None else input.to(dtype)).sum(dim)


def _groups(input: Any, dim: int) -> tuple[Any, Any, Any, int]:
    coalesced = input.coalesce()
    if coalesced.dim() != 2:
        raise NotImplementedError("softmax of a sparse tensor takes matrices")
    group = coalesced.indices()[1 - dim % 2]
    n = coalesced.shape[1 - dim % 2]
    values = coalesced.values()
    most = zeros(n, dtype=values.dtype).index_reduce(0, group, values.detach(), "amax", include_self=False)
    return coalesced, group, values - index_select(most, 0, group), n


def softmax(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Softmax of the stored elements of each row or column; what is not stored stays 0.

    https://docs.pytorch.org/docs/stable/generated/torch.sparse.softmax.html

    Args:
        input: a sparse matrix.
        dim: 1 for rows, 0 for columns.
        dtype: what the elements are converted to first.

    Example::

        >>> import jaxlearn as torch
        >>> torch.sparse.softmax(torch.tensor([[2.0, 2.0], [0.0, 3.0]]).to_sparse(), 1).to_dense()
        tensor([[0.5000, 0.5000],
                [0.0000, 1.0000]])
    """
    matrix, group, shifted, n = _groups(input if dtype is None else input.to(dtype), dim)
    powers = shifted.exp()
    total = index_add(zeros(n, dtype=powers.dtype), 0, group, powers)
    return matrix._with(powers / index_select(total, 0, group))


def log_softmax(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """The logarithm of :func:`softmax` of the stored elements.

    https://docs.pytorch.org/docs/stable/generated/torch.sparse.log_softmax.html

    Args:
        input: a sparse matrix.
        dim: 1 for rows, 0 for columns.
        dtype: what the elements are converted to first.
    """
    matrix, group, shifted, n = _groups(input if dtype is None else input.to(dtype), dim)
    total = index_add(zeros(n, dtype=shifted.dtype), 0, group, shifted.exp())
    return matrix._with(shifted - index_select(total.log(), 0, group))


def FloatTensor(indices: Any, values: Any, size: Any = None) -> SparseTensor:
    """A sparse tensor of float32; the old name of :func:`jaxlearn.sparse_coo_tensor`.

    Args:
        indices: (dimensions, nnz).
        values: (nnz,).
        size: the sizes.
    """
    return sparse_coo_tensor(indices, values, size, dtype=dtypes.float32)


def DoubleTensor(indices: Any, values: Any, size: Any = None) -> SparseTensor:
    """A sparse tensor of float64; the old name of :func:`jaxlearn.sparse_coo_tensor`.

    Args:
        indices: (dimensions, nnz).
        values: (nnz,).
        size: the sizes.
    """
    return sparse_coo_tensor(indices, values, size, dtype=dtypes.float64)


def LongTensor(indices: Any, values: Any, size: Any = None) -> SparseTensor:
    """A sparse tensor of int64; the old name of :func:`jaxlearn.sparse_coo_tensor`.

    Args:
        indices: (dimensions, nnz).
        values: (nnz,).
        size: the sizes.
    """
    return sparse_coo_tensor(indices, values, size, dtype=dtypes.int64)

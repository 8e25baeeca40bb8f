"""Sparse matrices in coordinates: the places of the elements that are stored, and their values.

https://docs.pytorch.org/docs/stable/sparse.html#sparse-coo-tensors
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._size import Size
from ..layouts import sparse_coo
from ..ops.indexing_select import index_add, index_select
from ..ops.joining import cat
from .core import TensorBase
from .creation_constants import zeros
from .creation_data import as_tensor
from .printing import tensor_str

__all__ = ["SparseTensor", "sparse_coo_tensor", "spmm", "to_sparse"]


class SparseTensor:
    """A tensor of which the elements at ``indices`` are stored and all others are zero.

    Products with dense matrices, sums and arithmetic with numbers work on the stored elements alone, with gradients of
    the values and of the dense matrices. It is made by :func:`sparse_coo_tensor` and is no ``Tensor``: what has no
    sparse form raises ``NotImplementedError``.

    Args:
        indices: (dimensions, nnz), int64.
        values: (nnz,).
        size: the sizes.
        coalesced: whether no place occurs twice and the places are in order.
    """

    is_sparse = True
    layout = sparse_coo

    def __init__(self, indices: Any, values: Any, size: Sequence[int], coalesced: bool = False) -> None:
        self._places = indices
        self._stored = values
        self.shape = Size(size)
        self._coalesced = coalesced

    def _with(self, values: Any) -> SparseTensor:
        return SparseTensor(self._places, values, self.shape, self._coalesced)

    # -- what it is ---------------------------------------------------------------------------------------------

    @property
    def dtype(self) -> Any:
        """The values' dtype."""
        return self._stored.dtype

    @property
    def device(self) -> Any:
        """Where the values are."""
        return self._stored.device

    @property
    def requires_grad(self) -> bool:
        """Whether the values require a gradient."""
        return bool(self._stored.requires_grad)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value != self._stored.requires_grad:
            self._stored.requires_grad_(value)

    @property
    def grad(self) -> SparseTensor | None:
        """The gradient at the stored places, each once."""
        if self._stored.grad is None:
            return None
        _, first = np.unique(np.asarray(self._flat().numpy(force=True)), return_index=True)
        chosen = as_tensor(first)
        places = index_select(self._places, 1, chosen)
        return SparseTensor(places, index_select(self._stored.grad, 0, chosen), self.shape, True)

    @property
    def data(self) -> SparseTensor:
        """The same without history."""
        return self.detach()

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    def dim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    sparse_dim = dim

    def size(self, dim: int | None = None) -> Any:
        """The sizes, or one of them."""
        return self.shape if dim is None else self.shape[dim]

    def numel(self) -> int:
        """The number of elements, stored or not."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def is_coalesced(self) -> bool:
        """Whether no place occurs twice and the places are in order."""
        return self._coalesced

    def _nnz(self) -> int:
        return int(self._stored.shape[0])

    def _indices(self) -> Any:
        return self._places

    def _values(self) -> Any:
        return self._stored

    def _of_coalesced(self, what: str, value: Any) -> Any:
        if not self._coalesced:
            raise RuntimeError(f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() first")
        return value

    def indices(self) -> Any:
        """The places (dimensions, nnz).

        Raises:
            RuntimeError: it is not coalesced.
        """
        return self._of_coalesced("indices", self._places)

    def values(self) -> Any:
        """The stored elements (nnz,).

        Raises:
            RuntimeError: it is not coalesced.
        """
        return self._of_coalesced("values", self._stored)

    def __repr__(self) -> str:
        def text(tensor: Any, dtype: Any, indent: int) -> str:
            return tensor_str(np.asarray(tensor.detach()._array()), dtype=dtype, indent=indent)

        shown = ["tensor(indices=" + text(self._places, self._places.dtype, 15)]
        # The values' dtype stands below.
        shown.append("\n       values=" + text(self._stored, dtypes.get_default_dtype(), 14))
        dtype = "" if self.dtype in (dtypes.get_default_dtype(), dtypes.int64) else f"dtype={self.dtype}, "
        history = ", requires_grad=True" if self.requires_grad and self._stored.is_leaf else ""
        if self._stored.grad_fn is not None:
            history = f", grad_fn=<{type(self._stored.grad_fn).__name__}>"
        shown.append(
            f"\n       size={tuple(self.shape)}, nnz={self._nnz()}, {dtype}layout={self.layout}{history})"
        )
        return ",".join(shown)

    # -- other forms --------------------------------------------------------------------------------------------

    def _flat(self) -> Any:
        """The places as numbers in a vector of all elements."""
        flat = zeros(self._nnz(), dtype=dtypes.int64)
        for row, n in zip(self._places.unbind(0), self.shape, strict=True):
            flat = flat * n + row
        return flat

    def coalesce(self) -> SparseTensor:
        """Each place once, in order; values of the same place are added."""
        if self._coalesced:
            return self
        flat, inverse = np.unique(np.asarray(self._flat().numpy(force=True)), return_inverse=True)
        places = np.stack(np.unravel_index(flat, self.shape)) if len(self.shape) else flat[None, :0]
        values = index_add(
            zeros(len(flat), dtype=self.dtype, device=self.device),
            0,
            as_tensor(inverse.reshape(-1)),
            self._stored,
        )
        return SparseTensor(as_tensor(places.astype(np.int64)), values, self.shape, True)

    def to_dense(self) -> Any:
        """The tensor with all elements."""
        flat = zeros(self.numel(), dtype=self.dtype, device=self.device)
        return index_add(flat, 0, self._flat(), self._stored).reshape(self.shape)

    def to_sparse(self) -> SparseTensor:
        """The tensor itself."""
        return self

    def transpose(self, dim0: int, dim1: int) -> SparseTensor:
        """The tensor with two dimensions exchanged."""
        order = list(range(self.ndim))
        order[dim0], order[dim1] = order[dim1], order[dim0]
        return SparseTensor(
            index_select(self._places, 0, as_tensor(order)), self._stored, [self.shape[d] for d in order]
        )

    def t(self) -> SparseTensor:
        """The transposed matrix."""
        return self.transpose(0, 1)

    @property
    def T(self) -> SparseTensor:
        """The transposed matrix."""
        return self.transpose(0, 1)

    def to(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """The tensor with another dtype or on another device, as :meth:`Tensor.to`."""
        values = self._stored.to(*args, **kwargs)
        return SparseTensor(self._places.to(values.device), values, self.shape, self._coalesced)

    def cuda(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """The tensor on a GPU."""
        return self.to(self._stored.cuda(*args, **kwargs).device)

    def cpu(self) -> SparseTensor:
        """The tensor on the CPU."""
        return self.to("cpu")

    def float(self) -> SparseTensor:
        """The tensor with values of type float32."""
        return self.to(dtypes.float32)

    def double(self) -> SparseTensor:
        """The tensor with values of type float64."""
        return self.to(dtypes.float64)

    def half(self) -> SparseTensor:
        """The tensor with values of type float16."""
        return self.to(dtypes.float16)

    def type(self, dtype: Any = None) -> Any:
        """The name of the type, or the tensor with another dtype."""
        if dtype is None:
            return self._stored.type().replace("torch.", "torch.sparse.")
        return self._with(self._stored.type(dtype))

    def clone(self) -> SparseTensor:
        """A copy of the values at the same places."""
        return self._with(self._stored.clone())

    def detach(self) -> SparseTensor:
        """The same without history."""
        return self._with(self._stored.detach())

    def requires_grad_(self, requires_grad: bool = True) -> SparseTensor:
        """Say whether the values require a gradient."""
        self._stored.requires_grad_(requires_grad)
        return self

    def numpy(self, *args: Any, **kwargs: Any) -> Any:
        """Refused: a NumPy array has all elements.

        Raises:
            TypeError: always.
        """
        raise TypeError("can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first.")

    # -- arithmetic ---------------------------------------------------------------------------------------------

    def mm(self, mat2: Any) -> Any:
        """The product with a dense matrix, or a vector.

        Raises:
            RuntimeError: the shapes do not fit.
        """
        if isinstance(mat2, SparseTensor):
            dense = self.mm(mat2.to_dense())
            return to_sparse(dense)
        if mat2.dim() == 1:
            return self.mm(mat2[:, None])[:, 0]
        if self.shape[1] != mat2.shape[0]:
            raise RuntimeError(
                f"addmm: Argument #3 (dense): Expected dim 0 size {self.shape[1]}, got {mat2.shape[0]}"
            )
        rows, columns = self._places.unbind(0)
        terms = self._stored[:, None] * index_select(mat2, 0, columns)
        out = zeros(self.shape[0], mat2.shape[1], dtype=terms.dtype, device=terms.device)
        return index_add(out, 0, rows, terms)

    matmul = __matmul__ = mm

    def __rmatmul__(self, other: Any) -> Any:
        return self.t().mm(other.t()).t()

    def add(self, other: Any, *, alpha: Any = 1) -> Any:
        """The sum with another sparse tensor.

        Raises:
            RuntimeError: the other is dense, or of another size.
        """
        if not isinstance(other, SparseTensor):
            raise RuntimeError("add(sparse, dense) is not supported. Use add(dense, sparse) instead.")
        if self.shape != other.shape:
            raise RuntimeError(
                f"add: expected sizes of 'self' and 'other' to match, but {list(self.shape)} != {list(other.shape)}"
            )
        places = cat([self._places, other._places], 1)
        return SparseTensor(places, cat([self._stored, alpha * other._stored], 0), self.shape).coalesce()

    __add__ = add

    def __radd__(self, other: Any) -> Any:
        return other + self.to_dense()

    def __sub__(self, other: Any) -> Any:
        return self.add(other, alpha=-1)

    def mul(self, other: Any) -> SparseTensor:
        """Each stored element times a number, or times the element of a tensor at its place."""
        if isinstance(other, SparseTensor):
            other = other.to_dense()
        if isinstance(other, TensorBase) and other.ndim:
            other = index_select(other.expand(self.shape).reshape(-1), 0, self._flat())  # type: ignore[attr-defined]
        return self._with(self._stored * other)

    __mul__ = __rmul__ = mul

    def div(self, other: Any) -> SparseTensor:
        """Each stored element divided by a number."""
        return self._with(self._stored / other)

    __truediv__ = div

    def __neg__(self) -> SparseTensor:
        return self._with(-self._stored)

    def pow(self, exponent: Any) -> SparseTensor:
        """Each element to the power of a number above 0."""
        coalesced = self.coalesce()
        return coalesced._with(coalesced._stored**exponent)

    __pow__ = pow

    def sum(self, dim: int | None = None) -> Any:
        """The sum of all elements, or along a dimension as a sparse tensor."""
        if dim is None:
            return self._stored.sum()
        kept = [d for d in range(self.ndim) if d != dim % self.ndim]
        places = index_select(self._places, 0, as_tensor(kept))
        return SparseTensor(places, self._stored, [self.shape[d] for d in kept]).coalesce()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(type(self._stored), name):
            raise AttributeError(f"'SparseTensor' object has no attribute '{name}'")
        raise NotImplementedError(
            f"Could not run 'aten::{name}' with arguments from the 'SparseCPU' backend: a sparse tensor has products "
            "with dense matrices, sums and arithmetic with numbers. Use to_dense() for the rest."
        )

    # -- as an argument of torch's functions --------------------------------------------------------------------

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = func.__name__.strip("_")
        first, *rest = args
        options = kwargs or {}
        if isinstance(first, cls) and name in _METHODS:
            return getattr(first, _METHODS[name])(*rest, **options)
        if not isinstance(first, cls) and len(rest) == 1:
            if name in ("add", "radd", "iadd"):
                return first + rest[0].to_dense()
            if name in ("sub", "isub"):
                return first - rest[0].to_dense()
            if name in ("mul", "rmul"):
                return rest[0].mul(first)
            if name in ("mm", "matmul"):
                return rest[0].__rmatmul__(first)
        raise NotImplementedError(
            f"Could not run 'aten::{name}' with arguments from the 'SparseCPU' backend: a sparse tensor has products "
            "with dense matrices, sums and arithmetic with numbers. Use to_dense() for the rest."
        )


# The functions that take a sparse tensor first, and its methods.
_METHODS = {
    name: name for name in ("mm", "matmul", "add", "mul", "div", "pow", "sum", "transpose", "t", "clone")
}
_METHODS |= {
    "mv": "mm",
    "spmm": "mm",
    "true_divide": "div",
    "multiply": "mul",
    "neg": "__neg__",
    "sub": "__sub__",
}


def to_sparse(dense: Any) -> SparseTensor:
    """The elements of a dense tensor that are not 0.

    Args:
        dense: the tensor; its values are looked at.
    """
    places = dense.nonzero()
    return SparseTensor(places.t(), dense[tuple(places.unbind(1))], dense.shape, True)


def sparse_coo_tensor(
    indices: Any,
    values: Any,
    size: Sequence[int] | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> SparseTensor:
    """A sparse tensor of places and values.

    https://docs.pytorch.org/docs/stable/generated/torch.sparse_coo_tensor.html

    Args:
        indices: (dimensions, nnz).
        values: (nnz,); values of the same place are added.
        size: the sizes; default the smallest that hold all places.
        dtype: of the values.
        device: of the values.
        requires_grad: whether the values require a gradient.
        check_invariants: accepted; places outside the sizes add nothing.
        is_coalesced: whether no place occurs twice and the places are in order.

    Raises:
        RuntimeError: ``indices`` is no matrix, or has not as many columns as there are values.

    Example::

        >>> import jaxlearn as torch
        >>> adjacency = torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0], (2, 3))
        >>> torch.sparse.mm(adjacency, torch.ones(3, 1))
        tensor([[3.],
                [9.]])
    """
    places = as_tensor(indices, dtype=dtypes.int64)
    stored = as_tensor(values, dtype=dtype, device=device)
    if requires_grad:
        stored = stored.detach().requires_grad_()
    if places.dim() != 2:
        raise RuntimeError(f"indices must be sparse_dim x nnz, but got: {list(places.shape)}")
    if stored.dim() != 1:
        raise NotImplementedError(
            "a sparse tensor's values are numbers here, no tensors: values must be a vector"
        )
    if places.shape[1] != stored.shape[0]:
        raise RuntimeError(
            f"indices and values must have same nnz, but got nnz from indices: {places.shape[1]}, "
            f"nnz from values: {stored.shape[0]}"
        )
    if size is None:
        size = (np.asarray(places.numpy(force=True)).max(1, initial=-1) + 1).tolist()
    return SparseTensor(places, stored, size, bool(is_coalesced))


def spmm(input: Any, mat2: Any) -> Any:
    """The product of a sparse and a dense matrix.

    https://docs.pytorch.org/docs/stable/sparse.html

    Args:
        input: (n, m), sparse.
        mat2: (m, p), dense.

    Raises:
        RuntimeError: the shapes do not fit.
    """
    return input @ mat2

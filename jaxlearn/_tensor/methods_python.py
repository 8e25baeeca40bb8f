"""Tensor's methods that call Python for each element, write a diagonal, or answer questions about other kinds of
tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._engine.value import concrete
from . import predicates
from .dispatch import wrap
from .indexing import host_array
from .inplace import check_writable, write
from .layout import strides_of

__all__ = ["PythonMethods"]


def _rewritten(name: str, target: Any, function: Callable[..., Any], *others: Any) -> Any:
    """Write the function's results, element by element, into the tensor."""
    if target._requires_grad and target.requires_grad:
        raise RuntimeError(
            f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead."
        )
    check_writable(target)
    arrays = [host_array(x) for x in (target, *[o.expand_as(target) for o in others])]
    results = [function(*row) for row in zip(*[a.reshape(-1).tolist() for a in arrays], strict=True)]
    new = np.array(results, arrays[0].dtype).reshape(arrays[0].shape)
    write(target, wrap(concrete(new)))
    return target


def _mask(place: np.ndarray[Any, Any]) -> Any:
    return wrap(concrete(place))


class PythonMethods:
    """Slow element by element functions, and what dense tensors answer about sparse and other ones."""

    is_nonzero = predicates.is_nonzero
    is_signed = predicates.is_signed

    # Other kinds of tensors and devices than there are here.
    is_ipu = False
    is_maia = False
    is_mkldnn = False
    is_mtia = False
    is_vulkan = False
    is_xla = False

    def apply_(self: Any, callable: Callable[[Any], Any]) -> Any:
        """Write a Python function's results, each of one element, into the tensor; slow.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.apply_.html

        Raises:
            RuntimeError: the tensor requires grad.
        """
        return _rewritten("apply_", self, callable)

    def map_(self: Any, tensor: Any, callable: Callable[[Any, Any], Any]) -> Any:
        """Write a Python function's results, each of this and another tensor's element, into this one; slow.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.map_.html

        Raises:
            RuntimeError: the tensor requires grad, or the other does not broadcast to its shape.
        """
        return _rewritten("map_", self, callable, tensor)

    def map2_(self: Any, x: Any, y: Any, callable: Callable[[Any, Any, Any], Any]) -> Any:
        """:meth:`map_` with two other tensors."""
        return _rewritten("map2_", self, callable, x, y)

    def fill_diagonal_(self: Any, fill_value: Any, wrap: bool = False) -> Any:
        """Write a number along the main diagonal, where all indices are equal.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.fill_diagonal_.html

        Args:
            fill_value: the number.
            wrap: of a tall matrix, begin again after each full diagonal and an empty row.

        Raises:
            RuntimeError: the tensor has fewer than two dimensions, or more of different sizes.

        Example::

            >>> import jaxlearn as torch
            >>> torch.zeros(2, 2).fill_diagonal_(1)
            tensor([[1., 0.],
                    [0., 1.]])
        """
        shape = tuple(self.shape)
        if len(shape) < 2:
            raise RuntimeError("dimensions must larger than 1")
        if len(shape) > 2 and len(set(shape)) > 1:
            raise RuntimeError("all dimensions of input must be of equal length")
        rows = np.arange(min(shape))
        place = np.zeros(shape, bool)
        place[(rows,) * len(shape)] = True
        if wrap and len(shape) == 2 and shape[0] > shape[1]:
            place.reshape(-1)[:: shape[1] + 1] = True
        return self.masked_fill_(_mask(place), fill_value)

    def dim_order(self: Any, *, ambiguity_check: Any = False) -> tuple[int, ...]:
        """The dimensions from the outermost in memory to the innermost.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.dim_order.html

        Args:
            ambiguity_check: True to refuse strides that allow several orders; or a list of memory formats, of which
                one must be the tensor's.

        Raises:
            RuntimeError: several orders are possible and were to be refused.

        Example::

            >>> import jaxlearn as torch
            >>> torch.zeros(2, 3).t().dim_order()
            (1, 0)
        """
        strides = strides_of(self._current().aval)
        order = tuple(sorted(range(len(strides)), key=lambda d: -strides[d]))
        if isinstance(ambiguity_check, (list, tuple)):
            found = sum(self.is_contiguous(memory_format=f) for f in ambiguity_check)
            ambiguous = found != 1
        else:
            ambiguous = bool(ambiguity_check) and len(set(strides)) < len(strides)
        if ambiguous:
            raise RuntimeError(
                "The tensor does not have unique dim order, or cannot map to exact one of the given."
            )
        return order

    def to_dense(self: Any, dtype: Any = None, *, masked_grad: bool | None = None) -> Any:
        """The tensor itself: it is dense; in ``dtype`` if there is one.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to_dense.html
        """
        return self if dtype is None else self.to(dtype)

    def to_sparse(self: Any) -> Any:
        """The elements that are not 0, as a :class:`SparseTensor`.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to_sparse.html
        """
        from .sparse_coo import to_sparse

        return to_sparse(self)

    def is_distributed(self) -> bool:
        """False: torch has no such tensors any more."""
        return False

    def share_memory_(self: Any) -> Any:
        """Refused: XLA's arrays are in this process's memory, and what another process wrote there would not be seen.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.share_memory_.html

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "share_memory_() is not possible: tensors are XLA arrays in this process's memory, and processes cannot "
            "write to each other's. Send values between processes instead."
        )

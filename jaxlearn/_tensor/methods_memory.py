"""Tensor's methods about memory: which storage it is on, and changes of its own shape in place."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .._autograd.modes import modes, no_grad
from .._warnings import warn_once
from ..ops import shape, shape_dims, shape_rearrange
from ..ops.op import explained
from ..ops.view_rules import contiguous_strides
from . import reshaping
from .inplace import check_writable, refuse_growth, refuse_inference
from .storage import TypedStorage, UntypedStorage, address
from .views import become, count_untracked, geometry, share

__all__ = ["MemoryMethods"]


def _reshaping(function: Callable[..., Any], grad_name: Callable[..., str]) -> Callable[..., Any]:
    """The in-place form of a view operation: the tensor itself takes the view's shape; its memory stays shared.

    Args:
        function: the view operation.
        grad_name: from its further arguments, torch's name of the backward node of the in-place form.
    """
    name = function.__name__ + "_"

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        check_writable(self, shared=True, reshapes=True)
        try:
            with no_grad():
                viewed = function(self._alias(), *args, **kwargs)
        except RuntimeError as error:
            if not str(error).startswith(function.__name__ + "("):
                raise
            raise RuntimeError(name + str(error).removeprefix(function.__name__)) from None
        become(self, viewed, grad_name(*args, **kwargs))
        return self

    method.__name__ = method.__qualname__ = name
    method.__doc__ = (
        f"In-place form of :func:`{function.__name__}`: changes this tensor's own shape and returns it."
    )
    return method


_transposing = _reshaping(shape.transpose, lambda dim0, dim1: "TransposeBackward1")


class MemoryMethods:
    """Memory: storages, aliases, and in-place changes of shape."""

    t_ = _reshaping(shape.t, lambda: "TBackward1")
    transpose_ = _transposing
    swapaxes_ = _transposing
    swapdims_ = _transposing
    squeeze_ = _reshaping(
        shape.squeeze,
        lambda dim=None: f"SqueezeBackward{3 if dim is None else 4 if isinstance(dim, int) else 5}",
    )
    unsqueeze_ = _reshaping(shape.unsqueeze, lambda dim: "UnsqueezeBackward1")
    as_strided_ = _reshaping(
        reshaping.as_strided, lambda size, stride, storage_offset=None: "AsStridedBackward1"
    )

    @explained(method=True)
    def resize_(self: Any, *sizes: Any, memory_format: Any = None) -> Any:
        """Give the tensor another shape, the elements in order; new ones are zero (in torch: undefined).

        Where more memory is needed the tensor gets its own, and other tensors on the old memory stay there (in torch
        they see the new one).

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.resize_.html

        Args:
            sizes: the new shape.
            memory_format: accepted for torch's sake.

        Raises:
            RuntimeError: the tensor requires grad, or is on a NumPy array's memory that is too small.
        """
        size = shape_dims.as_size(sizes)
        if self.requires_grad:
            raise RuntimeError("cannot resize variables that require grad")
        refuse_inference(self)
        held = self._cell.value.aval
        if tuple(self.shape) == size:
            return self
        if self.dtype._np == held.dtype and geometry(self)[1] + math.prod(size) <= held.size:
            become(self, reshaping.as_strided(self._alias(), size, contiguous_strides(size)), None)
        else:
            refuse_growth(self, geometry(self)[1] + math.prod(size))
            whole = reshaping.as_strided(self._alias(), (held.size,), (1,), 0)
            count_untracked(self)
            self._cell.rebind(self._cell.value)
            share(self, shape_rearrange.resized(whole[geometry(self)[1] :], size))
        return self

    @explained(method=True)
    def resize_as_(self: Any, tensor: Any, memory_format: Any = None) -> Any:
        """Give the tensor another's shape; see :meth:`resize_`.

        Args:
            tensor: the other.
            memory_format: accepted for torch's sake.
        """
        return self.resize_(tuple(tensor.shape))

    def set_(
        self: Any, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None
    ) -> Any:
        """Make this tensor share another's memory, shape and strides.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.set_.html

        Args:
            source: a tensor, or a storage of elements of this tensor's dtype.
            storage_offset: the first element in the storage.
            size: the shape; by default all elements of a storage, a tensor's own shape.
            stride: elements to step over, for each dimension; by default row-major.

        Raises:
            RuntimeError: an element would lie outside the storage, or the dtypes differ.
        """
        refuse_inference(self)
        if modes.grad and not modes.hidden and self._requires_grad and self._grad_fn is None:
            raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
        if isinstance(source, (UntypedStorage, TypedStorage)):
            source = reshaping.on_storage(source._cell)
            if size is None:
                size = (source.numel() - storage_offset,)
        if source.dtype != self.dtype:
            raise RuntimeError(
                f"Could not set tensor of type {_c_name(source)} to a tensor of type {_c_name(self)}"
            )
        if size is not None:
            size = tuple(size)
            source = reshaping.as_strided(
                source._alias(), size, contiguous_strides(size) if stride is None else stride, storage_offset
            )
        share(self, source)
        return self

    def data_ptr(self: Any) -> int:
        """A number for the place in memory: equal for aliases that begin at one element, 0 without elements.

        XLA moves arrays about, so it is no address.
        """
        if not self.numel():
            return 0
        return address(self._cell) + geometry(self)[1] * self.itemsize

    def untyped_storage(self: Any) -> UntypedStorage:
        """The memory that this tensor shares with its aliases.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.untyped_storage.html
        """
        return UntypedStorage(self._cell)

    def storage(self: Any) -> TypedStorage:
        """The memory that this tensor shares with its aliases, as elements; torch calls it deprecated.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.storage.html
        """
        warn_once(
            "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage "
            "class. This should only matter to you if you are using storages directly.  To access UntypedStorage "
            "directly, use tensor.untyped_storage() instead of tensor.storage()"
        )
        return TypedStorage(self._cell, self.dtype)

    @explained(method=True)
    def is_set_to(self: Any, tensor: Any) -> bool:
        """Whether two tensors are the same memory with the same shape and strides."""
        return (
            self._cell is tensor._cell
            and tuple(self.shape) == tuple(tensor.shape)
            and geometry(self) == geometry(tensor)
        )

    def is_same_size(self: Any, other: Any) -> bool:
        """Whether two tensors have the same shape."""
        return tuple(self.shape) == tuple(other.shape)


_C_NAMES = {
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "int64": "int64_t",
    "complex64": "c10::complex<float>",
}


def _c_name(tensor: Any) -> str:
    name = str(tensor.dtype).removeprefix("torch.")
    return {"float32": "float", "float64": "double", "int32": "int", **_C_NAMES}.get(name, name)

"""Tensor's methods that change its shape, cut it, or put its elements in other places."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .._autograd.modes import modes
from ..ops import shape, shape_dims, shape_parts, shape_rearrange
from . import reshaping, searching
from .creation_data import as_tensor as _as_tensor
from .inplace import check_writable, inplace
from .views import assign, contiguous_strides, geometry

__all__ = ["ShapeMethods"]


def _reshaping(function: Callable[..., Any]) -> Callable[..., Any]:
    """The in-place form of a view operation: the tensor itself takes the view's shape; its memory stays "
    "shared."""

    def method(self: Any, *args: Any) -> Any:
        check_writable(self)
        viewed = function(_twin(self), *args)
        self._cell, self._view = viewed._cell, viewed._view
        if modes.grad or viewed._requires_grad:
            self._grad_fn, self._output_nr = viewed._grad_fn, viewed._output_nr
        return self

    method.__name__ = method.__qualname__ = function.__name__ + "_"
    method.__doc__ = (
        f"In-place form of :func:`{function.__name__}`: changes this tensor's own shape and returns it."
    )
    return method


def _twin(self: Any) -> Any:
    """Another tensor on the same memory with the same history."""
    twin = self.detach()
    twin._view = self._view
    if self._grad_fn is not None:
        twin._grad_fn, twin._output_nr, twin._requires_grad = self._grad_fn, self._output_nr, True
    return twin


class ShapeMethods:
    """Shape: views, cuts and rearrangements."""

    view = reshaping.view
    view_as = reshaping.view_as
    reshape = reshaping.reshape
    reshape_as = reshaping.reshape_as
    flatten = reshaping.flatten
    ravel = reshaping.ravel
    unflatten = reshaping.unflatten
    select = reshaping.select
    narrow = reshaping.narrow
    as_strided = reshaping.as_strided
    contiguous = reshaping.contiguous
    clone = reshaping.clone

    transpose = shape.transpose
    swapaxes = shape.transpose
    swapdims = shape.transpose
    t = shape.t
    permute = shape.permute
    movedim = shape.movedim
    moveaxis = shape.movedim
    adjoint = shape.adjoint
    squeeze = shape.squeeze
    unsqueeze = shape.unsqueeze
    expand = shape.expand
    expand_as = shape.expand_as
    broadcast_to = shape.broadcast_to
    transpose_ = _reshaping(shape.transpose)
    swapaxes_ = _reshaping(shape.transpose)
    swapdims_ = _reshaping(shape.transpose)
    t_ = _reshaping(shape.t)
    squeeze_ = _reshaping(shape.squeeze)
    unsqueeze_ = _reshaping(shape.unsqueeze)

    diagonal = shape_parts.diagonal
    unfold = shape_parts.unfold
    split = shape_parts.split
    split_with_sizes = shape_parts.split_with_sizes
    chunk = shape_parts.chunk
    tensor_split = shape_parts.tensor_split
    hsplit = shape_parts.hsplit
    vsplit = shape_parts.vsplit
    dsplit = shape_parts.dsplit
    unbind = shape_parts.unbind

    flip = shape_rearrange.flip
    fliplr = shape_rearrange.fliplr
    flipud = shape_rearrange.flipud
    roll = shape_rearrange.roll
    rot90 = shape_rearrange.rot90
    repeat = shape_rearrange.repeat
    tile = shape_rearrange.tile
    tril = shape_rearrange.tril
    triu = shape_rearrange.triu
    tril_ = inplace(shape_rearrange.tril)
    triu_ = inplace(shape_rearrange.triu)
    diag = shape_rearrange.diag
    diag_embed = shape_rearrange.diag_embed
    diagflat = shape_rearrange.diagflat
    repeat_interleave = searching.repeat_interleave

    @property
    def T(self) -> Any:
        """The view with all dimensions in reverse order."""
        return shape.reversed_dims(self)

    @property
    def mT(self) -> Any:
        """The view with the last two dimensions exchanged."""
        return shape.matrix_transpose(self)

    @property
    def H(self) -> Any:
        """A matrix conjugated and transposed."""
        return shape.conjugate_transpose(self)

    @property
    def mH(self) -> Any:
        """Matrices conjugated and transposed."""
        return shape.adjoint(self)

    @property
    def real(self) -> Any:
        """The real parts; the tensor itself if it is real."""
        return shape_rearrange.real(self)

    @real.setter
    def real(self: Any, value: Any) -> None:
        if not self.is_complex():
            self.copy_(_as_tensor(value))
            return
        check_writable(self)
        part = shape_rearrange.real(self).clone().copy_(_as_tensor(value))
        assign(self, shape_rearrange.complex_(part, shape_rearrange.imag(self)))

    @property
    def imag(self) -> Any:
        """The imaginary parts of complex numbers."""
        return shape_rearrange.imag(self)

    @imag.setter
    def imag(self: Any, value: Any) -> None:
        check_writable(self)
        part = shape_rearrange.imag(self).clone().copy_(_as_tensor(value))
        assign(self, shape_rearrange.complex_(shape_rearrange.real(self), part))

    def resize_(self: Any, *sizes: Any, memory_format: Any = None) -> Any:
        """Give the tensor another shape, the elements in order; new ones are zero (in torch: undefined).

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.resize_.html

        Raises:
            RuntimeError: the tensor requires grad, or is a view.
        """
        size = shape_dims.as_size(sizes)
        if self.requires_grad:
            raise RuntimeError("cannot resize variables that require grad")
        if tuple(self.shape) == size:
            return self
        if self._view is None:
            assign(self, shape_rearrange.resized(self, size))
            return self
        if geometry(self)[1] + math.prod(size) > self._view.base.numel():
            raise RuntimeError(
                f"cannot resize_ this view to {list(size)}: the memory belongs to a tensor of "
                f"{self._view.base.numel()} "
                "elements; clone() it first"
            )
        viewed = reshaping.as_strided(_twin(self), size, contiguous_strides(size))
        self._cell, self._view = viewed._cell, viewed._view
        return self

    def resize_as_(self: Any, tensor: Any, memory_format: Any = None) -> Any:
        """Give the tensor another's shape; see :meth:`resize_`."""
        return self.resize_(tuple(tensor.shape))

    def is_same_size(self: Any, other: Any) -> bool:
        """Whether two tensors have the same shape."""
        return tuple(self.shape) == tuple(other.shape)

"""Tensor's methods that change its shape, cut it, or put its elements in other places."""

from __future__ import annotations

import functools
from typing import Any

from .._warnings import warn_once
from ..ops import shape, shape_parts, shape_rearrange
from . import predicates, reshaping, searching, view_copies
from .creation_data import as_tensor as _as_tensor
from .inplace import inplace

__all__ = ["ShapeMethods"]


_REVERSED = (
    "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will throw an "
    "error in a future release. Consider `x.mT` to transpose batches of matrices or "
    "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor."
)
_SAME = "Tensor.{} is deprecated on 0-D tensors. This function is the identity in these cases."
_ZERO = "Tensor.{} is deprecated on 0-D tensors. Consider using x.conj()."


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
    narrow_copy = view_copies.narrow_copy
    as_strided = reshaping.as_strided
    as_strided_scatter = view_copies.as_strided_scatter
    clone = reshaping.clone

    @functools.wraps(reshaping.contiguous)
    def contiguous(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not args and not kwargs:  # most tensors are, and torch says so in 0.1 us
            value = self._cell.value if self._view is None else self._current()
            if value.aval.strides is None:
                return self
        return reshaping.contiguous(self, *args, **kwargs)

    transpose = shape.transpose
    swapaxes = shape.transpose
    swapdims = shape.transpose
    t = shape.t
    permute = shape.permute
    movedim = shape.movedim
    moveaxis = shape.movedim
    adjoint = shape.adjoint
    conj = shape.conj
    resolve_conj = reshaping.resolve_conj
    resolve_neg = reshaping.resolve_neg
    is_conj = predicates.is_conj
    is_neg = predicates.is_neg
    squeeze = shape.squeeze
    unsqueeze = shape.unsqueeze
    expand = shape.expand
    expand_as = shape.expand_as
    broadcast_to = shape.broadcast_to

    diagonal = shape_parts.diagonal
    unfold = shape_parts.unfold
    split = reshaping.split
    split_with_sizes = shape_parts.split_with_sizes
    chunk = shape_parts.chunk
    tensor_split = shape_parts.tensor_split
    hsplit = shape_parts.hsplit
    vsplit = shape_parts.vsplit
    dsplit = shape_parts.dsplit
    unbind = shape_parts.unbind
    unsafe_chunk = view_copies.unsafe_chunk
    unsafe_split = view_copies.unsafe_split
    unsafe_split_with_sizes = view_copies.unsafe_split_with_sizes

    flip = shape_rearrange.flip
    fliplr = shape_rearrange.fliplr
    flipud = shape_rearrange.flipud
    roll = shape_rearrange.roll
    rot90 = shape_rearrange.rot90
    repeat = shape_rearrange.repeat
    tile = shape_rearrange.tile
    tril = shape_rearrange.tril
    triu = shape_rearrange.triu
    tril_ = inplace(shape_rearrange.tril, shared=True)
    triu_ = inplace(shape_rearrange.triu, shared=True)
    fill_diagonal_ = reshaping.fill_diagonal_
    diag = shape_rearrange.diag
    diag_embed = shape_rearrange.diag_embed
    diagflat = shape_rearrange.diagflat
    repeat_interleave = searching.repeat_interleave

    @property
    def T(self) -> Any:
        """The view with all dimensions in reverse order; torch calls it deprecated where there are not two."""
        if len(self._current().aval.shape) != 2:  # type: ignore[attr-defined]
            warn_once(_SAME.format("T") if self.dim() == 0 else _REVERSED)  # type: ignore[attr-defined]
        return shape.reversed_dims(self)

    @property
    def mT(self) -> Any:
        """The view with the last two dimensions exchanged."""
        if self.dim() == 0:  # type: ignore[attr-defined]
            warn_once(_SAME.format("mT"))
            return self
        return shape.matrix_transpose(self)

    @property
    def H(self) -> Any:
        """A matrix conjugated and transposed."""
        if self.dim() == 0:  # type: ignore[attr-defined]
            warn_once(_ZERO.format("H"))
        return shape.conjugate_transpose(self)

    @property
    def mH(self) -> Any:
        """Matrices conjugated and transposed."""
        if self.dim() == 0:  # type: ignore[attr-defined]
            warn_once(_ZERO.format("mH"))
            return shape.conjugate_transpose(self)
        return shape.conjugated_matrices("mH", self)

    @property
    def real(self) -> Any:
        """The real parts; the tensor itself if it is real."""
        return shape_rearrange.real(self)

    @real.setter
    def real(self: Any, value: Any) -> None:
        shape_rearrange.real(self).copy_(_as_tensor(value))

    @property
    def imag(self) -> Any:
        """The imaginary parts of complex numbers."""
        return shape_rearrange.imag(self)

    @imag.setter
    def imag(self: Any, value: Any) -> None:
        shape_rearrange.imag(self).copy_(_as_tensor(value))

    def __reversed__(self: Any) -> Any:
        """The tensor with its first dimension in reverse; itself if it has none."""
        return self.flip(0) if self.dim() else self

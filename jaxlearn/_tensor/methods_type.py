"""What a tensor is: shape, dtype, device and memory layout."""

from __future__ import annotations

from typing import Any

from .. import _dtypes as dtypes
from .._engine.device import Device
from .._size import Size
from ..layouts import contiguous_format, strided
from ..layouts import layout as Layout
from .layout import is_laid_out
from .state import TensorState
from .views import current, geometry

__all__ = ["TypeMethods"]


class TypeMethods(TensorState):
    """The attributes that are known before anything is computed."""

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        aval = (self._cell.value if self._view is None else current(self)).aval
        if aval.sizes is None:
            aval.sizes = Size(aval.shape)
        sizes: Size = aval.sizes
        return sizes

    def size(self, dim: int | None = None) -> Size | int:
        """The shape, or the size of one dimension.

        Raises:
            IndexError: ``dim`` is out of range.
        """
        if dim is None:
            return self.shape
        shape = (self._cell.value if self._view is None else current(self)).aval.shape
        n = len(shape)
        if type(dim) is int and -n <= dim < n:
            known: int = shape[dim]
            return known
        if not -max(n, 1) <= dim < max(n, 1):
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-max(n, 1)}, {max(n, 1) - 1}], but got {dim})"
            )
        if n == 0:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        return int(shape[dim])

    def dim(self) -> int:
        """The number of dimensions."""
        return len((self._cell.value if self._view is None else current(self)).aval.shape)

    ndim = property(dim)

    def ndimension(self) -> int:
        """The number of dimensions."""
        return self.dim()

    def numel(self) -> int:
        """The number of elements."""
        size: int = (self._cell.value if self._view is None else current(self)).aval.size
        return size

    nelement = numel

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        aval = (self._cell.value if self._view is None else current(self)).aval
        if aval.element is None:
            aval.element = dtypes.from_numpy_dtype(aval.dtype)
        element: dtypes.dtype = aval.element
        return element

    @property
    def device(self) -> Device:
        """Where the tensor is."""
        device: Device = self._cell.value.aval.device  # that of all views
        return device

    @property
    def layout(self) -> Layout:
        """Always ``torch.strided``."""
        return strided

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return int(self._current().aval.dtype.itemsize)

    def element_size(self) -> int:
        """Bytes per element."""
        return self.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.numel() * self.itemsize

    @property
    def is_cuda(self) -> bool:
        """Whether the tensor is on a GPU."""
        return self.device.type == "cuda"

    @property
    def is_cpu(self) -> bool:
        """Whether the tensor is in the host's memory."""
        return self.device.type == "cpu"

    @property
    def is_meta(self) -> bool:
        """Whether the tensor is on the meta device: a type without data."""
        return self.device.type == "meta"

    @property
    def is_xpu(self) -> bool:
        """False: JAX has no such devices."""
        return False

    @property
    def is_mps(self) -> bool:
        """False: JAX has no such devices."""
        return False

    @property
    def is_sparse(self) -> bool:
        """False: tensors are dense here."""
        return False

    @property
    def is_sparse_csr(self) -> bool:
        """False: tensors are dense here."""
        return False

    @property
    def is_quantized(self) -> bool:
        """False: there are no quantized tensors here."""
        return False

    @property
    def is_nested(self) -> bool:
        """False: there are no nested tensors here."""
        return False

    def is_shared(self) -> bool:
        """False: worker processes receive copies."""
        return False

    def is_floating_point(self) -> bool:
        """Whether the elements are real floating point numbers."""
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the elements are complex numbers."""
        return self.dtype.is_complex

    def stride(self, dim: int | None = None) -> tuple[int, ...] | int:
        """Elements to step over in memory from one index of a dimension to the next, as torch lays this tensor out."""
        strides = geometry(self)[0]
        return strides if dim is None else strides[dim]

    def storage_offset(self) -> int:
        """The place of the first element in the storage."""
        return geometry(self)[1]

    def is_contiguous(self, memory_format: Any = contiguous_format) -> bool:
        """Whether torch's layout of this tensor is dense and in the order of a memory format, by default row-major."""
        return is_laid_out(self._current().aval.shape, geometry(self)[0], memory_format)

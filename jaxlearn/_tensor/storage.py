"""The storage of a tensor as an object: what ``x.untyped_storage()`` gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._engine.device import Device
from .._engine.graph import evaluate
from .cell import Cell
from .layout import strides_of

__all__ = ["TypedStorage", "UntypedStorage", "address", "flat_values"]


def address(cell: Cell) -> int:
    """A number for a storage: different for those alive at one time. XLA moves arrays about, so it is no address."""
    return id(cell) << 16


def flat_values(cell: Cell) -> np.ndarray[Any, Any]:
    """The storage's elements in the order of torch's memory, copied to the host."""
    aval = cell.value.aval
    array = np.asarray(evaluate(cell.value))
    strides = strides_of(aval)
    order = sorted(range(array.ndim), key=lambda d: (-strides[d], d))
    return np.ascontiguousarray(array.transpose(order)).reshape(-1)


class UntypedStorage:
    """The memory that a tensor and its aliases share, as bytes.

    https://docs.pytorch.org/docs/stable/storage.html

    Args:
        cell: the storage cell; :meth:`Tensor.untyped_storage` gives it.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.zeros(2, 3)
        >>> x.untyped_storage().nbytes(), x[1].untyped_storage().data_ptr() == x.data_ptr()
        (24, True)
    """

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def data_ptr(self) -> int:
        """A number for the place in memory, equal for all aliases' storages."""
        return address(self._cell)

    def nbytes(self) -> int:
        """How many bytes."""
        aval = self._cell.value.aval
        return int(aval.size * aval.dtype.itemsize)

    size = nbytes
    __len__ = nbytes

    def element_size(self) -> int:
        """Bytes of an element: 1."""
        return 1

    @property
    def device(self) -> Device:
        """Where the storage is."""
        device: Device = self._cell.value.aval.device
        return device

    @property
    def is_cuda(self) -> bool:
        """Whether the storage is on a GPU."""
        return self.device.type == "cuda"

    def tolist(self) -> list[int]:
        """The bytes as numbers."""
        return flat_values(self._cell).view(np.uint8).tolist()

    def __getitem__(self, index: int) -> int:
        return self.tolist()[index]

    def __iter__(self) -> Iterator[int]:
        return iter(self.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and other._cell is self._cell

    def __hash__(self) -> int:
        return hash(id(self._cell))

    def __repr__(self) -> str:
        lines = "".join(f" {byte}\n" for byte in self.tolist())
        return f"{lines}[torch.storage.UntypedStorage(device={self.device}) of size {len(self)}]"


class TypedStorage:
    """The memory that a tensor and its aliases share, as elements of its dtype; torch calls it deprecated.

    https://docs.pytorch.org/docs/stable/storage.html

    Args:
        cell: the storage cell; :meth:`Tensor.storage` gives it.
        dtype: the type of the elements.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([[1, 2], [3, 4]]).t().storage().tolist()
        [1, 2, 3, 4]
    """

    def __init__(self, cell: Cell, dtype: dtypes.dtype) -> None:
        self._cell = cell
        self.dtype = dtype

    @property
    def device(self) -> Device:
        """Where the storage is."""
        return self.untyped().device

    def untyped(self) -> UntypedStorage:
        """The same storage as bytes."""
        return UntypedStorage(self._cell)

    def data_ptr(self) -> int:
        """A number for the place in memory, equal for all aliases' storages."""
        return address(self._cell)

    def nbytes(self) -> int:
        """How many bytes."""
        return self.untyped().nbytes()

    def size(self) -> int:
        """How many elements."""
        return self.nbytes() // self.dtype.itemsize

    __len__ = size

    def element_size(self) -> int:
        """Bytes of an element."""
        return self.dtype.itemsize

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        return flat_values(self._cell).view(self.dtype._np).tolist()

    def __getitem__(self, index: int) -> Any:
        return self.tolist()[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __repr__(self) -> str:
        lines = "".join(f" {number}\n" for number in self.tolist())
        return f"{lines}[torch.storage.TypedStorage(dtype={self.dtype}, device={self.device}) of size {len(self)}]"

"""The boundary between checkpoint files and the tensor layer.

Nothing in this package knows what a Tensor is: the tensor layer registers one `Adapter`, which takes its
objects apart into NumPy arrays and puts them together again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Adapter", "TensorRecord", "current_adapter", "register_adapter"]


@dataclass(frozen=True, slots=True)
class TensorRecord:
    """A tensor taken apart: a strided window on a storage.

    Args:
        base: the whole storage, one-dimensional and contiguous, in the tensor's own dtype.
        key: identity of the storage; tensors with equal keys share it. On load it is a
            `jaxlearn.io.pth_storage.Storage`, whose attribute `handle` is free for the adapter to keep the
            tensor layer's own storage object in, so that the next tensor on the same storage finds it.
        offset: index in `base` of the tensor's first element.
        shape: sizes.
        strides: steps in elements, one per dimension.
        requires_grad: as on the tensor.
        is_parameter: on save, whether the object is a Parameter; on load always False, since a Parameter is
            made from the tensor by `Adapter.parameter_type`.
        backward_hooks: hooks on the tensor; never written, a warning is given if there are any.
        location: device as torch writes it: "cpu", "cuda:0".
        subclass: on save, the user's subclass of Tensor that it is an instance of, if any.
        attributes: of an instance of a subclass, what the program has set on it.
    """

    base: np.ndarray[Any, Any]
    key: Hashable
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    requires_grad: bool = False
    is_parameter: bool = False
    backward_hooks: Mapping[Any, Any] | None = None
    location: str = "cpu"
    subclass: type | None = None
    attributes: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Adapter:
    """What the tensor layer tells this package about itself.

    Args:
        to_record: takes any object; its record if it is a Tensor or Parameter, else None.
        from_record: makes a Tensor; records with the same `key` must give tensors sharing storage. The array
            is the tensor layer's to keep; with `mmap=True` it is an `np.memmap` view.
        tensor_type: the Tensor class.
        parameter_type: the Parameter class, called as `parameter_type(tensor, requires_grad)`.
        size_type: the Size class, called as `size_type(tuple)`.
        device_type: the device class, called as `device_type("cuda", 0)`; has `.type` and `.index`.
        dtypes: dtype objects (one object per dtype) by torch's name without prefix: `{"float32": ...}`.
        device_count: number of devices of a kind ("cpu", "cuda", "tpu") that can hold a tensor here.
        owning: of a tensor that was read, the one to make a parameter of; by default itself.
        of_class: makes an instance of a subclass of Tensor of a tensor that was read.
    """

    to_record: Callable[[object], TensorRecord | None]
    from_record: Callable[[TensorRecord], Any]
    tensor_type: type
    parameter_type: type
    size_type: type
    device_type: type
    dtypes: Mapping[str, object]
    device_count: Callable[[str], int]
    owning: Callable[[Any], Any] | None = None
    of_class: Callable[[type, Any], Any] | None = None


_adapter: Adapter | None = None


def register_adapter(adapter: Adapter | None) -> Adapter | None:
    """Make `adapter` the one that `save` and `load` use.

    Args:
        adapter: the tensor layer's adapter, or None for none.

    Returns:
        The adapter that was registered before.
    """
    global _adapter
    previous, _adapter = _adapter, adapter
    return previous


def current_adapter() -> Adapter:
    """The registered adapter.

    Raises:
        RuntimeError: if no tensor layer has registered itself.
    """
    if _adapter is None:
        raise RuntimeError(
            "no tensor layer is registered with jaxlearn.io: `import jaxlearn` first, or call "
            "jaxlearn.io.register_adapter(...)"
        )
    return _adapter

"""Saving and loading: torch's checkpoint files, read and written without torch.

https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import _dtypes as dtypes
from . import cuda
from ._engine.device import Device
from ._overrides.calls import PLAIN, stands_for
from ._size import Size
from ._tensor.core import tensor_from_array
from ._tensor.creation_constants import empty
from ._tensor.dispatch import TENSOR_TYPES
from ._tensor.layout import laid_out
from ._tensor.storage import flat_values
from ._tensor.tensor import Tensor
from ._tensor.views import geometry
from .io import Adapter, TensorRecord, register_adapter
from .io import add_safe_globals as add_safe_globals
from .io import clear_safe_globals as clear_safe_globals
from .io import get_safe_globals as get_safe_globals
from .io import load as load
from .io import safe_globals as safe_globals
from .io import save as save
from .nn.parameter import Parameter, is_lazy
from .ops.view_rules import is_dense

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals", "save"]


def _to_record(obj: Any) -> TensorRecord | None:
    """A tensor as a window on its storage, which is the array of the tensor that it is a view of."""
    if type(obj) not in TENSOR_TYPES or is_lazy(obj):
        return None
    strides, offset = geometry(obj)
    aval = obj._current().aval
    subclass = None if type(obj) in PLAIN else stands_for(type(obj))
    return TensorRecord(
        base=flat_values(obj._cell),
        key=id(obj._cell),
        offset=offset,
        shape=tuple(aval.shape),
        strides=strides,
        requires_grad=obj._requires_grad,
        is_parameter=isinstance(obj, Parameter),
        backward_hooks=obj._hooks,
        location=str(aval.device),
        subclass=subclass,
        attributes=None if subclass is None else obj._attributes(),
    )


def _from_record(record: TensorRecord) -> Any:
    """A tensor of a window. All windows of one storage share its memory, as they did when they were saved."""
    storage: Any = record.key
    root = storage.handle
    if root is not None:
        if (tuple(root.shape), geometry(root)) == (record.shape, (record.strides, record.offset)):
            tensor = root.detach()  # a tied weight
        else:
            tensor = empty(0, dtype=root.dtype, device=root.device)
            tensor.set_(root.untyped_storage(), record.offset, record.shape, record.strides)
    elif math.prod(record.shape) == len(record.base) and is_dense(record.shape, record.strides):
        tensor = storage.handle = _on_device(_whole(record), record.location)
    else:
        storage.handle = _on_device(tensor_from_array(record.base), record.location)
        return _from_record(record)
    if record.requires_grad:
        tensor.requires_grad = True
    return tensor


def _whole(record: TensorRecord) -> Any:
    """A tensor of a window that shows each element of its storage once."""
    itemsize = record.base.dtype.itemsize
    window = np.lib.stride_tricks.as_strided(
        record.base, record.shape, [s * itemsize for s in record.strides]
    )
    tensor = tensor_from_array(np.ascontiguousarray(window).reshape(record.shape))
    value = tensor._cell.value
    value.aval = laid_out(value.aval, record.strides)
    return tensor


def _on_device(tensor: Any, location: str) -> Any:
    device = Device(location)
    return tensor if device == tensor.device else tensor.to(device)


def _owning(tensor: Any) -> Any:
    """A copy of what shows a part of a storage: an optimizer updates one parameter of each storage."""
    return tensor.clone() if tensor._view is not None and tensor._view.steps else tensor


register_adapter(
    Adapter(
        to_record=_to_record,
        from_record=_from_record,
        tensor_type=Tensor,
        parameter_type=Parameter,
        size_type=Size,
        device_type=Device,
        dtypes={d._name: d for d in vars(dtypes).values() if isinstance(d, dtypes.dtype)},
        device_count=lambda kind: cuda.device_count() if kind == "cuda" else 1,
        owning=_owning,
        of_class=lambda kind, tensor: Tensor._make_subclass(kind, tensor, tensor.requires_grad),
    )
)

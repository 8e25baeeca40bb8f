"""The functions by which a checkpoint's pickle puts tensors together, and the table of their torch names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from jaxlearn.io._adapter import TensorRecord, current_adapter
from jaxlearn.io.pth_dtypes import NUMPY_DTYPES, is_quantized_storage
from jaxlearn.io.pth_storage import STORAGE_TYPES, Storage

__all__ = [
    "REBUILD_FUNCTIONS",
    "rebuild_parameter",
    "rebuild_tensor_v2",
    "rebuild_tensor_v3",
    "refuse_unsupported",
    "torch_global",
]


def rebuild_tensor(storage: Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> Any:
    """A tensor as PyTorch 0.3 and before wrote it: a window on a storage."""
    return rebuild_tensor_v2(storage, offset, size, stride, False, OrderedDict())


def rebuild_tensor_v2(
    storage: Storage,
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    backward_hooks: Mapping[Any, Any] | None,
    metadata: Mapping[str, bool] | None = None,
) -> Any:
    """A tensor of the storage's own element type.

    Args:
        storage: what the window looks on.
        offset: index of the first element.
        size: the shape.
        stride: steps in elements.
        requires_grad: as on the saved tensor.
        backward_hooks: empty in every file torch writes today.
        metadata: {"conj": True} or {"neg": True} where torch put off the operation.

    Raises:
        RuntimeError: if the window reaches outside the storage.
    """
    shape, strides = tuple(size), tuple(stride)
    _check_window(storage, offset, shape, strides)
    base, key = storage.array, storage
    if metadata and (metadata.get("conj") or metadata.get("neg")):
        # The operation applies to this window only, so it gets a storage of its own.
        step = base.dtype.itemsize
        window = np.lib.stride_tricks.as_strided(
            base[offset:], shape, [step * s for s in strides], writeable=False
        )
        values = np.conj(window) if metadata.get("conj") else window
        values = np.ascontiguousarray(-values if metadata.get("neg") else values)
        strides = tuple(int(s) // step for s in values.reshape(shape).strides)
        base, offset = values.reshape(-1), 0
        key = Storage(base, storage.location)
    return current_adapter().from_record(
        TensorRecord(
            base=base,
            key=key,
            offset=offset,
            shape=shape,
            strides=strides,
            requires_grad=bool(requires_grad),
            backward_hooks=backward_hooks,
            location=storage.location,
        )
    )


def rebuild_tensor_v3(
    storage: Storage,
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    backward_hooks: Mapping[Any, Any] | None,
    dtype: object,
    metadata: Mapping[str, bool] | None = None,
) -> Any:
    """A tensor whose element type stands beside an untyped storage (unsigned integers, float8)."""
    name = next((name for name, known in current_adapter().dtypes.items() if known is dtype), None)
    if name is None or name not in NUMPY_DTYPES:
        raise TypeError(f"cannot load a tensor of dtype {dtype}: supported are {', '.join(NUMPY_DTYPES)}")
    element = NUMPY_DTYPES[name]
    typed = storage
    if storage.array.dtype != element:
        if name not in storage.views:
            storage.views[name] = Storage(storage.array.view(element), storage.location)
        typed = storage.views[name]
    return rebuild_tensor_v2(typed, offset, size, stride, requires_grad, backward_hooks, metadata)


def rebuild_parameter(data: Any, requires_grad: bool, backward_hooks: Mapping[Any, Any] | None) -> Any:
    """A Parameter around a tensor."""
    adapter = current_adapter()
    return adapter.parameter_type(data if adapter.owning is None else adapter.owning(data), requires_grad)


def rebuild_parameter_with_state(
    data: Any, requires_grad: bool, backward_hooks: Mapping[Any, Any] | None, state: object
) -> Any:
    """A Parameter that had Python attributes."""
    return _set_attributes(rebuild_parameter(data, requires_grad, backward_hooks), state)


def rebuild_from_type(func: Callable[..., Any], new_type: type, args: tuple[Any, ...], state: object) -> Any:
    """A tensor of a subclass, or one that had Python attributes.

    Raises:
        TypeError: if `func` is not one of torch's rebuild functions.
    """
    if func not in _REBUILDERS:
        raise TypeError(f"torch._tensor._rebuild_from_type_v2 cannot call {func!r}")
    result = func(*args)
    adapter = current_adapter()
    if adapter.of_class is not None and new_type not in (adapter.tensor_type, adapter.parameter_type):
        result = adapter.of_class(new_type, result)
        if isinstance(state, dict) and state.get("_is_param"):
            result = adapter.parameter_type(result, result.requires_grad)
            state = {name: value for name, value in state.items() if name != "_is_param"}
    return _set_attributes(result, state)


_REBUILDERS = (rebuild_tensor, rebuild_tensor_v2, rebuild_tensor_v3, rebuild_parameter)

REBUILD_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor": rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": rebuild_tensor_v2,
    "torch._utils._rebuild_tensor_v3": rebuild_tensor_v3,
    "torch._utils._rebuild_parameter": rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": rebuild_parameter_with_state,
    "torch._tensor._rebuild_from_type_v2": rebuild_from_type,
}


def torch_global(full_name: str) -> object | None:
    """What a name of torch's stands for here, or None.

    Args:
        full_name: as in the file, "torch._utils._rebuild_tensor_v2", "torch.float32".
    """
    found: object | None = REBUILD_FUNCTIONS.get(full_name) or STORAGE_TYPES.get(full_name)
    if found is None and full_name.startswith("torch."):
        adapter = current_adapter()
        types = {
            "torch.Size": adapter.size_type,
            "torch.device": adapter.device_type,
            "torch.Tensor": adapter.tensor_type,
            "torch._tensor.Tensor": adapter.tensor_type,
            "torch.nn.parameter.Parameter": adapter.parameter_type,
        }
        found = types.get(full_name, adapter.dtypes.get(full_name.removeprefix("torch.")))
    return found


def refuse_unsupported(full_name: str) -> None:
    """Say so when a file holds a kind of tensor that there is none of here.

    Raises:
        NotImplementedError: for quantized and sparse tensors.
    """
    if full_name == "torch._utils._rebuild_qtensor" or is_quantized_storage(full_name.rpartition(".")[2]):
        raise NotImplementedError(
            f"the file holds a quantized tensor ({full_name}), which jaxlearn does not have: "
            "save `tensor.dequantize()` or `tensor.int_repr()` with torch instead"
        )
    if full_name == "torch._utils._rebuild_sparse_tensor":
        raise NotImplementedError(
            f"the file holds a sparse tensor ({full_name}), which jaxlearn does not have: "
            "save `tensor.to_dense()` with torch instead"
        )


def _set_attributes(tensor: Any, state: object) -> Any:
    parts = state if isinstance(state, tuple) else (state,)
    for attributes in parts:
        for name, value in (attributes or {}).items():
            if name.startswith("__"):
                raise RuntimeError(f"the file sets {name!r} on a tensor, which no file of torch's does")
            setattr(tensor, name, value)
    return tensor


def _check_window(storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
    # A stride taken from a damaged or hostile file would otherwise read foreign memory.
    valid = len(shape) == len(strides) and all(type(n) is int and n >= 0 for n in (offset, *shape, *strides))
    if valid:
        needed = (
            0 if 0 in shape else offset + 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        )
        valid = needed <= len(storage)
    if not valid:
        raise RuntimeError(
            f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {offset} are out of "
            f"bounds for storage of size {len(storage)}"
        )

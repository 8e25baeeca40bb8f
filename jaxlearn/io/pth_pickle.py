"""Pickling under torch's names, so that torch reads what jaxlearn writes."""

from __future__ import annotations

import pickle
import sys
import warnings
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

import numpy as np

from jaxlearn.io._adapter import TensorRecord, current_adapter
from jaxlearn.io.pth_dtypes import STORAGE_CLASSES, torch_dtype_name
from jaxlearn.io.pth_rebuild import (
    REBUILD_FUNCTIONS,
    rebuild_from_type,
    rebuild_parameter,
    rebuild_tensor_v2,
    rebuild_tensor_v3,
)
from jaxlearn.io.pth_storage import STORAGE_TYPES, Storage, StorageType

__all__ = ["TorchPickler", "pickler_of"]

_FUNCTION_NAMES = {function: name for name, function in REBUILD_FUNCTIONS.items()}
# Leaves and containers that pickle knows by itself; asking the adapter about each number would be slow.
_PLAIN = frozenset({str, int, float, bool, type(None), bytes, dict, list, tuple, OrderedDict})


class _StorageReference:
    """A storage met while pickling; written as a persistent id, its data beside the pickle."""

    __slots__ = ("array", "pid")

    def __init__(self, array: np.ndarray[Any, Any], pid: tuple[Any, ...]) -> None:
        self.array = array
        self.pid = pid


class _PlainTensor:
    """The tensor inside a Parameter."""

    __slots__ = ("record",)

    def __init__(self, record: TensorRecord) -> None:
        self.record = record


# The pickler in C insists on importing every name that it writes, and there is no torch to import.
# Any: type stubs leave the one in Python out.
_PythonPickler: Any = pickle._Pickler


class TorchPickler(_PythonPickler):  # type: ignore[misc, unused-ignore]
    """Pickles an object, keeping storages aside.

    Args:
        file: receives the pickle.
        protocol: pickle protocol; torch's `weights_only=True` reads only protocol 2.
    """

    def __init__(self, file: Any, protocol: int) -> None:
        super().__init__(file, protocol=protocol)
        self._adapter = current_adapter()
        self._references: dict[Hashable, _StorageReference] = {}
        self._dtype_names = {id(dtype): f"torch.{name}" for name, dtype in self._adapter.dtypes.items()}
        self._type_names = {
            self._adapter.tensor_type: "torch.Tensor",
            self._adapter.parameter_type: "torch.nn.parameter.Parameter",
            self._adapter.size_type: "torch.Size",
            self._adapter.device_type: "torch.device",
        }

    def storages(self) -> list[np.ndarray[Any, Any]]:
        """The arrays of all storages met, in the order of their keys "0", "1", …"""
        return [reference.array for reference in self._references.values()]

    def persistent_id(self, obj: object) -> tuple[Any, ...] | None:
        """The file's name for a storage; None for all else."""
        return obj.pid if isinstance(obj, _StorageReference) else None

    def reducer_override(self, obj: Any) -> Any:
        """How an object of the tensor layer is written; `NotImplemented` for all else."""
        kind = type(obj)
        if kind in _PLAIN:
            return NotImplemented
        if kind is _PlainTensor:
            return self._reduce_tensor(obj.record)
        if kind is StorageType:
            return obj.torch_name
        if kind is Storage:
            raise TypeError("cannot save a Storage: save a tensor on it")
        if id(obj) in self._dtype_names:
            return self._dtype_names[id(obj)]
        if isinstance(obj, type):
            return self._type_names.get(obj, NotImplemented)
        if issubclass(kind, self._adapter.size_type):
            return self._adapter.size_type, (tuple(obj),)
        if issubclass(kind, self._adapter.device_type):
            return self._adapter.device_type, ((obj.type,) if obj.index is None else (obj.type, obj.index))
        if kind is type(rebuild_tensor_v2):
            return _FUNCTION_NAMES.get(obj, NotImplemented)
        record = self._adapter.to_record(obj)
        if record is None:
            return NotImplemented
        if record.backward_hooks:
            warnings.warn(f"backward hooks on {kind.__name__} will not be serialized.", stacklevel=2)
        if record.subclass is not None:
            # What torch sets on a parameter of a subclass, whose class is not Parameter.
            state = {**(record.attributes or {}), **({"_is_param": True} if record.is_parameter else {})}
            function, args = self._reduce_tensor(record, record.requires_grad)
            return rebuild_from_type, (function, record.subclass, args, state)
        if record.is_parameter:
            return rebuild_parameter, (_PlainTensor(record), record.requires_grad, OrderedDict())
        return self._reduce_tensor(record, record.requires_grad)

    def save_global(self, obj: Any, name: str | None = None) -> None:
        """Write a name; those that `reducer_override` gave are torch's and are not looked up."""
        if name is None or not name.startswith("torch."):
            super().save_global(obj, name)
            return
        module, _, attribute = name.rpartition(".")
        if self.proto >= 4:
            self.save(module)
            self.save(attribute)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{module}\n{attribute}\n".encode("ascii"))
        self.memoize(obj)

    def _reduce_tensor(self, record: TensorRecord, requires_grad: bool = False) -> tuple[Any, ...]:
        name = torch_dtype_name(record.base.dtype)
        untyped = name not in STORAGE_CLASSES
        window = (record.offset, tuple(record.shape), tuple(record.strides))
        hooks: OrderedDict[Any, Any] = OrderedDict()
        args = (self._reference(record, name, untyped), *window, requires_grad, hooks)
        if untyped:
            return rebuild_tensor_v3, (*args, self._adapter.dtypes[name])
        return rebuild_tensor_v2, args

    def _reference(self, record: TensorRecord, name: str, untyped: bool) -> _StorageReference:
        known = self._references.get(record.key)
        if known is not None:
            if known.array.dtype != record.base.dtype:
                raise RuntimeError(
                    "Cannot save multiple tensors or storages that view the same data as different types"
                )
            return _StorageReference(known.array, known.pid)
        class_name = "torch.storage.UntypedStorage" if untyped else f"torch.{STORAGE_CLASSES[name]}"
        base = np.ascontiguousarray(record.base).reshape(-1)
        size = base.nbytes if untyped else base.size
        # torch knows no other device than these; a tensor on a TPU is written as one on the CPU.
        location = record.location if record.location.startswith(("cpu", "cuda")) else "cpu"
        pid = ("storage", STORAGE_TYPES[class_name], str(len(self._references)), sys.intern(location), size)
        reference = _StorageReference(base, pid)
        self._references[record.key] = reference
        return reference


def pickler_of(module: Any) -> Any:
    """The class that writes tensors as :class:`TorchPickler` does, and all else as a module's ``Pickler``.

    Args:
        module: ``pickle`` or one like it.

    Raises:
        TypeError: its ``Pickler`` is not made of the one in Python, which this one builds on.
    """
    theirs = module.Pickler
    if theirs is pickle.Pickler or theirs is _PythonPickler:
        return TorchPickler
    if not (isinstance(theirs, type) and issubclass(theirs, _PythonPickler)):
        raise TypeError(
            f"pickle_module={getattr(module, '__name__', module)!r} cannot write checkpoints here: its Pickler does "
            "not derive from Python's pickle._Pickler"
        )
    return type("TorchPickler", (TorchPickler, theirs), {})

"""Storages as they come out of a checkpoint, and on which device they go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from jaxlearn.io._adapter import current_adapter
from jaxlearn.io.pth_dtypes import NUMPY_DTYPES, STORAGE_CLASSES

__all__ = ["STORAGE_TYPES", "MapLocation", "Storage", "StorageType", "restore_location"]


class StorageType:
    """Stands for one of torch's storage classes; carries the element type of the storage it tags."""

    __slots__ = ("dtype", "torch_name")

    def __init__(self, torch_name: str, dtype: np.dtype[Any]) -> None:
        self.torch_name = torch_name
        self.dtype = dtype

    def __repr__(self) -> str:
        return f"StorageType({self.torch_name})"


# One object per class, since pickle's memo goes by identity. Old files from GPUs say torch.cuda.FloatStorage.
STORAGE_TYPES: dict[str, StorageType] = {
    "torch.storage.UntypedStorage": StorageType("torch.storage.UntypedStorage", np.dtype(np.uint8))
}
for _dtype_name, _class_name in STORAGE_CLASSES.items():
    _storage_type = StorageType(f"torch.{_class_name}", NUMPY_DTYPES[_dtype_name])
    STORAGE_TYPES[f"torch.{_class_name}"] = STORAGE_TYPES[f"torch.cuda.{_class_name}"] = _storage_type


class Storage:
    """A one-dimensional array in the file and the device it was saved from.

    This is what a `map_location` function receives and returns. `handle` is the adapter's (see TensorRecord).
    `views` holds the same bytes under other dtypes: tensors sharing an untyped storage share one view.

    https://docs.pytorch.org/docs/stable/storage.html

    Args:
        array: one-dimensional, of the saved elements' type; of bytes (`uint8`) for an untyped storage.
        location: the device's name, as `"cpu"` or `"cuda:0"`.

    Example::

        >>> import numpy as np
        >>> from jaxlearn.io import Storage
        >>> Storage(np.zeros(2, np.float32), "cuda:0").cpu()
        Storage(2 x float32 at 'cpu')
    """

    __slots__ = ("array", "handle", "location", "views")

    def __init__(self, array: np.ndarray[Any, Any], location: str) -> None:
        self.array = array
        self.location = location
        self.handle: object | None = None
        self.views: dict[str, Storage] = {}

    def cpu(self) -> Storage:
        """The same data, bound for the CPU."""
        return Storage(self.array, "cpu")

    def cuda(self, device: int | str | None = None) -> Storage:
        """The same data, bound for a GPU: an index, a "cuda:1" or the current one."""
        text = "cuda" if device is None else str(device)
        return Storage(self.array, text if text.startswith("cuda") else f"cuda:{text}")

    def nbytes(self) -> int:
        """Size in bytes."""
        return int(self.array.nbytes)

    def __len__(self) -> int:
        return len(self.array)

    def __repr__(self) -> str:
        return f"Storage({len(self)} x {self.array.dtype} at {self.location!r})"


MapLocation = Callable[[Storage, str], Storage | None] | Mapping[str, str] | str | bytes | object | None


def restore_location(storage: Storage, map_location: MapLocation) -> Storage:
    """Send a storage where `map_location` says, by default to where it was saved from.

    Args:
        storage: as saved.
        map_location: None, a device or its name, a mapping of names, or a function of (storage, name).

    Raises:
        RuntimeError: if there is no such device here.
    """
    location = storage.location
    if map_location is None:
        pass
    elif isinstance(map_location, Mapping):
        location = str(map_location.get(location, location))
    elif isinstance(map_location, bytes):
        location = map_location.decode("ascii")
    elif isinstance(map_location, (str, current_adapter().device_type)):
        location = str(map_location)
    elif callable(map_location):
        mapped: Storage | None = map_location(storage, location)
        if mapped is not None:
            _check_device(mapped.location)
            return mapped
    else:
        raise TypeError(
            "map_location must be None, a device, its name, a dict or a function, got "
            f"{type(map_location).__name__}"
        )
    _check_device(location)
    storage.location = location
    return storage


def _check_device(location: str) -> None:
    kind, _, index = location.partition(":")
    if kind == "cpu":
        return
    count = current_adapter().device_count(kind)
    if count == 0 and kind == "cuda":
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. "
            "If you are running on a CPU-only machine, please use torch.load with "
            "map_location=torch.device('cpu') to map your storages to the CPU."
        )
    if count == 0:
        raise RuntimeError(
            f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with "
            f"{location}). Use load(..., map_location='cpu') to bring the storages to the CPU."
        )
    if index and int(index) >= count:
        raise RuntimeError(
            f"Attempting to deserialize object on {kind.upper()} device {index} but "
            f"torch.{kind}.device_count() is {count}. Please use torch.load with map_location to map your "
            "storages to an existing device."
        )

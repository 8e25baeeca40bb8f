"""Reading the format of PyTorch before 1.6: a row of pickles, then the storages."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from jaxlearn.io.pth_dtypes import is_quantized_storage
from jaxlearn.io.pth_storage import STORAGE_TYPES, MapLocation, Storage, restore_location
from jaxlearn.io.pth_unpickle import PersistentLoad
from jaxlearn.io.pth_zip import read_exactly

__all__ = ["load_legacy"]

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL_VERSION = 1001


def load_legacy(
    stream: IO[bytes], map_location: MapLocation, unpickle: Callable[[IO[bytes], PersistentLoad], Any]
) -> Any:
    """Read one object in the old format.

    Args:
        stream: a seekable file, at the beginning of the object.
        map_location: as for `load`.
        unpickle: reads one pickle from a stream, given how to find storages.

    Raises:
        RuntimeError: if the file is of another kind or cut short.
        UnpicklingError: if a pickle is malformed or not allowed.
    """
    start = stream.tell()
    stream.seek(start + 257)
    is_tar = stream.read(5) == b"ustar"
    stream.seek(start)
    if is_tar:
        raise RuntimeError(
            "the file is in the .tar format of PyTorch 0.1, which jaxlearn does not read: load it with "
            "torch and save it again"
        )
    if unpickle(stream, _no_storage) != _MAGIC_NUMBER:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = unpickle(stream, _no_storage)
    if version != _PROTOCOL_VERSION:
        raise RuntimeError(f"Invalid protocol version: {version}")
    # The saving machine's word sizes do not matter: the data is little-endian whatever they are.
    unpickle(stream, _no_storage)

    # The data follows the objects made from it, so the pickle is passed twice: first to learn what storages
    # there are.
    start = stream.tell()
    probe = _Probe(stream)
    probe.load()
    keys = unpickle(stream, _no_storage)
    storages = {}
    for key in keys:
        if key not in probe.found:
            raise RuntimeError(f"storage key {key!r} is not used by any tensor; corrupt file?")
        dtype, location = probe.found[key]
        count = int(read_exactly(stream, 8).view("<i8")[0])
        array = read_exactly(stream, count * dtype.itemsize).view(dtype)
        storages[key] = restore_location(Storage(array, location), map_location)
    end = stream.tell()

    views: dict[Any, Storage] = {}

    def persistent_load(pid: Any) -> Any:
        kind, *rest = pid
        if kind == "module":
            return rest[0]
        _, root, _, _, view = rest
        storage = storages[root]
        if view is None:
            return storage
        key, offset, size = view
        return views.setdefault(key, Storage(storage.array[offset : offset + size], storage.location))

    stream.seek(start)
    result = unpickle(stream, persistent_load)
    stream.seek(end)
    return result


def _no_storage(pid: Any) -> Any:
    raise pickle.UnpicklingError("unsupported persistent id encountered")


class _Inert:
    """Stands for every object of the first pass: takes anything, does nothing."""

    def __new__(cls, *args: Any, **kwargs: Any) -> _Inert:
        return object.__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __call__(self, *args: Any, **kwargs: Any) -> _Inert:
        return self

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def __setstate__(self, state: Any) -> None: ...

    def append(self, item: Any) -> None: ...

    def extend(self, items: Any) -> None: ...


class _Probe(pickle.Unpickler):
    """Passes over a pickle, calling nothing, and notes element type and place of each storage."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, encoding="latin1")
        self.found: dict[Any, tuple[np.dtype[Any], str]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if is_quantized_storage(name):
            return STORAGE_TYPES["torch.ByteStorage"]  # the second pass says that it is not supported
        return STORAGE_TYPES.get(f"{module}.{name}", _Inert)

    def persistent_load(self, pid: Any) -> Any:
        if isinstance(pid, tuple) and len(pid) == 6 and pid[0] == "storage":
            self.found[pid[2]] = (pid[1].dtype, pid[3])
            return _Inert()
        return _Inert  # a class with its source, which NEWOBJ wants to be a class

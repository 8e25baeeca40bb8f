"""`save` and `load` of torch's checkpoint files, without torch."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import sys
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from jaxlearn.io.pth_files import atomic_open
from jaxlearn.io.pth_legacy import load_legacy
from jaxlearn.io.pth_pickle import pickler_of
from jaxlearn.io.pth_storage import MapLocation, Storage, StorageType, restore_location
from jaxlearn.io.pth_unpickle import PersistentLoad, WeightsUnpickler, explain_refusal, unpickler_of
from jaxlearn.io.pth_zip import ArchiveReader, ArchiveWriter, Writable

__all__ = ["load", "save"]


def save(
    obj: object,
    f: str | os.PathLike[str] | Writable,
    pickle_module: Any = pickle,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Write an object to a file that torch and jaxlearn both read.

    Tensors that share storage share it in the file. A path's file is replaced only when the new
    one is whole. See https://docs.pytorch.org/docs/stable/generated/torch.save.html.

    Args:
        obj: tensors, numbers and containers of them; with `load(weights_only=False)` anything that pickles.
        f: a path, or a file open for writing bytes.
        pickle_module: whose ``Pickler`` writes what is no tensor: ``pickle``, or one whose class derives from that in
            Python (``dill``).
        pickle_protocol: torch itself reads only protocol 2 with `weights_only=True`.
        _use_new_zipfile_serialization: accepted for programs that ask for the format before PyTorch 1.6; the file is
            of the present one all the same, which newer versions read.

    Raises:
        AttributeError: if `f` is neither a path nor a file.
        RuntimeError: if the folder of the path does not exist.
        TypeError: if torch's format has no such element type, or ``pickle_module`` has no such class.

    Example::

        >>> import io
        >>> buffer = io.BytesIO()
        >>> save({"epoch": 3}, buffer)
        >>> position = buffer.seek(0)
        >>> load(buffer)
        {'epoch': 3}
    """
    if not isinstance(f, (str, os.PathLike)) and not hasattr(f, "write"):
        raise AttributeError(
            "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
        )
    # All that can fail for the object's sake comes before the file is touched.
    pickled = io.BytesIO()
    pickler = pickler_of(pickle_module)(pickled, pickle_protocol)
    pickler.dump(obj)
    if isinstance(f, (str, os.PathLike)):
        path = os.fspath(f)
        root = os.path.basename(path).rpartition(".")[0] or os.path.basename(path)
        with atomic_open(path) as stream:
            _write_archive(ArchiveWriter(stream, root), pickled, pickler.storages())
    else:
        _write_archive(ArchiveWriter(f, "archive"), pickled, pickler.storages())
        flush = getattr(f, "flush", None)
        if flush is not None:
            flush()


def load(
    f: str | os.PathLike[str] | IO[bytes],
    map_location: MapLocation = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    encoding: str = "utf-8",
) -> Any:
    """Read an object from a file written by `save` or by torch.

    The zip format of PyTorch 1.6 and later is read, and the one before it (but not the .tar of PyTorch 0.1).

    See https://docs.pytorch.org/docs/stable/generated/torch.load.html.

    Args:
        f: a path, or a seekable file open for reading bytes.
        map_location: where storages go: a device or its name, a dict of names, or a function of
            (storage, name) that returns a storage or None. By default where they were saved from.
        pickle_module: whose ``Unpickler`` reads the file, as for files that another than ``pickle`` wrote;
            ``weights_only`` is False then.
        weights_only: build tensors, plain containers and what `add_safe_globals` allows, nothing else: the default.
            False runs what the file says: only for files you trust.
        mmap: leave the data of a file given by its path on disk until it is used.
        encoding: how strings that Python 2 wrote are decoded.

    Raises:
        FileNotFoundError: if there is no such file.
        AttributeError: if `f` is neither a path nor a seekable file.
        UnpicklingError: if `weights_only` does not allow what the file holds.
        RuntimeError: if the file is damaged, the device it names does not exist here, or ``weights_only`` and
            ``pickle_module`` are both asked for.
        NotImplementedError: if the file holds a quantized or sparse tensor.

    Example::

        >>> import io
        >>> buffer = io.BytesIO()
        >>> save([1, 2.5], buffer)
        >>> position = buffer.seek(0)
        >>> load(buffer)
        [1, 2.5]
    """

    only_weights = pickle_module is None if weights_only is None else weights_only
    if only_weights and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")

    def unpickle(stream: IO[bytes], persistent_load: PersistentLoad) -> Any:
        if not only_weights:
            return unpickler_of(pickle_module)(stream, persistent_load, encoding).load()
        try:
            return WeightsUnpickler(stream, persistent_load, encoding).load()
        except pickle.UnpicklingError as error:
            raise explain_refusal(error) from None

    with contextlib.ExitStack() as closing:
        if isinstance(f, (str, os.PathLike)):
            stream: IO[bytes] = closing.enter_context(open(f, "rb"))
        else:
            _check_seekable(f)
            stream = f
        start = stream.tell()
        magic = stream.read(4)
        stream.seek(start)
        if magic == b"PK\x03\x04" or (b"PK\x03\x04".startswith(magic) and magic):
            if mmap and not isinstance(f, (str, os.PathLike)):
                raise ValueError("f must be a file path in order to use the mmap argument")
            mapped = np.memmap(stream, np.uint8, mode="c") if mmap else None  # type: ignore[call-overload, unused-ignore]
            stream.seek(start)
            return _read_archive(ArchiveReader(stream), map_location, unpickle, only_weights, mapped)
        if mmap:
            name = f"{f}, " if isinstance(f, str) else ""
            raise RuntimeError(
                f"mmap can only be used with files saved with `torch.save({name}"
                "_use_new_zipfile_serialization=True), please torch.save your checkpoint with this option "
                "in order to use mmap."
            )
        if not magic:
            raise EOFError("Ran out of input")
        return load_legacy(stream, map_location, unpickle)


def _check_seekable(stream: Any) -> None:
    for name in ("seek", "tell", "read"):
        if not hasattr(stream, name):
            raise AttributeError(
                f"'{type(stream).__name__}' object has no attribute '{name}'. You can only torch.load from "
                "a file that is seekable. Please pre-load the data into a buffer like io.BytesIO and try to "
                "load from it instead."
            )


def _write_archive(archive: ArchiveWriter, pickled: io.BytesIO, storages: list[np.ndarray[Any, Any]]) -> None:
    archive.write_record("data.pkl", pickled.getbuffer())
    archive.write_record(".format_version", b"1")
    archive.write_record(".storage_alignment", b"64")
    archive.write_record("byteorder", sys.byteorder.encode())
    for key, array in enumerate(storages):
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        # As plain bytes, since bfloat16 and float8 have no buffer format.
        archive.write_record(f"data/{key}", array.view(np.uint8).data)
    archive.finish()


def _read_archive(
    archive: ArchiveReader,
    map_location: MapLocation,
    unpickle: Callable[[IO[bytes], PersistentLoad], Any],
    weights_only: bool,
    mapped: np.ndarray[Any, Any] | None,
) -> Any:
    if archive.has("constants.pkl"):
        asked = "Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``. "
        raise RuntimeError(
            (asked if weights_only else "")
            + "The file is a TorchScript archive, which jaxlearn does not run: save a state_dict() instead."
        )
    byteorder = bytes(archive.read("byteorder")).decode() if archive.has("byteorder") else "little"
    if byteorder not in ("little", "big"):
        raise ValueError(f"Unknown endianness type: {byteorder}")
    storages: dict[str, Storage] = {}

    def read(key: str, dtype: np.dtype[Any], count: int) -> np.ndarray[Any, Any]:
        name, size = f"data/{key}", count * dtype.itemsize
        if mapped is not None and not archive.is_compressed(name):
            start, stored = archive.offset(name)
            data = mapped[start : start + stored]
        else:
            data = archive.read(name)
        if not 0 <= size <= len(data):
            raise RuntimeError(
                f"PytorchStreamReader failed reading file {name}: the record holds {len(data)} bytes, the "
                f"tensors on it need {size}. There is a high likelihood that your checkpoint file is "
                "corrupted."
            )
        array = data[:size].view(dtype)
        return array if byteorder == sys.byteorder else array.byteswap()

    def persistent_load(pid: Any) -> Storage:
        kinds = [str, StorageType, str, str, int]
        if not isinstance(pid, tuple) or [type(item) for item in pid] != kinds or pid[0] != "storage":
            raise pickle.UnpicklingError(f"unsupported persistent id encountered: {pid!r}")
        _, storage_type, key, location, count = pid
        if key not in storages:
            array = read(key, storage_type.dtype, count)
            storages[key] = restore_location(Storage(array, location), map_location)
        return storages[key]

    return unpickle(io.BytesIO(archive.read("data.pkl").data), persistent_load)

"""The zip archive around a checkpoint: records stored uncompressed at 64-byte boundaries.

Written by hand, not with `zipfile`, because torch computes the place of each record from this exact layout
(header, padding field "FB", data, data descriptor) and because arrays then go to the file without a copy.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from typing import IO, Any, Protocol

import numpy as np

__all__ = ["ArchiveReader", "ArchiveWriter", "Writable", "read_exactly"]

_ALIGNMENT = 64
_ZIP64_FROM = 0xFFFFFFFF  # sizes and offsets from here on stand in 64-bit fields,
_IN_ZIP64 = 0xFFFFFFFF  # and this in their 32-bit ones
_HAS_DESCRIPTOR = 0x0008
_UTF8_NAMES = 0x0800
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_ADVICE = (
    " If you are seeing this error, there is a high likelihood that your checkpoint file is corrupted. "
    "This can happen if the checkpoint was not saved properly, was transferred incorrectly, or the file was "
    "modified after saving."
)


class Writable(Protocol):
    """Anything with `write(bytes)`."""

    def write(self, data: Any, /) -> Any: ...


class ArchiveWriter:
    """Writes an archive record by record to a stream that need not be seekable.

    Args:
        stream: where the bytes go.
        root: name of the folder that holds every record.
    """

    def __init__(self, stream: Writable, root: str) -> None:
        self._stream = stream
        self._root = root
        self._position = 0
        self._central: list[bytes] = []
        self._digest = hashlib.blake2b(digest_size=16)

    def write_record(self, name: str, data: bytes | memoryview) -> None:
        """Append one record.

        Args:
            name: path below the root folder.
            data: its bytes; a memoryview is written without a copy.
        """
        path = f"{self._root}/{name}".encode()
        size = memoryview(data).nbytes
        start = self._position
        crc = zlib.crc32(data)
        self._digest.update(path[len(self._root) :] + crc.to_bytes(4, "little"))
        large = start >= _ZIP64_FROM or size >= _ZIP64_FROM
        zip64 = b""
        if large:
            values = ([size, size] if size >= _ZIP64_FROM else []) + ([start] if start >= _ZIP64_FROM else [])
            zip64 = struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)
        flags = _UTF8_NAMES | (_HAS_DESCRIPTOR if size else 0)
        padding = -(start + _LOCAL.size + len(path) + len(zip64) + 4) % _ALIGNMENT
        extra = zip64 + b"FB" + struct.pack("<H", padding) + b"Z" * padding
        self._write(
            _LOCAL.pack(b"PK\x03\x04", 0, flags, 0, 0, 0, 0, 0, 0, len(path), len(extra)) + path + extra
        )
        self._write(data)
        if size:
            sizes = struct.pack("<2Q" if large else "<2L", size, size)
            self._write(b"PK\x07\x08" + struct.pack("<L", crc) + sizes)
        short = _clipped(size)
        head = (b"PK\x01\x02", 0, 0, flags, 0, 0, 0, crc, short, short, len(path), len(zip64), 0, 0, 0, 0)
        self._central.append(_CENTRAL.pack(*head, _clipped(start)) + path + zip64)

    def finish(self) -> None:
        """Append the format version, an id of the content, and the table of contents."""
        self.write_record("version", b"3\n")
        identity = int.from_bytes(self._digest.digest(), "little") % 10**40
        self.write_record(".data/serialization_id", f"{identity:040d}".encode())
        start, count = self._position, len(self._central)
        table = b"".join(self._central)
        self._write(table)
        end = self._position
        self._write(
            struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 0x031E, 45, 0, 0, count, count, len(table), start)
        )
        self._write(struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1))
        counts = (
            min(count, 0xFFFF),
            min(count, 0xFFFF),
            _clipped(len(table)),
            _clipped(start),
        )
        self._write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *counts, 0))

    def _write(self, data: bytes | memoryview) -> None:
        rest = memoryview(data)
        self._position += rest.nbytes
        while rest.nbytes:
            written = self._stream.write(rest)
            # Unbuffered files may take less than they are given; other streams return None or the whole.
            rest = rest[written if isinstance(written, int) else rest.nbytes :]


class ArchiveReader:
    """Finds and reads the records of an archive.

    Checksums are not verified: torch can write files without them.

    Args:
        stream: a seekable file holding the archive.

    Raises:
        RuntimeError: if it is not a whole archive.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        try:
            self._zip = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, OSError, ValueError, struct.error) as error:
            raise RuntimeError(
                "PytorchStreamReader failed reading zip archive: failed finding central directory." + _ADVICE
            ) from error
        names = self._zip.namelist()
        self._root = names[0].partition("/")[0] if names else "archive"

    def has(self, name: str) -> bool:
        """Whether there is a record of that name."""
        return f"{self._root}/{name}" in self._zip.NameToInfo

    def offset(self, name: str) -> tuple[int, int]:
        """Where a stored record's bytes begin in the stream, and how many there are.

        Raises:
            RuntimeError: if there is no such record, or its header is damaged.
        """
        info = self._info(name)
        self._stream.seek(info.header_offset)
        header = self._stream.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
            raise RuntimeError(f"PytorchStreamReader failed reading file {name}: invalid header." + _ADVICE)
        name_size, extra_size = struct.unpack_from("<2H", header, 26)
        return info.header_offset + _LOCAL.size + name_size + extra_size, info.file_size

    def is_compressed(self, name: str) -> bool:
        """Whether a record was compressed, as torch never does but a repacked file may be."""
        return self._info(name).compress_type != zipfile.ZIP_STORED

    def read(self, name: str) -> np.ndarray[Any, Any]:
        """A record's bytes, read once into a fresh array.

        Returns:
            uint8 array of the record's size.

        Raises:
            RuntimeError: if the record is missing or cut short.
        """
        if self.is_compressed(name):
            return np.frombuffer(bytearray(self._zip.read(self._info(name))), np.uint8)
        start, size = self.offset(name)
        self._stream.seek(start)
        return read_exactly(self._stream, size)

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = self._zip.NameToInfo.get(f"{self._root}/{name}")
        if info is None:
            raise RuntimeError(f"PytorchStreamReader failed locating file {name}: file not found." + _ADVICE)
        return info


def _clipped(value: int) -> int:
    return value if value < _ZIP64_FROM else _IN_ZIP64


def read_exactly(stream: IO[bytes], size: int) -> np.ndarray[Any, Any]:
    """Read `size` bytes into a fresh uint8 array, without a copy where the stream allows.

    Raises:
        RuntimeError: if the stream ends before.
    """
    here = stream.tell()
    available = stream.seek(0, io.SEEK_END) - here
    stream.seek(here)
    if not 0 <= size <= available:  # before allocating what a damaged file asks for
        raise RuntimeError(
            f"unexpected EOF, expected {size - available} more bytes. The file might be corrupted."
        )
    buffer = np.empty(size, np.uint8)
    view, done = buffer.data, 0
    readinto = getattr(stream, "readinto", None)
    while done < size:
        if readinto is not None:
            count = readinto(view[done:])
        else:
            chunk = stream.read(size - done)
            count = len(chunk)
            view[done : done + count] = chunk
        if not count:
            raise RuntimeError(
                f"unexpected EOF, expected {size - done} more bytes. The file might be corrupted."
            )
        done += count
    return buffer

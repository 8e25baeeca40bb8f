"""The IDX file format of the MNIST family (http://yann.lecun.com/exdb/mnist): reading, writing, encoding."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from pathlib import Path
from uuid import uuid4

import numpy as np

from jaxlearn.vision.datasets._integrity import IntegrityError

_GZIP_MAGIC = b"\x1f\x8b"
_UINT8 = 8


def encode_idx(array: np.ndarray) -> tuple[bytes, bytes]:
    """Header and body of the IDX file that holds the uint8 ``array``."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, _UINT8, array.ndim, *array.shape)
    return header, array.tobytes()


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """The uint8 array in an IDX file, gzipped or not (told by its content, not by its name).

    Args:
        path: the file.

    Returns:
        A writable array of the shape in the header.

    Raises:
        IntegrityError: the file is not a whole IDX file of unsigned bytes.
    """
    content = np.fromfile(path, dtype=np.uint8)
    if content[:2].tobytes() == _GZIP_MAGIC:
        try:
            content = np.frombuffer(bytearray(gzip.decompress(content.tobytes())), dtype=np.uint8)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise IntegrityError(f"{path} is not a whole gzip file: {error}") from error
    head = content[:4].tolist()
    if len(head) < 4 or head[:3] != [0, 0, _UINT8]:
        raise IntegrityError(f"{path} is not an IDX file of unsigned bytes: it begins with {bytes(head)!r}")
    start = 4 + 4 * head[3]
    if content.size < start:
        raise IntegrityError(f"{path} ends within its header")
    shape = tuple(int(n) for n in np.frombuffer(content[4:start].tobytes(), dtype=">u4"))
    body = content[start:]
    if body.size != np.prod(shape, dtype=np.int64):
        raise IntegrityError(
            f"{path} holds {body.size} bytes after its header, which announces shape {shape}"
        )
    return body.reshape(shape)


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write the uint8 ``array`` as an IDX file that appears under its name only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with open(partial, "xb") as file:
            for part in encode_idx(array):
                file.write(part)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)

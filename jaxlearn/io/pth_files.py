"""Writing a file so that there is never half of one."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from typing import IO

__all__ = ["atomic_open"]


@contextlib.contextmanager
def atomic_open(path: str) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes the place of `path` only when it is whole.

    The bytes go to a hidden sibling, reach the disk, and are then renamed. If anything fails, the sibling is
    removed and `path` is as before. The mode of an existing file and symbolic links are kept; what is not a
    regular file (a pipe, a device) is written directly.

    Args:
        path: where the file is to be.

    Raises:
        RuntimeError: if the folder does not exist, or `path` is one.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {os.path.dirname(path)} does not exist.")
    if os.path.isdir(target):
        raise RuntimeError(f"cannot save to {path}: open file failed with strerror: Is a directory")
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as stream:
            yield stream
        return
    sibling = os.path.join(folder, f".{name[:100]}.{secrets.token_hex(8)}.tmp")
    try:
        with open(sibling, "xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileNotFoundError):
            os.chmod(sibling, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(sibling, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(sibling)
        raise

"""The calling thread's recorder: the graph recorded so far and the capture it belongs to, if one is running."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["Changes", "PerThread", "Recorder", "changes", "recorder", "ungraded", "unprofiled", "unusual"]


# The threads in which operations do more than usual, each with what it is: a capture runs, what is recorded is watched,
# or operands are autocast; and those without gradients. One look at an empty set takes a fifth of a look at what
# belongs to the thread.
unusual: set[tuple[int, str]] = set()
ungraded: set[tuple[int, str]] = set()

_set = threading.local.__setattr__  # super() takes longer than what it is asked for


class PerThread(threading.local):
    """State of the calling thread, part of which is noted where others look first.

    Attributes:
        noted: for a name the value that it usually has, and the set that tells of the threads in which it has another.
    """

    noted: dict[str, tuple[Any, set[tuple[int, str]]]] = {}  # noqa: RUF012

    def __setattr__(self, name: str, value: Any) -> None:
        _set(self, name, value)
        if name in type(self).noted:
            usual, threads = self.noted[name]
            mark = threading.get_ident(), name
            if value is usual:
                threads.discard(mark)
            else:
                threads.add(mark)


class Recorder(PerThread):
    """Per thread: ``nodes``, the pending values in the order of their creation, ``capture``, and ``step``, the number
    of graphs begun so far."""

    noted = {"capture": (None, unusual), "watch": (None, unusual)}  # noqa: RUF012

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.capture: Any = None
        self.step = 0
        self.loop: Any = None  # the loop in whose rounds a long graph is computed
        self.watch: Any = None  # is told of what is recorded, see watching
        self.fresh: Any = list  # makes the list for the nodes of the next graph


recorder = Recorder()


@contextlib.contextmanager
def unprofiled() -> Iterator[None]:
    """Without the profiler that tells what a recorded function changes: JAX traces twice as fast, and its own
    listeners are no part of the function."""
    profiler = sys.getprofile() if recorder.capture is not None else None
    if not callable(profiler):
        yield
        return
    sys.setprofile(None)
    try:
        yield
    finally:
        sys.setprofile(profiler)


class Changes:
    """Counts what compiled functions must look at again: ``modules``, changes to any module's attributes."""

    def __init__(self) -> None:
        self.modules = 0


changes = Changes()

"""The calling thread's recorder: the graph recorded so far and the capture it belongs to, if one is running."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["Changes", "Recorder", "changes", "recorder", "unprofiled"]


class Recorder(threading.local):
    """Per thread: ``nodes``, the pending values in the order of their creation, ``capture``, and ``step``, the number
    of graphs begun so far."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.capture: Any = None
        self.step = 0
        self.loop: Any = None  # the loop in whose rounds a long graph is computed


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

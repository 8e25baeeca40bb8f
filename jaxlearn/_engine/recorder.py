"""The calling thread's recorder: the graph recorded so far and the capture it belongs to, if one is running."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["Changes", "Recorder", "changes", "recorder"]


class Recorder(threading.local):
    """Per thread: ``nodes``, the pending values in the order of their creation, ``capture``, and ``step``, the number
    of graphs begun so far."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.capture: Any = None
        self.step = 0
        self.loop: Any = None  # the loop in whose rounds a long graph is computed


recorder = Recorder()


class Changes:
    """Counts what compiled functions must look at again: ``modules``, changes to any module's attributes."""

    def __init__(self) -> None:
        self.modules = 0


changes = Changes()

"""Reading results a few steps late, so that the host prepares batches while the device computes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["STEPS", "Lagged"]

#: How many steps the host may be ahead: enough to hide an uneven loader, few enough to bound the batches in memory.
STEPS = 8


class Lagged:
    """A queue of results that are read when they are :data:`STEPS` old.

    Args:
        use: called with each result as a NumPy array and what was added with it.
    """

    def __init__(self, use: Callable[..., None]) -> None:
        self._use = use
        self._queue: deque[tuple[Any, tuple[Any, ...]]] = deque()

    def add(self, result: Any, *about: Any) -> None:
        """Put a result (a tensor) into the queue, and read the oldest if it is full."""
        self._queue.append((result, about))
        if len(self._queue) > STEPS:
            self._read()

    def drain(self) -> None:
        """Wait for all results and read them."""
        while self._queue:
            self._read()

    def _read(self) -> None:
        result, about = self._queue.popleft()
        self._use(np.asarray(result._array()), *about)

"""Ctrl-C between steps: an interrupted training leaves a model whose last step is whole."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Self

__all__ = ["Interrupt"]


class Interrupt:
    """While entered, the first SIGINT asks the loop to stop; the second raises, but never inside a step.

    A step gives its program the memory of the old weights: raising before the new ones are in place would leave none.
    In other threads than the main one, which never get signals, this does nothing.
    """

    def __init__(self) -> None:
        self.requested = False
        self.in_step = False
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested and not self.in_step:
            raise KeyboardInterrupt
        self.requested = True

    def check(self) -> None:
        """Raise what was asked for.

        Raises:
            KeyboardInterrupt: SIGINT came since entering.
        """
        if self.requested:
            raise KeyboardInterrupt

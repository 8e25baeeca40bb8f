"""Points in time of a program's work on its device."""

from __future__ import annotations

import time

from .._engine.graph import synchronize

__all__ = ["Event"]


class Event:
    """A point in time: when everything recorded before :meth:`record` was computed.

    XLA runs a device's programs in their order, without streams, so an event is found by waiting: :meth:`record`
    returns when the work before it is done.
    https://docs.pytorch.org/docs/stable/generated/torch.cuda.Event.html

    Args:
        enable_timing: whether :meth:`elapsed_time` may be asked for.
        blocking: accepted for torch's sake: every event waits.
        interprocess: accepted for torch's sake.

    Example::

        >>> import jaxlearn as torch
        >>> start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        >>> start.record()
        >>> x = torch.ones(3).exp()
        >>> end.record()
        >>> start.elapsed_time(end) >= 0  # milliseconds
        True
    """

    def __init__(
        self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False
    ) -> None:
        self.enable_timing = enable_timing
        self._time: float | None = None

    def record(self, stream: None = None) -> None:
        """Mark the point that the program has reached.

        Args:
            stream: None, as there are no streams.
        """
        synchronize()
        self._time = time.perf_counter()

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this event to another.

        Args:
            end_event: the later one.

        Raises:
            ValueError: one of them does not time, or is not recorded yet.
        """
        if not (self.enable_timing and end_event.enable_timing):
            raise ValueError("Both events must be created with argument 'enable_timing=True'.")
        if self._time is None or end_event._time is None:
            raise ValueError("Both events must be recorded before calculating elapsed time.")
        return (end_event._time - self._time) * 1000

    def query(self) -> bool:
        """Whether the work before the event is done: always, as recording waits for it."""
        return True

    def synchronize(self) -> None:
        """Wait for the work before the event: nothing to do, as recording waits for it."""

    def wait(self, stream: None = None) -> None:
        """Let later work wait for the event: it does anyway, as programs run in their order.

        Args:
            stream: None, as there are no streams.
        """

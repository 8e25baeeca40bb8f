"""Streams and events: names for the one order in which a device does its work.

XLA runs a device's programs in the order in which they are asked for, so whatever a program would wait for has already
been put before: two streams never overtake each other.
"""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any

from ._engine.device import Device, default_device
from ._engine.graph import synchronize

__all__ = ["Event", "Stream", "StreamContext", "current_stream", "default_stream", "set_stream"]

_numbers = itertools.count(1)


class _Current(threading.local):
    """Per thread: the stream in use by device; without an entry the device's default one."""

    def __init__(self) -> None:
        self.streams: dict[Device, Stream] = {}


class Event:
    """A point in time: when everything recorded before :meth:`record` was computed.

    XLA runs a device's programs in their order, so an event is found by waiting: :meth:`record` returns when the work
    before it is done.
    https://docs.pytorch.org/docs/stable/generated/torch.Event.html

    Args:
        device: the device whose work it marks; all are waited for.
        enable_timing: whether :meth:`elapsed_time` may be asked for.
        blocking: accepted for torch's sake: every event waits.
        interprocess: accepted for torch's sake.

    Example::

        >>> import jaxlearn as torch
        >>> start, end = torch.Event(enable_timing=True), torch.Event(enable_timing=True)
        >>> start.record()
        >>> x = torch.ones(3).exp()
        >>> end.record()
        >>> start.elapsed_time(end) >= 0  # milliseconds
        True
    """

    def __init__(
        self,
        device: Any = None,
        *,
        enable_timing: bool = False,
        blocking: bool = False,
        interprocess: bool = False,
    ) -> None:
        self.device = default_device() if device is None else Device(device)
        self.enable_timing = enable_timing
        self._time: float | None = None

    def record(self, stream: Stream | None = None) -> None:
        """Mark the point that the program has reached.

        Args:
            stream: any: they share one order.
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

    def wait(self, stream: Stream | None = None) -> None:
        """Let later work wait for the event: it does anyway, as programs run in their order.

        Args:
            stream: any: they share one order.
        """


class Stream:
    """A device's work in the order in which it is asked for, which is the only one here.

    As a context it is the current stream. https://docs.pytorch.org/docs/stable/generated/torch.Stream.html

    Args:
        device: the device.
        priority: kept; all work has the same.

    Example::

        >>> import jaxlearn as torch
        >>> stream = torch.Stream()
        >>> with stream:
        ...     x = torch.ones(2) * 3
        >>> stream.synchronize()
        >>> stream.query()
        True
    """

    def __init__(self, device: Any = None, *, priority: int = 0) -> None:
        self.device = default_device() if device is None else Device(device)
        self.priority = priority
        self.stream_id = next(_numbers)

    def query(self) -> bool:
        """Whether all its work is done: the work is finished first, so always."""
        synchronize()
        return True

    def synchronize(self) -> None:
        """Wait for all work that was asked for."""
        synchronize()

    def record_event(self, event: Event | None = None) -> Event:
        """Mark the point that the program has reached.

        Args:
            event: the event to record; default a new one.
        """
        event = Event(self.device) if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Let later work wait for the event: it does anyway, as programs run in their order.

        Args:
            event: the event.
        """

    def wait_stream(self, stream: Stream) -> None:
        """Let later work wait for another stream's: it does anyway, as programs run in their order.

        Args:
            stream: the other one.
        """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and (self.device, self.stream_id) == (other.device, other.stream_id)

    def __hash__(self) -> int:
        return hash((self.device, self.stream_id))

    def __repr__(self) -> str:
        return f"{type(self).__name__} device={self.device}, stream_id={self.stream_id}"

    def __enter__(self) -> Stream:
        self._outer = [*getattr(self, "_outer", ()), current_stream(self.device)]
        set_stream(self)
        return self

    def __exit__(self, *exc: object) -> None:
        set_stream(self._outer.pop())


_current = _Current()


def current_stream(device: Device, kind: type[Stream] = Stream) -> Stream:
    """The stream that is in use on a device.

    Args:
        device: the device.
        kind: the class of its default stream.
    """
    found = _current.streams.get(device)
    return default_stream(device, kind) if found is None else found


def default_stream(device: Device, kind: type[Stream] = Stream) -> Stream:
    """The stream that a device begins with.

    Args:
        device: the device.
        kind: its class.
    """
    stream = kind(device)
    stream.stream_id = 0
    return stream


def set_stream(stream: Stream) -> None:
    """Make a stream the one in use on its device.

    Args:
        stream: the stream.
    """
    _current.streams[stream.device] = stream


class StreamContext:
    """Context in which a stream is the current one.

    Args:
        stream: the stream; None changes nothing.
    """

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        if self.stream is not None:
            self.stream.__enter__()

    def __exit__(self, *exc: object) -> None:
        if self.stream is not None:
            self.stream.__exit__(*exc)

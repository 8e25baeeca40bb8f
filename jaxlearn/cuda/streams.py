"""Streams and events of GPUs: https://docs.pytorch.org/docs/stable/cuda.html#streams-and-events"""

from __future__ import annotations

from typing import Any

from .. import _streams
from .._engine.device import Device
from ._gpus import ordinal

__all__ = ["Event", "Stream", "StreamContext", "current_stream", "default_stream", "set_stream", "stream"]


class Event(_streams.Event):
    """A point in time of a GPU's work, or without one of the CPU's: see :class:`jaxlearn.Event`.

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
        super().__init__(enable_timing=enable_timing)


class Stream(_streams.Stream):
    """A GPU's work in the order in which it is asked for: see :class:`jaxlearn.Stream`.

    https://docs.pytorch.org/docs/stable/generated/torch.cuda.Stream.html

    Args:
        device: ordinal or device; default the one in use.
        priority: kept; all work has the same.

    Raises:
        RuntimeError: there is no such GPU.
    """

    def __init__(self, device: Any = None, priority: int = 0) -> None:
        super().__init__(_device(device), priority=priority)

    def __repr__(self) -> str:
        return f"<torch.cuda.Stream device={self.device} cuda_stream={self.stream_id:#x}>"


class StreamContext(_streams.StreamContext):
    """Context in which a stream is the current one; see :func:`stream`.

    Args:
        stream: the stream; None changes nothing.
    """


def _device(device: Any) -> Device:
    return Device("cuda", ordinal(device))


def stream(stream: _streams.Stream | None) -> StreamContext:
    """Context in which a stream is the current one.

    https://docs.pytorch.org/docs/stable/generated/torch.cuda.stream.html

    Args:
        stream: the stream; None changes nothing.
    """
    return StreamContext(stream)


def current_stream(device: Any = None) -> _streams.Stream:
    """The stream that is in use on a GPU.

    Args:
        device: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is no such GPU.
    """
    return _streams.current_stream(_device(device), Stream)


def default_stream(device: Any = None) -> _streams.Stream:
    """The stream that a GPU begins with.

    Args:
        device: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is no such GPU.
    """
    return _streams.default_stream(_device(device), Stream)


def set_stream(stream: _streams.Stream | None) -> None:
    """Make a stream the one in use on its GPU.

    Args:
        stream: the stream; None changes nothing.
    """
    if stream is not None:
        _streams.set_stream(stream)

"""The names of ``torch.cpu``: https://docs.pytorch.org/docs/stable/cpu.html"""

from __future__ import annotations

from typing import Any

from .._engine.graph import synchronize as wait_for_devices
from .._naming import publish
from .._streams import Event as Event
from .._streams import Stream as Stream
from .._streams import StreamContext as StreamContext
from .._streams import current_stream as current_stream
from . import amp as amp

__all__ = [
    "Event",
    "Stream",
    "StreamContext",
    "amp",
    "current_device",
    "current_stream",
    "device_count",
    "is_available",
    "is_initialized",
    "set_device",
    "stream",
    "synchronize",
]


def is_available() -> bool:
    """True: there is a CPU."""
    return True


def is_initialized() -> bool:
    """True: a CPU needs no preparation."""
    return True


def device_count() -> int:
    """1, however many cores there are."""
    return 1


def current_device() -> str:
    """``"cpu"``."""
    return "cpu"


def set_device(device: Any) -> None:
    """Nothing: there is one CPU.

    Args:
        device: accepted, as torch does.
    """


def synchronize(device: Any = None) -> None:
    """Wait until everything that was recorded is computed.

    Args:
        device: accepted, as torch does.
    """
    wait_for_devices()


def stream(stream: Any) -> StreamContext:
    """A context in which a stream is the current one.

    Args:
        stream: the stream; None changes nothing.
    """
    return StreamContext(stream)


publish(__name__, ("StreamContext",))

"""Named ranges in a profiler's timeline, JAX's and thereby NVIDIA's: https://docs.pytorch.org/docs/stable/cuda.html"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import jax

__all__ = ["mark", "range", "range_end", "range_pop", "range_push", "range_start"]


class _Open(threading.local):
    def __init__(self) -> None:
        self.ranges: list[Any] = []


_open = _Open()


def range_push(msg: str) -> int:
    """Begin a range inside the ones that are open; returns how many those were.

    Args:
        msg: its name.
    """
    annotation = jax.profiler.TraceAnnotation(msg)
    annotation.__enter__()
    _open.ranges.append(annotation)
    return len(_open.ranges) - 1


def range_pop() -> int:
    """End the innermost range; returns how many are open around it, or -1 if none was open."""
    if not _open.ranges:
        return -1
    _open.ranges.pop().__exit__(None, None, None)
    return len(_open.ranges)


def range_start(msg: str) -> Any:
    """Begin a range that may end anywhere.

    Args:
        msg: its name.
    """
    annotation = jax.profiler.TraceAnnotation(msg)
    annotation.__enter__()
    return annotation


def range_end(range_id: Any) -> None:
    """End a range.

    Args:
        range_id: from :func:`range_start`.
    """
    range_id.__exit__(None, None, None)


def mark(msg: str) -> None:
    """Put a point into the timeline.

    Args:
        msg: its name.
    """
    with jax.profiler.TraceAnnotation(msg):
        pass


@contextlib.contextmanager
def range(msg: str, *args: Any, **kwargs: Any) -> Iterator[None]:
    """Context that is a range.

    Args:
        msg: its name, a format string.
        args: for the format.
        kwargs: for the format.
    """
    range_push(msg.format(*args, **kwargs))
    try:
        yield
    finally:
        range_pop()

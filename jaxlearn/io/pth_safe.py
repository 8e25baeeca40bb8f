"""What `load(weights_only=True)` may build besides tensors and plain containers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "safe_globals", "user_safe_globals"]

_safe: list[Any] = []


def add_safe_globals(safe_globals: Sequence[Any]) -> None:
    """Allow classes and functions in files read with `weights_only=True`.

    See https://docs.pytorch.org/docs/stable/notes/serialization.html.

    Args:
        safe_globals: classes or functions, or pairs of one and the full name it has in the file.

    Raises:
        ValueError: if a tuple is not a pair.
        TypeError: if the name in a pair is not a string.

    Example::

        >>> from collections import deque
        >>> add_safe_globals([deque])
        >>> get_safe_globals() == [deque]
        True
        >>> clear_safe_globals()
    """
    for entry in safe_globals:
        _name_of(entry)
    _safe.extend(entry for entry in safe_globals if entry not in _safe)


def get_safe_globals() -> list[Any]:
    """What has been allowed by `add_safe_globals`, in order."""
    return list(_safe)


def clear_safe_globals() -> None:
    """Take back everything that `add_safe_globals` allowed."""
    _safe.clear()


@contextlib.contextmanager
def safe_globals(safe_globals: Sequence[Any]) -> Iterator[None]:
    """Allow classes and functions while the block runs.

    Args:
        safe_globals: as for `add_safe_globals`.
    """
    before = list(_safe)
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _safe[:] = before


def user_safe_globals() -> dict[str, Any]:
    """What has been allowed, by full name."""
    return dict(_name_of(entry) for entry in _safe)


def _name_of(entry: Any) -> tuple[str, Any]:
    if not isinstance(entry, tuple):
        return f"{entry.__module__}.{entry.__qualname__}", entry
    if len(entry) != 2:
        raise ValueError(
            "Expected tuple of length 2 (global, str of callable full path), but got tuple of length: "
            f"{len(entry)}"
        )
    if not isinstance(entry[1], str):
        raise TypeError(
            f"Expected second item in tuple to be str of callable full path, but got: {type(entry[1])}"
        )
    return entry[1], entry[0]

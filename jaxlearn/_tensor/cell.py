"""Storage cells: the mutable place that a tensor and all its aliases refer to."""

from __future__ import annotations

from typing import Any

from .._engine.recorder import recorder
from .._engine.value import Value

__all__ = ["Cell", "Step", "View"]

# A view operation with its arguments after the first, and which of its results if it has several.
Step = tuple[Any, tuple[Any, ...], int | None]


class Cell:
    """Holds the current value of a storage. Writing in place means rebinding the cell to another value.

    ``version`` counts the writes. Autograd compares it to tell that a value needed for backward was overwritten, less
    the ``untracked`` writes, those through ``.data``, which torch hides from autograd.
    """

    __slots__ = ("__weakref__", "untracked", "value", "version")

    def __init__(self, value: Value) -> None:
        self.value = value
        self.version = 0
        self.untracked = 0

    def rebind(self, value: Value) -> None:
        """Write: all aliases see the new value."""
        if recorder.capture is not None:
            recorder.capture.written(self)
        self.value = value
        self.version += 1


class View:
    """How an alias is made from its base: the base tensor and the view operations that lead to it.

    The alias's own value is remembered together with the cell's version and made anew when that has changed.
    """

    __slots__ = ("base", "steps", "value", "version")

    def __init__(self, base: Any, steps: tuple[Step, ...], value: Value, version: int) -> None:
        self.base = base
        self.steps = steps
        self.value = value
        self.version = version

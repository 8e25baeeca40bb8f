"""Storage cells: the mutable place that a tensor and all its aliases refer to."""

from __future__ import annotations

from typing import Any

from .._engine.recorder import recorder
from .._engine.value import Value
from ..ops.view_rules import Step

__all__ = ["Cell", "View"]


class Cell:
    """Holds the current value of a storage. Writing in place means rebinding the cell to another value.

    ``version`` counts the writes. Autograd compares it to tell that a value needed for backward was overwritten, less
    the ``untracked`` writes, those through ``.data``, which torch hides from autograd. ``history`` is there after a
    write that gave the storage's tensor another history: the signature of the operation that it leads to.
    """

    __slots__ = ("__weakref__", "history", "untracked", "value", "version")
    history: Any

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
    """How an alias is made from its storage: the view operations that lead from the cell's value to it.

    Attributes:
        base: the tensor that autograd takes this for a view of, whose history changes when this is written to; None
            for an alias that autograd knows nothing of (``detach()``), which has a history of its own.
        steps: the view operations.
        kind: ``"no_grad"``, ``"inference"``, ``"multi"`` or ``"function"`` for views made in a mode, by a function with
            several results, or by an autograd.Function, all of which forbid to write to them with a history; else
            empty.
        value: the alias's own value, remembered with ``version`` and made anew when that is not the cell's any more.
        version: the cell's version that ``value`` belongs to.
        writes: the number of tracked writes to the cell that the alias's place in the backward graph belongs to.
    """

    __slots__ = ("base", "kind", "steps", "value", "version", "writes")

    def __init__(self, base: Any, steps: tuple[Step, ...], value: Value, cell: Cell, kind: str = "") -> None:
        self.base = base
        self.steps = steps
        self.kind = kind
        self.value = value
        self.version = cell.version
        self.writes = cell.version - cell.untracked

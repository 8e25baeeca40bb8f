"""Storage cells: the mutable place that a tensor and all its aliases refer to."""

from __future__ import annotations

import weakref
from typing import Any

from .._engine.recorder import recorder
from .._engine.value import Value
from ..ops.view_rules import Step

__all__ = ["Cell", "CellIfAny", "View", "cell_of", "view_of"]


class Cell:
    """Holds the current value of a storage. Writing in place means rebinding the cell to another value.

    Make them with :func:`cell_of`, as views with :func:`view_of`: without an ``__init__`` the hottest paths can set
    what they hold in the time that its call takes.

    ``version`` counts the writes. Autograd compares it to tell that a value needed for backward was overwritten, less
    the ``untracked`` writes, those through ``.data``, which torch hides from autograd. ``history`` is there after a
    write that gave the storage's tensor another history: the signature of the operation that it leads to.
    """

    __slots__ = ("__weakref__", "history", "untracked", "value", "version")
    history: Any
    value: Value
    version: int
    untracked: int

    def rebind(self, value: Value) -> None:
        """Write: all aliases see the new value."""
        if recorder.capture is not None:
            recorder.capture.written(self)
        self.value = value
        self.version += 1


class CellIfAny:
    """A storage that may go, and its writes with it: one of an operation's several results, which is not computed where
    nobody holds it.

    Args:
        cell: the storage, as it was made.
    """

    __slots__ = ("_cell",)
    untracked = 0

    def __init__(self, cell: Cell) -> None:
        self._cell = weakref.ref(cell)

    def cell(self) -> Cell | None:
        """The storage, if it is still there."""
        return self._cell()

    @property
    def version(self) -> int:
        """The number of writes that autograd knows of."""
        cell = self._cell()
        return 0 if cell is None else cell.version - cell.untracked


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

    base: Any
    steps: tuple[Step, ...]
    kind: str
    value: Value
    version: int
    writes: int


def cell_of(value: Value) -> Cell:
    """A new storage."""
    cell = Cell()
    cell.value = value
    cell.version = cell.untracked = 0
    return cell


def view_of(base: Any, steps: tuple[Step, ...], value: Value, cell: Cell, kind: str = "") -> View:
    """What makes an alias of a storage as it is now; the arguments are the attributes."""
    view = View()
    view.base, view.steps, view.kind, view.value = base, steps, kind, value
    view.version = cell.version
    view.writes = cell.version - cell.untracked
    return view

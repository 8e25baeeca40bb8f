"""What a tensor remembers: its storage, its view of it, and its place in the backward graph."""

from __future__ import annotations

from typing import Any

from .._engine.value import Value
from .cell import Cell, View
from .views import current

__all__ = ["TensorState"]


class TensorState:
    """The attributes of a tensor; the defaults are those that most tensors never set."""

    _cell: Cell
    _view: View | None = None
    _grad: Any = None
    _grad_fn: Any = None
    _output_nr: int = 0
    _requires_grad: bool = False
    _hooks: Any = None  # a leaf's LeafHooks
    _keeps_grad: bool = False
    _inference: bool = False  # made in inference mode
    _untracked: list[int] | None = (
        None  # of a `.data` alias and its aliases: how often they were written through
    )

    def _current(self) -> Value:
        """The value now, pending or concrete."""
        return self._cell.value if self._view is None else current(self)

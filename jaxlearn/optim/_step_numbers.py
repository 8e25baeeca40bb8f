"""Numbers that an optimizer's step, written by a user, puts into the graph: operands from the first program on.

The engine takes a number for a constant until it changes. Those of a step do change, with a schedule or a bias
correction, and the program that would then be compiled anew is that of the whole training step.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .._engine.recorder import recorder

__all__ = ["StepNumbers"]


class StepNumbers:
    """Finds the operations recorded from now on, but for those of the closure: its numbers are the model's."""

    def __init__(self) -> None:
        self.nodes = recorder.nodes
        self.begun = len(self.nodes)
        self.skipped: list[tuple[list[Any], int, int]] = []

    def around_closure(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The arguments of a step with its closure watched."""
        if len(args) > 1 and callable(args[1]):
            args = (args[0], self._watched(args[1]), *args[2:])
        elif callable(kwargs.get("closure")):
            kwargs = {**kwargs, "closure": self._watched(kwargs["closure"])}
        return args, kwargs

    def _watched(self, closure: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(closure)
        def watched(*args: Any, **kwargs: Any) -> Any:
            nodes, begun = recorder.nodes, len(recorder.nodes)
            try:
                return closure(*args, **kwargs)
            finally:
                now = recorder.nodes  # another list if the closure read a value
                self.skipped.append((now, begun if now is nodes else 0, len(now)))

        return watched

    def mark(self) -> None:
        """Declare the numbers of what was recorded, and is not computed yet, as varying."""
        nodes = recorder.nodes
        position = self.begun if nodes is self.nodes else 0
        for skipped, begun, end in [*self.skipped, (nodes, len(nodes), len(nodes))]:
            if skipped is nodes:
                for node in nodes[position:begun]:
                    if node.numbers:
                        node.varying = True
                position = end

"""Known: a value that a captured function read on the host, computed from tensors from outside alone.

The program is specialised on it, as on a Python number: the value must be the same before each replay. That is seen
from the tensors' versions, and where one was written, by computing it again.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .graph import ancestors, compute, evaluate
from .lines import user_line
from .value import NO_DATA, Bundle, Lent, Value

__all__ = ["Known"]

# A node: its type, code, signature, operands (positions of earlier nodes, or ~ the number of a leaf) and numbers.
_Step = tuple[Any, int, Any, tuple[int, ...], tuple[Any, ...]]
# Elements of a value that are shown.
_SHOWN = 8


class Known:
    """A value and how it is computed; make it with :meth:`of`.

    Attributes:
        cells: the tensors from outside that it depends on; none if it is the same in each call.
        array: the value.
    """

    __slots__ = ("_avals", "_leaves", "_line", "_places", "_seen", "_steps", "array", "cells")

    def __init__(self, steps: list[_Step], leaves: list[Value], places: list[int], cells: list[Any]) -> None:
        self._steps = steps
        self._leaves: list[Value | None] = list(leaves)
        self._places = places  # of the cells' values among the leaves
        self.cells = cells
        self._avals = [leaves[i].aval for i in places]
        self._line = user_line()
        self._seen: list[tuple[int, Any]] = []
        self.array: Any = None

    @classmethod
    def of(cls, value: Value, sources: Mapping[int, tuple[str, Any]]) -> Known | None:
        """What the value depends on; None if that is not only constants and tensors from outside.

        Args:
            value: what is read.
            sources: of the arrays that the function met, see :class:`~.capture.Capture`.
        """
        nodes = ancestors([value])
        positions: dict[int, int] = {}
        leaves: list[Value] = []
        places: list[int] = []
        cells: list[Any] = []

        def index(i: Value) -> int | None:
            found = positions.get(id(i))
            if found is None:
                kind, what = sources.get(id(i), ("", None))
                plain = i.array is not None and i.array is not NO_DATA and type(i.aval) is not Bundle
                if kind not in ("constant", "cell") or not plain or i.aval.traced:
                    return None
                if kind == "cell":
                    places.append(len(leaves))
                    cells.append(what)
                leaves.append(i)
                found = positions[id(i)] = -len(leaves)
            return found

        steps: list[_Step] = []
        for node in nodes:
            operands: list[int] = []
            for i in node.inputs:
                place = index(i)
                if place is None:
                    return None
                operands.append(place)
            if node.signature is None and not operands:
                return None  # known only where a body runs
            positions[id(node)] = len(steps)
            steps.append((node.aval, node.code, node.signature, tuple(operands), node.numbers))
        if not steps and index(value) is None:
            return None
        return cls(steps, leaves, places, cells)

    def begin(self, versions: Sequence[int]) -> None:
        """Compute it for the first time.

        Args:
            versions: of the cells when the function was called.
        """
        self.array = self._computed([v for v in self._leaves if v is not None])
        for i, version in zip(self._places, versions, strict=True):
            self._seen.append((version, weakref.ref(self._leaves[i])))
            self._leaves[i] = None

    def _computed(self, leaves: Sequence[Value]) -> Any:
        made: list[Value] = []
        for aval, code, signature, operands, numbers in self._steps:
            inputs = tuple([made[i] if i >= 0 else leaves[~i] for i in operands])
            made.append(Value(aval, code, signature, inputs, numbers))
        root = made[-1] if made else leaves[0]
        made.clear()  # what is held counts as a result
        if root.array is None:
            compute([root])
        # A copy: the memory may be a program's for its results, or lent to others who write to it.
        return np.array(root.array)

    def moved(self, cell_of: Callable[[Any], Any]) -> None:
        """Go on with other cells."""
        self.cells = [cell_of(cell) for cell in self.cells]

    def changed(self) -> str:
        """How the value is another one than it was; empty if it is the same."""
        for cell, (version, seen) in zip(self.cells, self._seen, strict=True):
            value = cell.value
            if cell.version != version or seen() is not value or type(value) is Lent:
                break
        else:
            return ""
        leaves = list(self._leaves)
        for cell, i, aval in zip(self.cells, self._places, self._avals, strict=True):
            if cell.value.aval is not aval:
                return f"a tensor from outside changed {aval} → {cell.value.aval}"
            evaluate(cell.value)
            leaves[i] = cell.value
        now = self._computed(leaves)  # type: ignore[arg-type]
        if now.tobytes() != self.array.tobytes():
            return f"{self._line}: a value read on the host changed {_short(self.array)} → {_short(now)}"
        self._seen = [(cell.version, weakref.ref(cell.value)) for cell in self.cells]
        return ""


def _short(array: np.ndarray[Any, Any]) -> str:
    if array.size <= _SHOWN:
        return str(array.tolist())
    return f"{array.dtype}[{','.join(map(str, array.shape))}]"

"""Replay: a captured function as one program that runs without the function's Python."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from .capture import CONSTANT, Capture
from .graph import evaluate
from .plan import planning
from .program import captured_program, copied, leaf_array, used
from .recorder import changes
from .snapshots import snapshot
from .stats import counters
from .value import Bundle, Lent, Value, reclaim, unmark

__all__ = ["Replay"]

# References to a cell's value while a replay looks at it, if nobody else holds it: the cell, a variable and
# getrefcount's argument; to its array: the value, a variable and the argument.
_VALUE_REFS = 3
_ARRAY_REFS = 3


def _operand(cell: Any, value: Value) -> Any:
    """The host array of a tensor's value as a program's argument; a copy of one that others may write to."""
    lent = type(cell.value) is Lent and not reclaim(cell.value)
    return snapshot(value.array) if lent else leaf_array(value, False)


class Replay:
    """A captured function as a program.

    Args:
        capture: the finished capture.
        results: the values that the function returned.
        arguments: the cells of the tensor arguments at capture.
        why: for statistics, why there has to be a new one.
        state: tells which Python value that the function saw is another one than at capture.
    """

    def __init__(
        self,
        capture: Capture,
        results: Sequence[Value],
        arguments: Sequence[Any],
        why: str,
        state: Callable[[], str],
    ) -> None:
        self.state = state
        self.count = -1  # of the changes to modules when they were last looked at
        with planning:
            self._build(capture, results, arguments, why)

    def _build(self, capture: Capture, results: Sequence[Value], arguments: Sequence[Any], why: str) -> None:
        wanted = self._changes(capture, arguments) + list(results)
        order, leaves, numbers = _needed(capture.nodes, wanted)
        outputs: list[Value] = []
        # (an output of the program or an input handed through, which)
        self.places: list[tuple[bool, int]] = []
        seen: dict[int, int] = {}
        for value in wanted:
            if value.index >= 0:
                if id(value) not in seen:
                    seen[id(value)] = len(outputs)
                    outputs.append(value)
                self.places.append((True, seen[id(value)]))
            else:
                if value.index == -1:
                    leaves.append(value)
                    value.index = -1 - len(leaves)
                self.places.append((False, -value.index - 2))
        self.sources = [capture.sources.get(id(leaf), CONSTANT) for leaf in leaves]
        overwritten = {id(what) for kind, what, _ in self.cells if kind == "cell"}
        handed_through = {i for is_output, i in self.places if not is_output}
        # The memory of a single number is not worth a copy where others hold it, as the parameters' step counts do.
        donate = [
            kind == "cell" and id(what) in overwritten and i not in handed_through and leaf.aval.size != 1
            for i, ((kind, what), leaf) in enumerate(zip(self.sources, leaves, strict=True))
        ]
        self.key = _key(order, leaves, outputs, donate)
        self.program = captured_program(self.key, order, leaves, outputs, numbers, donate, why)
        self.numbers = numbers
        self._sort(leaves)
        self._pair(leaves)
        self.thunks = [thunk for thunk, _ in capture.drawn]
        # The capture has drawn already; the first replay uses these.
        self.first: list[np.ndarray[Any, Any]] | None = [array for _, array in capture.drawn]

    def _changes(self, capture: Capture, arguments: Sequence[Any]) -> list[Value]:
        """Note what the function depends on and what it changes; the values of what it writes."""
        argument_number = {id(cell): i for i, cell in enumerate(arguments)}
        self.modules = list(capture.modules.values())
        self.switched = capture.after_modes
        self.guards = capture.guards
        self.known = capture.known
        self.begins = capture.begins
        self.ends = capture.ends
        self.tensors = list(capture.tensors.values())
        self.placed = list(capture.placed.values())
        self.indirect = capture.indirect
        self.entry_grads = capture.entry_grads
        # Where the outputs go: written cells first, then gradients, then results.
        self.cells: list[tuple[str, Any, int]] = []
        wanted: list[Value] = []
        for cell, value, writes in capture.after_cells:
            if id(cell) in argument_number:
                self.cells.append(("argument", argument_number[id(cell)], writes))
            elif id(cell) in capture.grad_cells:
                self.cells.append(("grad", capture.grad_cells[id(cell)], writes))
            else:
                self.cells.append(("cell", cell, writes))
            wanted.append(value)
        self.grads = [(tensor, value is not None) for tensor, value in capture.after_grads]
        gradients = [value for _, value in capture.after_grads if value is not None]
        return wanted + gradients

    def changed(self) -> str:
        """What the program was specialised on and is no longer so; empty if it may run."""
        if self.count != changes.modules:
            for module, training in self.modules:
                if module.training is not training:
                    return f"{type(module).__name__} changed training {training} → {module.training}"
        for tensor, none in self.entry_grads:
            if (tensor._grad is None) is not none:
                return f"the gradient of {_named(tensor)} changed " + (
                    "none → present" if none else "present → none"
                )
        for tensor, cell, requires_grad in self.tensors:
            if tensor._requires_grad is not requires_grad:
                return f"{_named(tensor)} changed requires_grad {requires_grad} → {tensor._requires_grad}"
            if tensor._cell is not cell:
                return self.changed() if self._follow() else f"{_named(tensor)} got another storage"
        for tensor, cell, view in self.placed:
            if tensor._cell is not cell or tensor._view is not view:
                return f"{_named(tensor)} got another storage"
        for cell, aval in self.checked:
            if cell.value.aval is not aval:
                return f"a tensor from outside changed {aval} → {cell.value.aval}"
        for tensor, _, aval in self.read_grads:
            now = tensor._grad._current().aval
            if now is not aval:
                return f"a tensor from outside changed {aval} → {now}"
        for guard in self.guards:
            if not guard():
                return "an optimizer's groups, options or state changed"
        why = self.state()
        if why:
            return why
        self.count = changes.modules
        for known in self.known:
            why = known.changed()
            if why:
                return why
        return ""

    def __call__(self, arguments: Sequence[Any], wrap: Callable[[Value], Any]) -> list[Value]:
        """Run on these arguments, write what the function wrote, and return the results' values.

        Args:
            arguments: the tensor arguments.
            wrap: makes the tensor for a new gradient.
        """
        for begin in self.begins:
            begin()
        drawn = [thunk() for thunk in self.thunks] if self.first is None else self.first
        self.first = None
        arrays = self.arrays.copy()
        alone: list[Any] = []
        value: Any = None
        array: Any = None
        for cell, place, _ in self.read:
            value = cell.value
            if type(value.array) is np.ndarray:
                arrays[place] = _operand(cell, value)
            else:
                array = value.array
                arrays[place] = evaluate(value) if array is None else array
        for place, number in self.taken:
            tensor = arguments[number]
            value = tensor._cell.value if tensor._view is None else tensor._current()
            is_on_host = type(value.array) is np.ndarray
            arrays[place] = _operand(tensor._cell, value) if is_on_host else evaluate(value)
        for place, number in self.drawn:
            arrays[place] = drawn[number]
        for tensor, place, _ in self.read_grads:
            value = tensor._grad._current()
            array = evaluate(value)
            arrays[place] = leaf_array(value, False) if type(array) is np.ndarray else array
        for place, constant in self.fixed:
            if type(constant.array) is np.ndarray:
                arrays[place] = leaf_array(constant, False)
        for cell, place, _ in self.given:
            value = cell.value
            array = value.array
            if array is None:
                array = evaluate(value)
            if getrefcount(value) > _VALUE_REFS or getrefcount(array) > _ARRAY_REFS:
                # Others that hold the value or its array must not lose it: give the program a copy.
                if type(array) is not np.ndarray:
                    array = copied(array)
                value = None
            arrays[place] = array
            alone.append(value)
        value = array = None
        program = self.program = used(self.key, self.program)
        n = len(program.donated)
        counters.replays += 1
        return program(
            arrays[:n],
            arrays[n:],
            self.numbers,
            lambda outputs: self._write(outputs, arrays, alone, arguments, wrap),
        )

    def _write(
        self,
        outputs: Sequence[Any],
        arrays: Sequence[Any],
        alone: Sequence[Any],
        arguments: Sequence[Any],
        wrap: Callable[[Value], Any],
    ) -> list[Value]:
        """Write what the function wrote.

        Args:
            outputs: the program's results.
            arrays: what it was given.
            alone: for each cell whose memory the program reuses, its value, or None where others hold that too.
            arguments: the tensor arguments.
            wrap: makes the tensor for a new gradient.

        Returns:
            The values of the function's results.
        """
        for cell, which, i, writes in self.renewed:
            value = alone[which]
            if value is None:
                value = cell.value = Value(cell.value.aval, 0, None, ())
            value.array = outputs[i]
            cell.version += writes
        values = []
        for aval, i in self.made:
            value = Value(aval, 0, None, ())
            value.array = outputs[i] if i >= 0 else arrays[~i]
            values.append(value)
        k = 0
        for kind, what, writes in self.cells:
            target = (
                what if kind == "cell" else arguments[what]._cell if kind == "argument" else what._grad._cell
            )
            target.value = values[k]
            target.version += writes
            k += 1
        for tensor, present in self.grads:
            if present:
                tensor._grad = wrap(values[k])
                k += 1
            else:
                tensor._grad = None
        self._switch()
        for end in self.ends:
            end()
        return values[k:]

    def _switch(self) -> None:
        """Set the modes that the function set."""
        for module, training in self.switched:
            if module.training is not training:
                module.training = training

    def _sort(self, leaves: Sequence[Value]) -> None:
        """Note by kind where the program's arguments come from, so that a call asks no leaf for its kind."""
        # In the order in which the program takes them.
        taken = self.program.donated + self.program.kept
        self.arrays: list[Any] = [leaves[i].array for i in taken]
        donated = len(self.program.donated)
        # Cells with the places and types of their values; those whose memory the program reuses on their own.
        self.read: list[tuple[Any, int, Any]] = []
        self.given: list[tuple[Any, int, Any]] = []
        self.read_grads: list[tuple[Any, int, Any]] = []
        # Places with the number of the argument or of the drawn array, or with the constant.
        self.taken: list[tuple[int, int]] = []
        self.drawn: list[tuple[int, int]] = []
        self.fixed: list[tuple[int, Value]] = []
        for place, i in enumerate(taken):
            leaf, (kind, what) = leaves[i], self.sources[i]
            if kind == "constant":
                self.fixed.append((place, leaf))
                continue
            self.arrays[place] = None
            if kind == "cell":
                (self.given if place < donated else self.read).append((what, place, leaf.aval))
            elif kind == "grad":
                self.read_grads.append((what, place, leaf.aval))
            elif kind == "argument":
                self.taken.append((place, what))
            else:
                self.drawn.append((place, what))
        # A bundle's types are its owner's business.
        self.checked = [
            (cell, aval) for cell, _, aval in [*self.read, *self.given] if type(aval) is not Bundle
        ]

    def _pair(self, leaves: Sequence[Value]) -> None:
        """Note where the results go. Where a cell's new value takes over the memory of the old one, and nobody else
        holds that, a call makes no other value for it."""
        given = {id(cell): i for i, (cell, _, _) in enumerate(self.given)}
        slots = {i: slot for slot, i in enumerate(self.program.donated + self.program.kept)}
        # Cells with the number of the given one and of the output, and how often they are written.
        self.renewed: list[tuple[Any, int, int, int]] = []
        # The types of all other values, and the output; what is handed through has ~ the number of the argument.
        self.made: list[tuple[Any, int]] = []
        others: list[tuple[str, Any, int]] = []
        for n, (is_output, i) in enumerate(self.places):
            aval = self.program.output_avals[i] if is_output else leaves[i].aval
            place = self.program.positions[i] if is_output else ~slots[i]
            if n < len(self.cells):
                kind, what, writes = self.cells[n]
                which = given.get(id(what), -1) if kind == "cell" and is_output else -1
                if which >= 0 and self.given[which][2] is aval:
                    self.renewed.append((what, which, place, writes))
                    continue
                others.append((kind, what, writes))
            self.made.append((aval, place))
        self.cells = others

    def _follow(self) -> bool:
        """Go on with the storages that tensors have been given since, by an assignment to ``data``.

        Returns:
            Whether that is all there is to it: nothing else was or is on one of the old or the new ones.
        """
        now: dict[int, Any] = {}
        for tensor, cell, _ in self.tensors:
            if tensor._view is not None or now.setdefault(id(cell), tensor._cell) is not tensor._cell:
                return False
        used = {
            id(what): what for kind, what in [*self.sources, *[c[:2] for c in self.cells]] if kind == "cell"
        } | {id(cell): cell for cell, *_ in self.renewed}
        if any(id(cell) in self.indirect and now[id(cell)] is not cell for _, cell, _ in self.tensors):
            return False
        if len({id(now.get(key, cell)) for key, cell in used.items()}) < len(used):
            return False

        def moved(kind: str, what: Any) -> Any:
            return now.get(id(what), what) if kind == "cell" else what

        self.tensors = [(t, t._cell, requires_grad) for t, _, requires_grad in self.tensors]
        self.sources = [(kind, moved(kind, what)) for kind, what in self.sources]
        self.cells = [(kind, moved(kind, what), writes) for kind, what, writes in self.cells]
        self.renewed = [(moved("cell", cell), *rest) for cell, *rest in self.renewed]
        self.read = [(moved("cell", cell), place, aval) for cell, place, aval in self.read]
        self.given = [(moved("cell", cell), place, aval) for cell, place, aval in self.given]
        self.checked = [(moved("cell", cell), aval) for cell, aval in self.checked]
        for known in self.known:
            known.moved(functools.partial(moved, "cell"))
        return True


def _named(tensor: Any) -> str:
    return f"a tensor of shape {tuple(tensor._current().aval.shape)}"


class _Key(tuple[Any, ...]):
    """A long key that knows its hash."""

    def __hash__(self) -> int:
        found: int | None = self.__dict__.get("hash")
        if found is None:
            found = self.__dict__["hash"] = super().__hash__()
        return found


def _key(
    order: Sequence[Value], leaves: Sequence[Value], outputs: Sequence[Value], donate: Sequence[bool]
) -> Hashable:
    """What the program depends on but for its numbers."""
    return _Key(
        (
            "captured",
            tuple([(node.code, *[i.index for i in node.inputs]) for node in order]),
            tuple([leaf.aval for leaf in leaves]),
            tuple([value.index for value in outputs]),
            tuple(donate),
        )
    )


def _needed(
    nodes: Sequence[Value], wanted: Sequence[Value]
) -> tuple[list[Value], list[Value], tuple[Any, ...]]:
    """The nodes that the wanted values depend on in order, their leaves, and the numbers; ``index`` is set."""
    unmark(nodes)
    for node in nodes:
        unmark(node.inputs)
    unmark(wanted)
    for value in wanted:
        value.needed = True
    order: list[Value] = []
    for node in reversed(nodes):
        if node.needed:
            order.append(node)
            for i in node.inputs:
                i.needed = True
    order.reverse()
    leaves: list[Value] = []
    numbers: list[Any] = []
    for position, node in enumerate(order):
        node.index = position
        numbers.extend(node.numbers)
        for i in node.inputs:
            if i.index == -1:
                leaves.append(i)
                i.index = -1 - len(leaves)
    return order, leaves, tuple(numbers)

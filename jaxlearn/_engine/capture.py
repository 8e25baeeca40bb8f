"""Capture and replay: run a function once while recording, then replay the program without its Python.

A captured program's inputs are found by watching what the function reads: its arguments, the storage cells of other
tensors, gradients present at entry, and values drawn anew for each call (random numbers, hyperparameters). Its
outputs are the results and every cell and gradient that the function wrote.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from sys import getrefcount
from typing import Any

import jax.numpy as jnp
import numpy as np

from .graph import evaluate, flush
from .plan import planning
from .program import Program, leaf_array
from .recorder import recorder
from .signature import x64
from .stats import counters
from .value import Value, concrete

__all__ = ["Capture", "HostRead", "Replay"]


class HostRead(RuntimeError):
    """A value was asked for while a compiled function is being recorded."""


class Capture:
    """Watches a function being recorded; use as a context manager around the call.

    Whatever happens inside, all cells and gradients are back in their state at entry afterwards.
    """

    # Tracers of the user's own jax transformation are computed with at once, see Tracing.
    lifts = False

    def __init__(self) -> None:
        self.sources: dict[int, tuple[str, Any]] = {}  # leaf value -> where a replay finds its array
        self.held: list[Any] = []  # keeps what the ids above and below stand for alive
        self.cells: dict[int, tuple[Any, Value, int]] = {}  # written cells with value and version at entry
        self.grads: dict[int, tuple[Any, Any]] = {}  # tensors whose grad was touched, with the grad at entry
        self.grads_read: dict[
            int, tuple[Any, bool]
        ] = {}  # those read before being set, and whether it was None
        self.grad_cells: dict[int, Any] = {}  # cells of gradients at entry -> their tensors
        self.drawn: list[tuple[Callable[[], np.ndarray[Any, Any]], np.ndarray[Any, Any]]] = []
        self.drawn_values: list[Value] = []
        self.redraw: Iterator[Value] | None = None  # draws to repeat instead of new ones
        self.modules: dict[int, Any] = {}
        self.guards: list[Callable[[], bool]] = []
        self.nodes: list[Value] = []

    def __enter__(self) -> Capture:
        flush()
        recorder.capture = self
        recorder.step += 1
        return self

    def __exit__(self, *exc: object) -> None:
        recorder.capture = None
        recorder.step += 1
        self.nodes, recorder.nodes = recorder.nodes, []
        self.after_cells = [
            (c, c.value, c.version - version) for c, _, version in self.cells.values() if self._old(c)
        ]
        self.after_grads = [
            (t, None if t._grad is None else t._grad._current())
            for t, g in self.grads.values()
            if t._grad is not g
        ]
        for cell, value, version in self.cells.values():
            cell.value, cell.version = value, version
        for tensor, grad in self.grads.values():
            tensor._grad = grad

    # -- called while the function runs ---------------------------------------------------------------------------

    def read(self, tensors: Sequence[Any]) -> None:
        """Operands of an operation: those that existed before are inputs."""
        for tensor in tensors:
            cell = tensor._cell
            value = cell.value
            if value.array is not None and id(value) not in self.sources:
                self._source(value, ("cell", cell))

    def keep(self, cells: Sequence[Any]) -> None:
        """Cells that stay from call to call although they may have been made inside, such as optimizer state."""
        for cell in cells:
            if cell.value.array is not None and self.sources.get(id(cell.value), _CONSTANT) is _CONSTANT:
                self._source(cell.value, ("cell", cell))

    def argument(self, value: Value, index: int) -> None:
        """A tensor among the arguments."""
        self._source(value, ("argument", index))

    def constant(self, value: Value) -> None:
        """An array made inside the function from data: the same in each replay."""
        self._source(value, _CONSTANT)

    def draw(
        self, sample: Callable[..., np.ndarray[Any, Any]], shape: tuple[int, ...] | None = None
    ) -> Value:
        """A host array that each replay draws anew: ``sample(shape)``, or ``sample()`` if no shape is given."""
        if self.redraw is not None:
            return next(self.redraw)
        thunk = sample if shape is None else functools.partial(sample, shape)
        recorder.capture = None
        try:
            array = thunk()
            value = concrete(array)
        finally:
            recorder.capture = self
        self._source(value, ("draw", len(self.drawn)))
        self.drawn.append((thunk, array))
        self.drawn_values.append(value)
        return value

    def written(self, cell: Any) -> None:
        """A cell is about to be rebound."""
        self.cells.setdefault(id(cell), (cell, cell.value, cell.version))

    def grad_read(self, tensor: Any) -> None:
        """A tensor's ``grad`` is looked at: whether there is one at entry is part of what the program depends on."""
        if id(tensor) not in self.grads:
            grad = tensor._grad
            self.grads[id(tensor)] = (tensor, grad)
            self.grads_read[id(tensor)] = (tensor, grad is None)
            if grad is not None:
                self._source(grad._current(), ("grad", tensor))
                self.grad_cells[id(grad._cell)] = tensor

    def grad_written(self, tensor: Any) -> None:
        """A tensor's ``grad`` is about to be set."""
        self.grads.setdefault(id(tensor), (tensor, tensor._grad))

    def called(self, module: Any) -> None:
        """A module is called: its training mode is part of what the program depends on."""
        self.modules.setdefault(id(module), module)

    def guard(self, holds: Callable[[], bool]) -> None:
        """Something that the program is specialised on: a replay is refused once ``holds()`` is False."""
        self.guards.append(holds)

    def host_read(self, value: Value | None = None, use: str = "item") -> None:
        """A value is asked for on the host, to be used as one "item", for a "branch", a "shape", or as an "array".

        Raises:
            HostRead: it is not known before the program runs.
        """
        if value is None or value.array is None or self.sources.get(id(value), _CONSTANT) is not _CONSTANT:
            raise HostRead(
                "a tensor's value was read on the host inside a compiled function (item(), float(), bool(), numpy(), "
                "print, or an `if` on a tensor), but it is known only when the program runs. Return the tensor and "
                "read it outside, use torch.where for a choice between values, or leave this function uncompiled"
            )

    def _source(self, value: Value, source: tuple[str, Any]) -> None:
        self.sources[id(value)] = source
        self.held.append(value)

    def _old(self, cell: Any) -> bool:
        """Whether a written cell existed before the capture, or was declared to stay."""
        value = self.cells[id(cell)][1]
        return value.array is not None and self.sources.get(id(value)) is not _CONSTANT


_CONSTANT: tuple[str, Any] = ("constant", None)


class Replay:
    """A captured function as a program.

    Args:
        capture: the finished capture.
        results: the values that the function returned.
        arguments: the cells of the tensor arguments at capture.
        name: the function's, for statistics.
    """

    def __init__(
        self, capture: Capture, results: Sequence[Value], arguments: Sequence[Any], name: str
    ) -> None:
        with planning:
            self._build(capture, results, arguments, name)

    def _build(self, capture: Capture, results: Sequence[Value], arguments: Sequence[Any], name: str) -> None:
        argument_number = {id(cell): i for i, cell in enumerate(arguments)}
        self.modules = [(m, m.training) for m in capture.modules.values()]
        self.guards = capture.guards
        self.entry_grads = list(capture.grads_read.values())
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
        wanted += gradients
        wanted += list(results)
        order, leaves, numbers = _needed(capture.nodes, wanted)
        outputs: list[Value] = []
        self.places: list[
            tuple[bool, int]
        ] = []  # (an output of the program or an input handed through, which)
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
        self.sources = [capture.sources.get(id(leaf), _CONSTANT) for leaf in leaves]
        self.constants = [
            leaf if s is _CONSTANT else None for leaf, s in zip(leaves, self.sources, strict=True)
        ]
        overwritten = {id(what) for kind, what, _ in self.cells if kind == "cell"}
        handed_through = {i for is_output, i in self.places if not is_output}
        donate = [
            kind == "cell" and id(what) in overwritten and i not in handed_through
            for i, (kind, what) in enumerate(self.sources)
        ]
        self.program = Program(order, leaves, outputs, numbers, frozenset(), donate)
        self.donated = frozenset(self.program.donated)
        self.numbers = numbers
        counters.explain(f"compile({name}): {len(order)} operations")
        _forget(capture.nodes, leaves, wanted)
        self.thunks = [thunk for thunk, _ in capture.drawn]
        # The capture has drawn already; the first replay uses these.
        self.first: list[np.ndarray[Any, Any]] | None = [array for _, array in capture.drawn]

    def holds(self) -> bool:
        """Whether what the program was specialised on is still so: training modes, which gradients exist, guards."""
        for module, training in self.modules:
            if module.training is not training:
                return False
        for tensor, none in self.entry_grads:
            if (tensor._grad is None) is not none:
                return False
        for guard in self.guards:
            if not guard():
                return False
        return True

    def __call__(self, arguments: Sequence[Any], wrap: Callable[[Value], Any]) -> list[Value]:
        """Run on these arguments' cells, write what the function wrote, and return the results' values.

        Args:
            arguments: the cells of the tensor arguments.
            wrap: makes the tensor for a new gradient.
        """
        drawn = [thunk() for thunk in self.thunks] if self.first is None else self.first
        self.first = None
        values: list[Any] = []
        for i, (kind, what) in enumerate(self.sources):
            if kind == "cell":
                values.append(what.value)
            elif kind == "argument":
                values.append(arguments[what].value)
            elif kind == "draw":
                values.append(concrete(drawn[what]))
            elif kind == "grad":
                values.append(what._grad._current())
            else:
                values.append(self.constants[i])
        arrays: list[Any] = []
        array: Any = None
        donated = self.donated
        for i in range(len(values)):  # enumerate() would hold a reference of its own
            value = values[i]
            if value.array is None:
                evaluate(value)
            array = value.array
            if i in donated:
                # Others that hold the value or its array must not lose it: give the program a copy then.
                if (getrefcount(value) > 4 or getrefcount(array) > 3) and type(array) is not np.ndarray:
                    with x64():
                        array = jnp.copy(array)
            elif type(array) is np.ndarray:
                array = leaf_array(value, False)
            arrays.append(array)
        value = array = None
        outputs = self.program(arrays, self.numbers)
        counters.replays += 1
        avals = self.program.output_avals
        after = [concrete(outputs[i], avals[i]) if made else concrete(arrays[i]) for made, i in self.places]
        k = 0
        for kind, what, writes in self.cells:
            target = what if kind == "cell" else arguments[what] if kind == "argument" else what._grad._cell
            target.value = after[k]
            target.version += writes
            k += 1
        for tensor, present in self.grads:
            if present:
                tensor._grad = wrap(after[k])
                k += 1
            else:
                tensor._grad = None
        return after[k:]


def _forget(*groups: Sequence[Value]) -> None:
    for group in groups:
        for value in group:
            value.index = -1


def _needed(
    nodes: Sequence[Value], wanted: Sequence[Value]
) -> tuple[list[Value], list[Value], tuple[Any, ...]]:
    """The nodes that the wanted values depend on in order, their leaves, and the numbers; ``index`` is set."""
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
    for value in [*nodes, *leaves, *wanted]:
        value.needed = False
    return order, leaves, tuple(numbers)

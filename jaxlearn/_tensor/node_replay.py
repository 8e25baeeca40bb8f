"""A compiled function whose results need a backward outside, as ``model = compile(model)``: each call is one operation.

The operation is recorded like any other and becomes part of the program of the step around it. It hands out what its
gradient needs, so that reading the loss before ``backward()`` computes nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .._autograd.levels import nodes_since
from .._autograd.node import GradNode, edge_of, watchers
from .._engine.capture import CONSTANT, Capture
from .._engine.graph import record_many
from .._engine.recorder import recorder
from .._engine.replay import Replay
from .._engine.residuals import keeping
from .._engine.stats import counters
from .._engine.subgraph import Subgraph, signature_for
from .._engine.taped import Taped
from .._engine.value import Lent, Value, concrete, own
from .composite import Tape
from .dispatch import wrap
from .unseen_writes import made_by
from .views import operand

__all__ = ["NodeReplay", "why_not"]

_WRITTEN = "a value that a gradient goes through is written to unseen by autograd"


def why_not(
    capture: Capture, results: Sequence[Any], needing: Sequence[Any], arguments: Sequence[Any], start: int
) -> str:
    """Why a function cannot be one operation; empty if it can. Called before the capture ends.

    Args:
        capture: of the function.
        results: the tensors that it returns.
        needing: those of its results that need a backward.
        arguments: its tensor arguments.
        start: the number of the first backward node made inside.
    """
    outside = {id(t): t for t in arguments} | {id(t): t for t, _, _ in capture.tensors.values()}
    if any(t._grad_fn is not None and t._grad_fn.sequence >= start for t in outside.values()):
        return "a tensor from outside gets a history"
    cells = {id(t._cell) for t in outside.values()}
    if any(id(t._cell) in cells for t in needing):
        return "a result that needs a backward is an alias of a tensor from outside"
    edges: dict[int, Any] = {}
    inside = {id(v) for v in recorder.nodes}
    tape = Tape(needing, start, inside | {id(v) for v in capture.held if capture.sources[id(v)] is CONSTANT})
    if not all(tape.needs) or any(tape.begins_at(t) for t in results if t._grad_fn is None):
        return "a result's history begins at a tensor that is made inside"
    if any(not made_by(t._current(), t._grad_fn) for t in needing):
        return _WRITTEN
    for node in nodes_since([t._grad_fn for t in needing], start):
        extra = node.extra
        if node.compute is not None or node.level is not None or node.inputs is None:
            return "a result needs a backward through a Function or a graph that is used up in part"
        if any(cell.version - cell.untracked != version for cell, version, _ in node.saved or ()):
            return "a value saved for backward is written to"
        if extra is not None and (extra.tensor or extra.retained or extra.pre or extra.post or extra.packed):
            return "a result needs a backward with hooks"
        for value, edge in zip(node.inputs, node.edges, strict=False):
            if type(edge) is tuple and edge[0].sequence >= start and not made_by(value, edge[0]):
                return _WRITTEN
            if not _leads_outside(capture, edge, start, inside):
                continue
            if value.array is None or not _same(edges.setdefault(id(value), edge), edge):
                return "a parameter is written to or known by two names"
            source = capture.sources.get(id(value), CONSTANT)
            if source[0] == "argument" and not _same(edge_of(arguments[source[1]]), edge):
                return "an argument is also used by another name"
    return ""


def _same(a: Any, b: Any) -> bool:
    if type(a) is tuple and type(b) is tuple:
        return a[0] is b[0] and bool(a[1] == b[1])
    return a is b


def _leads_outside(capture: Capture, edge: Any, start: int, inside: set[int]) -> bool:
    if edge is None:
        return False
    if type(edge) is tuple:
        return bool(edge[0].sequence < start)
    value = capture.cells[id(edge._cell)][1] if id(edge._cell) in capture.cells else edge._cell.value
    return id(value) not in inside and capture.sources.get(id(value), CONSTANT) is not CONSTANT


class NodeReplay(Replay):
    """A captured function as an operation of the graph around it.

    Args:
        capture: the finished capture.
        results: the tensors that the function returned.
        values: theirs.
        arguments: its tensor arguments.
        start: the number of the first backward node made inside.
        why: for statistics, why there has to be a new one.
        state: see :class:`Replay`.
    """

    def __init__(
        self,
        capture: Capture,
        results: Sequence[Any],
        values: Sequence[Value],
        arguments: Sequence[Any],
        start: int,
        why: str,
        state: Callable[[], str],
    ) -> None:
        constants = {id(v) for v in capture.held if capture.sources.get(id(v)) is CONSTANT}
        tape = Tape(results, start, {id(n) for n in capture.nodes} | constants)
        self._begun = tape, results
        super().__init__(capture, values, [t._cell for t in arguments], why, state)
        del self._begun

    def _build(self, capture: Capture, results: Sequence[Value], arguments: Sequence[Any], why: str) -> None:
        tape, tensors = self._begun
        wanted = self._changes(capture, arguments) + list(results)
        made: dict[int, Value] = {id(v): v for v in wanted if v.array is None}
        graph = Subgraph(capture, (), list(made.values()), tape.stopped)  # type: ignore[arg-type]
        order = {key: i for i, key in enumerate(made)}
        leaves = list(graph.closures)
        edges = [*tape.edges(graph.leaves, tensors, results)]
        self.count_of_operands = len(leaves)
        numbers = {id(leaf): i for i, leaf in enumerate(leaves)}
        self.places = []
        for value in wanted:
            if id(value) in order:
                self.places.append((True, order[id(value)]))
            else:
                if id(value) not in numbers:  # handed through
                    numbers[id(value)] = len(leaves)
                    leaves.append(value)
                self.places.append((False, numbers[id(value)]))
        self.needs = tape.needs
        self.sources = [capture.sources.get(id(leaf), CONSTANT) for leaf in leaves]
        # For each operand its gradient's edge; True for that of the argument that the operand is.
        self.edges = [
            None if e is None else True if kind == "argument" else e
            for e, (kind, _) in zip(edges, self.sources, strict=False)
        ]
        self.constants = [
            leaf if kind == "constant" else None for leaf, (kind, _) in zip(leaves, self.sources, strict=True)
        ]
        self.read = [(w, i, leaves[i].aval) for i, (kind, w) in enumerate(self.sources) if kind == "cell"]
        self.given = []
        self.renewed = []
        self.checked = [(cell, aval) for cell, _, aval in self.read]
        self.read_grads = [
            (w, i, leaves[i].aval) for i, (kind, w) in enumerate(self.sources) if kind == "grad"
        ]
        written = {id(what) for kind, what, _ in self.cells if kind == "cell"}
        self.lasting = [kind in ("cell", "argument") and id(w) not in written for kind, w in self.sources]
        self.numbers = graph.numbers
        values = list(made.values())
        self.signature = signature_for(("compiled", graph.key), lambda: Taped("compiled", graph, values))
        self.signature.grad_name = "CompiledFunctionBackward"
        self.thunks = [thunk for thunk, _ in capture.drawn]
        self.first = [array for _, array in capture.drawn]

    def record(self, arguments: Sequence[Any]) -> list[Any]:
        """Record the operation on these arguments, write what the function wrote, and return the result tensors."""
        drawn = [thunk() for thunk in self.thunks] if self.first is None else self.first
        self.first = None
        operands = list(self._operands(arguments, drawn))
        edges = tuple(
            [
                None if e is None else edge_of(arguments[what]) if e is True else e
                for e, (_, what) in zip(self.edges, self.sources, strict=False)
            ]
        )
        values, node = self._recorded(tuple(operands[: self.count_of_operands]), edges, arguments)
        counters.replays += 1
        found = [values[i] if made else operands[i] for made, i in self.places]
        k = 0
        for kind, what, writes in self.cells:
            target = (
                what if kind == "cell" else arguments[what]._cell if kind == "argument" else what._grad._cell
            )
            target.value = found[k]
            target.version += writes
            k += 1
        for tensor, present in self.grads:
            tensor._grad = wrap(found[k]) if present else None
            k += present
        self._switch()
        results = []
        for value, (made, i), needed in zip(found[k:], self.places[k:], self.needs, strict=True):
            t = wrap(value)
            if needed and made and node is not None:
                t._grad_fn, t._output_nr, t._requires_grad = node, i, True
            results.append(t)
        return results

    def _operands(self, arguments: Sequence[Any], drawn: Sequence[Any]) -> Iterator[Value]:
        for (kind, what), constant in zip(self.sources, self.constants, strict=True):
            if kind == "cell":
                yield own(what.value) if type(what.value) is Lent else what.value
            elif kind == "argument":
                t = arguments[what]
                value = t._cell.value if t._view is None else operand(t)
                yield own(value) if type(t._cell.value) is Lent else value
            elif kind == "grad":
                yield what._grad._current()
            elif kind == "draw":
                yield concrete(drawn[what])
            else:
                assert constant is not None
                yield constant

    def _recorded(
        self, operands: tuple[Value, ...], edges: tuple[Any, ...], arguments: Sequence[Any]
    ) -> tuple[list[Value], GradNode | None]:
        """The results' values and their place in the backward graph."""
        signature = self.signature
        if all(e is None for e in edges):
            return record_many(signature, operands, self.numbers), None
        node = GradNode(signature, operands, self.numbers, edges)
        if watchers:  # they keep the operands in a way of their own
            return record_many(signature, operands, self.numbers), node
        keeps = keeping(signature, node.wanted)
        values = record_many(keeps, operands, self.numbers)
        n = len(signature.out)
        node.more().kept = (
            keeps,
            tuple([values[n + i] if further else operands[i] for further, i in keeps.places]),
        )
        kept = {i for further, i in keeps.places if not further}
        node.saved = []
        for i in sorted(kept):
            if self.lasting[i]:
                kind, what = self.sources[i]
                cell = what if kind == "cell" else arguments[what]._cell
                node.saved.append((cell, cell.version - cell.untracked, i))
        return values[:n], node

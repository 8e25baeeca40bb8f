"""A recorded function as one node: its place in the backward graph, and its application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .._autograd.apply import apply_values
from .._autograd.gradient import SavedInside
from .._autograd.levels import InputNode, nodes_since
from .._autograd.links import linked_edges
from .._autograd.modes import modes
from .._autograd.node import GradNode, edge_of
from .._engine.signature import Signature
from .._engine.subgraph import Subgraph
from .._engine.tracing import Tracing
from .._engine.value import Value
from .cell import CellIfAny
from .dispatch import wrap
from .unseen_writes import Meant

__all__ = ["Recorded", "Saved", "Tape", "apply_composite", "recorded"]

# What is saved for backward: storage cells with their versions.
Saved = list[tuple[Any, int, Any]]


class Tape:
    """The backward graph of a function recorded on placeholders, as far as it was made inside.

    Args:
        outputs: the function's result tensors.
        start: the number of the first node inside.
        inside: the ids of the values made inside.
    """

    def __init__(self, outputs: Sequence[Any], start: int, inside: set[int]) -> None:
        self._start = start
        self._inside = inside
        self._links = links = modes.follows  # by which tangents go on to more than gradients come from
        nodes = list(nodes_since([t._grad_fn for t in outputs if t._grad_fn is not None], start, links))
        nodes.sort(key=lambda node: node.sequence)
        self._all = nodes
        self._alive: set[int] = set()
        self._shown = self._alive if links is None else set()  # to backward
        for node in nodes:
            if any(self.leads_outside(edge) for edge in linked_edges(node, self._links)):
                self._alive.add(id(node))
            if links is not None and any(self._leads(edge, self._shown) for edge in node.edges):
                self._shown.add(id(node))
        self.nodes = [node for node in nodes if id(node) in self._alive]
        self._of: dict[int, GradNode] = {}
        self._given: list[tuple[Value, Any]] = []
        self.look()
        self.needs = [bool(t._requires_grad and self.leads_outside(edge_of(t))) for t in outputs]

    def look(self, given: Sequence[tuple[Value, Any]] = ()) -> None:
        """Note which recorded operations the nodes stand for, and operands whose gradients go to edges outside."""
        self._of = {id(node.inputs): node for node in self.nodes}
        for node in self.nodes:
            if node.extra is not None and node.extra.recorded:
                self._of[id(node.extra.recorded)] = node
        self._given = list(given)

    def leads_outside(self, edge: Any) -> bool:
        """Whether a gradient at the edge flows on to something outside that requires one, or has a tangent."""
        return self._leads(edge, self._alive)

    def _leads(self, edge: Any, alive: set[int]) -> bool:
        if edge is None:
            return False
        if type(edge) is tuple:
            return edge[0].sequence < self._start or id(edge[0]) in alive
        return id(edge._cell.value) not in self._inside

    def begins_at(self, tensor: Any) -> bool:
        """Whether a tensor made inside is one that the outputs' gradients go to."""
        return id(tensor._cell.value) in self._inside and any(e is tensor for n in self._all for e in n.edges)

    def stopped(self, value: Value) -> tuple[int, ...]:
        """The operands of a recorded value through which no gradient flows, as of those under ``no_grad``; ~number if
        tangents do all the same."""
        if not any(self.needs):
            return ()
        node = self._of.get(id(value.inputs))
        if node is None:
            # What a view shows of its base is computed anew after a write, apart from its node; gradients come here
            # from where they are to go on to the base.
            # A stand-in has its gradient from the second.
            assert value.signature is not None
            return () if value.signature.name in ("view", "stand_in") else tuple(range(len(value.inputs)))
        if self._links is None:
            return tuple([i for i, edge in enumerate(node.edges) if not self.leads_outside(edge)])
        pairs = list(enumerate(zip(linked_edges(node, self._links), node.edges, strict=True)))
        return tuple(
            [
                ~i if self.leads_outside(edge) else i
                for i, (edge, shown) in pairs
                if not self._leads(shown, self._shown)
            ]
        )

    def edges(
        self, leaves: Sequence[Value], outputs: Sequence[Any], values: Sequence[Value]
    ) -> tuple[Any, ...]:
        """Where the gradients of the recorded function's operands go, None for those that need none.

        Args:
            leaves: the operands.
            outputs: the result tensors.
            values: what they were when the function returned.
        """
        wanted = {id(leaf) for leaf in leaves}
        found: dict[int, Any] = {}

        def meet(value: Value, edge: Any) -> None:
            if edge is not None and id(value) in wanted and id(value) not in found:
                origin = self._origin(edge)
                if origin is not None:
                    found[id(value)] = origin

        for node in self._of.values():
            for value, edge in zip(node.inputs or (), linked_edges(node, self._links), strict=False):
                meet(value, edge)
        for t, value in zip(outputs, values, strict=True):
            if t._requires_grad:
                meet(value, edge_of(t))
        for value, edge in self._given:
            meet(value, edge)
        return tuple([found.get(id(leaf)) for leaf in leaves])

    def _origin(self, edge: Any) -> Any:
        """The edge outside that an edge of an operand from outside stands for."""
        while type(edge) is tuple and isinstance(edge[0], InputNode) and edge[0].sequence >= self._start:
            edge = edge[0].edges[0]
        return None if type(edge) is tuple and edge[0].sequence >= self._start else edge


class Recorded(NamedTuple):
    """What a function recorded on placeholders has become.

    Args:
        graph: the function of arrays.
        edges: its operands'.
        needs: for each output whether it requires grad.
        saved: what its operations have saved for backward, as far as it is outside or was overwritten inside.
        kept: what they have saved of the outputs, each with its number.
    """

    graph: Subgraph
    edges: tuple[Any, ...]
    needs: list[bool]
    saved: Saved
    kept: list[tuple[int, SavedInside]]


def recorded(
    tracing: Tracing,
    start: int,
    arguments: Sequence[Value],
    outputs: Sequence[Any],
    entered: Sequence[tuple[Any, Any]],
    batch: int | None = None,
) -> Recorded:
    """The function that was recorded.

    Args:
        tracing: the finished recording.
        start: the number of the first backward node inside.
        arguments: the placeholders.
        outputs: the result tensors.
        entered: the argument tensors inside and outside.
        batch: how many samples they stand for.
    """
    tape = Tape(outputs, start, tracing.inside)
    meant = Meant(tracing, start, tape.nodes)
    values = [
        meant.of(t._current(), edge_of(t)) if needed else t._current()
        for t, needed in zip(outputs, tape.needs, strict=True)
    ]
    tape.look(meant.given)
    graph = Subgraph(tracing, arguments, values, tape.stopped)
    saved: Saved = []
    kept = []
    written = {id(cell) for cell, _ in tracing.written_outside}
    outside = {id(inner._cell): outer._cell for inner, outer in entered}
    places = {id(t._cell): i for i, t in enumerate(outputs)}
    for node in tape.nodes:
        for cell, version, number in node.saved or ():
            inside = number if isinstance(number, SavedInside) else SavedInside(node, number, batch, cell)
            if type(cell) is CellIfAny:
                cell = cell.cell()
                if cell is None:
                    continue
            now = (
                cell.version - cell.untracked - (id(cell) in written)
            )  # the end of the recording counted one
            if now != version:
                saved.append((cell, version, inside))
            elif id(cell) in places:
                kept.append((places[id(cell)], inside))
            elif id(cell) not in written and (id(cell) in outside or id(cell.value) not in tracing.inside):
                cell = outside.get(id(cell), cell)
                saved.append((cell, cell.version - cell.untracked, inside))
    return Recorded(graph, tape.edges(graph.leaves, outputs, values), tape.needs, saved, kept)


def apply_composite(
    signature: Signature,
    operands: tuple[Value, ...],
    numbers: tuple[Any, ...],
    edges: tuple[Any, ...],
    needs: Sequence[bool],
    saved: Saved | None = None,
) -> list[Any]:
    """The tensors that a signature gives for the operands.

    Args:
        signature: of several results.
        operands: the values.
        numbers: the Python numbers.
        edges: where the operands' gradients go.
        needs: for each result whether it requires grad.
        saved: what the operations that it stands for have saved for backward.
    """
    values, operands, traced = apply_values(signature, operands, numbers)
    results = [wrap(v) for v in values]
    if any(needs):
        node = GradNode(signature, operands, numbers, edges)
        node.traced = traced
        node.saved = saved or None
        for i, (result, needed) in enumerate(zip(results, needs, strict=True)):
            if needed and signature.out[i].dtype.kind in "fcV":
                result._grad_fn, result._output_nr, result._requires_grad = node, i, True
    return results

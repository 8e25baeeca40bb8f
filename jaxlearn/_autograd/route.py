"""Routes: a backward that goes as an earlier one went records all its gradients as one node.

A training loop makes the same backward graph in every step. Whether it is the same is seen by looking at each of its
nodes once; their gradients are then recorded together, as a :class:`~.._engine.folding.Folded` node, which takes a
third of the time of recording each, and leaves a third of the nodes to look at when the graph is computed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from .._engine.folding import Folded, Step
from .._engine.graph import record_many
from .._engine.signature import Signature
from .._engine.value import Aval, Value
from .node import GradNode

__all__ = ["Route", "follow", "learn"]

# Routes remembered for one operation at whose result backward starts; and for how many operations there are some.
_ROUTES = 4
_STARTS = 256
# Backwards in a row that went another way, after which those of the operation are not looked at any more.
_MISSES = 16
# Operations up to which a backward is one node: of longer ones the pieces may be equal.
_LONGEST = 256


class _Stop(NamedTuple):
    """A node on the way.

    Args:
        place: its number in the order in which nodes are met.
        signature: its operation.
        wanted: the operands that get gradients.
        edges: for each operand, the number of the node that its gradient goes to, ~ that of a leaf, or None.
    """

    place: int
    signature: Signature
    wanted: tuple[int, ...]
    edges: tuple[int | None, ...]


class Route:
    """How a backward went.

    Args:
        done: the nodes that it passed, in order.
        leaves: those that it came to, each with its gradient.
        root: the gradient that it began with.
        recorded: what it recorded.

    Raises:
        LookupError: something among it is not of the kinds that a plain backward records.
    """

    __slots__ = ("aval", "folded", "leaves", "nodes", "stops")

    def __init__(
        self,
        done: Sequence[GradNode],
        leaves: Sequence[tuple[Any, Value]],
        root: Value,
        recorded: Sequence[Value],
    ) -> None:
        self.aval: Aval = root.aval
        nodes = {id(done[0]): 0}
        ends = {id(leaf): number for number, (leaf, _) in enumerate(leaves)}
        self.stops: list[_Stop] = []
        for node in done:
            edges: list[int | None] = []
            for edge in node.edges:
                if edge is None:
                    edges.append(None)
                elif type(edge) is tuple:
                    edges.append(nodes.setdefault(id(edge[0]), len(nodes)))
                else:
                    edges.append(~ends[id(edge)])
            self.stops.append(_Stop(nodes[id(node)], node.signature, node.wanted, tuple(edges)))
        self.nodes, self.leaves = len(nodes), len(leaves)
        self.folded = _fold(done, leaves, root, recorded)

    def follow(self, start: GradNode, root: Value) -> tuple[list[GradNode], list[tuple[Any, Value]]] | None:
        """Go the same way, if the graph is the same.

        Args:
            start: the node to begin at.
            root: the gradient that comes to it.

        Returns:
            The nodes passed, and the leaves with their gradients; None where the graph is another one.
        """
        if root.aval is not self.aval:
            return None
        nodes: list[Any] = [None] * self.nodes
        leaves: list[Any] = [None] * self.leaves
        done: list[GradNode] = []
        operands: list[Value] = [root]
        numbers: list[Any] = []
        nodes[0] = start
        last = start.sequence + 1
        for place, signature, wanted, edges in self.stops:
            node = nodes[place]
            if type(node) is not GradNode:
                return None
            inputs = node.inputs
            # The order in which the nodes were made is that in which gradients are added up.
            if (
                node.signature is not signature
                or node.sequence >= last
                or node.wanted != wanted
                or node.extra is not None
                or inputs is None
                or node.traced
            ):
                return None
            last = node.sequence
            saved = node.saved
            if saved is not None:
                for cell, version, _ in saved:
                    if cell.version - cell.untracked != version:
                        return None
            for edge, to in zip(node.edges, edges, strict=True):
                if edge is None or to is None:
                    if edge is not to:
                        return None
                elif type(edge) is tuple:
                    if to < 0:
                        return None
                    met = nodes[to]
                    if met is None:
                        nodes[to] = edge[0]
                    elif met is not edge[0]:
                        return None
                else:
                    if to >= 0 or edge._hooks is not None:
                        return None
                    met = leaves[~to]
                    if met is None:
                        leaves[~to] = edge
                    elif met is not edge:
                        return None
            operands += inputs
            if node.numbers:
                numbers += node.numbers
            done.append(node)
        if len(set(map(id, nodes))) < len(nodes) or len(set(map(id, leaves))) < len(leaves):
            return None
        gradients = record_many(self.folded, tuple(operands), tuple(numbers))
        return done, list(zip(leaves, gradients, strict=True))


def _fold(
    done: Sequence[GradNode], leaves: Sequence[tuple[Any, Value]], root: Value, recorded: Sequence[Value]
) -> Folded:
    """What a backward recorded, as one node that takes the root's gradient and the inputs of the nodes passed."""
    place = {id(root): -1}  # ~0: the first operand
    steps: list[Step] = []
    taken = 1
    passed = iter(done)
    for value in recorded:
        signature = value.signature
        if signature is None or signature.name == "add_gradients":
            inputs = tuple([place[id(i)] for i in value.inputs])
        else:
            node = next(passed)
            own = node.inputs
            if own is None or not all(map(_is, value.inputs, own)) or len(value.inputs) != len(own) + 1:
                raise LookupError(signature.name)
            inputs = (*[~(taken + k) for k in range(len(own))], place[id(value.inputs[-1])])
            taken += len(own)
        place[id(value)] = len(steps)
        steps.append(Step(value.aval, value.code, signature, inputs, len(value.numbers)))
    return Folded(steps, [place[id(gradient)] for _, gradient in leaves])


def _is(a: object, b: object) -> bool:
    return a is b


class _Known:
    """The routes that begin with the gradient of one operation.

    ``misses`` counts the backwards that went another way, since the last one that did not.
    """

    __slots__ = ("misses", "routes")

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self.misses = 0


_known: dict[Signature, _Known] = {}


def follow(start: GradNode, root: Value) -> tuple[list[GradNode], list[tuple[Any, Value]]] | None:
    """Go the way of an earlier backward; see :meth:`Route.follow`."""
    known = _known.get(start.signature)
    if known is None:
        return None
    for route in known.routes:
        found = route.follow(start, root)
        if found is not None:
            known.misses = 0
            return found
    known.misses += 1
    return None


def learn(
    done: Sequence[GradNode], leaves: Sequence[tuple[Any, Value]], root: Value, recorded: Sequence[Value]
) -> None:
    """Remember how a backward went; for the arguments see :class:`Route`."""
    if len(recorded) > _LONGEST:
        return
    if len(_known) >= _STARTS:
        _known.clear()
    known = _known.setdefault(done[0].signature, _Known())
    # A program that makes another graph in each step is looked at now and then only.
    if known.misses > _MISSES and known.misses % _MISSES:
        return
    with contextlib.suppress(LookupError):
        known.routes = [Route(done, leaves, root, recorded), *known.routes[: _ROUTES - 1]]

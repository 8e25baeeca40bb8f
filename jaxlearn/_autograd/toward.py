"""Gradients toward some tensors, as ``autograd.grad`` asks for them, where nobody watches on the way.

Which of a graph's nodes lead to the targets, and which gradients each of them has to compute, depends on the graph's
:class:`~.way.Way` alone. It is found out once; where a loop asks for the same gradients in each of its rounds, as a
gradient penalty does, the rest is to record them.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from .._engine.graph import record, record_many
from .._engine.signature import Signature, Vjp
from .._engine.value import Value
from .gradient import Gradient, add_gradients
from .node import GradNode
from .reaching import reaching, target_of
from .way import LONGEST, Way, Ways, untouched

__all__ = ["gradients_toward"]

_ONLY = (0,)
_sequence = attrgetter("sequence")


class _Stop(NamedTuple):
    """A node whose gradient is needed.

    Args:
        place: its number on the way.
        vjp: its gradient.
        to: where the gradients of the operands go, numbers on the way.
        met: for each operand of the gradient whether its result has a history by it.
        own: the same for each of several results, where they differ: numbers of operands.
    """

    place: int
    vjp: Vjp
    to: tuple[int, ...]
    met: Sequence[bool]
    own: list[tuple[int, ...]] | None


class _Course:
    """How gradients get from a node to the targets.

    Args:
        start: the node.
        targets: edges, see :func:`~.node.edge_of`.
        create_graph: whether the gradients get a history.

    Raises:
        LookupError: there is something on the way that needs another look each time.
    """

    __slots__ = ("aims", "create_graph", "stops", "way")

    def __init__(self, start: GradNode, targets: Sequence[Any], create_graph: bool) -> None:
        self.create_graph = create_graph
        nodes, leaves = _all(start)
        self.way = Way(nodes, leaves)
        number = {id(x): i for i, x in enumerate([*nodes, *leaves])}
        self.aims = [number[target_of(edge)] for edge in targets]
        useful, needed = reaching([start], targets, False)
        self.stops: list[_Stop] = []
        for place, node in enumerate(nodes):
            if id(node) not in needed:
                continue
            wanted = tuple([i for i, e in enumerate(node.edges) if e is not None and target_of(e) in useful])
            if not set(wanted) <= set(node.wanted):
                raise LookupError(node.signature.name)
            signature: Signature = node.signature
            vjp = signature.vjps.get((wanted, _ONLY)) or signature.vjp(wanted, _ONLY)
            to = tuple([number[target_of(node.edges[i])] for i in wanted])
            self.stops.append(_Stop(place, vjp, to, *(vjp.sources() if create_graph else ((), None))))

    def follow(
        self, start: GradNode, targets: Sequence[Any], create_graph: bool
    ) -> tuple[_Course, list[Any]] | None:
        """The nodes and leaves on the way, if the graph and the targets in it are the same; else None.

        Args:
            start: the node to begin at.
            targets: edges.
            create_graph: whether the gradients get a history.
        """
        if create_graph != self.create_graph or len(targets) != len(self.aims):
            return None
        met = self.way.match(start)
        if met is None:
            return None
        nodes = [*met[0], *met[1]]
        for aim, edge in zip(self.aims, targets, strict=True):
            if nodes[aim] is not (edge[0] if type(edge) is tuple else edge):
                return None
        return self, nodes

    def record(self, nodes: Sequence[Any], root: Gradient) -> list[Gradient | None]:
        """Record the gradients.

        Args:
            nodes: the nodes and leaves on the way.
            root: the gradient that it begins with.

        Returns:
            Those of the targets.
        """
        arrived: list[Gradient | None] = [None] * len(nodes)
        arrived[0] = root
        for place, vjp, to, met, own in self.stops:
            node = nodes[place]
            given: Any = arrived[place]
            operands = (*node.inputs, given.value)
            numbers = node.numbers
            values: Sequence[Value] = (
                (record(vjp, operands, numbers),) if vjp.single else record_many(vjp, operands, numbers)
            )
            second = None
            if self.create_graph:
                ahead = tuple([e if m else None for e, m in zip((*node.edges, given.edge), met, strict=True)])
                for edge in ahead:
                    if edge is not None:
                        second = GradNode(vjp, operands, numbers, ahead)
                        break
            for k, target in enumerate(to):
                edge = None
                if second is not None and (own is None or any([ahead[j] is not None for j in own[k]])):  # noqa: C419
                    edge = second, k
                gradient, before = Gradient(values[k], edge), arrived[target]
                arrived[target] = gradient if before is None else add_gradients(before, gradient)
        return [arrived[aim] for aim in self.aims]


def _all(start: GradNode) -> tuple[list[GradNode], list[Any]]:
    """The nodes that one leads to, latest first, and the leaves.

    Raises:
        LookupError: there is something among them that has to be asked each time.
    """
    nodes: dict[int, GradNode] = {id(start): start}
    leaves: dict[int, Any] = {}
    stack: list[Any] = [start]
    while stack:
        node = stack.pop()
        if (
            type(node) is not GradNode
            or len(node.signature.out) != 1
            or node.extra is not None
            or node.traced
            or len(nodes) > LONGEST
        ):
            raise LookupError
        for edge in node.edges:
            if type(edge) is tuple:
                if id(edge[0]) not in nodes:
                    nodes[id(edge[0])] = edge[0]
                    stack.append(edge[0])
            elif edge is not None:
                leaves[id(edge)] = edge
    return sorted(nodes.values(), key=_sequence, reverse=True), list(leaves.values())


_courses: Ways[_Course] = Ways()


def gradients_toward(
    start: Any, root: Gradient, targets: Sequence[Any], *, create_graph: bool, retain_graph: bool
) -> dict[int, Gradient] | None:
    """The gradients of the targets, where nothing has to be asked on the way; None where something has.

    Args:
        start: the node to begin at.
        root: the gradient that comes to it.
        targets: edges, see :func:`~.node.edge_of`.
        create_graph: give the gradients a history.
        retain_graph: keep what another backward needs.

    Returns:
        The gradients by their places in ``targets``.
    """
    if type(start) is not GradNode:
        return None
    found = _courses.first(start.signature, lambda course: course.follow(start, targets, create_graph))
    if found is None:
        _courses.learn(start.signature, lambda: _Course(start, targets, create_graph))
        return None
    course, nodes = found
    passed = [nodes[stop.place] for stop in course.stops]
    if any([node.inputs is None for node in passed]) or not untouched(passed):  # noqa: C419
        return None
    gradients = course.record(nodes, root)
    if not retain_graph:
        for node in passed:
            node.release()
    return {i: gradient for i, gradient in enumerate(gradients) if gradient is not None}

"""Routes: a backward that goes as an earlier one went records all its gradients as one node.

A training loop makes the same backward graph in every step. Where it is the same (see :class:`~.way.Way`), its
gradients are recorded together, as a :class:`~.._engine.folding.Folded` node, which takes a third of the time of
recording each, and leaves a third of the nodes to look at when the graph is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from .._engine.folding import Folded, Step
from .._engine.graph import record_many
from .._engine.value import Aval, Value
from .node import GradNode
from .way import LONGEST, Way, Ways, inputs_of, numbers_of, untouched

__all__ = ["Route", "follow", "learn"]


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

    __slots__ = ("aval", "folded", "way")

    def __init__(
        self,
        done: Sequence[GradNode],
        leaves: Sequence[tuple[Any, Value]],
        root: Value,
        recorded: Sequence[Value],
    ) -> None:
        self.aval: Aval = root.aval
        self.way = Way(done, [leaf for leaf, _ in leaves])
        self.folded = _fold(done, leaves, root, recorded)

    def follow(self, start: GradNode, root: Value) -> tuple[list[GradNode], list[tuple[Any, Value]]] | None:
        """Go the same way, if the graph is the same.

        Args:
            start: the node to begin at.
            root: the gradient that comes to it.

        Returns:
            The nodes passed, and the leaves with their gradients; None where the graph is another one.
        """
        found = self.way.match(start) if root.aval is self.aval else None
        if found is None:
            return None
        nodes, leaves = found
        inputs = list(map(inputs_of, nodes))
        if None in inputs or not untouched(nodes):
            return None
        operands = (root, *chain.from_iterable(inputs))
        numbers = tuple(chain.from_iterable(map(numbers_of, nodes)))
        return nodes, list(zip(leaves, record_many(self.folded, operands, numbers), strict=True))


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


_routes: Ways[Route] = Ways()


def follow(start: GradNode, root: Value) -> tuple[list[GradNode], list[tuple[Any, Value]]] | None:
    """Go the way of an earlier backward; see :meth:`Route.follow`."""
    return _routes.first(start.signature, lambda route: route.follow(start, root))


def learn(
    done: Sequence[GradNode], leaves: Sequence[tuple[Any, Value]], root: Value, recorded: Sequence[Value]
) -> None:
    """Remember how a backward went; for the arguments see :class:`Route`."""
    if len(recorded) <= LONGEST:
        _routes.learn(done[0].signature, lambda: Route(done, leaves, root, recorded))

"""Folding: operations that are recorded again and again in the same way, as one node of the graph.

A graph with fewer nodes is recorded, compared with earlier ones and let go of in less time. What a folded node stands
for is put in its place when the graph is planned, so that programs know nothing of folding; and a graph that repeats an
earlier one is not planned at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from .interruptions import completed
from .signature import Signature, next_code
from .value import Aval, Value

__all__ = ["Folded", "Origin", "Step", "unfold"]


class Step(NamedTuple):
    """A node that is folded.

    Args:
        aval: its type; None if it has several results.
        code: what it is, see :class:`~.value.Value`.
        signature: the operation; None for one of several results.
        inputs: its operands: positions of earlier steps, or ~ the number of an operand of the whole.
        numbers: how many Python numbers it takes.
    """

    aval: Aval | None
    code: int
    signature: Signature | None
    inputs: tuple[int, ...]
    numbers: int


class Folded:
    """What a folded node is recorded as, in place of a signature.

    Args:
        steps: the nodes that it stands for.
        results: the positions of those whose values others may take.
    """

    __slots__ = ("code", "meta", "name", "out", "results", "steps")

    def __init__(self, steps: Sequence[Step], results: Sequence[int]) -> None:
        self.steps = steps
        self.results = {position: i for i, position in enumerate(results)}
        self.out: tuple[Any, ...] = tuple([steps[position].aval for position in results])
        self.code = next_code()
        self.name = "folded"
        self.meta = False

    def nodes(
        self, whole: Value, results: Mapping[int, Value], changes: list[Callable[[], None]]
    ) -> list[Value]:
        """The nodes that one stands for.

        Args:
            whole: the node.
            results: those of its results that there are, by number; they take their places among the nodes.
            changes: gets what is to be done to these.
        """
        operands, numbers = whole.inputs, whole.numbers
        varying = getattr(whole, "varying", False)
        made: list[Value] = []
        first = 0
        for position, (aval, code, signature, inputs, count) in enumerate(self.steps):
            taken = tuple([made[i] if i >= 0 else operands[~i] for i in inputs])
            node = results.get(self.results.get(position, -1))
            become = partial(_become, code, signature, taken, numbers[first : first + count], varying)
            first += count
            if node is None:
                node = Value(aval, code, signature, taken)
                become(node)
            else:
                changes.append(partial(become, node))
            made.append(node)
        return made


def _become(
    code: int,
    signature: Signature | None,
    inputs: tuple[Value, ...],
    numbers: tuple[Any, ...],
    varying: bool,
    node: Value,
) -> None:
    node.code, node.signature, node.inputs = code, signature, inputs
    if numbers:
        node.numbers = numbers
        if varying:
            node.varying = True


class Origin(NamedTuple):
    """Where the numbers of a node come from that was folded.

    Args:
        place: of the folded node in its graph.
        numbers: which of that node's numbers they are.
    """

    place: int
    numbers: slice


def unfold(nodes: list[Value], *, last: bool = True) -> tuple[list[Value], dict[int, Origin]]:
    """Put in place of folded nodes, in the list, what they stand for.

    Args:
        nodes: of the graph.
        last: let go of the folded nodes' operands, whose references are counted; False if the nodes are another
            thread's, which will unfold them itself.

    Returns:
        The folded nodes, and by its id the origin of each node with numbers that was folded.
    """
    places = {id(node): place for place, node in enumerate(nodes) if type(node.signature) is Folded}
    results: dict[int, dict[int, Value]] = {key: {} for key in places}
    for node in nodes:
        if node.signature is None and node.inputs and id(node.inputs[0]) in places:
            results[id(node.inputs[0])][-(node.code + 2) // 2] = node
    taken = {id(node) for found in results.values() for node in found.values()}
    wholes: list[Value] = []
    origins: dict[int, Origin] = {}
    changes: list[Callable[[], None]] = []
    unfolded: list[Value] = []
    for node in nodes:
        if id(node) in places:
            folded = node.signature
            made = folded.nodes(node, results[id(node)], changes)
            first = 0
            for part, step in zip(made, folded.steps, strict=True):
                if step.numbers:
                    origins[id(part)] = Origin(places[id(node)], slice(first, first + step.numbers))
                    first += step.numbers
            wholes.append(node)
            unfolded += made
        elif id(node) not in taken:
            unfolded.append(node)

    def change() -> None:
        for one in changes:
            one()
        nodes[:] = unfolded
        if last:
            for node in wholes:
                node.inputs = node.numbers = ()

    completed(change)
    return wholes, origins

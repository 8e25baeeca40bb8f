"""Flushes that repeat an earlier one: the same graph, alive in the same places, needs no plan of its own.

A training loop records the same graph in every step. Whether it is the same, and whether the same of its values are
still wanted, is told by comparing lists that Python builds in C: the nodes' codes, their reference counts, and which
value each operand is. For the step of an MLP that takes a third of what making and undoing a :class:`~.plan.Plan` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from itertools import repeat as endlessly
from operator import attrgetter, le
from sys import getrefcount
from typing import Any

import numpy as np

from .folding import Folded, Origin, unfold
from .plan import Plan
from .program import Program, stays_on_host
from .value import Value

__all__ = ["Outline", "Sight", "remember", "repeat"]

# Graphs remembered, and for each how many ways of being alive; a graph that is different each time is not remembered.
_LIMIT = 256
_VARIANTS = 4

_inputs = attrgetter("inputs")
_array = attrgetter("array")

# What getrefcount says under map() of an object that one list refers to.
_LISTED: int = next(map(getrefcount, [object()]))
# For each of many arrays: its value refers to it as well.
_ONCE = endlessly(_LISTED + 1)


class Sight:
    """What of a graph can be seen without following its references: what a plan of it depends on, besides them."""

    __slots__ = ("codes", "holders", "references")

    def __init__(self, nodes: list[Value]) -> None:
        self.codes = tuple([node.code for node in nodes])
        self.references = list(map(getrefcount, nodes))  # who looks at the nodes
        # ... and at the tuples of their operands (the empty one is everybody's).
        self.holders = list(map(getrefcount, filter(None, map(_inputs, nodes))))


class Outline:
    """Which value each operand of a graph is, in numbers: it refers to no value, as references are counted.

    Attributes:
        number: by id, of each node and after these of each leaf.
        structure: of each operand, the number of its value.
        leaf_places: where among all operands each leaf is seen first.
        uses: how often each value is an operand, by its id.
        types: of the leaves' arrays.
        origins: where numbers come from, of nodes that were folded and are not any more.

    Args:
        nodes: the graph.
    """

    __slots__ = ("leaf_places", "number", "origins", "structure", "types", "uses", "wholes")

    def __init__(self, nodes: list[Value]) -> None:
        self.number = number = {id(node): i for i, node in enumerate(nodes)}
        self.leaf_places: list[int] = []
        self.uses: dict[int, int] = {}
        self.types: set[type] = {np.ndarray}
        self.wholes: list[Value] = []
        self.origins: dict[int, Origin] = {}
        flat = list(chain.from_iterable(map(_inputs, nodes)))
        for place, value in enumerate(flat):
            if id(value) not in number:
                number[id(value)] = len(number)
                self.leaf_places.append(place)
                self.types.add(type(value.array))
            self.uses[id(value)] = self.uses.get(id(value), 0) + 1
        self.structure = [number[id(value)] for value in flat]

    @classmethod
    def unfolding(cls, nodes: list[Value]) -> Outline | None:
        """That of a graph with folded nodes, in whose place the list then has what they stand for; None without any."""
        if not any(type(node.signature) is Folded for node in nodes):
            return None
        outline = cls(nodes)
        outline.wholes, outline.origins = unfold(nodes)  # those kept, nobody else gets their ids
        return outline


class Repetition:
    """How a graph was computed, to be done again.

    Args:
        sight: of the nodes, from before they were planned.
        outline: of the nodes that were recorded.
        plan: the plan, in force.
        program: what computes it.
    """

    __slots__ = (
        "donated_limits", "donated_places", "holders", "leaf_places", "numbered", "outputs", "program",
        "read_places", "references", "structure", "types",
    )  # fmt: skip

    def __init__(self, sight: Sight, outline: Outline, plan: Plan, program: Program) -> None:
        self.references, self.holders = sight.references, sight.holders
        self.program = program
        number, uses = outline.number, outline.uses
        self.leaf_places, self.structure = outline.leaf_places, outline.structure
        nodes = len(number) - len(outline.leaf_places)
        self.donated_places = [number[id(plan.leaves[i])] - nodes for i in program.donated]
        # A value to be written over has a reference from each use, from the two lists in run(), and no other.
        self.donated_limits = [uses[id(plan.leaves[i])] + _LISTED + 1 for i in program.donated]
        self.read_places = [number[id(plan.leaves[i])] - nodes for i in program.kept]
        # Of the leaves' arrays: a pending value has none, and tracers belong to a program of somebody else's.
        self.types = outline.types
        self.numbered = [
            outline.origins.get(id(node)) or Origin(number[id(node)], slice(None))
            for node in plan.order
            if node.numbers
        ]
        self.outputs = [number[id(plan.outputs[i])] for i in program.returned]

    def run(self, sight: Sight, nodes: list[Value]) -> bool:
        """Compute the nodes if all is as it was, else do nothing; which of the two it did."""
        if sight.references != self.references or sight.holders != self.holders:
            return False
        flat = list(chain.from_iterable(map(_inputs, nodes)))
        leaves = list(map(flat.__getitem__, self.leaf_places))
        if list(map((nodes + leaves).__getitem__, self.structure)) != flat:
            return False
        del flat
        if not self.types.issuperset(map(type, map(_array, leaves))):
            return False
        written = list(map(leaves.__getitem__, self.donated_places))
        if not all(map(le, map(getrefcount, written), self.donated_limits)):
            return False
        donated = list(map(_array, written))
        if not all(map(le, map(getrefcount, donated), _ONCE)):
            return False
        read = list(map(leaves.__getitem__, self.read_places))
        on_host = [leaf for leaf in read if type(leaf.array) is np.ndarray]
        for leaf in on_host:
            if leaf.code and not stays_on_host(leaf):
                return False
        numbers = (
            tuple([n for i, which in self.numbered for n in nodes[i].numbers[which]]) if self.numbered else ()
        )
        program = self.program
        if program.released or (numbers and not program.holds(numbers)):
            return False
        for leaf in on_host:
            leaf.code = 1
        program.note_use()

        def take(results: list[Any]) -> None:
            for node, array in zip(map(nodes.__getitem__, self.outputs), results, strict=True):
                node.array = array
                # The results are there: let go of what led to them.
                node.signature = None
                node.inputs = node.numbers = ()

        program(donated, list(map(_array, read)), numbers, take)
        return True


_known: dict[tuple[int, ...], list[Repetition]] = {}


def repeat(sight: Sight, nodes: list[Value]) -> bool:
    """Compute the nodes as earlier ones were, if one of those remembered is the same; whether that was so."""
    for known in _known.get(sight.codes, ()):
        if known.run(sight, nodes):
            return True
    return False


def remember(
    sight: Sight, outline: Outline | None, plan: Plan, program: Program, free: Sequence[bool]
) -> None:
    """Note how the nodes of a plan in force are computed.

    Args:
        sight: of the nodes, from before they were planned.
        outline: of the nodes that were recorded; None if these are the plan's.
        plan: of the nodes.
        program: what computes them.
        free: for each leaf, whether its memory may be reused.
    """
    if not all(free[i] for i in program.donated):
        return
    if len(_known) >= _LIMIT:
        _known.clear()
    known = [r for r in _known.get(sight.codes, ()) if not r.program.released]
    if len(known) < _VARIANTS:
        _known[sight.codes] = [Repetition(sight, outline or Outline(plan.nodes), plan, program), *known]

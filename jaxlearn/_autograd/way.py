"""Ways: the shape of a backward graph, by which another one is found to be the same.

A step of training looks at its graph between two programs, and wants to be done with it. So what can be is compared for
all nodes at once, by lists that Python builds in C: of a graph of 29 nodes in about 13 us.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from itertools import chain
from operator import attrgetter, gt, is_
from typing import Any, Generic, TypeVar

from .._engine.signature import Signature
from .node import GradNode

__all__ = ["LONGEST", "Way", "Ways", "inputs_of", "numbers_of", "untouched"]

T = TypeVar("T")
Found = TypeVar("Found")

# Operations up to which a graph is one that a loop may make again: of longer ones the pieces may be equal.
LONGEST = 256
# Ways remembered from one operation on; and for how many operations there are some.
_WAYS = 4
_STARTS = 256
# Backwards in a row that went another way, after which those of the operation are looked at now and then only.
_MISSES = 16

inputs_of, numbers_of = attrgetter("inputs"), attrgetter("numbers")
_edges, _saved = attrgetter("edges"), attrgetter("saved")
_extra, _traced, _sequence = attrgetter("extra"), attrgetter("traced"), attrgetter("sequence")


class Way:
    """What nodes there are, of which operations, and where their gradients go.

    Args:
        nodes: all that the first one leads to, latest first.
        leaves: the leaves that they lead to.

    Raises:
        LookupError: they lead somewhere else too.
    """

    __slots__ = ("_edges", "_ends", "_finds", "_first", "_joins", "_others", "_targets")

    def __init__(self, nodes: Sequence[GradNode], leaves: Sequence[Any]) -> None:
        self._first = nodes[0].signature
        number = {id(x): i for i, x in enumerate([*nodes, *leaves])}
        # For each node but the first, and for each leaf, an edge that leads there: the number of its node, its own, and
        # for a node the operation.
        found: dict[int, tuple[int, int]] = {}
        # What the other edges lead to: those to nodes, with their places among all edges ...
        self._joins: list[tuple[int, int]] = []
        # ... and the places of those to leaves and to nowhere, with what they lead to, numbered on or -1.
        self._others: list[int] = []
        self._targets: list[int] = []
        self._edges = 0
        for i, node in enumerate(nodes):
            for k, edge in enumerate(node.edges):
                to = -1 if edge is None else number[id(edge[0] if type(edge) is tuple else edge)]
                if to >= 0 and found.setdefault(to, (i, k)) == (i, k):
                    continue
                if type(edge) is tuple:
                    self._joins.append((self._edges + k, to))
                else:
                    self._others.append(self._edges + k)
                    self._targets.append(to)
            self._edges += len(node.edges)
        self._finds = [(*found[i], nodes[i].signature) for i in range(1, len(nodes))]
        self._ends = [found[i] for i in range(len(nodes), len(number))]

    def match(self, start: GradNode) -> tuple[list[GradNode], list[Any]] | None:
        """The nodes and the leaves that a node leads to, if these are the same, and nobody watches.

        Args:
            start: the node.
        """
        if type(start) is not GradNode or start.signature is not self._first:
            return None
        nodes = [start]
        for i, k, signature in self._finds:
            edge = nodes[i].edges[k]
            if type(edge) is not tuple:
                return None
            node = edge[0]
            if type(node) is not GradNode or node.signature is not signature:
                return None
            nodes.append(node)
        if any(map(_extra, nodes)) or any(map(_traced, nodes)):
            return None
        # The order in which the nodes were made is that in which gradients are added up; and none is there twice.
        order = list(map(_sequence, nodes))
        if not all(map(gt, order, order[1:])):
            return None
        leaves: list[Any] = []
        for i, k in self._ends:
            edge = nodes[i].edges[k]
            if edge is None or type(edge) is tuple or edge._hooks is not None:
                return None
            leaves.append(edge)
        edges = list(chain.from_iterable(map(_edges, nodes)))
        if len(edges) != self._edges or len(set(map(id, leaves))) != len(leaves):
            return None
        for place, to in self._joins:
            edge = edges[place]
            if type(edge) is not tuple or edge[0] is not nodes[to]:
                return None
        ends = [*nodes, *leaves, None]
        same = all(map(is_, map(edges.__getitem__, self._others), map(ends.__getitem__, self._targets)))
        return (nodes, leaves) if same else None


def untouched(nodes: Sequence[GradNode]) -> bool:
    """Whether everything that the nodes' operations have saved is as it was."""
    for saved in filter(None, map(_saved, nodes)):
        for cell, version, _ in saved:
            if cell.version - cell.untracked != version:
                return False
    return True


class _From(Generic[T]):
    """The ways from one operation on. ``misses`` counts the backwards that went another way, since the last one that
    did not."""

    __slots__ = ("misses", "ways")

    def __init__(self) -> None:
        self.ways: list[T] = []
        self.misses = 0


class Ways(Generic[T]):
    """What is known of the ways that backwards went, by the operation at whose result they began."""

    __slots__ = ("_from",)

    def __init__(self) -> None:
        self._from: dict[Signature, _From[T]] = {}

    def first(self, start: Signature, follow: Callable[[T], Found | None]) -> Found | None:
        """What the first way gives that can be followed; None where none can.

        Args:
            start: the operation.
            follow: tries to go a way; gives None where the graph is another one.
        """
        known = self._from.get(start)
        if known is None:
            return None
        for way in known.ways:
            found = follow(way)
            if found is not None:
                known.misses = 0
                return found
        known.misses += 1
        return None

    def learn(self, start: Signature, make: Callable[[], T]) -> None:
        """Remember a way.

        Args:
            start: the operation where it begins.
            make: gives the way; raises LookupError where there is none to remember.
        """
        if len(self._from) >= _STARTS:
            self._from.clear()
        known = self._from.setdefault(start, _From())
        # A program that makes another graph in each step would learn in vain.
        if known.misses > _MISSES and known.misses % _MISSES:
            return
        with contextlib.suppress(LookupError):
            known.ways = [make(), *known.ways[: _WAYS - 1]]

    def clear(self) -> None:
        """Forget them all."""
        self._from.clear()

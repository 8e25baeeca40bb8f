"""Which nodes of a backward graph lead to the edges whose gradients are asked for."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

from .node import GradNode

__all__ = ["reaching", "target_of"]

_sequence = operator.attrgetter("sequence")


def target_of(edge: Any) -> int:
    """The id of the node or leaf that an edge leads to."""
    return id(edge[0]) if type(edge) is tuple else id(edge)


def reaching(starts: Iterable[GradNode], targets: Sequence[Any], run: bool) -> tuple[set[int], set[int]]:
    """What lies on some path to a target.

    Args:
        starts: the nodes where the paths begin.
        targets: edges.
        run: whether the gradient of a target is needed, too, at which every path ends.

    Returns:
        The ids of the nodes and leaves on the paths, and those of the nodes whose gradient is needed.
    """
    ends = {target_of(e) for e in targets}
    nodes = {id(node): node for node in starts}
    stack = list(nodes.values())
    while stack:
        for edge in stack.pop().edges:
            if type(edge) is tuple and id(edge[0]) not in nodes:
                nodes[id(edge[0])] = edge[0]
                stack.append(edge[0])
    reach = ends.difference(nodes)  # leaves
    needed: set[int] = set()
    # What a node's gradients go to was made before it.
    for node in sorted(nodes.values(), key=_sequence):
        for edge in node.edges:
            if edge is not None and (id(edge[0]) if type(edge) is tuple else id(edge)) in reach:
                needed.add(id(node))
                reach.add(id(node))
                break
        else:
            if id(node) in ends:
                reach.add(id(node))
                if run:  # as torch does to accumulate
                    needed.add(id(node))
    return reach, needed

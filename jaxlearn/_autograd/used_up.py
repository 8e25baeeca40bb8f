"""Backward graphs that are used up: the history of what a replayed training step returns.

The loss of a step that has made its backward still requires grad and has a ``grad_fn``, and using it again is torch's
error. Replays share the shape of that graph, without its values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._engine.signature import Signature
from .node import GradNode

__all__ = ["again", "outline", "used_up"]


def _reached(root: GradNode) -> list[GradNode]:
    """The nodes that a root leads to, as they were made."""
    found: dict[int, GradNode] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) not in found:
            found[id(node)] = node
            stack.extend([edge[0] for edge in node.edges if type(edge) is tuple])
    return sorted(found.values(), key=lambda node: node.sequence)


def used_up(root: GradNode) -> bool:
    """Whether a backward from here must meet a value that an earlier one has freed."""
    return any(map(_refuses, _reached(root)))


def _refuses(node: GradNode) -> bool:
    if node.inputs is not None or (node.extra is not None and node.extra.packed is not None):
        return False
    signature = node.signature
    return bool(
        node.compute is not None
        or signature.saves
        or any(signature.gradient_reads(node.wanted, i) for i in range(len(signature.avals)))
    )


def outline(root: GradNode, lasting: Callable[[Any], bool]) -> GradNode:
    """A copy of a graph that is used up, without values.

    Args:
        root: where it starts.
        lasting: tells the leaves that are the same in each call.
    """
    made: dict[int, GradNode] = {}
    for node in _reached(root):
        edges = tuple(
            [
                (made[id(e[0])], e[1]) if type(e) is tuple else e if e is not None and lasting(e) else None
                for e in node.edges
            ]
        )
        signature = node.signature
        if node.compute is not None:  # of a Function: whose backward has been made, and refuses another
            signature = Signature(signature.name, signature.fn, (), out=signature.out)
            signature.grad_name, signature.saves = node.name(), (0,)
        made[id(node)] = GradNode(signature, (), node.numbers, edges)
        made[id(node)].inputs = None
    return made[id(root)]


def again(root: GradNode) -> GradNode:
    """The root anew for one more result: hooks on it are that result's own."""
    node = GradNode(root.signature, (), root.numbers, root.edges)
    node.inputs = None
    return node

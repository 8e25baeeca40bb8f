"""What forward mode follows and backward does not.

Tangents go through operations under ``no_grad`` too. So while forward mode runs these are recorded all the same,
``modes.hidden``, and what backward must not follow is taken out of the new nodes' edges. A node without any left is
hollow: its results require no grad.
"""

from __future__ import annotations

import weakref
from typing import Any

from .modes import is_grad_enabled, modes, set_mode
from .node import GradNode, watchers

__all__ = ["Links", "follow", "following", "hollow", "levels", "linked_edges", "really_requires_grad"]

hollow: weakref.WeakSet[GradNode] = weakref.WeakSet()

# The levels of dual tensors that are open.
levels: list[Any] = []


def really_requires_grad(tensor: Any) -> bool:
    """Whether backward goes to or through a tensor that is marked as requiring grad."""
    node = tensor._grad_fn
    return bool(tensor._requires_grad) and (node is None or node not in hollow)


class Links:
    """The edges along which tangents are carried to nodes made by a function in forward mode.

    Args:
        outer: the links of the function around it, if any, which are told of the nodes too.
    """

    def __init__(self, outer: Links | None) -> None:
        self.outer = outer
        self._edges: dict[GradNode, tuple[Any, ...]] = {}

    def link(self, node: GradNode) -> None:
        """Look at a new node, whose edges may be cut."""
        if self.outer is not None:
            self.outer.link(node)
        if modes.hidden or any(type(e) is tuple and e[0] in self._edges for e in node.edges):
            self._edges[node] = node.edges

    def edges(self, node: GradNode) -> tuple[Any, ...]:
        """All edges of a node."""
        return self._edges.get(node, node.edges)

    def follows(self, node: GradNode) -> bool:
        """Whether the results of a node may have tangents."""
        return node in self._edges or (self.outer is not None and self.outer.follows(node))

    def tangent(self, tensor: Any) -> Any:
        """A tensor's tangent, if it is that of a dual tensor."""
        return None if self.outer is None else self.outer.tangent(tensor)

    def beside(
        self, tensor: Any, node: Any, number: int, requires_grad: bool
    ) -> tuple[GradNode | None, int, bool]:
        """Where in the graph a tensor is after a write that backward does not look at.

        Args:
            tensor: it, with its new value and the place in backward that it had.
            node: what its tangent comes from now.
            number: of the node's output.
            requires_grad: whether the node is there for the tangent or backward.

        Returns:
            Its node, the output's number, and whether it has one: inside a function's forward mode the write's.
        """
        return node, number, requires_grad

    @staticmethod
    def watch() -> None:
        """Look at new nodes from here on."""
        if _look not in watchers:
            watchers.append(_look)


def linked_edges(node: GradNode, links: Links | None) -> tuple[Any, ...]:
    """A node's edges, and those that backward does not follow if there are links."""
    return node.edges if links is None else links.edges(node)


def _look(node: GradNode) -> None:
    """Link a new node, and leave in its edges what backward follows."""
    follows = modes.follows
    if follows is not None:
        follows.link(node)
    elif not (hollow or levels):
        watchers.remove(_look)
        return
    edges, hidden = node.edges, modes.hidden
    if node.enters:
        return
    kept = [e is not None and not hidden and not (type(e) is tuple and e[0] in hollow) for e in edges]
    if all(kept) or all(e is None for e in edges):
        return
    if not any(kept):
        hollow.add(node)
    node.cut(kept)


def follow(links: Links | None) -> None:
    """Tell these links, or none, of new nodes from here on."""
    enabled = is_grad_enabled()
    modes.follows = links
    if links is not None:
        links.watch()
    set_mode(enabled)


class following:
    """Context of :func:`follow`.

    Args:
        links: to be told; None for none.
    """

    def __init__(self, links: Links | None) -> None:
        self._links = links

    def __enter__(self) -> None:
        self._before, self._enabled = modes.follows, is_grad_enabled()
        modes.follows = self._links
        set_mode(self._enabled)

    def __exit__(self, *exc: object) -> None:
        modes.follows = self._before
        set_mode(self._enabled)

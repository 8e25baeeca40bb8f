"""Dual tensors: what operations on them leave behind, so that their tangents can be carried forward.

An operation on a dual tensor makes a node as one whose result requires grad does; see :mod:`.links`.
"""

from __future__ import annotations

from typing import Any

from .gradient import Gradient, of_tensor, tensor_of
from .levels import InputNode, pushed
from .links import Links, follow, following, hollow, levels
from .modes import is_grad_enabled, modes
from .node import GradNode, edge_if_any, edge_of

__all__ = ["DualLevel"]


class DualLevel(Links):
    """What is linked to dual tensors since the level was entered."""

    begins = False  # a dual tensor is written to like any other
    open = True

    def __init__(self) -> None:
        super().__init__(None)
        # For each node its operands, and whether it was hidden from backward.
        self._kept: dict[GradNode, tuple[Any, bool]] = {}
        self._tangents: dict[tuple[GradNode, int], Gradient] = {}
        self._shown: dict[tuple[GradNode, int], Any] = {}

    def enter(self) -> None:
        """Begin to link."""
        levels.append(self)
        follow(self if modes.carries else None)

    def leave(self) -> None:
        """Let go of all tangents."""
        levels.remove(self)
        self.open = False
        for held in (self._edges, self._kept, self._tangents, self._shown):
            held.clear()
        follow(None)

    def link(self, node: GradNode) -> None:
        """Look at a new node, whose edges may be cut."""
        for edge in node.edges:
            if type(edge) is tuple and edge[0] in self._edges:
                self._add(node, node.edges)
                return

    def _add(self, node: GradNode, edges: tuple[Any, ...]) -> None:
        self._edges[node] = edges
        self._kept[node] = node.inputs, modes.hidden

    def begin(self, tensor: Any, tangent: Any) -> Any:
        """The dual tensor: an alias of a tensor, with a tangent of the same shape and dtype."""
        edge = edge_if_any(tensor) if is_grad_enabled() else None
        with following(None):
            node = InputNode(tensor._current(), edge, name="ViewBackward0")
        if edge is None:
            node.level = self
            hollow.add(node)
        self._add(node, (None,))
        self._tangents[node, 0] = of_tensor(tangent)
        self._shown[node, 0] = tangent
        alias = tensor.detach()
        alias._grad_fn, alias._requires_grad = node, True
        return alias

    def tangent(self, tensor: Any) -> Any:
        """A tensor's tangent; None for one that depends on no dual tensor."""
        node = tensor._grad_fn
        if node is None or node not in self._edges:
            return None
        key = node, tensor._output_nr
        shown = self._shown.get(key)
        if shown is None:
            self._push(node)
            found = self._tangents.get(key)
            if found is not None:
                shown = self._shown[key] = tensor_of(found)
        return shown

    def _push(self, root: GradNode) -> None:
        """Carry the tangents forward to a node's results."""
        waiting = {root}
        stack = [root]
        while stack:
            for edge in self._edges[stack.pop()]:
                if type(edge) is tuple and edge[0] in self._edges and edge[0] not in waiting:
                    waiting.add(edge[0])
                    stack.append(edge[0])
        before = modes.follows, modes.grad, modes.hidden
        modes.follows, modes.grad = None, True  # a tangent has none
        try:
            for node in sorted(waiting, key=lambda n: n.sequence):
                inputs, modes.hidden = self._kept[node]
                given = [
                    (i, self._tangents[edge])
                    for i, edge in enumerate(self._edges[node])
                    if type(edge) is tuple and edge in self._tangents
                ]
                if given and (node, 0) not in self._tangents:
                    for number, tangent in pushed(node, given, inputs):
                        self._tangents[node, number] = tangent
        finally:
            modes.follows, modes.grad, modes.hidden = before

    def plain(self, tensor: Any) -> Any:
        """An alias of a tensor without a tangent."""
        alias = tensor.detach()
        if tensor.requires_grad and is_grad_enabled():
            with following(None):
                node = InputNode(tensor._current(), edge_if_any(tensor), name="Identity")
            alias._grad_fn, alias._requires_grad = node, True
        return alias

    def beside(
        self, tensor: Any, node: Any, number: int, requires_grad: bool
    ) -> tuple[GradNode | None, int, bool]:
        """A place that stays where the tensor is in backward, with the node's tangent; see :meth:`.Links.beside`."""
        edge, before = edge_of(tensor), tensor._grad_fn
        with following(None):
            made = InputNode(tensor._current(), edge, name="" if before is None else before.name())
        made.level = self if before is None else before.level
        self._add(made, ((node, number) if requires_grad else None,))
        return made, 0, True

    def require(self, tensor: Any) -> None:
        """Let a dual tensor that required no grad be a leaf that does."""
        node = InputNode(tensor._current(), tensor)
        node.level = self
        self._add(node, ((tensor._grad_fn, tensor._output_nr),))
        tensor._grad_fn, tensor._output_nr, tensor._requires_grad = node, 0, True

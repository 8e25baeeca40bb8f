"""Backward through operations that nobody watches: the same walk as :mod:`.backward`, with nothing to ask on the way.

A step of training is such a walk almost always, and it runs in every step between two programs, with nothing in the
caches: so it makes no object and calls no function that it can do without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

from .._engine.graph import BOUND, record, record_many
from .._engine.recorder import recorder, unusual
from .._engine.value import Value
from .._tensor.dispatch import wrap
from .gradient import Gradient, add_values
from .node import GradNode
from .route import follow, learn

__all__ = ["Walk"]

_ONLY = (0,)


class Walk:
    """A backward as far as it has come.

    Args:
        roots: pairs of an edge and the gradient entering there.
    """

    __slots__ = ("arrived", "done", "leaves", "queue")

    def __init__(self, roots: Sequence[tuple[Any, Gradient]]) -> None:
        # For each node reached, the gradients of its outputs; the latest recorded node is next.
        self.arrived: dict[GradNode, list[Value | None]] = {}
        self.queue: list[tuple[int, GradNode]] = []
        self.leaves: dict[int, tuple[Any, Value]] = {}
        self.done: list[GradNode] = []
        for edge, gradient in roots:
            self._send(edge, gradient.value)

    def _send(self, edge: Any, value: Value) -> None:
        if type(edge) is tuple:
            node, number = edge
            slots = self.arrived.get(node)
            if slots is None:
                slots = self.arrived[node] = [None] * len(node.signature.out)
                heappush(self.queue, (-node.sequence, node))
            before = slots[number]
            slots[number] = value if before is None else add_values(before, value)
        else:
            held = self.leaves.get(id(edge))
            self.leaves[id(edge)] = (edge, value if held is None else add_values(held[1], value))

    def run(self) -> bool:
        """Walk on up to the first operation with hooks, with several results or with another peculiarity.

        Returns:
            Whether everything is done but for the leaves.
        """
        nodes = recorder.nodes
        for leaf, _ in self.leaves.values():
            if leaf._hooks is not None:
                return False
        if unusual or len(self.arrived) != 1 or self.leaves or len(nodes) > BOUND // 4:
            return self._walk()
        ((start, (root, *others)),) = self.arrived.items()
        if others or root is None:
            return self._walk()
        known = follow(start, root)
        if known is not None:
            self.arrived.clear()
            self.queue.clear()
            self.done, leaves = known
            self.leaves = dict(enumerate(leaves))
            return True
        begun, step = len(nodes), recorder.step
        if not self._walk():
            return False
        if recorder.step == step:
            learn(self.done, list(self.leaves.values()), root, nodes[begun:])
        return True

    def _walk(self) -> bool:
        arrived, queue, leaves, done = self.arrived, self.queue, self.leaves, self.done
        while queue:
            node = queue[0][1]
            signature, inputs, edges = node.signature, node.inputs, node.edges
            if node.extra is not None or inputs is None or node.traced or len(signature.out) != 1:
                return False
            saved = node.saved
            if saved is not None:
                for cell, version, _ in saved:
                    if cell.version - cell.untracked != version:
                        return False
            for edge in edges:
                if edge is not None and type(edge) is not tuple and edge._hooks is not None:
                    return False
            value: Any = arrived[node][0]
            if type(node) is not GradNode or value.aval.traced:
                return False
            wanted = node.wanted
            vjp = signature.vjps.get((wanted, _ONLY))
            if vjp is None:  # the other way of walking makes it, or says why there is none
                return False
            heappop(queue)
            del arrived[node]
            done.append(node)
            if vjp.single:
                values = [record(vjp, (*inputs, value), node.numbers)]
            else:
                values = record_many(vjp, (*inputs, value), node.numbers)
            # _send() written out: its call takes as long as what it does.
            for i, value in zip(wanted, values, strict=True):
                edge = edges[i]
                if type(edge) is tuple:
                    before, number = edge
                    slots = arrived.get(before)
                    if slots is None:
                        slots = arrived[before] = [None] * len(before.signature.out)
                        heappush(queue, (-before.sequence, before))
                    held = slots[number]
                    slots[number] = value if held is None else add_values(held, value)
                else:
                    reached = leaves.get(id(edge))
                    leaves[id(edge)] = (edge, value if reached is None else add_values(reached[1], value))
        return True

    def under_way(self) -> list[tuple[Any, Gradient]]:
        """The gradients that have arrived and not gone on, each with its edge, for another way of walking on."""
        found = [
            ((node, number), Gradient(value))
            for node, slots in self.arrived.items()
            for number, value in enumerate(slots)
            if value is not None
        ]
        return found + [(leaf, Gradient(value)) for leaf, value in self.leaves.values()]

    def finish(self, accumulate: Callable[[Any, Gradient], None]) -> None:
        """Give the leaves their gradients.

        Args:
            accumulate: adds a gradient to a leaf that has one, or that something has to be seen to.
        """
        for leaf, value in self.leaves.values():
            held = leaf._cell.value.aval
            if (
                leaf._grad is None
                and leaf._requires_grad
                and leaf._hooks is None
                and leaf._view is None
                and held.strides is None
                and not value.aval.traced
            ):
                leaf._grad = wrap(value)
            else:
                accumulate(leaf, Gradient(value))

    def release(self) -> None:
        """Let go of what the gradients needed; see :meth:`~.node.GradNode.release`."""
        for node in self.done:
            node.inputs = node.saved = None

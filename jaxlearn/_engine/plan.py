"""What a flush computes: which pending values are wanted, from which inputs, under which key.

Liveness is read off reference counts: a pending value is a result of the flush if something other than the graph
refers to it (a tensor's cell, an autograd node). This needs CPython, and owners without reference cycles, which is why
tensors and autograd nodes never refer to each other in a circle.
"""

from __future__ import annotations

import threading
from sys import getrefcount
from typing import Any

from .value import Bundle, Value, unmark

__all__ = ["Plan", "planning"]

# Threads share values (a dataset's tensor, a model's parameters) and thus what is noted on them: one plans at a time.
planning = threading.RLock()

# References to a pending value while a plan looks at it that are not its uses: the list, the loop's variable and
# getrefcount's own argument.
_NODE_REFS = 3
# To an inputs tuple: the value's field and getrefcount's argument.
_TUPLE_REFS = 2
# To a leaf: the list of leaves, the loop's variable, getrefcount's argument; to its array: field and argument.
_LEAF_REFS = 3
_ARRAY_REFS = 2


class Plan:
    """The computation of a list of pending values.

    ``order`` are the nodes to run, ``leaves`` the concrete inputs, ``outputs`` the nodes whose results are wanted,
    ``numbers`` the Python numbers. What the plan notes on the values holds until the next plan is made.

    Args:
        nodes: pending values in the order of their creation; nobody else may hold the list.
    """

    __slots__ = ("key", "leaves", "nodes", "numbers", "order", "outputs")

    def __init__(self, nodes: list[Value]) -> None:
        self.nodes = nodes
        self._select()
        self._describe()

    def _select(self) -> None:
        """Find what is alive and mark what it needs."""
        nodes = self.nodes
        unmark(nodes)
        node = i = None
        for node in nodes:
            unmark(node.inputs)
        for node in nodes:
            for i in node.inputs:
                i.uses += 1
        order: list[Value] = []
        node = None
        for node in reversed(nodes):
            i = None  # a loop's variable counts as a reference
            if node.array is not None:
                continue
            held = node.code > 0 and getrefcount(node.inputs) > _TUPLE_REFS  # by an autograd node
            # The results of an update that was interrupted share one reference to it, and its owner's is another.
            if getrefcount(node) - node.uses > _NODE_REFS or (node.needed and type(node.aval) is Bundle):
                node.kept = True
            if not (node.needed or node.kept):
                if held:
                    for i in node.inputs:
                        i.kept = True
                continue
            order.append(node)
            if held or (
                node.kept and node.aval is None
            ):  # by results that are another graph's, which compute it anew
                for i in node.inputs:
                    i.needed = i.kept = True
            else:
                for i in node.inputs:
                    i.needed = True
        order.reverse()
        self.order = order

    def _describe(self) -> None:
        """Number the nodes and write down the key: for each node what it is and which values it takes."""
        key: list[int] = []
        leaves: list[Value] = []
        outputs: list[Value] = []
        numbers: list[Any] = []
        position = 0
        for node in self.order:
            node.index = position
            position += 1
            if node.kept and node.aval is not None:
                outputs.append(node)
                key.append(node.code + 1)
            else:
                key.append(node.code)
            for i in node.inputs:
                index = i.index
                if index == -1:
                    leaves.append(i)
                    index = i.index = -1 - len(leaves)
                key.append(index)
            if node.numbers:
                numbers.extend(node.numbers)
        self.key = tuple(key)
        self.leaves = leaves
        self.outputs = outputs
        self.numbers = tuple(numbers)

    def strangers(self) -> list[Value]:
        """Operands that are pending but not among the nodes: another thread's."""
        return [leaf for leaf in self.leaves if leaf.array is None]

    def free_leaves(self) -> list[bool]:
        """For each leaf, whether nobody but the graph holds it, so that its memory may be reused."""
        free: list[bool] = []
        for leaf in self.leaves:
            free.append(
                not leaf.kept
                and getrefcount(leaf) - leaf.uses <= _LEAF_REFS
                and getrefcount(leaf.array) <= _ARRAY_REFS
            )
        # A tuple that an autograd node holds has one reference for the leaf however many nodes share it, so such
        # leaves were marked `kept`.
        return free

    def finish(self) -> None:
        """The results are there: let go of what led to them."""
        for node in self.nodes:
            if node.kept and node.aval is None:
                continue
            node.signature = None
            node.inputs = node.numbers = ()

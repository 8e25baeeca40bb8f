"""The recorded graph: :func:`record` adds to it, :func:`flush` computes everything in it that is still alive.

Liveness is read off reference counts: a pending value is an output of the flush if something other than the graph
refers to it (a tensor's cell, an autograd node). This needs CPython and holds for cycles-free owners only, which is
why neither tensors nor autograd nodes ever refer to each other in a circle.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np

from . import program
from .recorder import recorder
from .signature import Signature
from .stats import counters
from .value import Value

__all__ = ["BOUND", "evaluate", "flush", "materialize", "pending", "record", "record_many"]

# A loop that never asks for a value is cut here. The repeated pieces are the same graph, so they hit the cache.
BOUND = 2000


def pending() -> int:
    """How many operations are recorded and not computed yet."""
    return len(recorder.nodes)


def record(signature: Signature, inputs: tuple[Value, ...], numbers: tuple[Any, ...] = ()) -> Value:
    """Record an operation with one result and return its pending value."""
    value = Value(signature.out[0], signature.code, signature, inputs, numbers)
    nodes = recorder.nodes
    nodes.append(value)
    if len(nodes) >= BOUND and recorder.capture is None:
        flush(f"{BOUND} operations recorded")
    return value


def record_many(
    signature: Signature, inputs: tuple[Value, ...], numbers: tuple[Any, ...] = ()
) -> list[Value]:
    """Record an operation with several results: a node for it and one for each result."""
    nodes = recorder.nodes
    whole = Value(None, signature.code, signature, inputs, numbers)
    nodes.append(whole)
    parent = (whole,)
    # a result's code is odd and negative, so it never equals an operation's
    values = [Value(aval, -2 * i - 2, None, parent) for i, aval in enumerate(signature.out)]
    nodes.extend(values)
    if len(nodes) >= BOUND and recorder.capture is None:
        flush(f"{BOUND} operations recorded")
    return values


def evaluate(value: Value) -> Any:
    """The value's array (NumPy if it is still on the host), flushing if it is pending."""
    if recorder.capture is not None:
        recorder.capture.host_read(value)
    if value.array is None:
        flush("a value was read")
        if value.array is None:  # recorded by another thread
            flush("a value of another thread was read", [value])
    return value.array


def materialize(value: Value) -> Any:
    """The value as a JAX array on its device."""
    array = evaluate(value)
    if type(array) is np.ndarray:
        array = value.array = program.to_device(array, value.aval)
    return array


# References to a pending value while flush() looks at it that are not its uses: the list, the loop's variable and
# getrefcount's own argument.
_NODE_REFS = 3
# To an inputs tuple: the value's field and getrefcount's argument.
_TUPLE_REFS = 2
# To a leaf: the list of leaves, the loop's variable, getrefcount's argument; to its array: field and argument.
_LEAF_REFS = 3
_ARRAY_REFS = 2


def flush(reason: str = "", roots: list[Value] | None = None) -> None:
    """Compute the pending values that are still alive, all in one program, and empty the graph.

    Args:
        reason: for :func:`jaxlearn.stats`.
        roots: compute these values, recorded by another thread, instead of the calling thread's graph.
    """
    state = recorder
    if roots is None:
        nodes = state.nodes
        if not nodes:
            return
        state.nodes = []
        state.step += 1
    else:
        nodes = ancestors(roots)
    try:
        execute(nodes, *plan(nodes))
    except BaseException:
        # Interrupted, or out of memory: nothing is computed, and nothing is lost.
        for node in nodes:
            node.uses, node.index, node.needed, node.kept = 0, -1, False, False
        if roots is None:
            state.nodes = nodes + state.nodes
        raise
    for node in nodes:
        node.signature = None
        node.inputs = node.numbers = ()
        node.uses = 0
        node.needed = node.kept = False
        node.index = -1
    counters.flushes += 1


def plan(
    nodes: list[Value],
) -> tuple[list[Value], list[Value], list[Value], tuple[int, ...], tuple[Any, ...]]:
    """Decide what the flush computes.

    Returns:
        The nodes to run in order, the leaves (concrete inputs), the nodes whose results are wanted, the graph's key,
        and the numbers in it.
    """
    foreign = False
    node = i = None
    for node in nodes:
        for i in node.inputs:
            i.uses += 1
    order: list[Value] = []
    node = None
    for node in reversed(nodes):
        i = None  # a loop's variable counts as a reference
        if node.array is not None:
            continue
        if getrefcount(node) - node.uses > _NODE_REFS:
            node.kept = True
        elif not (node.needed or node.kept):
            # Nobody wants it, but an autograd node may hold its inputs tuple, and then they are wanted.
            if node.code > 0 and getrefcount(node.inputs) > _TUPLE_REFS:
                for i in node.inputs:
                    i.kept = True
            continue
        order.append(node)
        if node.code > 0 and getrefcount(node.inputs) > _TUPLE_REFS:
            for i in node.inputs:
                i.needed = i.kept = True
        else:
            for i in node.inputs:
                i.needed = True
    order.reverse()

    key: list[int] = []
    leaves: list[Value] = []
    outputs: list[Value] = []
    numbers: list[Any] = []
    position = 0
    for node in order:
        node.index = position
        position += 1
        if node.kept and node.aval is not None:
            outputs.append(node)
            key.append(node.code + 1)
        else:
            key.append(node.code)
        for i in node.inputs:
            index = i.index
            if index < 0:
                if index == -1:
                    if i.array is None:
                        foreign = True
                        break
                    leaves.append(i)
                    index = i.index = -1 - len(leaves)
            key.append(index)
        if node.numbers:
            numbers.extend(node.numbers)
    if foreign:
        # An operand was recorded by another thread: compute that first, then plan again.
        mine = set(map(id, nodes))
        strangers = [i for n in nodes for i in n.inputs if i.array is None and id(i) not in mine]
        for n in nodes:
            n.uses, n.needed, n.index = 0, False, -1
            for i in n.inputs:
                i.uses, i.needed, i.index = 0, False, -1
        flush("a value of another thread was read", strangers)
        return plan(nodes)
    return order, leaves, outputs, tuple(key), tuple(numbers)


def execute(
    nodes: list[Value],
    order: list[Value],
    leaves: list[Value],
    outputs: list[Value],
    key: tuple[int, ...],
    numbers: tuple[Any, ...],
) -> None:
    """Run the planned graph and give the outputs their arrays; the leaves' scratch fields are reset."""
    free: list[bool] = []
    leaf = None
    for leaf in leaves:
        free.append(
            not leaf.kept
            and getrefcount(leaf) - leaf.uses <= _LEAF_REFS
            and getrefcount(leaf.array) <= _ARRAY_REFS
        )
    # A tuple that an autograd node holds has one reference for the leaf however many nodes share it, so such leaves
    # are marked `kept` in plan() and never free.
    for node in nodes:
        for i in node.inputs:
            i.uses = 0
            i.needed = i.kept = False
    try:
        if outputs:
            arrays = program.run(key, order, leaves, outputs, numbers, free)
            for node, array in zip(outputs, arrays, strict=True):
                node.array = array
    finally:
        for leaf in leaves:
            leaf.index = -1


def ancestors(roots: list[Value]) -> list[Value]:
    """The pending values that the roots depend on, operands first."""
    seen: set[int] = set()
    order: list[Value] = []
    stack = [(r, False) for r in reversed(roots)]
    while stack:
        value, expanded = stack.pop()
        if expanded:
            order.append(value)
        elif value.array is None and id(value) not in seen:
            seen.add(id(value))
            stack.append((value, True))
            stack.extend((i, False) for i in value.inputs)
    return order

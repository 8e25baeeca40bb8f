"""The recorded graph: :func:`record` adds to it, :func:`flush` computes everything in it that is still alive."""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from . import program
from .plan import Plan, planning
from .recorder import recorder
from .signature import Signature
from .stats import counters
from .value import Value

__all__ = ["BOUND", "compute", "evaluate", "flush", "materialize", "pending", "record", "record_many"]

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
        flush()
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
        flush()
    return values


def evaluate(value: Value) -> Any:
    """The value's array (NumPy if it is still on the host), flushing if it is pending."""
    if recorder.capture is not None:
        recorder.capture.host_read(value)
    if value.array is None:
        flush()
        if value.array is None:  # deferred, or recorded by another thread
            compute([value])
    return value.array


def materialize(value: Value) -> Any:
    """The value as a JAX array on its device."""
    array = evaluate(value)
    if type(array) is np.ndarray:
        array = value.array = program.to_device(array, value.aval)
    return array


def flush(defer: Sequence[Value] = ()) -> None:
    """Compute the pending values that are still alive, all in one program, and empty the graph.

    Args:
        defer: values that are probably never read, gradients after an optimizer's step: they are left pending, which
            keeps their operands, and computed if somebody asks after all. A program that hands its gradients out costs
            a quarter more (MLP 784-512-512-10, batch 64); one that need not reuse the old parameters' memory, nothing.
    """
    state = recorder
    nodes = state.nodes
    if not nodes:
        return
    state.nodes = []
    state.step += 1
    try:
        _run(nodes, defer)
    except BaseException:
        # Interrupted, or out of memory: nothing is computed, and nothing is lost.
        state.nodes = nodes + state.nodes
        raise
    counters.flushes += 1


def compute(roots: Sequence[Value]) -> None:
    """Compute pending values that are not in the calling thread's graph: deferred ones, and other threads'."""
    wanted = list(roots)
    for root in roots:
        deferred: Deferred | None = getattr(root, "deferred", None)
        if deferred is not None:
            # Who reads one gradient reads them all, and will again: from now on they are results of the program.
            program.never_defer(deferred.key)
            wanted += [v for v in deferred.alive() if v.array is None]
    nodes = ancestors(wanted)
    wanted.clear()
    _run(nodes, ())
    counters.flushes += 1


class Deferred:
    """The values that one flush left pending, under the key of its graph."""

    __slots__ = ("key", "values")

    def __init__(self, key: Hashable, values: Sequence[Value]) -> None:
        self.key = key
        self.values = [weakref.ref(v) for v in values]  # weakly: a value dropped unread is never computed

    def alive(self) -> list[Value]:
        """Those that somebody still holds."""
        return [v for v in (ref() for ref in self.values) if v is not None]


def _run(nodes: list[Value], defer: Sequence[Value]) -> None:
    with planning:
        _run_alone(nodes, defer)


def _run_alone(nodes: list[Value], defer: Sequence[Value]) -> None:
    plan = Plan(nodes, {id(v) for v in defer})
    try:
        strangers = plan.strangers()
        if strangers:
            plan.reset()
            compute(strangers)
            strangers.clear()
            plan = Plan(nodes, set())
        if plan.deferred and program.defers_never(plan.key):
            plan.reset()
            plan = Plan(nodes, set())
        free = plan.free_leaves()
        if plan.outputs:
            arrays = program.run(plan.key, plan.order, plan.leaves, plan.outputs, plan.numbers, free)
            for node, array in zip(plan.outputs, arrays, strict=True):
                node.array = array
    except BaseException:
        plan.reset()
        raise
    if plan.deferred:
        deferred = Deferred(plan.key, plan.deferred)
        for value in plan.deferred:
            value.deferred = deferred
    plan.finish()


def ancestors(roots: Sequence[Value]) -> list[Value]:
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

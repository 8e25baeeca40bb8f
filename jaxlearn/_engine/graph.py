"""The recorded graph: :func:`record` adds to it, :func:`flush` computes everything in it that is still alive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from . import program
from .folding import Folded, unfold
from .interruptions import completed
from .op_by_op import one_by_one
from .outside import is_transformed, outside
from .pieces import PIECE, find_loop, piece_start
from .plan import Plan, planning
from .recorder import recorder
from .repetition import Outline, Sight, remember, repeat
from .signature import Signature
from .stats import counters
from .value import NO_DATA, Value, bundled, meta

__all__ = [
    "BOUND",
    "compute",
    "evaluate",
    "flush",
    "materialize",
    "pending",
    "record",
    "record_many",
    "record_whole",
]

# A loop that never asks for a value is cut here. The repeated pieces are the same graph, so they hit the cache.
BOUND = 2000


def pending() -> int:
    """How many operations are recorded and not computed yet."""
    return len(recorder.nodes)


def record(signature: Signature, inputs: tuple[Value, ...], numbers: tuple[Any, ...] = ()) -> Value:
    """Record an operation with one result and return its pending value."""
    if signature.meta:
        if recorder.watch is not None:
            recorder.watch(signature, inputs)
        return meta(signature.out[0])
    value = Value(signature.out[0], signature.code, signature, inputs, numbers)
    nodes = recorder.nodes
    nodes.append(value)
    if len(nodes) >= BOUND and recorder.capture is None:
        _cut()
    return value


def record_many(
    signature: Signature | Folded, inputs: tuple[Value, ...], numbers: tuple[Any, ...] = ()
) -> list[Value]:
    """Record an operation with several results: a node for it and one for each result."""
    if signature.meta:
        if recorder.watch is not None:
            recorder.watch(signature, inputs)
        return [meta(aval) for aval in signature.out]
    nodes = recorder.nodes
    whole = Value(None, signature.code, signature, inputs, numbers)
    nodes.append(whole)
    # A result's code is odd and negative, so it never equals an operation's. Each has a tuple of its own: a plan counts
    # the references to the operation to see whether results that are not in its graph need it.
    values = [Value(aval, -2 * i - 2, None, (whole,)) for i, aval in enumerate(signature.out)]
    nodes.extend(values)
    if len(nodes) >= BOUND and recorder.capture is None:
        _cut()
    return values


def record_whole(signature: Signature, inputs: tuple[Value, ...], wanted: int) -> tuple[Value, list[Value]]:
    """Record an operation with several results as one node, for a caller that flushes before anyone reads them.

    Args:
        signature: the operation.
        inputs: its operands.
        wanted: how many of them, from the first, to make values for.

    Returns:
        The node, whose value is the tuple of all results, and values of the first ones. These are no part of the graph,
        which has less to look at by that: after the flush the caller gives them their arrays.
    """
    nodes = recorder.nodes
    whole = Value(bundled(signature.out), signature.code, signature, inputs)
    nodes.append(whole)
    parent = (whole,)
    avals = signature.out
    return whole, [Value(avals[i], -2 * i - 2, None, parent) for i in range(wanted)]


def evaluate(value: Value) -> Any:
    """The value's array (NumPy if it is still on the host), flushing if it is pending."""
    if recorder.capture is not None:
        array = recorder.capture.host_read(value)
    else:
        if value.array is None:
            flush()
            if value.array is None:  # recorded by another thread
                compute([value])
        array = value.array
    if array is NO_DATA:
        raise NotImplementedError("Cannot copy out of meta tensor; no data!")
    return array


def materialize(value: Value) -> Any:
    """The value as a JAX array on its device."""
    array = evaluate(value)
    if type(array) is np.ndarray:
        given, array = array, program.to_device(array, value.aval)
        if value.array is given:
            value.array = array
    return array


def flush() -> None:
    """Compute the pending values that are still alive, all in one program, and empty the graph."""
    state = recorder
    nodes = state.nodes
    if not nodes:
        return
    if state.loop is not None:
        unfold(nodes)
        _run_pieces()
        if len(nodes) > 2 * PIECE:
            _run_equally(len(nodes) - PIECE)
        state.loop = None
    state.nodes = state.fresh()
    state.step += 1
    try:
        _run(nodes)
    except BaseException as error:
        # After an interruption nothing is lost. After an error the graph is let go, so that what cannot be computed
        # does not stand in everything else's way: each value is computed by itself when it is read, and the error
        # comes again for those that need the operation at fault.
        if not isinstance(error, Exception) and not _computed(nodes):
            state.nodes = nodes + state.nodes
        raise
    counters.flushes += 1


def synchronize() -> None:
    """Compute everything recorded so far and wait until all devices are done."""
    flush()
    for device in jax.local_devices():
        jax.device_put(0, device).block_until_ready()


def _cut() -> None:
    """A graph that nobody reads has reached the bound: compute it, a loop's in equal pieces."""
    state = recorder
    unfold(state.nodes)
    _run_pieces()
    if len(state.nodes) < BOUND // 2:
        return
    found = find_loop(state.nodes)
    if found is None:
        flush()
        return
    _run_equally(found.start)  # what leads to the loop
    state.loop = found
    _run_pieces()


def _run_pieces() -> None:
    """Compute the pieces of the loop that was found last, as long as the graph begins with one."""
    state = recorder
    while state.loop is not None and state.loop.leads(state.nodes):
        _run_first(len(state.loop.codes))


def _run_equally(count: int) -> None:
    """Compute about as many nodes, in pieces."""
    left = len(recorder.nodes) - count
    while len(recorder.nodes) > left:
        _run_first(min(len(recorder.nodes) - left, PIECE))


def _run_first(count: int) -> None:
    """Compute the first nodes of the graph."""
    state = recorder
    nodes = state.nodes  # the callers have this list too: nobody else may hold what a plan looks at
    end = piece_start(nodes, count)
    piece = nodes[:end]
    del nodes[:end]
    try:
        _run(piece)
    except BaseException as error:
        if not isinstance(error, Exception) and not _computed(piece):  # as in flush()
            nodes[:0] = piece
        raise
    piece.clear()
    counters.flushes += 1
    state.step += 1


def _computed(nodes: Sequence[Value]) -> bool:
    """Whether the interruption came when the results were there: see :meth:`~.program.Program.__call__`."""
    return any(node.array is not None for node in nodes)


def compute(roots: Sequence[Value]) -> None:
    """Compute pending values that are not in the calling thread's graph but in another's."""
    nodes = ancestors(roots)
    if any(v.signature is None and not v.inputs for v in nodes):
        raise RuntimeError(
            "this tensor belongs to a function under vmap, cond, scan or another operation that records its body, and "
            "has no value outside of it: return it from the function instead of keeping it elsewhere"
        )
    unfold(nodes, last=False)
    _run(nodes)
    counters.flushes += 1


def _run(nodes: list[Value]) -> None:
    if is_transformed():
        within = _traced(nodes)
        if len(within) < len(nodes):
            with outside():
                _run_all([node for node in nodes if id(node) not in within])
            nodes = [node for node in nodes if id(node) in within]
    _run_all(nodes)


def _traced(nodes: Sequence[Value]) -> set[int]:
    """The ids of the nodes that depend on a tracer of the user's own transformation."""
    found: set[int] = set()
    for node in nodes:
        for i in node.inputs:
            if id(i) in found or (i.array is not None and isinstance(i.array, jax.core.Tracer)):
                found.add(id(node))
                break
    return found


def _run_all(nodes: list[Value]) -> None:
    with planning:
        sight = Sight(nodes)
        if repeat(sight, nodes):
            return
        outline = Outline.unfolding(nodes)
        plan = Plan(nodes)
        strangers = plan.strangers()
        outdated = bool(strangers)
        if strangers:
            compute(strangers)  # which may take some of the nodes with it
            strangers.clear()
            plan = Plan(nodes)
        free = plan.free_leaves()
        if plan.outputs:
            _compute(None if outdated else sight, outline, plan, free)
        plan.finish()


def _compute(sight: Sight | None, outline: Outline | None, plan: Plan, free: list[bool]) -> None:
    """Set the outputs' arrays, and remember how if the nodes are those that were seen."""
    found = program.program_of(plan.key, plan.order, plan.leaves, plan.outputs, plan.numbers, free)
    if found is not None:
        if sight is not None:
            remember(sight, outline, plan, found, free)
        program.run(found, plan.leaves, plan.outputs, plan.numbers, free)
        return
    arrays = one_by_one(plan.key, plan.order, plan.outputs)

    def hand_out() -> None:
        for node, array in zip(plan.outputs, arrays, strict=True):
            node.array = array

    completed(hand_out)


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

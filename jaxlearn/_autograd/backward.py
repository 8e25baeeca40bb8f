"""Backward: walk the recorded graph from the roots and record one gradient node for each operation on the way."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp

from .._dtype_objects import from_numpy_dtype
from .._engine.graph import evaluate, record, record_many
from .._engine.recorder import recorder
from .._engine.signature import Signature, x64
from .._engine.value import Aval, Value, concrete
from .._tensor.dispatch import wrap
from .modes import modes
from .node import GradNode

__all__ = ["Gradient", "add_gradients", "run_backward"]


class Gradient:
    """A gradient on its way: its value and, under ``create_graph``, its own place in the backward graph."""

    __slots__ = ("edge", "value")

    def __init__(
        self, value: Value, edge: Any = None
    ) -> None:  # the edge is a leaf or (GradNode, output number)
        self.value = value
        self.edge = edge


_sums: dict[tuple[Aval, Aval], Signature] = {}


def add_gradients(a: Gradient, b: Gradient) -> Gradient:
    """Sum of two gradients of the same value."""
    avals = (a.value.aval, b.value.aval)
    signature = _sums.get(avals)
    if signature is None:
        signature = _sums[avals] = Signature("add_gradients", jnp.add, avals, training=True)
        signature.grad_name = "AddBackward0"
    inputs = (a.value, b.value)
    value = record(signature, inputs)
    if a.edge is None and b.edge is None:
        return Gradient(value)
    return Gradient(value, (GradNode(signature, inputs, (), (a.edge, b.edge)), 0))


FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)


def run_backward(
    roots: Sequence[tuple[Any, Gradient]],
    *,
    retain_graph: bool,
    create_graph: bool,
    accumulate: Callable[[Any, Gradient], None] | None,
    targets: Sequence[Any] = (),
) -> dict[int, Gradient]:
    """Propagate gradients from the roots.

    Args:
        roots: pairs of an edge (a leaf tensor or ``(GradNode, output number)``) and the gradient entering there.
        retain_graph: keep what another backward needs.
        create_graph: give the gradients a backward graph of their own.
        accumulate: called with each leaf reached and its gradient; None if only the targets are asked for.
        targets: edges whose gradients are returned.

    Returns:
        The targets' gradients by their place in ``targets``; those not reached are missing.

    Raises:
        RuntimeError: the graph was freed by an earlier backward, or a value needed was overwritten in place.
    """
    # For each node reached, the gradients of its outputs; the latest recorded node is next.
    arrived: dict[GradNode, list[Gradient | None]] = {}
    leaves: dict[int, tuple[Any, Gradient]] = {}
    queue: list[tuple[int, GradNode]] = []
    wanted_outputs = {(id(e[0]), e[1]): i for i, e in enumerate(targets) if isinstance(e, tuple)}
    wanted_leaves = {id(e): i for i, e in enumerate(targets) if not isinstance(e, tuple)}
    useful = _reaching(roots, targets) if accumulate is None else None
    found: dict[int, Gradient] = {}
    freed: list[GradNode] = []

    def send(edge: Any, gradient: Gradient) -> None:
        if type(edge) is tuple:
            node, number = edge
            slots = arrived.get(node)
            if slots is None:
                slots = arrived[node] = [None] * len(node.signature.out)
                heapq.heappush(queue, (-node.sequence, node))
            before = slots[number]
            slots[number] = gradient if before is None else add_gradients(before, gradient)
        else:
            held = leaves.get(id(edge))
            leaves[id(edge)] = (edge, gradient if held is None else add_gradients(held[1], gradient))

    for edge, gradient in roots:
        send(edge, gradient)

    while queue:
        node = heapq.heappop(queue)[1]
        slots = arrived.pop(node)
        if node.hooks is not None or node.retained is not None or wanted_outputs:
            for number, whole in enumerate(slots):
                if whole is None:
                    continue
                if node.hooks is not None and number in node.hooks:
                    slots[number] = whole = _hooked(node.hooks[number], whole)
                if node.retained is not None and number in node.retained:
                    node.retained[number]._retain(whole)
                place = wanted_outputs.get((id(node), number))
                if place is not None:
                    found[place] = whole
        if useful is not None and id(node) not in useful:
            continue
        _gradients(node, slots, create_graph, useful, send)
        if not retain_graph:
            freed.append(node)

    for leaf, gradient in leaves.values():
        if leaf._hooks:
            gradient = _hooked(leaf._hooks, gradient)
        place = wanted_leaves.get(id(leaf))
        if place is not None:
            found[place] = gradient
        if accumulate is not None:
            accumulate(leaf, gradient)
    for node in freed:
        node.inputs = None
        node.saved = None
    return found


def _gradients(
    node: GradNode,
    slots: list[Gradient | None],
    create_graph: bool,
    useful: set[int] | None,
    send: Callable[[Any, Gradient], None],
) -> None:
    """Record the gradient of one operation and send the results on."""
    signature = node.signature
    inputs = node.inputs
    if inputs is None:
        raise RuntimeError(FREED)
    if node.saved is not None:
        _check_versions(node)
    wanted = node.wanted
    if useful is not None:
        wanted = tuple([i for i in wanted if _target(node.edges[i]) in useful])
    if not wanted:
        return
    if len(slots) == 1:
        given = slots
        cotangents: tuple[int, ...] = (0,)
    else:
        cotangents = tuple([i for i, g in enumerate(slots) if g is not None])
        given = [slots[i] for i in cotangents]
    vjp = signature.vjps.get((wanted, cotangents)) or signature.vjp(wanted, cotangents)
    operands = (*inputs, *[g.value for g in given])  # type: ignore[union-attr]
    edges = node.edges
    traced = node.traced or given[0].value.aval.traced  # type: ignore[union-attr]
    capture = recorder.capture
    if capture is not None and capture.lifts:
        # Recorded all the same: tracers of the user's own transformation are operands of what is being recorded.
        operands = tuple(map(capture.lift, operands))
        traced = False
    if traced:
        with x64():
            out = vjp.fn(*[evaluate(v) for v in operands], *node.numbers)
        values = [concrete(o) for o in ([out] if vjp.single else out)]
    elif vjp.single:
        values = [record(vjp, operands, node.numbers)]
    else:
        values = record_many(vjp, operands, node.numbers)
    if create_graph:
        second = GradNode(vjp, operands, node.numbers, (*edges, *[g.edge for g in given]))  # type: ignore[union-attr]
        second.traced = traced
        for k, i in enumerate(wanted):
            send(edges[i], Gradient(values[k], (second, k)))
    else:
        for i, value in zip(wanted, values, strict=True):
            send(edges[i], Gradient(value))


def _target(edge: Any) -> int:
    return id(edge[0]) if type(edge) is tuple else id(edge)


def _reaching(roots: Sequence[tuple[Any, Gradient]], targets: Sequence[Any]) -> set[int]:
    """The ids of the nodes and leaves on some path from the roots to a target."""
    ends = {id(e[0]) if isinstance(e, tuple) else id(e) for e in targets}
    reach: dict[int, bool] = {}
    stack: list[tuple[Any, bool]] = [(e[0] if isinstance(e, tuple) else e, False) for e, _ in roots]
    while stack:
        node, expanded = stack.pop()
        children = [e[0] if isinstance(e, tuple) else e for e in getattr(node, "edges", ()) if e is not None]
        if expanded:
            reach[id(node)] = id(node) in ends or any(reach[id(c)] for c in children)
        elif id(node) not in reach:
            reach[id(node)] = id(node) in ends
            stack.append((node, True))
            stack.extend((c, False) for c in children)
    return {key for key, useful in reach.items() if useful}


def _check_versions(node: GradNode) -> None:
    """Refuse to use a value that was overwritten since the operation saved it, as torch does.

    The arrays themselves are immutable, so the gradient would still be right; but the program would mean something
    else in PyTorch, silently.
    """
    for cell, version, number in node.saved or ():
        now = cell.version - cell.untracked
        if now != version and (number < 0 or node.signature.gradient_reads(node.wanted, number)):
            aval = node.signature.out[0] if number < 0 else node.signature.avals[number]
            edge = (node, 0) if number < 0 else node.edges[number]
            origin = ""
            if isinstance(edge, tuple):
                name = edge[0].name().rstrip("0123456789").removesuffix("Backward")
                origin = f", which is output {edge[1]} of {name},"
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an inplace operation: "
                f"[{_legacy_name(aval)} {list(aval.shape)}]{origin} is at version {now}; expected version "
                f"{version} instead. Hint: enable anomaly detection to find the operation that failed to compute its "
                "gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False)."
            )


def _legacy_name(aval: Aval) -> str:
    """The tensor type that torch's message names: ``torch.FloatTensor``."""
    where = "torch.cuda" if aval.device.type == "cuda" else "torch"
    return f"{where}.{from_numpy_dtype(aval.dtype)._scalar_name}Tensor"


def _hooked(hooks: dict[int, Callable[[Any], Any]], gradient: Gradient) -> Gradient:
    for hook in list(hooks.values()):
        tensor = wrap(gradient.value)
        if gradient.edge is not None and modes.grad:
            tensor._grad_fn, tensor._output_nr = gradient.edge
            tensor._requires_grad = True
        result = hook(tensor)
        if result is not None:
            edge = (result._grad_fn, result._output_nr) if result._grad_fn is not None else None
            gradient = Gradient(result._cell.value if result._view is None else result._current(), edge)
    return gradient

"""Backward: walk the recorded graph from the roots and record one gradient node for each operation on the way."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp

from .._engine.graph import evaluate, record, record_many
from .._engine.recorder import recorder, unusual
from .._engine.signature import Vjp, x64
from .._engine.value import Value, concrete
from .anomaly import anomaly, watch_gradients
from .batched import batched_vjp, each
from .gradient import Gradient, SavedInside, add_gradients, constant, overwritten
from .hooks import after_accumulation, after_node, arriving_at_leaf, before_node, on_tensor
from .modes import modes
from .node import Extra, GradNode, watchers
from .plain import Walk
from .reaching import reaching, target_of
from .toward import gradients_toward

__all__ = ["FREED", "run_backward"]

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
    batch: int | None = None,
) -> dict[int, Gradient]:
    """Propagate gradients from the roots.

    Args:
        roots: pairs of an edge (a leaf tensor or ``(GradNode, output number)``) and the gradient entering there.
        retain_graph: keep what another backward needs.
        create_graph: give the gradients a backward graph of their own.
        accumulate: called with each leaf reached and its gradient; None if only the targets are asked for.
        targets: edges whose gradients are returned; if there are any, only what leads to them is computed.
        batch: how many gradients enter at each root, stacked in a leading dimension; None for one, not stacked.

    Returns:
        The targets' gradients by their place in ``targets``; those not reached are missing.

    Raises:
        RuntimeError: the graph was freed by an earlier backward, or a value needed was overwritten in place.
    """
    walk = None
    follows = modes.follows is not None  # gradients have tangents too
    if (
        accumulate is not None
        and not (targets or create_graph or anomaly.enabled or follows)
        and batch is None
    ):
        if recorder.capture is None and all(g.edge is None for _, g in roots):
            walk = Walk(roots)
            if walk.run():
                walk.finish(accumulate)
                if not retain_graph:
                    walk.release()
                return {}
    elif (
        targets
        and accumulate is None
        and len(roots) == 1
        and not (unusual or anomaly.enabled or follows or watchers)
    ):
        ((edge, gradient),) = roots
        if batch is None and type(edge) is tuple and gradient.edge is None and not gradient.value.aval.traced:
            found = gradients_toward(
                edge[0], gradient, targets, create_graph=create_graph, retain_graph=retain_graph
            )
            if found is not None:
                return found
    before, outer, hidden = modes.grad, modes.running, modes.hidden
    # In hooks and in the backward of Functions.
    modes.grad, modes.hidden = create_graph or follows, follows and not create_graph
    modes.running = Running(roots, targets)
    try:
        return _run(roots, walk, retain_graph, create_graph or follows, accumulate, targets, batch)
    finally:
        modes.grad, modes.running, modes.hidden = before, outer, hidden


class Running:
    """A backward, for hooks that ask where it goes.

    Args:
        roots: where it starts.
        targets: the edges asked for; empty for all leaves.
    """

    __slots__ = ("__weakref__", "_reached", "roots", "targets")

    def __init__(self, roots: Sequence[tuple[Any, Gradient]], targets: Sequence[Any]) -> None:
        self.roots = roots
        self.targets = targets
        self._reached: set[int] | None = None

    def reaches(self, edge: Any) -> bool:
        """Whether a gradient will arrive at this edge."""
        if self._reached is None:
            self._reached = (
                reaching(_starts(self.roots), self.targets, False)[0] if self.targets else _all(self.roots)
            )
        return target_of(edge) in self._reached


def _run(
    roots: Sequence[tuple[Any, Gradient]],
    begun: Walk | None,
    retain_graph: bool,
    create_graph: bool,
    accumulate: Callable[[Any, Gradient], None] | None,
    targets: Sequence[Any],
    batch: int | None,
) -> dict[int, Gradient]:
    # For each node reached, the gradients of its outputs; the latest recorded node is next.
    arrived: dict[GradNode, list[Gradient | None]] = {}
    leaves: dict[int, tuple[Any, Gradient | None]] = {}
    hooked: dict[int, Any] = {}  # leaves with hooks, reached and not finished
    due: dict[int, int] | None = None
    queue: list[tuple[int, GradNode]] = []
    wanted_outputs: dict[tuple[int, int], list[int]] = {}
    wanted_leaves: dict[int, list[int]] = {}
    for i, e in enumerate(targets):
        if type(e) is tuple:
            wanted_outputs.setdefault((id(e[0]), e[1]), []).append(i)
        else:
            wanted_leaves.setdefault(id(e), []).append(i)
    useful, needed = reaching(_starts(roots), targets, accumulate is not None) if targets else (None, None)
    found: dict[int, Gradient] = {}
    freed: list[GradNode] = []

    def send(edge: Any, gradient: Gradient | None) -> None:
        # None is a gradient that is zero and was not computed: torch runs the nodes it comes to all the same.
        if type(edge) is tuple:
            node, number = edge
            slots = arrived.get(node)
            if slots is None:
                slots = arrived[node] = [None] * len(node.signature.out)
                heapq.heappush(queue, (-node.sequence, node))
            if gradient is not None:
                before = slots[number]
                slots[number] = gradient if before is None else add_gradients(before, gradient)
            return
        held = leaves.get(id(edge))
        if held is None:
            if edge._hooks is not None:
                hooked[id(edge)] = edge
            elif gradient is None:
                return
            leaves[id(edge)] = (edge, gradient)
        elif gradient is not None:
            leaves[id(edge)] = (edge, gradient if held[1] is None else add_gradients(held[1], gradient))

    def finish(leaf: Any, gradient: Gradient | None) -> None:
        hooks = leaf._hooks
        added = gradient
        if hooks is not None:
            adds = accumulate is not None
            gradient, added = each(batch, lambda g: arriving_at_leaf(hooks, g, adds), gradient)
        if gradient is not None:
            for place in wanted_leaves.get(id(leaf), ()):
                found[place] = gradient
        if accumulate is not None:
            if added is not None:
                accumulate(leaf, added)
            if hooks is not None:
                after_accumulation(hooks, leaf, added)

    if begun is None:
        for edge, gradient in roots:
            send(edge, gradient)
    else:
        for edge, gradient in begun.under_way():
            send(edge, gradient)
        if not retain_graph:
            freed += begun.done

    special = bool(wanted_outputs) or anomaly.enabled
    node: Any = None
    try:
        while queue:
            node = heapq.heappop(queue)[1]
            slots = arrived.pop(node)
            extra = node.extra
            if extra is not None or special:
                # As in torch, a tensor asked for on the way to another is given its gradient as it is before its hooks.
                before = slots.copy()
                if extra is not None:
                    _tensor_hooks(extra, slots, batch)
                for number, whole in enumerate(
                    before if needed is not None and id(node) in needed else slots
                ):
                    if whole is not None:
                        for place in wanted_outputs.get((id(node), number), ()):
                            found[place] = whole
            if needed is not None and id(node) not in needed:
                continue
            if (extra is None or _plain(node, extra)) and not anomaly.enabled and batch is None:
                results = _gradients(node, slots, create_graph, useful)
            else:
                results = _special(node, slots, create_graph, useful, batch)
            for edge, result in zip(node.edges, results, strict=False):
                if edge is not None and (result is not None or useful is None or target_of(edge) in useful):
                    send(edge, result)
            if not retain_graph:
                freed.append(node)
            if hooked:
                if due is None:
                    due = _last_nodes(roots, needed)
                # torch adds to a leaf as soon as nothing more can come; programs with hooks see the order.
                now = [k for k in hooked if due.get(k, node.sequence) >= node.sequence]
                for key in _in_order(node, now) if len(now) > 1 else now:
                    del hooked[key]
                    finish(*leaves.pop(key))
    except BaseException:
        # torch has let go of what was used, and added to the leaves that nothing more could come to.
        for used in freed:
            used.release()
        if due is None:
            due = _last_nodes(roots, needed)
        for leaf, total in leaves.values():
            if (
                accumulate is not None
                and node is not None
                and due.get(id(leaf), node.sequence) > node.sequence
            ):
                finish(leaf, total)
        raise

    for leaf, total in leaves.values():
        if leaf._hooks is None and not wanted_leaves and accumulate is not None and total is not None:
            accumulate(leaf, total)
        else:
            finish(leaf, total)
    for node in freed:
        node.release()
    return found


def _gradients(
    node: GradNode,
    slots: list[Gradient | None],
    create_graph: bool,
    useful: set[int] | None,
    batch: int | None = None,
) -> list[Gradient | None]:
    """Record the gradient of one operation: for each of its operands, or None where there is none."""
    signature = node.signature
    inputs = node.inputs
    results: list[Gradient | None] = [None] * len(node.edges)
    if inputs is None:
        inputs = _without_inputs(node)
    for cell, version, _ in node.saved or ():
        if cell.version - cell.untracked != version:
            _check_versions(node)
            break  # it has looked at all of them
    wanted = node.wanted
    if useful is not None:
        wanted = tuple([i for i in wanted if target_of(node.edges[i]) in useful])
    if len(slots) == 1:
        given = slots
        cotangents: tuple[int, ...] = (0,)
    else:
        cotangents = tuple([i for i, g in enumerate(slots) if g is not None])
        given = [slots[i] for i in cotangents]
        if isinstance(signature, Vjp):
            # PyTorch computes the gradients of several operands apart: each depends on its own operands only.
            reads = signature.read_for(cotangents)
            wanted = tuple([i for i in wanted if reads[i]])
    if not wanted or slots.count(None) == len(slots):
        return results
    single = vjp = signature.vjps.get((wanted, cotangents)) or signature.vjp(wanted, cotangents)
    if batch is not None:
        vjp = batched_vjp(vjp, len(inputs), batch)
    operands = (*inputs, given[0].value) if len(given) == 1 else (*inputs, *[g.value for g in given])  # type: ignore[union-attr]
    numbers = node.numbers
    kept = None if node.extra is None else node.extra.kept
    if kept is not None and kept[0].wanted == wanted and not create_graph and batch is None:
        # The forward has handed out what the gradient needs.
        vjp = kept[0].pull(cotangents)
        operands = (*kept[1], *[g.value for g in given])  # type: ignore[union-attr]
        numbers = ()
    edges = node.edges
    traced = node.traced or given[0].value.aval.traced  # type: ignore[union-attr]
    capture = recorder.capture
    if capture is not None and capture.lifts:
        # Recorded all the same: tracers of the user's own transformation are operands of what is being recorded.
        operands = tuple(map(capture.lift, operands))
        traced = False
    if traced:
        arrays = [evaluate(v) for v in operands]
        with x64():
            out = vjp.fn(*map(jnp.asarray, arrays), *numbers)
        values = [concrete(o) for o in ([out] if vjp.single else out)]
    elif vjp.single:
        values = [record(vjp, operands, numbers)]
    else:
        values = record_many(vjp, operands, numbers)
    second = own = None
    if create_graph:
        behind = edges if modes.follows is None else modes.follows.edges(node)
        met, own = single.sources()
        ahead = (*behind, *[g.edge for g in given])  # type: ignore[union-attr]
        ahead = tuple([e if m else None for e, m in zip(ahead, met, strict=False)])
        for edge in ahead:
            if edge is not None:
                second = GradNode(vjp, operands, node.numbers, ahead)
                second.traced = traced
                break
    for k, i in enumerate(wanted):
        live = second is not None and (own is None or any([ahead[j] is not None for j in own[k]]))  # noqa: C419
        results[i] = Gradient(values[k], (second, k) if live else None)
    return results


def _in_order(node: GradNode, leaves: list[int]) -> list[int]:
    """Leaves, by their ids, that a node was the last to send gradients to, in the order in which torch reaches them."""
    if isinstance(node.signature, Vjp):
        return leaves
    op = node.signature.op
    known = None if op is None else op.arrival
    places = node.arguments if known is None else known(node.signature.avals)
    # A leaf that is there twice has all its gradients with the second.
    order = {id(node.edges[i]): place for place, i in enumerate(places) if i is not None}
    return sorted(leaves, key=lambda leaf: order.get(leaf, -1))


def _starts(roots: Sequence[tuple[Any, Gradient]]) -> list[GradNode]:
    """The nodes that the roots are at."""
    return [edge[0] for edge, _ in roots if type(edge) is tuple]


def _all(roots: Sequence[tuple[Any, Gradient]]) -> set[int]:
    """The ids of all nodes and leaves that the roots lead to."""
    found: set[int] = set()
    stack: list[Any] = [e for e, _ in roots]
    while stack:
        edge = stack.pop()
        if target_of(edge) not in found:
            found.add(target_of(edge))
            if type(edge) is tuple:
                stack.extend([e for e in edge[0].edges if e is not None])
    return found


def _check_versions(node: GradNode) -> None:
    """Refuse to use a value that was overwritten since the operation saved it, as torch does.

    The arrays themselves are immutable, so the gradient would still be right; but the program would mean something
    else in PyTorch, silently.
    """
    if node.extra is not None and node.extra.mutable:
        return
    for cell, version, number in node.saved or ():
        now = cell.version - cell.untracked
        if now == version:
            continue
        if isinstance(number, SavedInside):
            if number.read():
                raise RuntimeError(number.overwritten(version, now))
        elif number < 0:
            aval = node.signature.out[-1 - number]
            edge = (node, -1 - number) if aval.dtype.kind in "fcV" else None
            raise RuntimeError(overwritten(aval, edge, version, now))
        elif node.signature.keeps_input(node.wanted, number):
            weight = node.signature.name == "linear" and number == 1  # whose transpose torch multiplies by
            aval, edge = node.signature.avals[number], node.edges[number]
            raise RuntimeError(overwritten(aval, edge, version, now, cell, weight))


def _plain(node: GradNode, extra: Extra) -> bool:
    """Whether a node's own gradient is computed as any other's: it has hooks on its tensors at most."""
    return not (extra.pre or extra.post) and extra.packed is None and node.compute is None


def _without_inputs(node: GradNode) -> tuple[Value, ...]:
    """Stand-ins for the inputs of a node that was freed, if its gradient does not look at them.

    Raises:
        RuntimeError: it does, or torch's formula does.
    """
    signature = node.signature
    if signature.saves or any(signature.gradient_reads(node.wanted, i) for i in range(len(signature.avals))):
        raise RuntimeError(FREED)
    return tuple([constant(a, 0) for a in signature.avals])


def _tensor_hooks(extra: Extra, slots: list[Gradient | None], batch: int | None) -> None:
    """Run the hooks of the tensors that a node made, then let them retain their gradients."""
    for number, hooks in extra.tensor.items():
        if hooks:  # called with None where another output alone got a gradient
            slots[number] = each(batch, lambda g, hooks=hooks: on_tensor(hooks, g), slots[number])
    for number, retainer in extra.retained.items():
        whole = slots[number]
        if whole is not None:
            retainer._retain(whole)


def _special(
    node: GradNode,
    slots: list[Gradient | None],
    create_graph: bool,
    useful: set[int] | None,
    batch: int | None,
) -> list[Gradient | None]:
    """As :func:`_gradients` for a node with hooks, with packed inputs or with a gradient of its own, and for a batch
    of gradients."""
    extra = node.extra
    if extra is not None and extra.pre:
        shown = each(batch, lambda s: before_node(extra.pre, s), [slots[i] for i in node.results])
        slots = [None] * len(slots)
        for number, gradient in zip(node.results, shown, strict=True):
            slots[number] = gradient
    with watch_gradients(node):
        if node.compute is not None:
            results = each(batch, lambda s: node.compute(s, create_graph), slots)
        else:
            results = _own_gradients(node, slots, create_graph, useful, batch)
        anomaly.check(node, results)
    if extra is not None and extra.post:
        order = node.arguments
        shown = [None if i is None else results[i] for i in order]
        given = [slots[i] for i in node.results]
        shown = each(batch, lambda r, s: after_node(extra.post, r, s), shown, given)
        for i, gradient in zip(order, shown, strict=False):
            if i is not None:
                results[i] = gradient
    if useful is not None:
        for i, edge in enumerate(node.edges):
            if edge is not None and target_of(edge) not in useful:
                results[i] = None
    return results


def _own_gradients(
    node: GradNode,
    slots: list[Gradient | None],
    create_graph: bool,
    useful: set[int] | None,
    batch: int | None,
) -> list[Gradient | None]:
    """A recorded operation's gradients, whoever keeps its inputs."""
    packed = None if node.extra is None else node.extra.packed
    if packed is None:
        return _gradients(node, slots, create_graph, useful, batch)
    node.inputs = packed.unpack([s.value for s in slots if s is not None])
    node.saved = None  # what hooks keep has no version
    try:
        return _gradients(node, slots, create_graph, useful, batch)
    finally:
        node.inputs = None


def _last_nodes(roots: Sequence[tuple[Any, Gradient]], needed: set[int] | None) -> dict[int, int]:
    """For each leaf, the sequence number of the node that is the last to send it a gradient."""
    last: dict[int, int] = {}
    seen: set[int] = set()
    stack = [e[0] for e, _ in roots if type(e) is tuple]
    while stack:
        node = stack.pop()
        if id(node) in seen or (needed is not None and id(node) not in needed):
            continue
        seen.add(id(node))
        for edge in node.edges:
            if type(edge) is tuple:
                stack.append(edge[0])
            elif edge is not None:
                last[id(edge)] = min(last.get(id(edge), node.sequence), node.sequence)
    return last

"""Levels of differentiation: what ``func.grad`` and its kin need of the backward graph.

A transform runs the function on aliases of its arguments, each the one result of an :class:`InputNode`. Gradients are
taken with respect to those nodes, so transforms nest without confusion; they also lead on to where the arguments came
from, so that an outer transform or ``backward()`` goes through. What leads nowhere else is cut off at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax

from .._engine.forward_mode import jvp_of
from .._engine.signature import Signature
from .._engine.value import Aval, Value
from .apply import apply_values
from .backward import FREED
from .gradient import Gradient, add_gradients
from .links import Links, hollow, linked_edges
from .modes import modes
from .node import GradNode, edge_if_any, edge_of, next_sequence

__all__ = ["InputNode", "Level", "nodes_since", "push_forward", "pushed"]

_identities: dict[tuple[Aval, str], Signature] = {}


class InputNode(GradNode):
    """Where an argument enters a level (or, without one, a batched function): its value and its edge outside."""

    __slots__ = ("level", "value")
    enters = True

    def __init__(self, value: Value, edge: Any, level: Level | None = None, name: str = "") -> None:
        super().__init__(_alias_of(value.aval, name), (value,), (), (edge,))
        self.traced = value.aval.traced
        self.level = level
        self.value = value


def _alias_of(aval: Aval, name: str = "") -> Signature:
    signature = _identities.get((aval, name))
    if signature is None:
        signature = Signature("alias", _identity, (aval,))
        signature.grad_name = name or signature.grad_name
        if not aval.traced:
            _identities[aval, name] = signature
    return signature


def _identity(x: Any) -> Any:
    return jax.numpy.asarray(x)


class Level:
    """A context for the running function: gradients are recorded, whatever the mode outside.

    ``start`` tells the nodes made inside from older ones, ``open`` whether the function is still running.

    Args:
        counts: whether the function counts as one inside a transform, where ``backward()`` is not allowed.
        carries: whether tangents are to be carried forward through what is recorded, under ``no_grad`` too.
    """

    begins = True  # to the function its arguments are leaves, which must not be written to

    def __init__(self, counts: bool = True, carries: bool = False) -> None:
        self._counts = counts
        self.links = Links(modes.follows) if carries else None

    def __enter__(self) -> Level:
        self._before = modes.grad, modes.inference, modes.hidden, modes.follows
        modes.grad, modes.inference, modes.hidden = True, False, False
        modes.follows = self.links or modes.follows
        modes.transforms += self._counts
        self.start = next_sequence()
        self.open = True
        return self

    def __exit__(self, *exc: object) -> None:
        modes.grad, modes.inference, modes.hidden, modes.follows = self._before
        modes.transforms -= self._counts
        self.open = False

    def input(self, tensor: Any) -> tuple[Any, InputNode]:
        """The argument as the function sees it, and its node."""
        alias = tensor._alias()
        node = InputNode(tensor._current(), edge_if_any(tensor), self)
        alias._grad_fn = node
        alias._requires_grad = True
        return alias, node

    def released(self, tensors: Sequence[Any], since: int | None = None) -> list[Any]:
        """Results as the surroundings see them: with a history only if something outside requires grad.

        Args:
            tensors: the results.
            since: nodes made from here on are cut off from what leads nowhere; older ones serve this level again.
        """
        roots = [t._grad_fn for t in tensors if t._grad_fn is not None]
        alive = self._leading_outside(roots, since) if self._before[0] else set()
        results = []
        for t in tensors:
            node = t._grad_fn
            if node is None or not t._requires_grad:
                results.append(t)
                continue
            alias = t._alias()
            if self._before[0] and (node.sequence < self.start or id(node) in alive):
                alias._grad_fn, alias._output_nr, alias._requires_grad = node, t._output_nr, True
                if self._before[2]:
                    _hide(alias)
            results.append(alias)
        return results

    def _leading_outside(self, roots: Sequence[GradNode], since: int | None) -> set[int]:
        """The ids of the level's nodes from which a gradient flows on to something outside."""
        links = self._before[3]  # tangents go on along edges that backward does not follow
        nodes = sorted(nodes_since(roots, self.start, links), key=lambda node: node.sequence)
        alive: set[int] = set()

        def leads(edge: Any) -> bool:
            if type(edge) is not tuple:
                return edge is not None
            return edge[0].sequence < self.start or id(edge[0]) in alive

        for node in nodes:
            level = node.level
            edges = linked_edges(node, links)
            if (level is not None and level.open and level is not self) or any(map(leads, edges)):
                alive.add(id(node))
                if since is not None and node.sequence >= since:
                    node.cut([leads(edge) for edge in node.edges])
        return alive


def _hide(tensor: Any) -> None:
    """Let tangents alone go on to a result."""
    value = tensor._current()
    before, modes.hidden = modes.hidden, True
    try:
        tensor._grad_fn = GradNode(_alias_of(value.aval), (value,), (), (edge_of(tensor),))
        tensor._output_nr = 0
    finally:
        modes.hidden = before


def nodes_since(roots: Sequence[GradNode], start: int, links: Links | None = None) -> Iterator[GradNode]:
    """The nodes that the roots lead to which were made since ``start``, along further links if there are any."""
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.sequence < start or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        stack.extend(edge[0] for edge in linked_edges(node, links) if type(edge) is tuple)


def push_forward(
    outputs: Sequence[Any], inputs: Sequence[GradNode], tangents: Sequence[Gradient], level: Level
) -> list[Gradient | None]:
    """Carry tangents of a level's inputs forward through the nodes recorded in it.

    Args:
        outputs: the function's results.
        inputs: the nodes of its arguments.
        tangents: theirs.
        level: it, which carries tangents.

    Returns:
        The outputs' tangents; None for outputs that do not depend on the inputs.

    Raises:
        RuntimeError: the graph was freed by a backward.
    """
    arrived: dict[tuple[int, int], Gradient] = {}
    for node, tangent in zip(inputs, tangents, strict=True):
        key = (id(node), 0)
        held = arrived.get(key)
        arrived[key] = tangent if held is None else add_gradients(held, tangent)
    first, before = {id(node) for node in inputs}, modes.hidden
    links = level.links or Links(None)
    roots = [t._grad_fn for t in outputs if t._grad_fn is not None]
    found = list(nodes_since(roots, level.start, links))
    found.sort(key=lambda node: node.sequence)
    for node in found:
        if id(node) in first:
            continue
        given = [
            (i, arrived[id(edge[0]), edge[1]])
            for i, edge in enumerate(links.edges(node))
            if type(edge) is tuple and (id(edge[0]), edge[1]) in arrived
        ]
        if given:
            modes.hidden = before or node in hollow  # as the operation was, so is its tangent
            try:
                for number, tangent in pushed(node, given, node.inputs):
                    arrived[id(node), number] = tangent
            finally:
                modes.hidden = before
    return [None if t._grad_fn is None else arrived.get((id(t._grad_fn), t._output_nr)) for t in outputs]


def pushed(
    node: GradNode, given: Sequence[tuple[int, Gradient]], inputs: tuple[Value, ...] | None
) -> list[tuple[int, Gradient]]:
    """The tangents of a node's results.

    Args:
        node: the node.
        given: its operands' numbers and tangents.
        inputs: its operands.
    """
    if isinstance(node, InputNode):  # of a level inside
        return [(0, given[0][1])]
    if inputs is None:
        raise RuntimeError(FREED)
    if node.compute is not None:
        found: list[tuple[int, Gradient]] = node.push(given)  # type: ignore[attr-defined]
        return found
    signature = jvp_of(node.signature, tuple(i for i, _ in given))
    operands: tuple[Value, ...] = (*inputs, *[g.value for _, g in given])
    values, operands, traced = apply_values(signature, operands, node.numbers)
    edges = (*linked_edges(node, modes.follows), *[g.edge for _, g in given])
    if all(e is None for e in edges):
        return [(n, Gradient(v)) for n, v in zip(signature.results, values, strict=True)]
    second = GradNode(signature, operands, node.numbers, edges)
    second.traced = traced
    return [
        (n, Gradient(v, (second, k))) for k, (n, v) in enumerate(zip(signature.results, values, strict=True))
    ]

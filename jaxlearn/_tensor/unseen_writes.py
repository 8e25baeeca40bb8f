"""Writes that autograd does not see, in a recorded function: under ``no_grad``, through ``detach()`` or ``.data``.

A tensor written to in such a way holds another value and keeps its place in the backward graph, so its gradient goes on
as if nothing had been written. A recorded function is differentiated as a function of values, and would lose the
gradient with the value. So what reads such a value is given a stand-in for it: the value written, with the gradient of
the one that the tensor's place in the backward graph stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from .._autograd.gradient import constant
from .._autograd.levels import InputNode
from .._autograd.node import GradNode
from .._engine.signature import Signature
from .._engine.subgraph import signature_for
from .._engine.tracing import Tracing
from .._engine.value import Aval, Value

__all__ = ["Meant", "made_by"]


def made_by(value: Value, node: Any) -> bool:
    """Whether a recorded value is the one that a backward node stands for.

    It is not where memory was written unseen: the tensor keeps the node that it had.
    """
    whole = value if value.signature is not None or not value.inputs else value.inputs[0]
    if whole.signature is None or not whole.inputs:
        return False
    inputs = whole.inputs
    recorded = () if node.extra is None else node.extra.recorded
    if inputs is node.inputs or inputs is recorded:
        return True
    # a view's part of its base, read anew
    return whole.signature.name == "view" and bool(node.inputs) and inputs[0] is node.inputs[0]


@jax.custom_jvp
def _stand_in(written: Any, meant: Any) -> Any:
    return jnp.where(False, meant, written)  # a batch of the one is a batch of the other


@_stand_in.defjvp
def _(primals: Any, tangents: Any) -> Any:
    return _stand_in(*primals), tangents[1]


class Meant:
    """Puts stand-ins in the place of values written unseen.

    Args:
        tracing: the finished recording.
        start: the number of the first backward node inside.
        nodes: the backward nodes that gradients flow through, in the order in which they were made.

    ``given`` are operands, each with the edge that its gradient goes to.
    """

    def __init__(self, tracing: Tracing, start: int, nodes: Sequence[GradNode]) -> None:
        self._tracing = tracing
        self._start = start
        self.given: list[tuple[Value, Any]] = []
        self._stand_ins: dict[tuple[int, int], Value] = {}
        self._parts: dict[tuple[int, int], Value] = {}
        self._edges: dict[int, Any] = {}  # of values outside
        by_inputs = {id(v.inputs): v for v in tracing.nodes if v.signature is not None}
        self._made: dict[int, Value] = {}  # what a backward node stands for
        for node in nodes:
            recorded = () if node.extra is None else node.extra.recorded
            found = by_inputs.get(id(recorded)) if recorded else by_inputs.get(id(node.inputs))
            if found is not None:
                self._made[id(node)] = found
        for node in nodes:
            self._mend(node)

    def _mend(self, node: GradNode) -> None:
        """Let the operation that a backward node stands for read stand-ins."""
        if isinstance(node, InputNode) and self._placed(node.value):
            return  # where an argument enters
        before = node.inputs or ()
        after = [
            value if edge is None else self.of(value, edge)
            for value, edge in zip(before, node.edges, strict=False)
        ]
        changed = [(a, b) for a, b in zip(before, after, strict=False) if a is not b]
        if not changed:
            return
        node.inputs = tuple(after)
        whole = self._made.get(id(node))
        if whole is None:  # a view read anew after a write: its values are recorded apart from its node
            for value in self._tracing.nodes:
                if value.signature is not None and value.signature.name == "view":
                    value.inputs = tuple([b if v is a else v for a, b in changed[:1] for v in value.inputs])
        elif whole.inputs is before:
            whole.inputs = node.inputs
        else:
            assert node.extra is not None
            whole.inputs = node.extra.recorded = tuple(
                [next((b for a, b in changed if a is v), v) for v in whole.inputs]
            )

    def of(self, value: Value, edge: Any) -> Value:
        """The value, or its stand-in if it is not the one whose gradient goes to the edge."""
        while _enters(edge, self._start) and edge[0].edges[0] is not None and not self._placed(edge[0].value):
            edge = edge[0].edges[0]  # an argument of a transform inside
        if type(edge) is tuple and edge[0].sequence >= self._start:
            node = edge[0]
            if value is node.value if isinstance(node, InputNode) else made_by(value, node):
                return value
            if isinstance(node, InputNode):
                meant = node.value
                self.given.append((meant, edge))
            else:
                meant = self._part(node, edge[1])
        elif id(value) in self._tracing.inside:
            meant = self._outside(edge, value.aval)
        elif _same(self._edges.setdefault(id(value), edge), edge):
            return value
        else:  # two tensors of one value: it is one operand, whose gradient goes to the first's edge
            meant = self._outside(edge, value.aval)
        if (meant.aval.shape, meant.aval.dtype) != (value.aval.shape, value.aval.dtype):
            return value
        key = (id(value), id(meant))
        found = self._stand_ins.get(key)
        if found is None:
            avals = (value.aval, meant.aval)
            signature = signature_for(("stand_in", avals), lambda: Signature("stand_in", _stand_in, avals))
            found = self._stand_ins[key] = self._record(value.aval, signature, (value, meant))
        return found

    def _placed(self, value: Value) -> bool:
        return id(value) in self._tracing.placeholders

    def _part(self, node: GradNode, number: int) -> Value:
        """What a backward node stands for; recorded again if it was computed already, or apart from its node."""
        key = (id(node), number)
        found = self._parts.get(key)
        if found is None:
            whole = self._made.get(id(node))
            signature = node.signature
            if whole is None:
                out = signature.out[0] if signature.single else None
                whole = self._made[id(node)] = self._record(out, signature, node.inputs or (), node.numbers)
            if signature.single:
                found = whole
            else:
                found = self._record(signature.out[number], None, (whole,), code=-2 * number - 2)
            self._parts[key] = found
        return found

    def _outside(self, edge: Any, aval: Aval) -> Value:
        """An operand whose gradient goes to an edge outside."""
        for value, known in self.given:
            if _same(known, edge):
                return value
        value = constant(aval, 0)
        self.given.append((value, edge))
        return value

    def _record(
        self,
        aval: Any,
        signature: Any,
        inputs: tuple[Value, ...],
        numbers: tuple[Any, ...] = (),
        code: int = 0,
    ) -> Value:
        value = Value(aval, code or signature.code, signature, inputs, numbers)
        self._tracing.nodes.append(value)
        self._tracing.inside.add(id(value))
        return value


def _same(a: Any, b: Any) -> bool:
    """Whether two edges are one."""
    return a is b or (type(a) is type(b) is tuple and a[0] is b[0] and a[1] == b[1])


def _enters(edge: Any, start: int) -> bool:
    return type(edge) is tuple and isinstance(edge[0], InputNode) and bool(edge[0].sequence >= start)

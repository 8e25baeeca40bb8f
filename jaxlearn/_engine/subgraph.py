"""A function recorded on placeholders as a pure function on jax arrays, with a key by which its like is found again."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from .instructions import Instruction, execute
from .signature import Signature
from .tracing import Tracing
from .value import Value

__all__ = ["Composite", "Subgraph", "signature_for"]

_SIGNATURES = 512
_signatures: collections.OrderedDict[Hashable, Signature] = collections.OrderedDict()


class Subgraph:
    """What the recorded function computes of its placeholders and of the values it closes over.

    Args:
        tracing: the finished recording.
        arguments: the placeholders, in order.
        outputs: the values wanted.
        stopped: gives the operands of a node through which no gradient flows, as an instruction has them.

    ``closures`` are the values from outside in the order in which they are operands, after the arguments.
    """

    def __init__(
        self,
        tracing: Tracing,
        arguments: Sequence[Value],
        outputs: Sequence[Value],
        stopped: Callable[[Value], tuple[int, ...]],
    ) -> None:
        self.arguments = len(arguments)
        place = {id(a): -2 - i for i, a in enumerate(arguments)}
        leaves = list(arguments)
        inside = {id(n) for n in tracing.nodes}

        def index(value: Value) -> int:
            found = place.get(id(value))
            if found is None:
                leaves.append(value)
                found = place[id(value)] = -1 - len(leaves)
            return found

        order = _order(outputs, inside)
        numbers: list[Any] = []
        self.instructions: list[Instruction] = []
        key: list[Any] = [len(arguments)]
        for position, node in enumerate(order):
            stops = stopped(node) if node.signature is not None else ()
            step = Instruction(node, len(numbers), index, stops)
            self.instructions.append(step)
            numbers.extend(node.numbers)
            place[id(node)] = position
            key += [node.code, *step.inputs, stops] if stops else [node.code, *step.inputs]
        self.outputs = [index(v) for v in outputs]
        key.append(tuple(self.outputs))
        self.numbers = tuple(numbers)
        if numbers:  # which of them are equal tells what a gradient belongs to
            texts = list(map(repr, numbers))
            key.append(tuple([(type(n), texts.index(t)) for n, t in zip(numbers, texts, strict=True)]))
        self.avals = [leaf.aval for leaf in leaves]
        self.key = (tuple(key), tuple(self.avals))
        self.closures = [tracing.origins.get(id(v), v) for v in leaves[self.arguments :]]
        self.leaves = leaves

    def run(self, operands: Sequence[Any], numbers: Sequence[Any], stopping: bool = True) -> tuple[Any, ...]:
        """The outputs for arrays of the arguments and closures, see :func:`execute`."""
        wanted = [i for i in self.outputs if i >= 0]
        results = execute(
            self.instructions, operands, numbers, self.numbers, stopping=stopping, wanted=wanted
        )
        return tuple([results[i] if i >= 0 else operands[-i - 2] for i in self.outputs])

    def number_kinds(self) -> list[type]:
        """The Python numbers' types."""
        return [type(n) for n in self.numbers]

    def forget(self) -> None:
        """Let go of the values: a signature keeps the function only."""
        self.leaves = []
        self.closures = []


class Composite(Signature):
    """The signature of recorded functions put together by ``fn(stopping, *operands)``.

    The tape tells through which operands gradients flow, and the engine's own gradients keep to that. A jax
    transformation of the user's differentiates by what it likes: it gets the function ``free`` of the tape's word.
    """

    __slots__ = ("free",)

    def __init__(
        self,
        name: str,
        fn: Callable[..., Any],
        values: Sequence[Value],
        graphs: Sequence[Subgraph],
        **options: Any,
    ) -> None:
        kinds = [kind for graph in graphs for kind in graph.number_kinds()]
        super().__init__(name, functools.partial(fn, True), [v.aval for v in values], kinds, **options)
        self.free = functools.partial(fn, False)
        for graph in graphs:
            graph.forget()


def _order(outputs: Sequence[Value], inside: set[int]) -> list[Value]:
    """The recorded nodes that the outputs depend on, operands first."""
    seen: set[int] = set()
    order: list[Value] = []
    stack = [(v, False) for v in reversed(outputs)]
    while stack:
        value, expanded = stack.pop()
        if expanded:
            order.append(value)
        elif id(value) in inside and value.array is None and id(value) not in seen:
            seen.add(id(value))
            stack.append((value, True))
            stack.extend((i, False) for i in reversed(value.inputs))
    return order


def signature_for(key: Hashable, make: Callable[[], Signature]) -> Signature:
    """The signature under the key, made if it is not there."""
    found = _signatures.get(key)
    if found is None:
        found = _signatures[key] = make()
        while len(_signatures) > _SIGNATURES:
            _signatures.popitem(last=False)
    else:
        _signatures.move_to_end(key)
    return found

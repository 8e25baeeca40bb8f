"""Bodies of branches and loops: functions recorded on placeholders of their operands' types."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .._autograd.levels import InputNode
from .._autograd.modes import modes
from .._autograd.node import edge_if_any, next_sequence
from .._engine.capture import HostRead, UncapturedHigherOrderOpError
from .._engine.recorder import recorder
from .._engine.subgraph import Subgraph
from .._engine.tracing import Tracing
from .._engine.value import Aval, Value, intern
from .._overrides.modes import look_no_more
from .composite import Saved, recorded
from .dispatch import TENSOR_TYPES, wrap
from .tree import flatten, unflatten

__all__ = ["Body", "check_carry", "edges_of", "is_tensor", "plain_types", "read_operands"]


def is_tensor(x: Any) -> bool:
    """Whether it is a tensor."""
    return type(x) in TENSOR_TYPES


def read_operands(tensors: Sequence[Any]) -> tuple[Value, ...]:
    """The values of tensors that become operands of the node."""
    if recorder.capture is not None:
        recorder.capture.read(tensors)
    return tuple([t._current() for t in tensors])


@contextlib.contextmanager
def _selecting(tracing: Tracing) -> Iterator[None]:
    """End afterwards what masks begin that select in a body, see :mod:`.selection`."""
    try:
        yield
    finally:
        if tracing.selects:
            look_no_more()


def edges_of(tensors: Sequence[Any]) -> list[Any]:
    """Where the tensors' gradients go; None where there are none."""
    return [edge_if_any(t) if modes.grad else None for t in tensors]


def _refuse(name: str, value: Value | None, use: str) -> None:
    raise HostRead(
        f"{name}: a tensor's value was read on the host inside a function that becomes part of a program (item(), "
        "float(), bool(), numpy(), print, `if` on a tensor, or an operation whose result's shape depends on values), "
        "but it is known only when the program runs. Read it before, or use torch.where for a choice between values"
    )


class Body:
    """A recorded body.

    Args:
        name: of the operation, for messages.
        function: takes the trees of arguments.
        avals: the types of the arguments' leaves.
        structure: the arguments' structure; the function takes its parts one by one.
        differentiable: for each leaf whether a gradient may flow through it. In loops one flows through every
            floating leaf that is carried, whatever comes in at first.
        draw: how random numbers are drawn inside, see :class:`Tracing`.
        given: the tensors that the first arguments are, where they go in whole.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        avals: Sequence[Aval],
        structure: Any,
        differentiable: Sequence[bool],
        draw: Any = None,
        given: Sequence[Any] = (),
    ) -> None:
        self.name = name
        avals = plain_types(avals)
        tracing = Tracing(functools.partial(_refuse, name), draw)
        self._tracing = tracing
        # Nodes made before the body's first stand for what is outside.
        outside = [
            InputNode(Value(aval, 0, None, ()), None) if flows and modes.grad else None
            for aval, flows in zip(avals, differentiable, strict=True)
        ]
        start = next_sequence()
        with _selecting(tracing), tracing:
            self.placeholders = [tracing.placeholder(aval) for aval in avals]
            arguments = []
            for value, node in zip(self.placeholders, outside, strict=True):
                t = wrap(value)
                if node is not None:
                    t._grad_fn, t._requires_grad = InputNode(value, (node, 0)), True
                arguments.append(t)
            self.result = function(*unflatten(arguments, structure))
            self.leaves, self.structure = flatten(self.result)
            for x in self.leaves:
                if getattr(type(x), "known_later", False) is True:
                    from .selection import refuse  # which is made of tensors' methods

                    refuse(getattr(x, "selection", x), f"a result of a function given to {name}()")
        self._start = start
        self._check_writes(arguments)
        self._entered = list(zip(arguments, given, strict=False))

    def _check_writes(self, arguments: Sequence[Any]) -> None:
        written = bool(self._tracing.written_outside) or any(
            t._cell.value is not value for t, value in zip(arguments, self.placeholders, strict=True)
        )
        if written:
            raise UncapturedHigherOrderOpError(
                f"{self.name}: the function writes in place to one of its arguments or to a tensor from outside, which "
                "a part of a program cannot do. Write to a clone and return it"
            )

    def finish(self, outputs: Sequence[Any], first: Sequence[Value] = ()) -> None:
        """Make the function on arrays.

        Args:
            outputs: the tensors that it returns.
            first: the placeholders that are its first operands, if they are not the arguments alone.
        """
        found = recorded(self._tracing, self._start, first or self.placeholders, outputs, self._entered)
        if any(t._grad_fn is not None and not needed for t, needed in zip(outputs, found.needs, strict=True)):
            raise UncapturedHigherOrderOpError(
                f"{self.name}: a result's history begins at a tensor that requires grad and is made inside the "
                "function, where no gradient can be seen. Create it outside"
            )
        graph, edges = found.graph, found.edges
        self.out = plain_types([t._current().aval for t in outputs])
        self.graph: Subgraph = graph
        self.needs = found.needs
        self.saved: Saved = found.saved
        arguments = graph.arguments
        self.flows = [e is not None for e in edges[:arguments]]
        self.closure_edges = edges[arguments:]
        self.closures = graph.closures


def plain_types(avals: Sequence[Aval]) -> list[Aval]:
    """The types of placeholders and results; a tracer of the user's own transformation has one of its own."""
    return [intern(a.shape, a.dtype, a.device) for a in avals]


def check_carry(name: str, avals: Sequence[Aval], outputs: Sequence[Any], what: str, given: str) -> None:
    """Refuse a loop's body whose result is not of the types of what is carried.

    Raises:
        RuntimeError: with the pairs that differ.
    """
    for t in outputs:
        if not is_tensor(t):
            raise UncapturedHigherOrderOpError(f"{name}: expected {what} to be tensors, got {type(t)}")
    if len(avals) != len(outputs):
        raise UncapturedHigherOrderOpError(
            f"Expected {what} and {given} to have same number of outputs but got lhs:"
            f"{[t._current().aval for t in outputs]} and rhs:{list(avals)}"
        )
    lines = []
    for i, (aval, t) in enumerate(zip(avals, outputs, strict=True)):
        have = t._current().aval
        parts = []
        if have.shape != aval.shape:
            parts.append(f"'shape: {list(have.shape)} vs {list(aval.shape)}'")
        if have.dtype != aval.dtype:
            parts.append(f"'dtype: torch.{have.dtype} vs torch.{aval.dtype}'")
        if parts:
            lines.append(f"pair[{i}] differ in " + ", ".join(parts))
    if lines:
        raise UncapturedHigherOrderOpError(
            f"Expected {what} and {given} to have same metadata but found:\n" + "\n".join(lines)
        )

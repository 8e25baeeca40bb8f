"""The backward graph: one node per recorded operation that some gradient flows through."""

from __future__ import annotations

import itertools
from typing import Any

from .._engine.signature import Signature
from .._engine.value import Value

__all__ = ["AccumulateGrad", "GradNode", "edge_of", "next_sequence"]

_sequence = itertools.count()


def next_sequence() -> int:
    """A number above those of all nodes made before and below those of all made later."""
    return next(_sequence)


class GradNode:
    """An operation's place in the backward graph: what its gradient needs and where the gradients go.

    ``edges`` has an entry for each input: None (no gradient), a leaf tensor, or a pair of a GradNode and the number
    of its output. ``inputs`` becomes None when backward has freed it.
    """

    __slots__ = (
        "edges",
        "hooks",
        "inputs",
        "numbers",
        "retained",
        "saved",
        "sequence",
        "signature",
        "traced",
        "wanted",
    )
    level: Any = None  # the function transform whose argument this is, see InputNode

    def __init__(
        self,
        signature: Signature,
        inputs: tuple[Value, ...],
        numbers: tuple[Any, ...],
        edges: tuple[Any, ...],
    ) -> None:
        self.signature = signature
        self.inputs: tuple[Value, ...] | None = inputs
        self.numbers = numbers
        self.edges = edges
        self.wanted = tuple([i for i, e in enumerate(edges) if e is not None])
        self.traced = False  # made of tracers, inside a jax transformation of the user's
        self.sequence = next(_sequence)
        # What torch's derivative formula keeps, if anything: (storage cell, its version, number of the input or -1
        # for the result).
        self.saved: list[tuple[Any, int, int]] | None = None
        self.hooks: Any = None  # {output number: {handle id: hook}}
        self.retained: Any = None  # {output number: tensor that retains its grad}

    def cut(self, kept: list[bool]) -> None:
        """Keep only some of the edges."""
        self.edges = tuple([edge if keep else None for edge, keep in zip(self.edges, kept, strict=True)])
        self.wanted = tuple([i for i, e in enumerate(self.edges) if e is not None])

    def name(self) -> str:
        """The name torch prints: ``AddBackward0``."""
        return self.signature.grad_name

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes that the input gradients go to, each with its output number."""
        found: list[tuple[Any, int]] = []
        for edge in self.edges:
            if edge is None:
                found.append((None, 0))
            elif isinstance(edge, tuple):
                found.append(edge)
            else:
                found.append((AccumulateGrad(edge), 0))
        return tuple(found)


def edge_of(tensor: Any) -> Any:
    """Where the gradient of a tensor that requires one goes: the leaf itself, or its node and output number."""
    return tensor if tensor._grad_fn is None else (tensor._grad_fn, tensor._output_nr)


class AccumulateGrad:
    """The end of the backward graph at a leaf: adds to ``variable.grad``."""

    __slots__ = ("variable",)

    def __init__(self, variable: Any) -> None:
        self.variable = variable

    def name(self) -> str:
        """The name torch prints."""
        return "AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"

    @property
    def next_functions(self) -> tuple[Any, ...]:
        """Empty: nothing comes after a leaf."""
        return ()

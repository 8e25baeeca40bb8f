"""The signature of a recorded function whose gradient is taken operation by operation.

One ``jax.vjp`` over a whole function makes slower programs than one for each operation, which is what backward records
for operations that are recorded by themselves.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from .signature import linearize, zero_cotangent
from .subgraph import Composite, Subgraph
from .value import Value

__all__ = ["Taped"]


class Taped(Composite):
    """A recorded function as one operation.

    Args:
        name: for statistics and messages.
        graph: the function; its operands are its closures.
        outputs: the values that it computes.
    """

    __slots__ = ("graph",)

    def __init__(self, name: str, graph: Subgraph, outputs: Sequence[Value]) -> None:
        self.graph = graph
        n = len(graph.closures)

        def fn(stopping: bool, *operands: Any) -> Any:
            return graph.run(operands[:n], operands[n:], stopping)

        super().__init__(name, fn, graph.closures, [graph])
        self.out = tuple([v.aval for v in outputs])  # with their strides

    def linearized(
        self, wanted: tuple[int, ...], arrays: Sequence[Any], numbers: Sequence[Any]
    ) -> tuple[Any, Any]:
        """The results and the pullback; see :func:`linearize`."""
        flows = {-2 - i for i in wanted}
        results: list[Any] = []
        pulls: list[Any] = []
        places: list[tuple[int, tuple[int, ...]]] = []
        for position, step in enumerate(self.graph.instructions):
            args = [results[i] if i >= 0 else arrays[-i - 2] for i in step.inputs]
            signature = step.signature
            if signature is None:
                results.append(args[0][step.projection])
                if step.inputs[0] in flows:
                    flows.add(position)
                continue
            given = [numbers[i] for i in step.numbers]
            through = tuple(
                [
                    k
                    for k, i in enumerate(step.inputs)
                    if i in flows
                    and not {k, ~k}.intersection(step.stopped)
                    and jnp.issubdtype(args[k].dtype, jnp.inexact)
                ]
            )
            with jax.named_scope(signature.name):
                if through:
                    out, pull = linearize(signature, through, args, given)
                    flows.add(position)
                    pulls.append(pull)
                    places.append((position, through))
                else:
                    out = signature.call(args, given)
            results.append(out)
        found = tuple([results[i] if i >= 0 else arrays[-i - 2] for i in self.graph.outputs])
        return found, jax.tree_util.Partial(functools.partial(self._pulled, wanted, tuple(places)), pulls)

    def _pulled(
        self,
        wanted: tuple[int, ...],
        places: tuple[tuple[int, tuple[int, ...]], ...],
        pulls: Sequence[Any],
        given: Sequence[Any],
    ) -> tuple[Any, ...]:
        """The wanted operands' gradients by the results'."""
        steps = self.graph.instructions
        found: dict[Any, Any] = {}  # by position; for one of several results by position and number

        def add(key: Any, gradient: Any) -> None:
            held = found.get(key)
            found[key] = gradient if held is None else held + gradient

        for i, g in zip(self.graph.outputs, given, strict=True):
            if g.dtype != jax.dtypes.float0:
                add(i, g)
        ways = {position: (through, pull) for (position, through), pull in zip(places, pulls, strict=True)}
        for position in range(len(steps) - 1, -1, -1):
            step = steps[position]
            if step.signature is None:
                gradient = found.pop(position, None)
                if gradient is not None:
                    add((step.inputs[0], step.projection), gradient)
                continue
            through, pull = ways.get(position, ((), None))
            if step.signature.single:
                gradient = found.pop(position, None)
            else:
                parts = [found.pop((position, k), None) for k in range(len(step.signature.out))]
                gradient = None
                if any(p is not None for p in parts):
                    gradient = tuple(
                        [
                            zero_cotangent(aval) if p is None else p
                            for p, aval in zip(parts, step.signature.out, strict=True)
                        ]
                    )
            if gradient is not None and pull is not None:
                for k, g in zip(through, pull(gradient), strict=True):
                    add(step.inputs[k], g)
        return tuple(
            [found.get(-2 - i, None) if -2 - i in found else zero_cotangent(self.avals[i]) for i in wanted]
        )

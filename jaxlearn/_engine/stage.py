"""Stages: the parts of a program, each one jit-compiled function.

Most programs are one stage. A training step that hands out its gradients is two: the optimizer's update reads nothing
but parameters, its own state and those gradients, so nothing is lost by computing it apart, and who reads the loss need
not wait for it. On the CPU the next step is then recorded while the weights are still being written.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import jax
import numpy as np

from .device import Device
from .instructions import Instruction, execute
from .memory_errors import raise_device_error
from .outside import is_transformed
from .precision import matmul_precision
from .recycling import retire, spare_arrays
from .signature import weak_number, x64
from .value import Aval, Bundle, Value
from .xla_options import compiler_options, without_unknown

__all__ = ["Stage", "selected", "trailing_updates"]

# Elements that updates must write to be a stage: one more call takes as long as a small update.
_LARGE = 1 << 18
# Elements that may be handed to a stage without being results of the program: norms, counts.
_FEW = 64


class Stage:
    """Instructions as one jit-compiled function.

    Args:
        instructions: in order, operands numbered by their positions among them, or as leaves < 0.
        constants: the program's Python numbers.
        dynamic: which of them are operands rather than constants.
        donated: the leaves whose memory the first results take over, in the order of these.
        kept: the other leaves.
        outputs: the positions of the results.
        first: how many results take over the memory of leaves.
        recycled: the types of the results after those, which are written into memory of earlier ones.
        returned: how many results are the program's.
        handed: the places among the results of what the next stage takes.
        device: where it runs.
    """

    def __init__(
        self,
        instructions: Sequence[Instruction],
        constants: tuple[Any, ...],
        dynamic: frozenset[int],
        *,
        donated: Sequence[int],
        kept: Sequence[int],
        outputs: Sequence[int],
        first: int,
        recycled: list[Aval],
        returned: int,
        handed: Sequence[int],
        device: Device,
    ) -> None:
        self.instructions = instructions
        self.constants = constants
        self.dynamic = dynamic
        self.kinds = [type(n) for n in constants]
        operands = [i for step in instructions for i in step.numbers if i in dynamic]
        self.floats = [i for i in operands if self.kinds[i] is float]
        self.ints = [i for i in operands if self.kinds[i] is int]
        self.donated = donated
        self.kept = kept
        self.leaves = 1 + max((*donated, *kept), default=-1)
        self.outputs = outputs
        self.recycled = recycled
        self.into_spare = slice(first, first + len(recycled))
        self.returned = returned
        self.handed = handed
        self.device = device
        self.jitted = self._jit()
        self.nested: Any = None

    def _jit(self) -> Any:
        options = compiler_options(self.device)
        return jax.jit(self.trace, donate_argnums=(0, 1), keep_unused=True, compiler_options=options)

    def _inside(self) -> Any:
        """The stage for a transformation of the user's, where JAX refuses options: they are the outer function's."""
        if self.nested is None:
            self.nested = jax.jit(self.trace, keep_unused=True)
        return self.nested

    def release(self) -> None:
        """Free the compiled code."""
        self.jitted.clear_cache()
        if self.nested is not None:
            self.nested.clear_cache()

    def trace(
        self, donated: list[Any], spare: list[Any], kept: list[Any], floats: Any, ints: Any
    ) -> list[Any]:
        """The instructions as a pure function; jax.jit traces it once. ``spare`` is not read, but written over."""
        leaves: list[Any] = [None] * self.leaves
        for where, arrays in ((self.donated, donated), (self.kept, kept)):
            for i, array in zip(where, arrays, strict=True):
                leaves[i] = array
        numbers: list[Any] = list(self.constants)
        for where, vector in ((self.floats, floats), (self.ints, ints)):
            for k, i in enumerate(where):
                numbers[i] = weak_number(vector[k], self.kinds[i])

        with matmul_precision():
            results = execute(
                self.instructions, leaves, numbers, self.constants, dynamic=self.dynamic, wanted=self.outputs
            )
        return [results[i] for i in self.outputs]

    def __call__(self, donated: list[Any], kept: list[Any], numbers: Sequence[Any]) -> list[Any]:
        """Run on the leaves' arrays; the memory of the donated ones is gone afterwards."""
        floats = np.array([numbers[i] for i in self.floats], np.float64) if self.floats else None
        ints = np.array([numbers[i] for i in self.ints], np.int64) if self.ints else None
        spare = spare_arrays(self.recycled) if self.recycled else []
        try:
            with x64():
                results: list[Any] = self.jitted(donated, spare, kept, floats, ints)
        except ValueError:
            if not is_transformed():
                raise
            with x64():
                results = self._inside()(donated, spare, kept, floats, ints)
        except jax.errors.JaxRuntimeError as error:
            if without_unknown(error):
                self.jitted = self._jit()
                return self(donated, kept, numbers)
            raise_device_error(error)
        if spare:
            retire(self.recycled, results[self.into_spare])
        return results


def selected(
    instructions: Sequence[Instruction], chosen: Sequence[int], leaves: int
) -> tuple[list[Instruction], list[int]]:
    """Some of the instructions, for a stage of their own.

    Args:
        instructions: of a program.
        chosen: the positions of those to take, in order.
        leaves: how many leaves the program has.

    Returns:
        The instructions, numbering their operands by the positions among themselves; and the positions in the program
        of results that they take from elsewhere, which are leaves to them, numbered after the program's.
    """
    place = {position: k for k, position in enumerate(chosen)}
    taken: dict[int, int] = {}

    def moved(i: int) -> int:
        if i < 0:
            return i
        return place[i] if i in place else taken.setdefault(i, -2 - leaves - len(taken))

    found = []
    for position in chosen:
        step = instructions[position]
        found.append(step.moved([moved(i) for i in step.inputs], step.numbers.start))
    return found, list(taken)


def trailing_updates(
    order: Sequence[Value], outputs: Sequence[Value], reuse: Collection[tuple[int, int]]
) -> set[int]:
    """The positions of optimizer updates that are worth a stage of their own, and of what only they read.

    Nothing else may depend on them, and what they read must be handed out anyway: a gradient that is needed by the
    update alone would take memory that one stage does without.

    Args:
        order: the graph's nodes, their ``index`` set.
        outputs: the nodes whose results are returned.
        reuse: pairs of the numbers of a leaf and of the output that takes over its memory.
    """
    wanted = {node.index for node in outputs}
    parts: list[list[int]] = [[] for _ in order]  # of the operations with several results
    readers: list[list[int]] = [[] for _ in order]
    for node in order:
        for i in node.inputs:
            if i.index >= 0:
                (parts if node.signature is None else readers)[i.index].append(node.index)
    late: set[int] = set()
    for node in reversed(order):
        if node.signature is None:
            continue
        whole = {node.index, *parts[node.index]}
        read_by = [reader for i in whole for reader in readers[i]]
        if late.issuperset(read_by) and (node.signature.replaces or (read_by and wanted.isdisjoint(whole))):
            late |= whole
    if sum(_elements(node.aval) for node in outputs if node.index in late) < _LARGE:
        return set()
    early = {leaf for leaf, number in reuse if outputs[number].index not in late}
    handed = 0
    for i in {i for position in late for i in order[position].inputs}:
        if i.index < 0:
            if -i.index - 2 in early:
                return set()
        elif i.index not in late and i.index not in wanted:
            handed += _elements(i.aval)
    return late if handed <= _FEW else set()


def _elements(aval: Aval | Bundle) -> int:
    return sum(a.size for a in aval.avals) if type(aval) is Bundle else aval.size

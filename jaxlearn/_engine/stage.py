"""Stages: the parts of a program, each one jit-compiled function.

Most programs are one stage. A training step that hands out its gradients is two: the optimizer's update reads nothing
but parameters, its own state and those gradients, so nothing is lost by computing it apart, and who reads the loss need
not wait for it. On the CPU the next step is then recorded while the weights are still being written.
"""

from __future__ import annotations

import weakref
from collections.abc import Collection, Sequence
from typing import Any

import jax
import numpy as np

from .instructions import Instruction, execute
from .memory_errors import raise_device_error
from .precision import matmul_precision
from .recycling import retire, spare_arrays
from .signature import weak_number, wide
from .value import Aval, Bundle, Value
from .xla_options import compiler_options

__all__ = ["Stage", "forget_stages", "stage_of", "trailing_updates"]

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
        outputs: the positions of the results; the first ones take over the memory of as many leaves.
        first: how many do.
        recycled: the types of the results after those, which are written into memory of earlier ones.
    """

    def __init__(
        self,
        instructions: Sequence[Instruction],
        constants: tuple[Any, ...],
        dynamic: frozenset[int],
        *,
        outputs: Sequence[int],
        first: int,
        recycled: list[Aval],
    ) -> None:
        self.instructions = instructions
        self.constants = constants
        self.dynamic = dynamic
        self.kinds = [type(n) for n in constants]
        operands = [i for step in instructions for i in step.numbers if i in dynamic]
        self.floats = [i for i in operands if self.kinds[i] is float]
        self.ints = [i for i in operands if self.kinds[i] is int]
        self.outputs = outputs
        self.recycled = recycled
        self.into_spare = slice(first, first + len(recycled))
        self.users = 0  # programs
        self.jitted: Any = jax.jit(
            self.trace, donate_argnums=(0, 1), keep_unused=True, compiler_options=compiler_options()
        )

    def release(self) -> None:
        """Free the compiled code if no other program uses it."""
        self.users -= 1
        if self.users:
            return
        self.jitted.clear_cache()

    def trace(
        self, donated: list[Any], spare: list[Any], kept: list[Any], floats: Any, ints: Any
    ) -> list[Any]:
        """The instructions as a pure function; jax.jit traces it once. ``spare`` is not read, but written over."""
        numbers: list[Any] = list(self.constants)
        for where, vector in ((self.floats, floats), (self.ints, ints)):
            for k, i in enumerate(where):
                numbers[i] = weak_number(vector[k], self.kinds[i])

        with matmul_precision():
            results = execute(
                self.instructions,
                [*donated, *kept],
                numbers,
                self.constants,
                dynamic=self.dynamic,
                wanted=self.outputs,
            )
        return [results[i] for i in self.outputs]

    def __call__(
        self, made: list[list[Any]], donated: list[Any], kept: list[Any], numbers: Sequence[Any]
    ) -> None:
        """Run on the leaves' arrays, the donated ones first; the memory of those is gone afterwards.

        Args:
            made: the results are appended to it.
            donated: see :meth:`trace`.
            kept: see :meth:`trace`.
            numbers: the program's.
        """
        floats = np.array([numbers[i] for i in self.floats], np.float64) if self.floats else None
        ints = np.array([numbers[i] for i in self.ints], np.int64) if self.ints else None
        spare = spare_arrays(self.recycled) if self.recycled else []
        # No `with x64()`: a signal's handler that comes before its __exit__ would leave 64 bits on for good. And in C
        # until the results are in the list, so that none comes in between and loses them.
        before = wide.get_local()
        try:
            wide.set_local(True)
            made += map(self.jitted, (donated,), (spare,), (kept,), (floats,), (ints,))
        except jax.errors.JaxRuntimeError as error:
            raise_device_error(error)
        finally:
            wide.set_local(before)
        if spare:
            retire(self.recycled, made[-1][self.into_spare])


# Stages that other programs may use as well: an update is the same whatever the batch's size.
_stages: weakref.WeakValueDictionary[Any, Stage] = weakref.WeakValueDictionary()


def stage_of(
    instructions: Sequence[Instruction],
    operands: Sequence[Aval],
    constants: tuple[Any, ...],
    dynamic: frozenset[int],
    **options: Any,
) -> Stage:
    """A stage for a program: another program's, if that computes the same, or a new one.

    Args:
        instructions: see :class:`Stage`.
        operands: the types of the leaves.
        constants: see :class:`Stage`.
        dynamic: see :class:`Stage`; a stage with Python numbers is the program's own.
        options: the other arguments of :class:`Stage`.
    """
    stage = None
    alone = any(step.numbers for step in instructions)
    key = (
        tuple([(step.kind, *step.inputs) for step in instructions]),
        tuple(operands),
        tuple([tuple(value) if isinstance(value, list) else value for value in options.values()]),
    )
    if not alone:
        stage = _stages.get(key)
    if stage is None:
        stage = Stage(instructions, constants, dynamic, **options)
        if not alone:
            _stages[key] = stage
    stage.users += 1
    return stage


def forget_stages() -> None:
    """Share no stage that there is now with a program to come."""
    _stages.clear()


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

"""A recorded graph as a list of instructions, and how jax traces it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .cuts import LONG, cut, cuts
from .forward_only import forward_only
from .rolling import LEAST, Rolled, roll, value_of
from .signature import Signature, Vjp, linearize
from .value import Value

__all__ = ["Instruction", "execute"]


class Instruction:
    """One step of a program: a signature applied to earlier results, or a projection of one (``signature`` None).

    Args:
        node: the recorded value.
        first_number: the place of its first Python number among the program's.
        index: gives the number of an operand's value: a position >= 0, or a leaf's < 0.
        stopped: the operands through which no gradient flows, by their places; ~place if tangents do.
    """

    __slots__ = ("inputs", "numbers", "projection", "signature", "stopped")

    def __init__(
        self,
        node: Value,
        first_number: int,
        index: Callable[[Value], int],
        stopped: tuple[int, ...] = (),
    ) -> None:
        self.signature: Signature | None = node.signature
        self.inputs = [index(i) for i in node.inputs]
        self.numbers = range(first_number, first_number + len(node.numbers))
        self.projection = -(node.code + 2) // 2 if node.signature is None else -1
        self.stopped = stopped

    @property
    def kind(self) -> tuple[Any, ...]:
        """What the instruction does, whatever its operands and numbers are."""
        return (self.signature and self.signature.code, self.projection, self.stopped)

    def moved(self, inputs: list[int], first_number: int) -> Instruction:
        """The same instruction with other operands, in a list where its numbers are elsewhere."""
        other = copy.copy(self)
        other.inputs = inputs
        other.numbers = range(first_number, first_number + len(self.numbers))
        return other


def execute(
    instructions: Sequence[Instruction],
    leaves: Sequence[Any],
    numbers: Sequence[Any],
    constants: Sequence[Any],
    *,
    dynamic: frozenset[int] = frozenset(),
    stopping: bool = True,
    wanted: Sequence[int] | None = None,
) -> list[Any]:
    """The results of all instructions, on traced arrays.

    Args:
        instructions: in order.
        leaves: the arrays that the instructions number -2, -3, ...
        numbers: the Python numbers, some of them traced.
        constants: the numbers as they were recorded; they tell which gradient belongs to which operation.
        dynamic: which of the numbers may be others in the next run.
        stopping: whether gradients are kept out of the operands that say so.
        wanted: the results that will be used; if they are known, loops among the instructions are rolled up.
    """
    # Tracers, unless the user has switched jax.jit off: then the host's arrays come as they are.
    leaves = [jnp.asarray(leaf) if type(leaf) is np.ndarray else leaf for leaf in leaves]
    results: list[Any] = []
    gradients = _gradients_of_forwards(instructions, constants, dynamic)
    zeros = _zeros(instructions)
    pulls: dict[int, Any] = {}
    loops: dict[int, Rolled] = {}
    rolled: set[int] = set()
    if wanted is not None and stopping and len(instructions) >= LEAST:
        loops = roll(instructions, constants, dynamic, wanted)
        rolled = {i for loop in loops.values() for i in range(loop.start, loop.end)}
        gradients = {i: g for i, g in gradients.items() if i not in rolled and g[0] not in rolled}
    kept = cuts(instructions, wanted or (), rolled) if len(instructions) >= LONG else ()
    for position, step in enumerate(instructions):
        if position < len(results):
            continue  # a round of a loop
        if position in loops:
            loops[position].run(results, leaves, numbers, execute)
            continue
        args = [value_of(results[i]) if i >= 0 else leaves[-i - 2] for i in step.inputs]
        signature = step.signature
        if signature is None:
            part = args[0][step.projection]
            results.append(cut(part) if position in kept else part)
            continue
        if position not in gradients:
            if position in zeros:
                made = tuple(jnp.zeros(a.shape, a.dtype) for a in signature.out)
                results.append(made[0] if signature.single else made)
                pulls.pop(position, None)
                continue
            if signature.name == "add_gradients" and not zeros.isdisjoint(step.inputs):
                results.append(args[step.inputs[0] in zeros])
                continue
        for i in step.stopped if stopping else ():
            if i >= 0:
                args[i] = jax.lax.stop_gradient(args[i])
            else:
                args[~i] = forward_only(args[~i])
        nums = [numbers[i] for i in step.numbers]
        with jax.named_scope(signature.name):
            if position in pulls:
                assert isinstance(signature, Vjp)
                given = args[len(signature.forward.avals) :]
                results.append(signature.pull(pulls.pop(position), given))
            elif position in gradients:
                # The gradient is in this program too: share the forward's intermediate results with it.
                at, by = gradients[position]
                out, pulls[at] = linearize(signature, by, args, nums)
                results.append(out)
            else:
                results.append(signature.call(args, nums))
        if position in kept:
            results[-1] = cut(results[-1])
    for i in wanted or ():
        results[i] = value_of(results[i])
    return results


def _zeros(instructions: Sequence[Instruction]) -> set[int]:
    """The positions of gradients that are zero whatever the values.

    The second derivative of a piecewise linear function is zero, and so is every gradient computed from it alone; XLA
    would multiply the zeros out.
    """
    found: set[int] = set()
    parts: dict[int, frozenset[int]] = {}  # of several results, those that are zero
    for position, step in enumerate(instructions):
        signature = step.signature
        if signature is None:
            if step.projection in parts.get(step.inputs[0], ()):
                found.add(position)
        elif isinstance(signature, Vjp):
            if found.issuperset(step.inputs[len(signature.forward.avals) :]):
                parts[position] = frozenset(range(len(signature.out)))
            else:
                parts[position] = signature.zeros()
            if len(parts[position]) == len(signature.out):
                found.add(position)
        elif signature.name == "add_gradients" and found.issuperset(step.inputs):
            found.add(position)
    return found


def _gradients_of_forwards(
    instructions: Sequence[Instruction], constants: Sequence[Any], dynamic: frozenset[int]
) -> dict[int, tuple[int, tuple[int, ...]]]:
    """For forward steps whose gradient is in the program: position -> (gradient's position, wanted inputs)."""
    forwards: dict[Any, int | None] = {}
    found: dict[int, tuple[int, tuple[int, ...]]] = {}
    for position, step in enumerate(instructions):
        signature = step.signature
        if signature is None:
            continue
        values = tuple(repr(constants[i]) for i in step.numbers)
        if isinstance(signature, Vjp):
            n = len(signature.forward.avals)
            stopped = tuple(i for i in step.stopped if max(i, ~i) < n)
            at = forwards.pop((signature.forward.code, tuple(step.inputs[:n]), values, stopped), None)
            if at is not None:
                found[at] = (position, signature.wanted)
        key = (signature.code, tuple(step.inputs), values, step.stopped)
        # Numbers that are equal now and may differ in the next run do not tell whose gradient it will be.
        ambiguous = key in forwards and not dynamic.isdisjoint(step.numbers)
        forwards[key] = None if ambiguous else position
    return found

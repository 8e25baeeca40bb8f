"""Cuts in long chains of elementwise operations, where XLA would compute the chain's beginning again and again.

On the CPU XLA fuses an elementwise operation with every one that reads it: what two read is computed twice. In a
simulation whose states are all kept (``s = a * s + x[t]; states.append(s)``) each state is then computed from the first
one on. A program of 200 steps takes half a minute to compile, and one of 50 steps of a differential equation
minutes, and they run no faster for it. A cut is a value that XLA keeps: it passes through a function that XLA may not
inline.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import jax
from jax.experimental.xla_metadata import set_xla_metadata

if TYPE_CHECKING:
    from .instructions import Instruction

__all__ = ["LONG", "cut", "cuts"]

# Operations in a chain that is cut, and between two cuts of it. In a network's layers a product or a sum comes before.
LONG = 40
_BETWEEN = 8

_identity = jax.jit(lambda x: x, inline=False)


def cut(x: Any) -> Any:
    """The value, kept."""
    with set_xla_metadata(inlineable="false"):
        return _identity(x)


def cuts(instructions: Sequence[Instruction], kept: Collection[int], apart: Collection[int]) -> set[int]:
    """The positions of results to cut chains at: of those that several operations read.

    Args:
        instructions: in order.
        kept: the positions of results that XLA keeps anyway, as the program gives them.
        apart: the positions of what is no part of a chain.
    """
    chained = [_is_elementwise(step, instructions) for step in instructions]
    for position in apart:
        chained[position] = False
    if sum(chained) < LONG:
        return set()
    weights = [int(step.signature is not None) for step in instructions]
    inputs = [[i for i in step.inputs if i >= 0] for step in instructions]
    readers = [0] * len(instructions)
    above = [0] * len(instructions)  # operations in the longest chain from here on
    for position in range(len(instructions) - 1, -1, -1):
        signature = instructions[position].signature
        above[position] = above[position] + weights[position] if chained[position] else 0
        for i in set(inputs[position]):
            above[i] = max(above[i], above[position])
            # Each of several results is computed from the operands; a part of them is read by its own readers.
            readers[i] += 0 if signature is None else len(signature.out)
    found: set[int] = set()
    below = [0] * len(instructions)  # ... up to here
    since = [0] * len(instructions)  # ... since the last cut
    for position, step in enumerate(instructions):
        if not chained[position]:
            continue
        before = inputs[position]
        below[position] = weights[position] + max((below[i] for i in before), default=0)
        since[position] = weights[position] + max((since[i] for i in before), default=0)
        if position in kept:
            since[position] = 0
        elif (
            since[position] >= _BETWEEN
            and readers[position] > 1
            and below[position] + above[position] > LONG
            and (step.signature is None or step.signature.single)
        ):
            found.add(position)
            since[position] = 0
    return found


def _is_elementwise(step: Instruction, instructions: Sequence[Instruction]) -> bool:
    signature = step.signature or instructions[step.inputs[0]].signature
    return signature is not None and signature.elementwise and signature.out[0].device.type == "cpu"

"""JAX's loops and branches in NumPy: the functions that they apply, computed as often as they ask for it.

A rule takes an equation's parameters, the functions that the equation applies, in NumPy, and its results' types. It
gives a function of arrays whose results are several. A loop whose number of rounds only its values tell is left to
XLA: nobody knows how long it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["APPLIED", "NESTED", "rounds"]

Array = Any
Function = Callable[[Sequence[Array]], list[Array]]


def _scan(
    params: Mapping[str, Any], functions: Sequence[Function], results: Sequence[Any]
) -> Callable[..., list[Array]]:
    (body,) = functions
    length, constants = params["length"], params["num_consts"]
    carries = constants + params["num_carry"]
    stacked = [(a.shape, a.dtype) for a in results[params["num_carry"] :]]
    order = range(length - 1, -1, -1) if params["reverse"] else range(length)

    def scan(*operands: Array) -> list[Array]:
        given, carry, rows = operands[:constants], operands[constants:carries], operands[carries:]
        stacks = [np.empty(shape, dtype) for shape, dtype in stacked]
        for i in order:
            found = body([*given, *carry, *[x[i, ...] for x in rows]])
            carry = tuple(found[: len(carry)])
            for stack, row in zip(stacks, found[len(carry) :], strict=True):
                stack[i] = row
        return [*carry, *stacks]

    return scan


def _cond(
    params: Mapping[str, Any], functions: Sequence[Function], results: Sequence[Any]
) -> Callable[..., list[Array]]:
    last = len(functions) - 1
    return lambda index, *operands: functions[min(max(int(index), 0), last)](operands)


def rounds(params: Mapping[str, Any]) -> int:
    """How often the equation applies one of its functions."""
    length: int = params.get("length", 1)
    return length


NESTED = {"cond": _cond, "scan": _scan}
# The parameter that holds the functions.
APPLIED = {"cond": "branches", "scan": "jaxpr"}

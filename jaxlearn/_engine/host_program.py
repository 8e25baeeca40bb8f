"""One operation computed by NumPy, without XLA's compiler.

Compiling the smallest program takes tens of milliseconds. A text that grows by a token, or batches padded to their own
longest line, meet each shape once or twice: what an operation does to such a shape is computed as NumPy's functions in
place of JAX's primitives, which needs no more than the trace.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.dtypes import float0
from jax.extend.core import Literal

from .host_rules import RULES
from .signature import Signature, weak_number, x64

__all__ = ["HostProgram", "host_program"]

_INLINED = {
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "remat2": "jaxpr",
    "checkpoint": "jaxpr",
}
_SEVERAL = {"sort", "split"}
# What a call costs, and an element, and a multiplication in a product of matrices: seconds, roughly.
_CALL, _ELEMENT, _PRODUCT = 1e-5, 1e-9, 5e-11
# A program of more is left to XLA, whose compiler is as fast then.
_LONGEST = 0.02


class _Foreign(Exception):
    """The function has a primitive that is not computed in NumPy."""


class HostProgram:
    """A signature's function as a list of NumPy calls.

    Args:
        closed: the traced function.
        tree: of its results.

    Attributes:
        seconds: about how long it takes.

    Raises:
        _Foreign: it cannot be one.
    """

    def __init__(self, closed: Any, tree: Any) -> None:
        self.tree = tree
        self.seconds = 0.0
        self.slots: list[Any] = []  # the values before a run: constants, and None
        self.calls: list[tuple[Callable[..., Any], tuple[int, ...], tuple[int, ...], bool]] = []
        jaxpr = closed.jaxpr
        outvars: list[Any] = list(jaxpr.outvars)
        self.inputs = [self._slot() for _ in jaxpr.invars]
        self.outputs = self._add(jaxpr, closed.consts, self.inputs)
        self.dtypes = [atom.aval.dtype for atom in outvars]

    def _slot(self, value: Any = None) -> int:
        self.slots.append(value)
        return len(self.slots) - 1

    def _add(self, jaxpr: Any, constants: Sequence[Any], inputs: Sequence[int]) -> list[int]:
        """Append a function's calls; gives where its results are."""
        where = dict(zip(jaxpr.invars, inputs, strict=True))
        for var, constant in zip(jaxpr.constvars, constants, strict=True):
            where[var] = self._slot(np.asarray(constant))

        def place(atom: Any) -> int:
            if isinstance(atom, Literal):
                dtype = getattr(atom.aval, "dtype", None)
                return self._slot(np.zeros((), dtype) if dtype == float0 else np.asarray(atom.val, dtype))
            return where[atom]

        for eqn in jaxpr.eqns:
            name = eqn.primitive.name
            operands = [place(atom) for atom in eqn.invars]
            if name in _INLINED:
                inner = eqn.params[_INLINED[name]]
                body = getattr(inner, "jaxpr", inner)
                results = self._add(body, getattr(inner, "consts", ()), operands)
            else:
                results = [self._slot() for _ in eqn.outvars]
                call = self._call(eqn)
                self.calls.append((call, tuple(operands), tuple(results), name in _SEVERAL))
            where.update(zip(eqn.outvars, results, strict=True))
        return [place(atom) for atom in jaxpr.outvars]

    def _call(self, eqn: Any) -> Callable[..., Any]:
        rule = RULES.get(eqn.primitive.name)
        avals = [atom.aval for atom in (*eqn.invars, *eqn.outvars)]
        if rule is None or not all(_is_plain(a.dtype) for a in avals):
            raise _Foreign
        self.seconds += _CALL + _ELEMENT * sum(a.size for a in avals)
        if eqn.primitive.name == "dot_general":
            (contracted, _), _ = eqn.params["dimension_numbers"]
            inner = math.prod(avals[0].shape[i] for i in contracted)
            self.seconds += _PRODUCT * inner * avals[-1].size
        if self.seconds > _LONGEST:
            raise _Foreign
        call = rule(eqn.params, avals[: len(eqn.invars)], avals[len(eqn.invars) :])
        if call is None:
            raise _Foreign
        return call

    def __call__(self, arrays: Sequence[Any]) -> Any:
        """The results, which share no memory with the arguments."""
        slots = list(self.slots)
        for i, array in zip(self.inputs, jax.tree.leaves(arrays), strict=True):
            slots[i] = np.asarray(array)
        with np.errstate(all="ignore"):
            for call, operands, results, several in self.calls:
                found = call(*[slots[i] for i in operands])
                if several:
                    for i, part in zip(results, found, strict=True):
                        slots[i] = part
                else:
                    slots[results[0]] = found
        made = [np.array(slots[i], d, order="C") for i, d in zip(self.outputs, self.dtypes, strict=True)]
        return jax.tree.unflatten(self.tree, made)


def _is_plain(dtype: Any) -> bool:
    if dtype == float0:  # the gradient by an integer, which nobody reads
        return True
    kind = getattr(dtype, "kind", "V")
    return kind in "biu" or (kind == "f" and dtype.itemsize >= 4)


def host_program(signature: Signature) -> HostProgram | None:
    """The signature's function in NumPy; None where it has a part that only XLA computes."""
    numbers = [np.dtype(np.int64 if k is int else np.float64) for k in signature.number_kinds]
    n, kinds = len(signature.avals), signature.number_kinds

    def fn(*operands: Any) -> Any:
        given = [weak_number(x, k) for x, k in zip(operands[n:], kinds, strict=True)]
        return signature.call(operands[:n], given)

    structs = [*(a.struct for a in signature.avals), *(jax.ShapeDtypeStruct((), d) for d in numbers)]
    with x64():
        closed, result = jax.make_jaxpr(fn, return_shape=True)(*structs)
    try:
        return HostProgram(closed, jax.tree.structure(result))
    except _Foreign:
        return None

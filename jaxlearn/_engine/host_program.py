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

from .host_loops import APPLIED, NESTED, rounds
from .host_rules import RULES
from .signature import Signature

__all__ = ["TO_COMPILE", "HostProgram", "host_program"]

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
_SEVERAL = {"sort", "split", "unstack", *NESTED}
# What a call costs, and an element, one of a convolution's windows, and a multiplication in a product of matrices:
# seconds, roughly.
_CALL, _ELEMENT, _WINDOWS, _PRODUCT = 1e-5, 1e-9, 2e-9, 5e-11
# A program of more is left to XLA, whose compiler is as fast then.
_LONGEST = 0.02
# The seconds that compiling takes for an operation of a graph, or an equation in a loop.
TO_COMPILE = 0.005


class _Foreign(Exception):
    """The function has a primitive that is not computed in NumPy."""


class _Calls:
    """A function's equations as a list of NumPy calls.

    Args:
        jaxpr: the function.
        constants: its constants' values.

    Attributes:
        seconds: about how long they take.
        repeated: the number of equations that are computed again and again, in loops.

    Raises:
        _Foreign: it has a part without a NumPy form.
    """

    def __init__(self, jaxpr: Any, constants: Sequence[Any]) -> None:
        self.seconds, self.repeated = 0.0, 0
        self.slots: list[Any] = []  # the values before a run: constants, and None
        self.calls: list[tuple[Callable[..., Any], tuple[int, ...], tuple[int, ...], bool]] = []
        self.inputs = [self._slot() for _ in jaxpr.invars]
        self.outputs = self._add(jaxpr, constants, self.inputs)

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
                results = self._add(*_function(eqn.params[_INLINED[name]]), operands)
            else:
                results = [self._slot() for _ in eqn.outvars]
                call = self._nested(eqn) if name in NESTED else self._call(eqn)
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
        elif eqn.primitive.name == "conv_general_dilated":
            channels = avals[1].shape[eqn.params["dimension_numbers"].rhs_spec[0]]
            products = avals[1].size // max(channels, 1) * avals[-1].size
            groups = eqn.params["feature_group_count"] * eqn.params["batch_group_count"]
            self.seconds += _PRODUCT * products + _WINDOWS * products * groups // max(channels, 1)
        call = rule(eqn.params, avals[: len(eqn.invars)], avals[len(eqn.invars) :])
        if call is None:
            raise _Foreign
        return call

    def _nested(self, eqn: Any) -> Callable[..., Any]:
        """A loop, or branches of which the dearest counts."""
        name, results = eqn.primitive.name, [atom.aval for atom in eqn.outvars]
        applied = eqn.params[APPLIED[name]]
        parts = [_Calls(*_function(f)) for f in (applied if name == "cond" else [applied])]
        times = rounds(eqn.params)
        self.seconds += times * (_CALL + max(part.seconds for part in parts))
        self.repeated += sum(part.repeated if name == "cond" else len(part.calls) for part in parts)
        return NESTED[name](eqn.params, [part.run for part in parts], results)

    def run(self, arrays: Sequence[Any]) -> list[Any]:
        """The results, which may be views of the arguments."""
        slots = list(self.slots)
        for i, array in zip(self.inputs, arrays, strict=True):
            slots[i] = array
        for call, operands, results, several in self.calls:
            found = call(*[slots[i] for i in operands])
            if several:
                for i, part in zip(results, found, strict=True):
                    slots[i] = part
            else:
                slots[results[0]] = found
        return [slots[i] for i in self.outputs]


class HostProgram:
    """A signature's function computed by NumPy.

    Args:
        closed: the traced function.
        tree: of its results.

    Attributes:
        seconds: about how long it takes.
        repeated: the number of equations in its loops, each of which XLA compiles for itself.

    Raises:
        _Foreign: it cannot be one, or takes too long.
    """

    def __init__(self, closed: Any, tree: Any) -> None:
        self.tree = tree
        self.calls = _Calls(closed.jaxpr, closed.consts)
        self.seconds, self.repeated = self.calls.seconds, self.calls.repeated
        if self.seconds > _LONGEST + TO_COMPILE * self.repeated:
            raise _Foreign
        outvars: list[Any] = list(closed.jaxpr.outvars)
        self.dtypes = [atom.aval.dtype for atom in outvars]

    def __call__(self, arrays: Sequence[Any]) -> Any:
        """The results, which share no memory with the arguments."""
        with np.errstate(all="ignore"):
            found = self.calls.run([np.asarray(array) for array in jax.tree.leaves(arrays)])
        made = [np.array(x, d, order="C") for x, d in zip(found, self.dtypes, strict=True)]
        return jax.tree.unflatten(self.tree, made)


def _function(applied: Any) -> tuple[Any, Sequence[Any]]:
    """A function that an equation applies, and its constants."""
    return getattr(applied, "jaxpr", applied), getattr(applied, "consts", ())


def _is_plain(dtype: Any) -> bool:
    if dtype == float0:  # the gradient by an integer, which nobody reads
        return True
    kind = getattr(dtype, "kind", "V")
    return kind in "biu" or (kind == "f" and dtype.itemsize >= 4)


def host_program(signature: Signature) -> HostProgram | None:
    """The signature's function in NumPy; None where it has a part that only XLA computes."""
    closed, result = signature.trace()
    try:
        return HostProgram(closed, jax.tree.structure(result))
    except _Foreign:
        return None

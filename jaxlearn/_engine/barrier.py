"""Values that XLA may not look through: what is computed from them is another computation, and a later one.

A checkpoint recomputes a part of the forward in the backward. XLA would find that it is the same as before, compute it
once and keep it. (``jax.lax.optimization_barrier`` does not prevent that on the CPU: it is taken out before the last
elimination of common subexpressions.) So one element of each value is chosen by a condition that always holds but that
XLA does not know, and that looks at the gradients that have arrived: nothing can be computed before these are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .graph import evaluate, record_many
from .signature import Signature, x64
from .value import Value, concrete

__all__ = ["barrier"]

_signatures: dict[Any, Signature] = {}


def barrier(values: Sequence[Value], after: Sequence[Value]) -> list[Value]:
    """The same values, not available before ``after``."""
    operands = (*values, *after, concrete(np.array(True)))
    if any(v.aval.traced for v in operands):
        with x64():
            arrays = _behind(len(values), [jnp.asarray(evaluate(v)) for v in operands])
        return [concrete(a) for a in arrays]
    avals = tuple([v.aval for v in operands])
    key = (len(values), avals)
    signature = _signatures.get(key)
    if signature is None:
        n = len(values)
        signature = _signatures[key] = Signature("barrier", lambda *x: _behind(n, x), avals, training=True)
    return record_many(signature, operands)


def _behind(n: int, operands: Sequence[Any]) -> tuple[Any, ...]:
    holds = operands[-1]
    for array in operands[n:-1]:
        if array.size:
            first = array[(0,) * array.ndim]
            holds = holds | (first != first)
    return tuple([_chosen(x, holds) for x in operands[:n]])


def _chosen(x: Any, holds: Any) -> Any:
    """``x``, unless the condition does not hold."""
    if not x.size:
        return x
    start = (0,) * x.ndim
    first = jax.lax.slice(x, start, (1,) * x.ndim)
    return jax.lax.dynamic_update_slice(x, jnp.where(holds, first, jnp.zeros_like(first)), start)

"""One recorded node per group: an Optax transformation applied to all parameters of the group at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import jax
import numpy as np
import optax

from .._engine.device import default_device
from .._engine.graph import record_many
from .._engine.recorder import recorder
from .._engine.signature import Signature, weak_number
from .._engine.value import Value, concrete, intern
from .._tensor.cell import Cell
from .._tensor.dispatch import wrap

__all__ = ["Rule", "record_update", "state_cells"]

# An optimizer's numbers (rate, momentum, …) as traced scalars -> the Optax transformation that updates by them.
Rule = Callable[..., optax.GradientTransformation]

_signatures: dict[Hashable, Signature] = {}


def state_cells(state: dict[Any, Any], params: Sequence[Any], names: Sequence[str]) -> list[Cell]:
    """The cells of the named state tensors, name after name, made with zeros where they are missing."""
    found = []
    for name in names:
        for p in params:
            entry = state[p]
            tensor = entry.get(name)
            if tensor is None:
                aval = p._current().aval
                tensor = entry[name] = wrap(concrete(np.zeros(aval.shape, aval.dtype), aval))
            found.append(tensor._cell)
    return found


def record_update(
    key: Hashable,
    rule: Rule,
    params: Sequence[Any],
    state: Sequence[Cell],
    numbers: Callable[[], Sequence[float]],
) -> None:
    """Record the update of parameters and state by an Optax transformation.

    The numbers travel as one array: twenty scalars would cost more than the rest of the call, and a program that
    holds them as constants would be compiled anew when they change.

    Args:
        key: identifies the rule with its static options.
        rule: makes the transformation; the leaves of its state are those of ``state`` in order.
        params: the parameters, all with a gradient.
        state: cells of the state, see :func:`state_cells`.
        numbers: gives the numbers; asked again whenever a compiled function replays the update.
    """
    n = len(params)
    capture = recorder.capture
    if capture is not None:
        capture.read(params)
        capture.read([p._grad for p in params])
        capture.keep(state)
        hyper = capture.draw(lambda: np.array(numbers(), np.float64))
    else:
        vector = np.array(numbers(), np.float64)
        hyper = concrete(vector, intern(vector.shape, vector.dtype, default_device()))
    inputs: list[Value] = [p._cell.value if p._view is None else p._current() for p in params]
    inputs += [g._cell.value if g._view is None else g._current() for g in [p._grad for p in params]]
    inputs += [cell.value for cell in state]
    inputs.append(hyper)
    avals = tuple([v.aval for v in inputs])
    signature = _signatures.get((key, avals))
    if signature is None:

        def fn(*arrays: Any) -> Any:
            values, grads, kept, vector = (
                list(arrays[:n]),
                list(arrays[n : 2 * n]),
                arrays[2 * n : -1],
                arrays[-1],
            )
            transformation = rule(*[weak_number(vector[i], float) for i in range(vector.shape[0])])
            structure = jax.tree.structure(jax.eval_shape(transformation.init, values))
            updates, after = transformation.update(grads, jax.tree.unflatten(structure, kept), values)
            return (*optax.apply_updates(values, updates), *jax.tree.leaves(after))

        signature = Signature(
            f"optimizer {key}", fn, avals, training=True, replaces=[*range(n), *range(2 * n, len(inputs) - 1)]
        )
        _signatures[key, avals] = signature
    results = record_many(signature, tuple(inputs))
    for p, value in zip(params, results, strict=False):
        if p._view is None:
            p._cell.rebind(value)
        else:
            p.detach().copy_(wrap(value))
    for cell, value in zip(state, results[n:], strict=True):
        cell.rebind(value)

"""An update of parameters by an Optax transformation as an operation of the graph."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
import optax

from .._engine.device import default_device
from .._engine.signature import Signature, weak_number
from .._engine.value import Bundle, bundled, intern
from ._layout import Layout

if TYPE_CHECKING:
    from ._extra_args import ExtraArguments

__all__ = ["Rule", "bundling", "update_signature"]

# The numbers and static options of a group -> the Optax transformation that updates by them.
Rule = Callable[..., optax.GradientTransformation]

_bundling: dict[int, Signature] = {}


def update_signature(
    name: str,
    rule: Rule,
    options: dict[str, Hashable],
    names: tuple[str, ...],
    keys: tuple[Any, ...],
    layout: Layout,
    avals: tuple[Any, ...],
    extra: ExtraArguments | None,
) -> Signature:
    """The update as an operation on parameters, gradients, state and the vector of numbers.

    Args:
        avals: of all but the vector; the state may be one Bundle.
        extra: what Optax's transformation is given beyond these.
    """
    n = len(keys)
    end = len(avals) - (0 if extra is None else len(extra.inputs))  # of the state
    packed = end > 2 * n and type(avals[2 * n]) is Bundle

    def fn(*arrays: Any) -> Any:
        values = dict(zip(keys, arrays[:n], strict=True))
        grads = dict(zip(keys, arrays[n : 2 * n], strict=True))
        kept, vector = arrays[2 * n] if packed else arrays[2 * n : end], arrays[-1]
        numbers = {name: weak_number(vector[i], float) for i, name in enumerate(names)}
        transformation = rule(**numbers, **options)
        before = jax.tree.unflatten(layout.structure, kept)
        given = {} if extra is None else extra.arguments(keys, grads, arrays[end:-1])
        updates, after = transformation.update(grads, before, values, **given)
        changed = optax.apply_updates(values, updates)
        state = [a.astype(b.dtype) for a, b in zip(jax.tree.leaves(after), kept, strict=True)]
        return (*[changed[key] for key in keys], *state)

    vector = intern((len(names),), np.dtype(np.float64), default_device())
    signature = Signature(
        f"optimizer {name}",
        fn,
        (*avals, vector),
        training=True,
        replaces=[*range(n), *range(2 * n, end)],
    )
    signature.grad_name = "OptimizerStepBackward0"
    # What is written keeps the layout of what it replaces.
    held = [*avals[:n], *(avals[2 * n].avals if packed else avals[2 * n : end])]
    signature.out = tuple(
        [
            o if a.strides is None or a.shape != o.shape else intern(o.shape, o.dtype, o.device, a.strides)
            for o, a in zip(signature.out, held, strict=True)
        ]
    )
    return signature


def bundling(signature: Signature, n: int) -> Signature:
    """The update of n parameters with the new state as one result, as it is one operand."""
    found = _bundling.get(signature.code)
    if found is None:

        def fn(*arrays: Any) -> Any:
            results = signature.fn(*arrays)
            return (*results[:n], tuple(results[n:]))

        found = _bundling[signature.code] = Signature(
            signature.name,
            fn,
            signature.avals,
            training=True,
            out=[*signature.out[:n], bundled(signature.out[n:])],  # type: ignore[list-item]
            replaces=[*range(n), 2 * n],
        )
        found.grad_name = signature.grad_name
    return found

"""What the update rules share: numbers as torch computes with them, and complex parameters as pairs of real ones.

A rule is a function of numbers and static options that returns an ``optax.GradientTransformation``. Its state is a
named tuple whose fields have the names of torch's state: trees over the parameters, and scalars that all share.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.extend.core.primitives import convert_element_type_p

__all__ = ["as_real", "ascent", "correction", "number", "plain"]


def number(x: Any) -> Any:
    """A scalar array as a number: of the widest float there is, and giving way to the dtype of what it meets.

    torch takes a step count or a rate to the host and computes with it in 64 bits; so does the engine's program.
    """
    return convert_element_type_p.bind(
        jnp.asarray(x), new_dtype=jax.dtypes.canonicalize_dtype(np.float64), weak_type=True, sharding=None
    )


def plain(x: Any, like: Any) -> Any:
    """A number as a scalar of the dtype of the state that it goes into."""
    return jnp.asarray(x).astype(like.dtype)


def correction(beta: Any, step: Any) -> Any:
    """The bias correction ``1 - beta**step``, without the cancellation that it would have in 32 bits."""
    log = math.log(beta) if isinstance(beta, float) and beta > 0 else jnp.log(beta)
    return -jnp.expm1(step * log)


def ascent(updates: Any, params: Any, maximize: bool, weight_decay: Any, decay: bool) -> Any:
    """The gradients, turned round for maximizing, with the L2 penalty's gradient added."""
    grads = jax.tree.map(jnp.negative, updates) if maximize else updates
    return jax.tree.map(lambda g, p: g + weight_decay * p, grads, params) if decay else grads


def as_real(rule: optax.GradientTransformation) -> optax.GradientTransformation:
    """The transformation as torch applies it to complex parameters: to real and imaginary parts by themselves."""

    def update(updates: Any, state: Any, params: Any = None, **extra: Any) -> tuple[Any, Any]:
        if not any(jnp.iscomplexobj(x) for x in jax.tree.leaves(updates)):
            return rule.update(updates, state, params, **extra)
        steps, after = rule.update(_parts(updates), _parts(state), _parts(params), **extra)
        return _joined(steps, updates), _joined(after, state)

    return optax.GradientTransformation(rule.init, update)


def _parts(tree: Any) -> Any:
    return jax.tree.map(lambda x: jnp.stack([x.real, x.imag], axis=-1) if jnp.iscomplexobj(x) else x, tree)


def _joined(tree: Any, like: Any) -> Any:
    return jax.tree.map(
        lambda x, old: jax.lax.complex(x[..., 0], x[..., 1]) if jnp.iscomplexobj(old) else x, tree, like
    )

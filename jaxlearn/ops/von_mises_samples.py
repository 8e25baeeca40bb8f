"""Von Mises numbers drawn inside a program."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp

from .op import op
from .random import derived_key

__all__ = ["von_mises_keyed"]


@op(name="von_mises", differentiable=False)
def von_mises_keyed(
    loc: Any, concentration: Any, proposal: Any, shape: tuple[int, ...], key: Any, ordinal: int
) -> Any:
    """Angles, by rejection from a wrapped Cauchy distribution; see :func:`jaxlearn._random.von_mises`.

    Args:
        loc: the middles, which broadcast to ``shape`` as the other parameters do.
        concentration: the concentrations.
        proposal: the parameter of the Cauchy distribution.
        shape: of the result.
        key: the step's key.
        ordinal: which draw of the step this is.

    Returns:
        A tensor of ``shape`` and of the middles' dtype, in [-pi, pi).
    """

    def attempt(state: Any) -> Any:
        key, angles, done = state
        key, now = jax.random.split(key)
        u, v, side = jax.random.uniform(now, (3, *shape), loc.dtype)
        cosine = jnp.cos(math.pi * u)
        f = (1 + proposal * cosine) / (proposal + cosine)
        c = concentration * (proposal - f)
        accepted = ((c * (2 - c) - v > 0) | (jnp.log(c / v) + 1 - c >= 0)) & ~done
        angle = jnp.sign(side - 0.5) * jnp.arccos(jnp.clip(f, -1, 1))
        return key, jnp.where(accepted, angle, angles), done | accepted

    start = derived_key(key, ordinal), jnp.zeros(shape, loc.dtype), jnp.zeros(shape, jnp.bool_)
    _, angles, _ = jax.lax.while_loop(lambda state: ~state[2].all(), attempt, start)
    return (angles + math.pi + loc) % (2 * math.pi) - math.pi

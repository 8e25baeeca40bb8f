"""The world outside of a JAX transformation of the user's that is running.

What the library keeps beyond the running call (parameters, pending values, arrays moved to the device) must not become
a part of such a transformation: a tracer kept in a parameter would be of no use afterwards.
"""

from __future__ import annotations

import contextlib
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import find_top_trace

__all__ = ["is_staged", "is_transformed", "outside"]


_TOP = find_top_trace(())


def is_transformed() -> bool:
    """Whether the caller is inside ``jax.jit``, ``jax.grad``, ``jax.vmap`` or another transformation."""
    return find_top_trace(()) is not _TOP  # of no arguments: the one that is going on


def is_staged() -> bool:
    """Whether it is traced to be run later, as often as anyone likes: inside ``jax.jit`` or ``jax.lax.scan``."""
    return is_transformed() and isinstance(jnp.zeros(()), jax.core.Tracer)


def outside() -> Any:
    """A context in which arrays are computed at once, whatever transformation the caller is inside."""
    return jax.ensure_compile_time_eval() if is_transformed() else contextlib.nullcontext()

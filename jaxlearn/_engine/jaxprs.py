"""Looking into traced functions."""

from __future__ import annotations

from typing import Any

import jax

__all__ = ["contains", "inner"]


def inner(eqn: Any) -> list[Any]:
    """The functions that an equation applies: a jitted one, branches, a loop's body."""
    found = jax.tree.leaves(list(eqn.params.values()), is_leaf=_is_jaxpr)
    return [getattr(x, "jaxpr", x) for x in found if _is_jaxpr(x)]


def contains(jaxpr: Any, primitive: str) -> bool:
    """Whether the primitive is in the function or in one that it applies."""
    return any(
        eqn.primitive.name == primitive or any(contains(part, primitive) for part in inner(eqn))
        for eqn in jaxpr.eqns
    )


def _is_jaxpr(x: Any) -> bool:
    return hasattr(x, "eqns") or hasattr(getattr(x, "jaxpr", None), "eqns")

"""Looking into traced functions."""

from __future__ import annotations

import math
from typing import Any

import jax

__all__ = ["contains", "costly", "elementwise", "products"]

_PRODUCTS = {"dot_general", "conv_general_dilated"}
_COSTLY = {
    "cholesky", "eig", "eigh", "geqrf", "householder_product", "lu", "qr", "scan", "schur", "svd", "triangular_solve",
    "tridiagonal", "while",
}  # fmt: skip
# What XLA does not compute element by element within another operation.
_APART = {
    *_PRODUCTS, *_COSTLY, "approx_top_k", "cond", "custom_call", "fft", "ffi_call", "pure_callback", "io_callback",
    "random_bits", "ragged_dot_general", "select_and_gather_add", "select_and_scatter_add", "threefry2x32", "top_k",
}  # fmt: skip
_APART_KINDS = ("arg", "cum", "reduce", "scatter")


def _inner(eqn: Any) -> list[Any]:
    """The functions that an equation applies: a jitted one, branches, a loop's body."""
    found = jax.tree.leaves(list(eqn.params.values()), is_leaf=_is_jaxpr)
    return [getattr(x, "jaxpr", x) for x in found if _is_jaxpr(x)]


def contains(jaxpr: Any, primitive: str) -> bool:
    """Whether the primitive is in the function or in one that it applies."""
    return any(
        eqn.primitive.name == primitive or any(contains(part, primitive) for part in _inner(eqn))
        for eqn in jaxpr.eqns
    )


def costly(jaxpr: Any) -> bool:
    """Whether computing the function again would cost noticeably: several products, a loop or a decomposition."""
    return products(jaxpr) > 1


def products(jaxpr: Any) -> float:
    """The number of products, infinite with a loop or a decomposition; of alternatives the dearest counts."""
    total = 0.0
    for eqn in jaxpr.eqns:
        name = eqn.primitive.name
        if name in _COSTLY:
            return math.inf
        total += name in _PRODUCTS
        parts = [products(part) for part in _inner(eqn)]
        total += max(parts, default=0) if name == "cond" else sum(parts)
    return total


def elementwise(jaxpr: Any) -> bool:
    """Whether XLA may compute all of it element by element within other operations."""
    return all(
        name not in _APART and not name.startswith(_APART_KINDS) and all(map(elementwise, _inner(eqn)))
        for eqn in jaxpr.eqns
        for name in [eqn.primitive.name]
    )


def _is_jaxpr(x: Any) -> bool:
    return hasattr(x, "eqns") or hasattr(getattr(x, "jaxpr", None), "eqns")

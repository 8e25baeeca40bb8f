"""Nested tuples, lists and dicts of arguments and results, taken apart and put together.

Like torch's trees and unlike JAX's, None is a leaf, a dict keeps the order of its keys, and a tensor is a leaf.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

__all__ = ["LEAF", "broadcast", "describe", "flatten", "leaves_of", "stars", "tree_map", "unflatten"]

# A structure is LEAF or a tuple of the container's type, its keys (or other context) and its children's structures.
LEAF: Any = None


def _open(tree: Any) -> tuple[Any, list[Any]] | None:
    """A container's context and children; None for a leaf."""
    kind = type(tree)
    if kind is tuple or kind is list:
        return None, list(tree)
    if kind is dict or kind is collections.OrderedDict:
        return tuple(tree), list(tree.values())
    if kind is collections.defaultdict:
        return (tree.default_factory, *tree), list(tree.values())
    if isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return None, list(tree)
    return None


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of a tree and its structure."""
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves)


def _flatten(tree: Any, leaves: list[Any]) -> Any:
    opened = _open(tree)
    if opened is None:
        leaves.append(tree)
        return LEAF
    context, children = opened
    return type(tree), context, tuple([_flatten(child, leaves) for child in children])


def unflatten(leaves: Any, structure: Any) -> Any:
    """The tree of this structure with these leaves."""
    return _unflatten(iter(leaves), structure)


def _unflatten(leaves: Any, structure: Any) -> Any:
    if structure is LEAF:
        return next(leaves)
    kind, context, parts = structure
    children = [_unflatten(leaves, part) for part in parts]
    if kind is list:
        return children
    if kind is dict or kind is collections.OrderedDict:
        return kind(zip(context, children, strict=True))
    if kind is collections.defaultdict:
        return kind(context[0], zip(context[1:], children, strict=True))
    return kind(*children) if hasattr(kind, "_fields") else tuple(children)


def leaves_of(structure: Any) -> int:
    """How many leaves a structure has."""
    return 1 if structure is LEAF else sum(map(leaves_of, structure[2]))


def tree_map(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with the function applied to its leaves."""
    leaves, structure = flatten(tree)
    return unflatten([function(leaf) for leaf in leaves], structure)


def broadcast(tree: Any, structure: Any) -> list[Any] | None:
    """A leaf of ``tree`` for each leaf of the structure, one leaf standing for all below; None if they do not fit."""
    opened = _open(tree)
    if opened is None:
        return [tree] * leaves_of(structure)
    context, children = opened
    if structure is LEAF or structure[0] is not type(tree) or structure[1] != context:
        return None
    if len(children) != len(structure[2]):
        return None
    found: list[Any] = []
    for child, part in zip(children, structure[2], strict=True):
        below = broadcast(child, part)
        if below is None:
            return None
        found.extend(below)
    return found


class _Star:
    """Stands for a leaf in a message."""

    def __repr__(self) -> str:
        return "*"


def stars(structure: Any) -> Any:
    """The tree of this structure with a star for each leaf, as a message shows it."""
    return unflatten([_Star()] * leaves_of(structure), structure)


def describe(structure: Any, depth: int = 0) -> str:
    """A structure as torch's messages spell it."""
    if structure is LEAF:
        return "*"
    kind, context, parts = structure
    shown = list(context) if context is not None else None
    gap = ",\n" + "  " * (depth + 1)
    return f"TreeSpec({kind.__name__}, {shown}, [{gap.join(describe(p, depth + 1) for p in parts)}])"

"""Nested tuples, lists and dicts of arguments and results, taken apart and put together.

Like torch's trees and unlike JAX's, None is a leaf, a dict keeps the order of its keys, and a tensor is a leaf.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable
from typing import Any

from .._size import Size

__all__ = [
    "LEAF", "broadcast", "containers", "describe", "flatten", "leaves_of", "stars", "tree_map", "unflatten",
]  # fmt: skip

# A structure is LEAF or a tuple of the container's type, its keys (or other context) and its children's structures.
LEAF: Any = None

_DICTS = (dict, collections.OrderedDict, collections.defaultdict)

# Further types of containers, the user's own among them (``utils._pytree.register_pytree_node``): how one is taken
# apart, into its children and whatever else is needed to put it together, and how it is put together.
containers: dict[type, tuple[Callable[[Any], tuple[list[Any], Any]], Callable[[Iterable[Any], Any], Any]]] = {
    Size: (lambda size: (list(size), None), lambda children, _: Size(children)),
    collections.deque: (
        lambda queue: (list(queue), queue.maxlen),
        lambda children, length: collections.deque(children, length),
    ),
}


def _open(tree: Any) -> tuple[Any, list[Any]] | None:
    """A container's context and children; None for a leaf."""
    kind = type(tree)
    if kind is tuple or kind is list:
        return None, list(tree)
    if kind is dict or kind is collections.OrderedDict:
        return tuple(tree), list(tree.values())
    if kind is collections.defaultdict:
        return (tree.default_factory, *tree), list(tree.values())
    if kind in containers:
        children, context = containers[kind][0](tree)
        return context, list(children)
    if isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return None, list(tree)
    return None


def _keys(kind: Any, context: Any) -> tuple[Any, ...]:
    """A dict's keys."""
    keys: tuple[Any, ...] = context[1:] if kind is collections.defaultdict else context
    return keys


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
    if kind in containers:
        return containers[kind][1](children, context)
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
    if structure is LEAF:
        return None
    if type(tree) in _DICTS and structure[0] in _DICTS:  # one kind of dict stands for another
        keys = _keys(*structure[:2])
        if set(keys) != set(tree):
            return None
        children = [tree[key] for key in keys]
    elif structure[0] is not type(tree) or structure[1] != context:
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
    name, shown = kind.__name__, list(context) if isinstance(context, tuple) else context
    if hasattr(kind, "_fields"):
        name, shown = "namedtuple", kind
    gap = ",\n" + "  " * (depth + 1)
    return f"TreeSpec({name}, {shown}, [{gap.join(describe(p, depth + 1) for p in parts)}])"

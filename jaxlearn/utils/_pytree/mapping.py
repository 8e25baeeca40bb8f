"""Functions and predicates on the leaves of trees."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from .structure import IsLeaf, tree_flatten, tree_iter

__all__ = [
    "tree_all",
    "tree_all_only",
    "tree_any",
    "tree_any_only",
    "tree_map",
    "tree_map_",
    "tree_map_only",
    "tree_map_only_",
]


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """The tree with the function's results in place of its leaves.

    Args:
        func: of a leaf, and of what stands at its place in each of the other trees.
        tree: nested containers.
        rests: other trees that have containers wherever the first one has.
        is_leaf: says of objects that they count as leaves.

    Example::

        >>> from jaxlearn.utils._pytree import tree_map
        >>> tree_map(lambda x, y: x + y, {"a": 1, "b": (2, 3)}, {"a": 10, "b": (20, 30)})
        {'a': 11, 'b': (22, 33)}
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    return spec.unflatten(list(map(func, leaves, *[spec.flatten_up_to(r) for r in rests])))


def tree_map_(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """Call the function for each leaf, and return the tree as it is.

    Args:
        func: of a leaf, and of what stands at its place in each of the other trees.
        tree: nested containers.
        rests: other trees.
        is_leaf: says of objects that they count as leaves.
    """
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def tree_map_only(
    type_or_types_or_pred: Any, func: Callable[[Any], Any], tree: Any, is_leaf: IsLeaf = None
) -> Any:
    """The tree with the function's results in place of some leaves.

    Args:
        type_or_types_or_pred: the leaves' type, types, or a function that tells.
        func: of a leaf.
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.

    Example::

        >>> from jaxlearn.utils._pytree import tree_map_only
        >>> tree_map_only(int, lambda x: -x, [1, "two", (3,)])
        [-1, 'two', (-3,)]
    """
    wanted = _predicate(type_or_types_or_pred)
    return tree_map(lambda x: func(x) if wanted(x) else x, tree, is_leaf=is_leaf)


def _predicate(wanted: Any) -> Callable[[Any], bool]:
    """What a type, several types or a function of a leaf says of a leaf."""
    if isinstance(wanted, (type, tuple, types.UnionType)):
        return lambda x: isinstance(x, wanted)
    if callable(wanted):
        found: Callable[[Any], bool] = wanted
        return found
    raise TypeError("Argument must be a type, a tuple of types, or a callable.")


def tree_map_only_(
    type_or_types_or_pred: Any, func: Callable[[Any], Any], tree: Any, is_leaf: IsLeaf = None
) -> Any:
    """Call the function for some leaves, and return the tree as it is.

    Args:
        type_or_types_or_pred: the leaves' type, types, or a function that tells.
        func: of a leaf.
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    tree_map_only(type_or_types_or_pred, func, tree, is_leaf)
    return tree


def tree_all(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether the predicate holds for all leaves.

    Args:
        pred: of a leaf.
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether the predicate holds for some leaf.

    Args:
        pred: of a leaf.
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(type_or_types: Any, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether the predicate holds for all leaves of some types.

    Args:
        type_or_types: the leaves' type or types.
        pred: of a leaf.
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return all(pred(x) for x in tree_iter(tree, is_leaf) if isinstance(x, type_or_types))


def tree_any_only(type_or_types: Any, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether the predicate holds for some leaf of some types.

    Args:
        type_or_types: the leaves' type or types.
        pred: of a leaf.
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return any(pred(x) for x in tree_iter(tree, is_leaf) if isinstance(x, type_or_types))

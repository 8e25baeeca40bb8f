"""Trees taken apart into leaves and a structure, and put together again."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .containers import node_for, node_of

__all__ = [
    "IsLeaf",
    "LeafSpec",
    "PyTreeSpec",
    "TreeSpec",
    "tree_flatten",
    "tree_is_leaf",
    "tree_iter",
    "tree_leaves",
    "tree_structure",
    "tree_unflatten",
    "treespec_pprint",
]


@dataclasses.dataclass(frozen=True)
class TreeSpec:
    """The structure of a tree: a container's type and context, and its children's structures.

    Args:
        type: the container's, None for a leaf.
        context: what beside the children makes the container.
        children_specs: the children's structures.
    """

    type: Any
    context: Any
    children_specs: list[TreeSpec]

    @property
    def num_children(self) -> int:
        """How many children the container has."""
        return len(self.children_specs)

    @property
    def num_leaves(self) -> int:
        """How many leaves the tree has."""
        return 1 if self.type is None else sum(c.num_leaves for c in self.children_specs)

    @property
    def num_nodes(self) -> int:
        """How many containers and leaves the tree has."""
        return 1 + sum(c.num_nodes for c in self.children_specs)

    def is_leaf(self) -> bool:
        """Whether the tree is a single leaf."""
        return self.type is None

    def child(self, index: int) -> TreeSpec:
        """A child's structure."""
        return self.children_specs[index]

    def children(self) -> list[TreeSpec]:
        """The children's structures."""
        return list(self.children_specs)

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """The tree with these leaves.

        Raises:
            ValueError: there are too few or too many.
        """
        given = list(leaves)
        if len(given) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(given)} but the spec refers to a pytree that "
                f"holds {self.num_leaves} items ({self})."
            )
        return self._build(iter(given))

    def _build(self, leaves: Iterator[Any]) -> Any:
        if self.type is None:
            return next(leaves)
        children = [c._build(leaves) for c in self.children_specs]
        return node_for(self.type).unflatten(children, self.context)

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """The parts of another tree that stand where this one has leaves.

        Raises:
            ValueError: the other tree's containers are others.
        """
        if self.type is None:
            return [tree]
        if type(tree) is not self.type:
            raise ValueError(f"Node type mismatch; expected {self.type!r}, but got {type(tree)!r}.")
        children, context = node_for(self.type).flatten(tree)
        if len(children) != self.num_children:
            raise ValueError(f"Node arity mismatch; expected {self.num_children}, but got {len(children)}.")
        if issubclass(self.type, dict) and context != self.context:
            keys = self.context[1] if self.type is defaultdict else self.context
            if set(keys) != set(tree):
                raise ValueError(f"Node keys mismatch; expected {keys!r}, but got {list(tree)!r}.")
            children = [tree[k] for k in keys]
        found: list[Any] = []
        for child, part in zip(self.children_specs, children, strict=True):
            found += child.flatten_up_to(part)
        return found

    def __repr__(self) -> str:
        if self.type is None:
            return "*"
        inner = ", ".join(map(repr, self.children_specs))
        return f"TreeSpec({self.type.__name__}, {self.context}, [{inner}])"


class LeafSpec(TreeSpec):
    """The structure of a tree that is one leaf."""

    def __init__(self) -> None:
        super().__init__(None, None, [])


_LEAF = TreeSpec(None, None, [])
PyTreeSpec = TreeSpec  # torch's name for the structures of all its implementations
IsLeaf = Callable[[Any], bool] | None


def tree_is_leaf(tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether an object is no container that is taken apart.

    Args:
        tree: the object.
        is_leaf: says so of objects that count as leaves besides.
    """
    return (is_leaf is not None and is_leaf(tree)) or node_of(tree) is None


def tree_flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], TreeSpec]:
    """The leaves of a tree, from left to right, and its structure.

    Args:
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.

    Example::

        >>> from jaxlearn.utils._pytree import tree_flatten
        >>> tree_flatten({"a": [1, 2], "b": None})
        ([1, 2, None], TreeSpec(dict, ['a', 'b'], [TreeSpec(list, None, [*, *]), *]))
    """
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves, is_leaf)


def _flatten(tree: Any, leaves: list[Any], is_leaf: IsLeaf) -> TreeSpec:
    found = None if is_leaf is not None and is_leaf(tree) else node_of(tree)
    if found is None:
        leaves.append(tree)
        return _LEAF
    kind, node = found
    children, context = node.flatten(tree)
    return TreeSpec(kind, context, [_flatten(c, leaves, is_leaf) for c in children])


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> Any:
    """The tree of a structure with these leaves.

    Args:
        leaves: from left to right.
        treespec: the structure.

    Raises:
        ValueError: there are too few or too many leaves.
    """
    return treespec.unflatten(leaves)


def tree_iter(tree: Any, is_leaf: IsLeaf = None) -> Iterator[Any]:
    """The leaves of a tree, one after the other.

    Args:
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    yield from tree_flatten(tree, is_leaf)[0]


def tree_leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """The leaves of a tree.

    Args:
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: Any, is_leaf: IsLeaf = None) -> TreeSpec:
    """The structure of a tree.

    Args:
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return tree_flatten(tree, is_leaf)[1]


class _Star:
    def __repr__(self) -> str:
        return "*"


def treespec_pprint(treespec: TreeSpec) -> str:
    """A structure as the text of a tree whose leaves are stars.

    Args:
        treespec: the structure.

    Example::

        >>> from jaxlearn.utils._pytree import tree_structure, treespec_pprint
        >>> treespec_pprint(tree_structure({"a": [1, 2]}))
        "{'a': [*, *]}"
    """
    return repr(tree_unflatten([_Star()] * treespec.num_leaves, treespec))

"""Where in a tree a leaf is: the steps that lead to it."""

from __future__ import annotations

import dataclasses
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any

from .named import is_namedtuple_class
from .structure import IsLeaf, TreeSpec, tree_flatten

__all__ = [
    "GetAttrKey",
    "MappingKey",
    "SequenceKey",
    "key_get",
    "keystr",
    "tree_flatten_with_path",
    "tree_leaves_with_path",
    "tree_map_with_path",
]


@dataclasses.dataclass(frozen=True, slots=True)
class SequenceKey:
    """A step into a sequence.

    Args:
        idx: the place.
    """

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"

    def get(self, sequence: Any) -> Any:
        """What is there."""
        return sequence[self.idx]


@dataclasses.dataclass(frozen=True, slots=True)
class MappingKey:
    """A step into a mapping.

    Args:
        key: the key.
    """

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"

    def get(self, mapping: Any) -> Any:
        """What is there."""
        return mapping[self.key]


@dataclasses.dataclass(frozen=True, slots=True)
class GetAttrKey:
    """A step to an attribute.

    Args:
        name: its name.
    """

    name: str

    def __str__(self) -> str:
        return f".{self.name}"

    def get(self, obj: Any) -> Any:
        """What is there."""
        return getattr(obj, self.name)


_Path = tuple[Any, ...]


def keystr(kp: _Path) -> str:
    """A path as Python's text.

    Args:
        kp: the steps.

    Example::

        >>> from jaxlearn.utils._pytree import keystr, tree_leaves_with_path
        >>> [(keystr(path), leaf) for path, leaf in tree_leaves_with_path({"a": [1, 2]})]
        [("['a'][0]", 1), ("['a'][1]", 2)]
    """
    return "".join(map(str, kp))


def key_get(obj: Any, kp: _Path) -> Any:
    """What a path leads to.

    Args:
        obj: where it begins.
        kp: the steps.
    """
    for step in kp:
        obj = step.get(obj)
    return obj


def _steps(spec: TreeSpec) -> list[Any]:
    """The steps to a container's children."""
    if issubclass(spec.type, dict):
        keys = spec.context[1] if spec.type is defaultdict else spec.context
        return [MappingKey(k) for k in keys]
    if is_namedtuple_class(spec.type):
        return [GetAttrKey(n) for n in spec.type._fields]
    if spec.type in (list, tuple, deque):
        return [SequenceKey(i) for i in range(spec.num_children)]
    raise ValueError(
        f"Did not find a flatten_with_keys_fn for type: {spec.type}. Please pass a flatten_with_keys_fn argument to "
        "register_pytree_node."
    )


def _paths(spec: TreeSpec, before: _Path) -> Iterator[_Path]:
    if spec.type is None:
        yield before
        return
    for step, child in zip(_steps(spec) if spec.children_specs else (), spec.children_specs, strict=True):
        yield from _paths(child, (*before, step))


def tree_flatten_with_path(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[tuple[_Path, Any]], TreeSpec]:
    """The leaves of a tree, each with the path to it, and its structure.

    Args:
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.

    Raises:
        ValueError: a container of a registered class, whose steps nobody told.
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    return list(zip(_paths(spec, ()), leaves, strict=True)), spec


def tree_leaves_with_path(tree: Any, is_leaf: IsLeaf = None) -> list[tuple[_Path, Any]]:
    """The leaves of a tree, each with the path to it.

    Args:
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.

    Raises:
        ValueError: a container of a registered class, whose steps nobody told.
    """
    return tree_flatten_with_path(tree, is_leaf)[0]


def tree_map_with_path(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """The tree with the function's results in place of its leaves.

    Args:
        func: of the path to a leaf, the leaf, and of what stands at its place in each of the other trees.
        tree: nested containers.
        rests: other trees that have containers wherever the first one has.
        is_leaf: says of objects that they count as leaves.

    Raises:
        ValueError: a container of a registered class, whose steps nobody told.
    """
    found, spec = tree_flatten_with_path(tree, is_leaf)
    parts = [spec.flatten_up_to(r) for r in rests]
    return spec.unflatten(
        [func(path, leaf, *others) for (path, leaf), *others in zip(found, *parts, strict=True)]
    )

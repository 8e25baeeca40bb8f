"""Nested containers taken apart and put together, as ``torch.utils._pytree`` does it: None is a leaf, and dictionaries
keep the order of their keys."""

from __future__ import annotations

import dataclasses
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from .._tensor.tree import containers

__all__ = [
    "GetAttrKey",
    "LeafSpec",
    "MappingKey",
    "PyTree",
    "PyTreeSpec",
    "SequenceKey",
    "TreeSpec",
    "is_namedtuple",
    "is_namedtuple_class",
    "is_namedtuple_instance",
    "is_structseq",
    "is_structseq_class",
    "is_structseq_instance",
    "key_get",
    "keystr",
    "register_pytree_node",
    "tree_all",
    "tree_all_only",
    "tree_any",
    "tree_any_only",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_is_leaf",
    "tree_iter",
    "tree_leaves",
    "tree_leaves_with_path",
    "tree_map",
    "tree_map_",
    "tree_map_only",
    "tree_map_only_",
    "tree_map_with_path",
    "tree_structure",
    "tree_unflatten",
    "treespec_pprint",
]

PyTree = Any


class _Node(NamedTuple):
    """How a type of container is taken apart, into children and a context, and put together."""

    flatten: Callable[[Any], tuple[list[Any], Any]]
    unflatten: Callable[[Iterable[Any], Any], Any]


def _dict_node(make: Callable[[Any, Any], Any]) -> _Node:
    return _Node(
        lambda d: (list(d.values()), list(d)),
        lambda values, keys: make(zip(keys, values, strict=True), keys),
    )


_NODES: dict[type, _Node] = {
    list: _Node(lambda x: (list(x), None), lambda values, _: list(values)),
    tuple: _Node(lambda x: (list(x), None), lambda values, _: tuple(values)),
    dict: _dict_node(lambda pairs, _: dict(pairs)),
    OrderedDict: _dict_node(lambda pairs, _: OrderedDict(pairs)),
    defaultdict: _Node(
        lambda d: (list(d.values()), [d.default_factory, list(d)]),
        lambda values, context: defaultdict(context[0], zip(context[1], values, strict=True)),
    ),
    **{kind: _Node(*parts) for kind, parts in containers.items()},
}
_NAMEDTUPLE = _Node(lambda x: (list(x), type(x)), lambda values, cls: cls(*values))


def _node(tree: Any) -> tuple[type, _Node] | None:
    kind = type(tree)
    node = _NODES.get(kind)
    if node is not None:
        return kind, node
    if isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return kind, _NAMEDTUPLE
    return None


def register_pytree_node(
    cls: type,
    flatten_fn: Callable[[Any], tuple[list[Any], Any]],
    unflatten_fn: Callable[[Iterable[Any], Any], Any],
    *,
    serialized_type_name: str | None = None,
) -> None:
    """Take instances of a class for containers from now on.

    Args:
        cls: the class.
        flatten_fn: from an instance to its children and whatever else is needed to make it again.
        unflatten_fn: from the children and that to an instance.
        serialized_type_name: accepted for torch's sake.

    Raises:
        ValueError: the class is registered already.
    """
    if cls in _NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    _NODES[cls] = _Node(flatten_fn, unflatten_fn)
    containers[cls] = flatten_fn, unflatten_fn  # function transforms take them apart too


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
        return _NODES.get(self.type, _NAMEDTUPLE).unflatten(children, self.context)

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """The parts of another tree that stand where this one has leaves.

        Raises:
            ValueError: the other tree's containers are others.
        """
        if self.type is None:
            return [tree]
        if type(tree) is not self.type:
            raise ValueError(f"Node type mismatch; expected {self.type!r}, but got {type(tree)!r}.")
        children, context = _NODES.get(self.type, _NAMEDTUPLE).flatten(tree)
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
_IsLeaf = Callable[[Any], bool] | None


def tree_is_leaf(tree: Any, is_leaf: _IsLeaf = None) -> bool:
    """Whether an object is no container that is taken apart.

    Args:
        tree: the object.
        is_leaf: says so of objects that count as leaves besides.
    """
    return (is_leaf is not None and is_leaf(tree)) or _node(tree) is None


def tree_flatten(tree: Any, is_leaf: _IsLeaf = None) -> tuple[list[Any], TreeSpec]:
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


def _flatten(tree: Any, leaves: list[Any], is_leaf: _IsLeaf) -> TreeSpec:
    found = None if is_leaf is not None and is_leaf(tree) else _node(tree)
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


def tree_iter(tree: Any, is_leaf: _IsLeaf = None) -> Iterator[Any]:
    """The leaves of a tree, one after the other.

    Args:
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    yield from tree_flatten(tree, is_leaf)[0]


def tree_leaves(tree: Any, is_leaf: _IsLeaf = None) -> list[Any]:
    """The leaves of a tree.

    Args:
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: Any, is_leaf: _IsLeaf = None) -> TreeSpec:
    """The structure of a tree.

    Args:
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: _IsLeaf = None) -> Any:
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


def tree_map_(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: _IsLeaf = None) -> Any:
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
    type_or_types_or_pred: Any, func: Callable[[Any], Any], tree: Any, is_leaf: _IsLeaf = None
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
    type_or_types_or_pred: Any, func: Callable[[Any], Any], tree: Any, is_leaf: _IsLeaf = None
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


def tree_all(pred: Callable[[Any], bool], tree: Any, is_leaf: _IsLeaf = None) -> bool:
    """Whether the predicate holds for all leaves.

    Args:
        pred: of a leaf.
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return all(map(pred, tree_iter(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: Any, is_leaf: _IsLeaf = None) -> bool:
    """Whether the predicate holds for some leaf.

    Args:
        pred: of a leaf.
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return any(map(pred, tree_iter(tree, is_leaf)))


def tree_all_only(
    type_or_types: Any, pred: Callable[[Any], bool], tree: Any, is_leaf: _IsLeaf = None
) -> bool:
    """Whether the predicate holds for all leaves of some types.

    Args:
        type_or_types: the leaves' type or types.
        pred: of a leaf.
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return all(pred(x) for x in tree_iter(tree, is_leaf) if isinstance(x, type_or_types))


def tree_any_only(
    type_or_types: Any, pred: Callable[[Any], bool], tree: Any, is_leaf: _IsLeaf = None
) -> bool:
    """Whether the predicate holds for some leaf of some types.

    Args:
        type_or_types: the leaves' type or types.
        pred: of a leaf.
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.
    """
    return any(pred(x) for x in tree_iter(tree, is_leaf) if isinstance(x, type_or_types))


def is_namedtuple_class(cls: Any) -> bool:
    """Whether a class is one of named tuples.

    Args:
        cls: the class.
    """
    return (
        isinstance(cls, type)
        and issubclass(cls, tuple)
        and isinstance(getattr(cls, "_fields", None), tuple)
        and callable(getattr(cls, "_make", None))
        and callable(getattr(cls, "_asdict", None))
    )


def is_namedtuple_instance(obj: Any) -> bool:
    """Whether an object is a named tuple.

    Args:
        obj: the object.
    """
    return is_namedtuple_class(type(obj))


def is_namedtuple(obj: Any) -> bool:
    """Whether an object is a named tuple or a class of them.

    Args:
        obj: the object.
    """
    return is_namedtuple_class(obj if isinstance(obj, type) else type(obj))


def is_structseq_class(cls: Any) -> bool:
    """Whether a class is one of C's named tuples, as ``time.struct_time`` is.

    Args:
        cls: the class.
    """
    return (
        isinstance(cls, type)
        and cls.__bases__ == (tuple,)
        and all(
            isinstance(getattr(cls, f"n_{n}", None), int)
            for n in ("fields", "sequence_fields", "unnamed_fields")
        )
    )


def is_structseq_instance(obj: Any) -> bool:
    """Whether an object is one of C's named tuples.

    Args:
        obj: the object.
    """
    return is_structseq_class(type(obj))


def is_structseq(obj: Any) -> bool:
    """Whether an object is one of C's named tuples or a class of them.

    Args:
        obj: the object.
    """
    return is_structseq_class(obj if isinstance(obj, type) else type(obj))


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


def tree_flatten_with_path(tree: Any, is_leaf: _IsLeaf = None) -> tuple[list[tuple[_Path, Any]], TreeSpec]:
    """The leaves of a tree, each with the path to it, and its structure.

    Args:
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.

    Raises:
        ValueError: a container of a registered class, whose steps nobody told.
    """
    leaves, spec = tree_flatten(tree, is_leaf)
    return list(zip(_paths(spec, ()), leaves, strict=True)), spec


def tree_leaves_with_path(tree: Any, is_leaf: _IsLeaf = None) -> list[tuple[_Path, Any]]:
    """The leaves of a tree, each with the path to it.

    Args:
        tree: nested containers.
        is_leaf: says of objects that they count as leaves.

    Raises:
        ValueError: a container of a registered class, whose steps nobody told.
    """
    return tree_flatten_with_path(tree, is_leaf)[0]


def tree_map_with_path(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: _IsLeaf = None) -> Any:
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

"""Which types are containers, and how each is taken apart and put together."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..._tensor.tree import containers

__all__ = [
    "Node",
    "node_for",
    "node_of",
    "register_pytree_node",
]


class Node(NamedTuple):
    """How a type of container is taken apart, into children and a context, and put together."""

    flatten: Callable[[Any], tuple[list[Any], Any]]
    unflatten: Callable[[Iterable[Any], Any], Any]


def _dict_node(make: Callable[[Any, Any], Any]) -> Node:
    return Node(
        lambda d: (list(d.values()), list(d)),
        lambda values, keys: make(zip(keys, values, strict=True), keys),
    )


_NODES: dict[type, Node] = {
    list: Node(lambda x: (list(x), None), lambda values, _: list(values)),
    tuple: Node(lambda x: (list(x), None), lambda values, _: tuple(values)),
    dict: _dict_node(lambda pairs, _: dict(pairs)),
    OrderedDict: _dict_node(lambda pairs, _: OrderedDict(pairs)),
    defaultdict: Node(
        lambda d: (list(d.values()), [d.default_factory, list(d)]),
        lambda values, context: defaultdict(context[0], zip(context[1], values, strict=True)),
    ),
    **{kind: Node(*parts) for kind, parts in containers.items()},
}
_NAMEDTUPLE = Node(lambda x: (list(x), type(x)), lambda values, cls: cls(*values))


def node_of(tree: Any) -> tuple[type, Node] | None:
    """An object's type and how it is taken apart; None if it is no container."""
    kind = type(tree)
    node = _NODES.get(kind)
    if node is not None:
        return kind, node
    if isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return kind, _NAMEDTUPLE
    return None


def node_for(kind: type) -> Node:
    """How containers of a type are taken apart and put together."""
    return _NODES.get(kind, _NAMEDTUPLE)


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
    _NODES[cls] = Node(flatten_fn, unflatten_fn)
    containers[cls] = flatten_fn, unflatten_fn  # function transforms take them apart too

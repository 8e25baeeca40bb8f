"""``torch.utils._pytree``: the same leaves and trees."""

from collections import OrderedDict, defaultdict, deque, namedtuple
from typing import Any

import pytest
import torch.utils._pytree as reference

from jaxlearn.utils import _pytree as own

Pair = namedtuple("Pair", "a b")

TREES: list[Any] = [
    1, None, [], (), {}, [1, (2, None)], {"b": 1, "a": [2]}, OrderedDict(x=1, y=(2,)), Pair(1, [2]), deque([1, 2], 3),
    defaultdict(list, k=[1]), {"n": {"m": Pair((), {})}},
]  # fmt: skip


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_there_and_back(tree: Any) -> None:
    (leaves, spec), (theirs, their_spec) = own.tree_flatten(tree), reference.tree_flatten(tree)
    assert leaves == theirs
    assert (spec.num_leaves, spec.num_nodes, spec.num_children) == (
        their_spec.num_leaves, their_spec.num_nodes, their_spec.num_children
    )  # fmt: skip
    assert spec.is_leaf() == their_spec.is_leaf()
    again = own.tree_unflatten(leaves, spec)
    assert again == tree
    assert type(again) is type(tree)


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_functions(tree: Any) -> None:
    for name, *args in (
        ("tree_map", str, tree), ("tree_map", lambda x, y: (x, y), tree, tree), ("tree_leaves", tree),
        ("tree_map_only", int, lambda x: x + 1, tree), ("tree_map_only", (int, str), str, tree),
        ("tree_map_only", lambda x: x == 2, str, tree), ("tree_all", lambda x: x is not None, tree),
        ("tree_any", lambda x: x == 2, tree), ("tree_is_leaf", tree), ("tree_map_", str, tree),
    ):  # fmt: skip
        assert getattr(own, name)(*args) == getattr(reference, name)(*args), name
    assert own.tree_leaves(tree, is_leaf=lambda x: isinstance(x, list)) == reference.tree_leaves(
        tree, is_leaf=lambda x: isinstance(x, list)
    )


@pytest.mark.parametrize("rest", [[1], [1, 2, 3], {"a": 1}, (1, 2)], ids=repr)
def test_trees_that_do_not_fit(rest: Any) -> None:
    for library in (own, reference):
        with pytest.raises(ValueError):
            library.tree_map(lambda x, y: x, [1, 2], rest)
        with pytest.raises(ValueError):
            library.tree_unflatten([1], library.tree_flatten([1, 2])[1])


def test_dictionaries_in_another_order() -> None:
    for library in (own, reference):
        assert library.tree_map(lambda x, y: (x, y), {"a": 1, "b": 2}, {"b": 3, "a": 4}) == {
            "a": (1, 4),
            "b": (2, 3),
        }


def test_own_containers() -> None:
    class Box:
        def __init__(self, content: Any) -> None:
            self.content = content

    for library in (own, reference):
        library.register_pytree_node(Box, lambda b: ([b.content], None), lambda c, _: Box(*c))
        assert library.tree_map(lambda x: x + 1, [Box((1,))])[0].content == (2,)
        with pytest.raises(ValueError, match="already registered"):
            library.register_pytree_node(Box, lambda b: ([b.content], None), lambda c, _: Box(*c))

"""Nested containers taken apart and put together, as ``torch.utils._pytree`` does it: None is a leaf, and dictionaries
keep the order of their keys."""

from __future__ import annotations

from typing import Any

from ..._naming import publish
from .containers import register_pytree_node as register_pytree_node
from .mapping import tree_all as tree_all
from .mapping import tree_all_only as tree_all_only
from .mapping import tree_any as tree_any
from .mapping import tree_any_only as tree_any_only
from .mapping import tree_map as tree_map
from .mapping import tree_map_ as tree_map_
from .mapping import tree_map_only as tree_map_only
from .mapping import tree_map_only_ as tree_map_only_
from .named import is_namedtuple as is_namedtuple
from .named import is_namedtuple_class as is_namedtuple_class
from .named import is_namedtuple_instance as is_namedtuple_instance
from .named import is_structseq as is_structseq
from .named import is_structseq_class as is_structseq_class
from .named import is_structseq_instance as is_structseq_instance
from .paths import GetAttrKey as GetAttrKey
from .paths import MappingKey as MappingKey
from .paths import SequenceKey as SequenceKey
from .paths import key_get as key_get
from .paths import keystr as keystr
from .paths import tree_flatten_with_path as tree_flatten_with_path
from .paths import tree_leaves_with_path as tree_leaves_with_path
from .paths import tree_map_with_path as tree_map_with_path
from .structure import LeafSpec as LeafSpec
from .structure import PyTreeSpec as PyTreeSpec
from .structure import TreeSpec as TreeSpec
from .structure import tree_flatten as tree_flatten
from .structure import tree_is_leaf as tree_is_leaf
from .structure import tree_iter as tree_iter
from .structure import tree_leaves as tree_leaves
from .structure import tree_structure as tree_structure
from .structure import tree_unflatten as tree_unflatten
from .structure import treespec_pprint as treespec_pprint

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

publish(__name__, ("GetAttrKey", "LeafSpec", "MappingKey", "SequenceKey", "TreeSpec"))

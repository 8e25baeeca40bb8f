"""Tensor's methods that read and write at indices."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ..ops import indexing_places, indexing_scatter, indexing_select
from . import indexing as brackets
from . import ranged, searching
from .dispatch import TENSOR_TYPES
from .inplace import inplace

__all__ = ["IndexingMethods"]


class IndexingMethods:
    """Indexing: brackets, gather and scatter, masks, and what is found by value."""

    __getitem__ = brackets.getitem
    __setitem__ = brackets.setitem

    def __delitem__(self, index: Any) -> NoReturn:
        raise TypeError("Tensor does not support deleting items")

    index_put = brackets.index_put
    index_put_ = inplace(brackets.index_put, shared=True)
    gather = ranged.gather
    scatter = ranged.scatter
    scatter_ = inplace(ranged.scatter)
    scatter_add = ranged.scatter_add
    scatter_add_ = inplace(ranged.scatter_add)
    scatter_reduce = ranged.scatter_reduce
    scatter_reduce_ = inplace(ranged.scatter_reduce)
    index_select = ranged.index_select
    index_add = ranged.index_add
    index_add_ = inplace(ranged.index_add)
    index_copy = ranged.index_copy
    index_copy_ = inplace(ranged.index_copy)
    index_fill = ranged.index_fill
    index_fill_ = inplace(ranged.index_fill, shared=True)
    index_reduce = ranged.index_reduce
    index_reduce_ = inplace(ranged.index_reduce)
    take = ranged.take
    take_along_dim = indexing_scatter.take_along_dim
    put = ranged.put
    put_ = inplace(ranged.put)
    masked_scatter = ranged.masked_scatter
    masked_scatter_ = inplace(ranged.masked_scatter)
    select_scatter = ranged.select_scatter
    slice_scatter = ranged.slice_scatter
    diagonal_scatter = indexing_select.diagonal_scatter

    masked_select = searching.masked_select
    nonzero = searching.nonzero
    nonzero_static = indexing_places.nonzero_static
    argwhere = searching.argwhere
    unique = searching.unique
    unique_consecutive = searching.unique_consecutive
    bincount = searching.bincount

    def __contains__(self: Any, element: Any) -> bool:
        """Whether some element equals ``element``."""
        if type(element) not in TENSOR_TYPES and not isinstance(element, (int, float, complex, np.number)):
            raise RuntimeError(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
            )
        return bool(
            (brackets.host_array(self) == (element.item() if hasattr(element, "item") else element)).any()
        )

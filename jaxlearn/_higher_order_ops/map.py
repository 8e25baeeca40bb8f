"""``map``: a function applied to slice after slice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._tensor.bodies import is_tensor
from .._tensor.creation import zeros
from .._tensor.tree import flatten
from .scan import scan

__all__ = ["map"]


def map(f: Callable[..., Any], xs: Any, *args: Any) -> Any:
    """The results of a function for each slice along the first dimension, stacked; one slice after the other.

    ``vmap`` computes all slices at once instead.

    Args:
        f: called with a slice and ``args``; returns tensors.
        xs: tensors with a common first size, or nested tuples, lists and dicts of them.
        args: passed on whole.

    Raises:
        RuntimeError: ``xs`` holds no tensors, or their first sizes differ.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn._higher_order_ops import map
        >>> map(lambda x, y: x * y, torch.arange(3.0), torch.tensor([1.0, 2.0]))
        tensor([[0., 0.],
                [1., 2.],
                [2., 4.]])
    """
    leaves = flatten(xs)[0]
    if not leaves or not all(is_tensor(x) and x.dim() for x in leaves):
        raise RuntimeError(f"map: expected xs to consist of tensors with a first dimension, got {xs}")
    return scan(lambda carry, x: (carry, f(x, *args)), zeros(()), xs)[1]

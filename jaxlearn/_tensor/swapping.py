"""Two tensors in each other's place."""

from __future__ import annotations

import weakref
from typing import Any

from .._naming import type_name
from .dispatch import TENSOR_TYPES

__all__ = ["swap_tensors"]


def swap_tensors(t1: Any, t2: Any) -> None:
    """Exchange all that two tensors are: whoever holds the one holds the other from then on.

    https://docs.pytorch.org/docs/stable/generated/torch.utils.swap_tensors.html

    Args:
        t1: a tensor or parameter.
        t2: another.

    Raises:
        RuntimeError: something refers to one of them weakly.

    Example::

        >>> import jaxlearn as torch
        >>> x, y = torch.ones(2), torch.zeros(3)
        >>> torch.utils.swap_tensors(x, y)
        >>> x, y
        (tensor([0., 0., 0.]), tensor([1., 1.]))
    """
    for i, t in enumerate((t1, t2), 1):
        if type(t) not in TENSOR_TYPES:
            raise TypeError(f"expected a tensor, not {type_name(t)}")
        if weakref.getweakrefs(t):
            raise RuntimeError(f"Cannot swap t{i} because it has weakref associated with it")
    if type(t1) is not type(t2):
        try:
            t1.__class__, t2.__class__ = type(t2), type(t1)
        except TypeError:
            raise RuntimeError(
                f"Cannot swap a {type(t1).__name__} and a {type(t2).__name__}: a parameter is a flax.nnx.Variable too, "
                "and Python does not let such objects change their classes"
            ) from None
    t1.__dict__, t2.__dict__ = t2.__dict__, t1.__dict__

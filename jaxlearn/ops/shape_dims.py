"""Dimension numbers and sizes as torch checks them."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

__all__ = ["as_dims", "as_size", "infer_size", "view_strides", "wrap_dim", "wrap_dims"]


def wrap_dim(dim: int, ndim: int) -> int:
    """The dimension number without its sign; a tensor without dimensions has dimension 0 as well.

    Raises:
        IndexError: there is no such dimension.
    """
    n = max(ndim, 1)
    if type(dim) is not int:
        if isinstance(dim, bool) or not hasattr(type(dim), "__index__"):
            raise TypeError(f"argument 'dim' must be int, not {type(dim).__name__}")
        dim = operator.index(dim)
    if not -n <= dim < n:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
        )
    return dim + n if dim < 0 else dim


def as_dims(dims: Any) -> tuple[int, ...]:
    """One dimension number or several as a tuple."""
    return tuple(dims) if isinstance(dims, (tuple, list)) else (operator.index(dims),)


def wrap_dims(dims: int | Sequence[int], ndim: int) -> tuple[int, ...]:
    """Several dimension numbers without their signs.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: one comes twice.
    """
    wrapped = [wrap_dim(d, ndim) for d in as_dims(dims)]
    for d in wrapped:
        if wrapped.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return tuple(wrapped)


def as_size(size: Any) -> tuple[int, ...]:
    """Sizes given as ``(2, 3)`` or as ``((2, 3),)`` as a tuple of ints."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = size[0]
    return tuple([operator.index(n) for n in size])


def infer_size(size: Sequence[int], numel: int) -> tuple[int, ...]:
    """The sizes with ``-1`` replaced by what is left for it.

    Raises:
        RuntimeError: the sizes do not hold ``numel`` elements, or which they are is ambiguous.
    """
    unknown = None
    known = 1
    for i, n in enumerate(size):
        if n == -1:
            if unknown is not None:
                raise RuntimeError("only one dimension can be inferred")
            unknown = i
        elif n < 0:
            raise RuntimeError(f"invalid shape dimension {n} at index {i} of shape {list(size)}")
        else:
            known *= n
    if unknown is None:
        if known == numel:
            return tuple(size)
    elif known > 0 and numel % known == 0:
        return (*size[:unknown], numel // known, *size[unknown + 1 :])
    elif known == 0 and numel == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(size)} because the unspecified dimension "
            "size -1 "
            "can be any value and is ambiguous"
        )
    raise RuntimeError(f"shape '{list(size)}' is invalid for input of size {numel}")


def view_strides(shape: Sequence[int], strides: Sequence[int], size: Sequence[int]) -> tuple[int, ...] | None:
    """The strides that show the same memory in another shape, None if no strides do.

    Neighbouring dimensions that are laid out as one run may be cut anew; each run must be cut exactly.

    Args:
        shape: the tensor's sizes.
        strides: its strides, in elements.
        size: the shape wanted, of the same number of elements.
    """
    if math.prod(shape) == 0:
        return tuple([math.prod([max(n, 1) for n in size[i + 1 :]]) for i in range(len(size))])
    result = [1] * len(size)
    place = len(size) - 1
    run = step = 1  # elements of the current run, and the distance between them
    for i in range(len(shape) - 1, -1, -1):
        if run == 1:
            step = strides[i]
        run *= shape[i]
        if i > 0 and (shape[i - 1] == 1 or strides[i - 1] == run * step):
            continue
        cut = 1
        while place >= 0 and (cut < run or size[place] == 1):
            result[place] = cut * step
            cut *= size[place]
            place -= 1
        if cut != run:
            return None
        run = 1
    while place >= 0:
        result[place] = 1
        place -= 1
    return tuple(result)

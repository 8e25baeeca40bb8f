"""Errors about shapes that JAX raises inside an operation, said as torch says them.

The operations check what torch checks, with its words. This is for the combinations of shapes that none of those checks
meets: JAX's TypeError or ValueError is then torch's RuntimeError or IndexError.
"""

from __future__ import annotations

import re

from .pointwise_rules import check_broadcast

__all__ = ["as_torch"]

_OUT_OF_RANGE = re.compile(r"axis (-?\d+) is out of bounds for array of dimension (\d+)")
_DO_NOT_FIT = re.compile(
    "incompatible (shapes|types) for|cannot be broadcast|cannot reshape|requires contracting dimensions|"
    "incompatible (shapes|types) (when|in)|must have (equal|the same) shapes?|shapes must be equal",
    re.IGNORECASE,
)
_SHAPE = re.compile(r"[\[(](\d+(?:, ?\d+)*|),?[\])]")


def as_torch(error: Exception) -> Exception | None:
    """torch's exception for one that JAX raised while an operation was recorded; None for any other.

    Example::

        >>> as_torch(ValueError("axis 2 is out of bounds for array of dimension 1"))
        IndexError('Dimension out of range (expected to be in range of [-1, 0], but got 2)')
        >>> as_torch(TypeError("add got incompatible shapes for broadcasting: (2,), (3,)."))
        RuntimeError('The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0')
    """
    text = str(error)
    found = _OUT_OF_RANGE.search(text)
    if found is not None:
        dim, ndim = int(found[1]), max(int(found[2]), 1)
        return IndexError(
            f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})"
        )
    if _DO_NOT_FIT.search(text) is None:
        return None
    shapes = [tuple(int(n) for n in match[1].split(",") if n) for match in _SHAPE.finditer(text)]
    if "matmul" in text:
        shapes = [shape[:-2] for shape in shapes]
    try:
        check_broadcast(*shapes[:2])
    except RuntimeError as torchs:
        return torchs
    except IndexError:
        pass
    return RuntimeError(text)

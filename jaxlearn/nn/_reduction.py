"""The ``reduction`` of losses, and the two older arguments it replaced."""

from __future__ import annotations

import warnings

__all__ = ["from_old_arguments", "resolve"]


def resolve(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """The reduction to use: ``reduction`` unless one of the deprecated arguments is given.

    Args:
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
        size_average: deprecated, mean rather than sum.
        reduce: deprecated, whether to reduce at all.

    Returns:
        The reduction.

    Example::

        >>> from jaxlearn.nn._reduction import resolve
        >>> resolve("sum")
        'sum'
    """
    if size_average is None and reduce is None:
        if reduction == "elementwise_mean":
            warnings.warn(
                "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.",
                stacklevel=3,
            )
            return "mean"
        return reduction
    return from_old_arguments(size_average, reduce, stacklevel=4)


def from_old_arguments(size_average: bool | None, reduce: bool | None, stacklevel: int) -> str:
    """The reduction that the two deprecated arguments mean, one of which is given; warns."""
    averaged = True if size_average is None else size_average
    reduced = True if reduce is None else reduce
    chosen = "mean" if averaged and reduced else "sum" if reduced else "none"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{chosen}' instead.",
        stacklevel=stacklevel,
    )
    return chosen

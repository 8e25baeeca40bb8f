"""The ``reduction`` of losses, and the two older arguments it replaced."""

from __future__ import annotations

import warnings

__all__ = ["resolve"]


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
    chosen = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{chosen}' instead.",
        stacklevel=3,
    )
    return chosen

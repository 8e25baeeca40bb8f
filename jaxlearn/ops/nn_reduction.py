"""The reduction of losses on arrays."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from .pointwise_rules import scalar_name

__all__ = ["check_reduction", "mean_name", "reduced"]


def check_reduction(reduction: str) -> None:
    """Refuse unknown reductions.

    Raises:
        ValueError: it is none of ``"none"``, ``"mean"``, ``"sum"``.
    """
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")


def reduced(loss: Any, reduction: str) -> Any:
    """The losses as they are, their mean or their sum.

    Raises:
        ValueError: the reduction is unknown.
        RuntimeError: the mean of integers is asked for.
    """
    check_reduction(reduction)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return jnp.sum(loss)
    if not jnp.issubdtype(loss.dtype, jnp.inexact):
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {scalar_name(loss)}"
        )
    return jnp.mean(loss)


def mean_name(unreduced: str, place: int) -> Any:
    """What ``grad_fn`` prints for losses that torch composes: the reduction, or the last operation before it.

    Args:
        unreduced: the name without reduction.
        place: where ``reduction`` stands among the operation's parameters.
    """
    names = {"none": unreduced, "mean": "MeanBackward0", "sum": "SumBackward0"}
    return lambda *bound: names.get(bound[place], unreduced)

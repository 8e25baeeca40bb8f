"""The momentum of an optimizer's groups, which cyclic schedules move against the rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..optimizer import Optimizer

__all__ = ["check_momentum", "start_momentum", "write_momentum"]


def check_momentum(optimizer: Optimizer) -> bool:
    """Whether the optimizer's momentum is its first beta.

    Raises:
        ValueError: the optimizer has no momentum.
    """
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
    return "betas" in optimizer.defaults


def write_momentum(group: dict[str, Any], momentum: Any, use_beta1: bool) -> None:
    """Set the group's momentum."""
    if use_beta1:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def start_momentum(
    optimizer: Optimizer, largest: Sequence[Any], smallest: Sequence[Any], use_beta1: bool
) -> None:
    """Set the groups' momentum to the largest, where a cycle begins, and keep both ends in the groups."""
    for group, high, low in zip(optimizer.param_groups, largest, smallest, strict=True):
        write_momentum(group, high, use_beta1)
        group["max_momentum"] = high
        group["base_momentum"] = low

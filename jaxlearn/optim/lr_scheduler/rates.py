"""Reading and writing the options of an optimizer's groups, be they numbers or tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..._engine.lines import user_line
from ..._engine.recorder import recorder
from ..._tensor.dispatch import TENSOR_TYPES
from ..optimizer import Optimizer

__all__ = ["check_not_recording", "check_optimizer", "group_values", "per_group", "write_rate", "write_rates"]


def check_optimizer(optimizer: Any) -> None:
    """Raise TypeError unless the argument is an optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def check_not_recording() -> None:
    """Raise RuntimeError within a compiled function: replays do without its Python, and would never change the rate."""
    if recorder.capture is not None:
        raise RuntimeError(
            f"{user_line()}: a learning rate schedule was stepped inside a compiled function, whose Python runs only "
            "once; call scheduler.step() after the compiled function"
        )


def unshared(value: Any) -> Any:
    """A number as it is; of a tensor a copy, since rates that are tensors change in place."""
    return value.clone() if type(value) in TENSOR_TYPES else value


def group_values(optimizer: Optimizer, key: str) -> list[Any]:
    """The option of each group, unshared.

    Raises:
        KeyError: a group has no such option.
    """
    return [unshared(group[key]) for group in optimizer.param_groups]


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """One value for each group, from a list of them or from one value for all.

    Raises:
        ValueError: the list's length is not the number of groups.
    """
    count = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [unshared(value) for _ in range(count)]
    if len(value) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(value)} values, param_groups has {count}."
        )
    return [unshared(v) for v in value]


def write_rate(group: dict[str, Any], rate: Any) -> None:
    """Set the group's rate; a tensor is filled, since a training loop may hold it."""
    held = group["lr"]
    if type(held) not in TENSOR_TYPES:
        group["lr"] = rate
        return
    if type(rate) in TENSOR_TYPES and rate.dim() != 0:
        rate = rate.squeeze()
    held.fill_(rate)


def write_rates(optimizer: Optimizer, rates: Iterable[Any]) -> None:
    """Set the rates of all groups."""
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        write_rate(group, rate)

"""An optimizer with other parameters and another state for a while."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from .._tensor.dispatch import TENSOR_TYPES

__all__ = ["swap_in_optimizer_params_and_state"]

_NAME = "swap_in_optimizer_params_and_state"


@contextlib.contextmanager
def swap_in_optimizer_params_and_state(
    optimizer: Any, swapin_parameters: dict[str, Any], swapin_optim_state: dict[str, Any]
) -> Iterator[None]:
    """Let an optimizer work on other tensors inside the context; afterwards it is as it was.

    Unlike ``load_state_dict``, the parameters are exchanged too. A step writes into the tensors given; what it adds to
    the state's dictionaries is dropped. https://docs.pytorch.org/docs/stable/optim.html

    Args:
        optimizer: it has made a step, so that it has a state.
        swapin_parameters: tensors by name, in the order of the optimizer's parameters.
        swapin_optim_state: laid out as ``optimizer.state_dict()``; its options hold inside.

    Raises:
        RuntimeError: the optimizer has no state, or the dictionary does not have its groups, options and parameters.

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.ones(1))
        >>> optimizer = torch.optim.SGD([w], lr=0.5, momentum=0.9)
        >>> w.grad = torch.ones(1)
        >>> optimizer.step()
        >>> other = torch.full((1,), 5.0)
        >>> other.grad = torch.ones(1)
        >>> state = optimizer.state_dict()
        >>> with torch.optim.swap_in_optimizer_params_and_state(optimizer, {"w": other}, state):
        ...     optimizer.step()
        >>> other, w.data
        (tensor([4.0500]), tensor([0.5000]))
    """
    entries, parts = _checked(optimizer, swapin_parameters, swapin_optim_state)
    state = optimizer.state
    groups = [dict(group) for group in optimizer.param_groups]
    swapped: defaultdict[Any, Any] = defaultdict(dict)
    try:
        for group, (other, params) in zip(optimizer.param_groups, parts, strict=True):
            group.update({**other, "params": params})
            for number, p in zip(other["params"], params, strict=True):
                swapped[p] = dict(entries.get(number, {}))
        optimizer.state = swapped
        yield
        _write_back(swapped, entries, parts)
    finally:
        for group, before in zip(optimizer.param_groups, groups, strict=True):
            group.clear()
            group.update(before)
        optimizer.state = state


def _write_back(swapped: Any, entries: dict[Any, Any], parts: list[tuple[dict[str, Any], list[Any]]]) -> None:
    """Give the caller's scalars the values of those that the optimizer shares among its parameters instead."""
    for other, params in parts:
        for number, p in zip(other["params"], params, strict=True):
            for name, given in entries.get(number, {}).items():
                now = swapped[p].get(name)
                if (
                    now is not given
                    and type(given) in TENSOR_TYPES
                    and type(now) in TENSOR_TYPES
                    and not now.dim()
                ):
                    given.copy_(now)


def _checked(
    optimizer: Any, parameters: dict[str, Any], saved: dict[str, Any]
) -> tuple[dict[Any, Any], list[tuple[dict[str, Any], list[Any]]]]:
    """The state by number, and for each group its options and its parameters."""
    if not optimizer.state:
        raise RuntimeError(f"{_NAME} requires initialized optimizer state.")
    if not isinstance(saved, dict):
        raise RuntimeError(f"{_NAME} requires a DCP-style optimizer state_dict.")
    state = saved.get("state")
    if not isinstance(state, dict):
        raise RuntimeError(
            f"{_NAME} requires swapin_optim_state['state'] to be a dict mapping packed parameter ids to per-param "
            f"state dicts, got {type(state).__name__}."
        )
    if any(type(key) in TENSOR_TYPES for key in state):
        raise RuntimeError(
            f"{_NAME} requires optimizer.state_dict()-style state keyed by packed parameter ids."
        )
    if any(isinstance(key, int) and not isinstance(entry, dict) for key, entry in state.items()):
        raise RuntimeError(f"{_NAME} requires per-parameter optimizer state entries to be dictionaries.")
    groups = saved.get("param_groups")
    if not isinstance(groups, list):
        raise RuntimeError(
            f"{_NAME} requires swapin_optim_state['param_groups'] to be a list of param-group dicts, got "
            f"{type(groups).__name__}."
        )
    if len(groups) != len(optimizer.param_groups):
        raise RuntimeError(
            "swapin_optim_state has a different number of parameter groups than the live optimizer."
        )
    left = list(parameters.values())
    parts = []
    known: set[int] = set()
    for i, (group, other) in enumerate(zip(optimizer.param_groups, groups, strict=True)):
        numbers = _numbers_of(i, group, other)
        known.update(numbers)
        if len(numbers) > len(left):
            raise RuntimeError(
                f"{_NAME} requires the explicit parameter state to match optimizer.param_groups ordering."
            )
        parts.append((other, left[: len(numbers)]))
        left = left[len(numbers) :]
    extra = [key for key in state if key not in known]
    if extra:
        raise RuntimeError(
            f"{_NAME} requires swapin_optim_state['state'] to be keyed only by packed parameter ids from "
            f"param_groups[*]['params']; got extra keys {extra!r}."
        )
    return state, parts


def _numbers_of(i: int, group: dict[str, Any], other: Any) -> list[int]:
    """The numbers of the parameters of one group of the dictionary."""
    if not isinstance(other, dict):
        raise RuntimeError(f"{_NAME} requires each optimizer param group to be a dictionary.")
    numbers = other.get("params")
    if not isinstance(numbers, list) or not all(isinstance(n, int) for n in numbers):
        raise RuntimeError(
            f"{_NAME} requires optimizer.state_dict()-style param_groups[*]['params'] entries keyed by packed "
            "parameter ids."
        )
    if len(numbers) != len(group["params"]):
        raise RuntimeError(
            f"swapin_optim_state param group {i} has a different number of params than the live optimizer param group."
        )
    only_there = [key for key in other if key not in group]
    only_here = [key for key in group if key not in other]
    if only_there or only_here:
        raise RuntimeError(
            f"{_NAME} requires optimizer.state_dict()-style param group keys to exactly match the live optimizer group "
            f"keys for group {i}. Keys only in swap-in: {only_there}. Keys only in live: {only_here}."
        )
    return numbers

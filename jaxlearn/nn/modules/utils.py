"""Numbers for each dimension, and names in state dictionaries; as ``torch.nn.modules.utils``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._common import ntuple

__all__ = ["consume_prefix_in_state_dict_if_present"]


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple[Any, ...]]:
    """The function that repeats a number ``n`` times; modules of other programs make their own with it."""

    def repeated(x: Any) -> tuple[Any, ...]:
        return ntuple(x, n)

    repeated.__name__ = name
    return repeated


def _single(x: Any) -> tuple[Any, ...]:
    return ntuple(x, 1)


def _pair(x: Any) -> tuple[Any, ...]:
    return ntuple(x, 2)


def _triple(x: Any) -> tuple[Any, ...]:
    return ntuple(x, 3)


def _quadruple(x: Any) -> tuple[Any, ...]:
    return ntuple(x, 4)


def _reverse_repeat_tuple(t: Any, n: int) -> tuple[Any, ...]:
    """The items from the last to the first, each ``n`` times: padding as ``F.pad`` takes it."""
    return tuple([x for x in reversed(t) for _ in range(n)])


def consume_prefix_in_state_dict_if_present(state_dict: Any, prefix: str) -> None:
    """Take a prefix, such as the ``module.`` of :class:`DataParallel`, away from the names of a state dictionary.

    Args:
        state_dict: the dictionary; it is changed.
        prefix: what is taken away where a name begins with it.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.nn.modules.utils import consume_prefix_in_state_dict_if_present
        >>> state = torch.nn.DataParallel(torch.nn.Linear(2, 1)).state_dict()
        >>> consume_prefix_in_state_dict_if_present(state, "module.")
        >>> list(state)
        ['weight', 'bias']
    """
    for key in list(state_dict):
        if key.startswith(prefix):
            state_dict[key[len(prefix) :]] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", {})
    for key in list(metadata):
        if key and (key == prefix.replace(".", "") or key.startswith(prefix)):
            metadata[key[len(prefix) :]] = metadata.pop(key)

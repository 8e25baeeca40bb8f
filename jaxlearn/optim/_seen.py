"""Whether a parameter group's entries are the ones seen before, told without looking at what each means."""

from __future__ import annotations

from collections.abc import Iterable
from operator import is_
from typing import Any

__all__ = ["Seen", "same"]

_UNCHANGING = (float, int, bool, str, type(None))


class Seen:
    """The entries of a group as they are now.

    A step's numbers and options follow from them, and most steps find the very objects that the last one found.

    Args:
        group: the parameter group.
    """

    __slots__ = ("_group", "_names", "_objects")

    def __init__(self, group: dict[str, Any]) -> None:
        self._group = group
        self._names = list(group)
        self._objects = list(group.values())
        if not all(name == "params" or _unchanging(x) for name, x in group.items()):
            self._names = []  # a tensor or a list may hold something else and still be the same object

    def holds(self) -> bool:
        """Whether the entries are the same objects; of the parameters only that they are in the same list."""
        group, names = self._group, self._names
        return len(group) == len(names) and same(map(group.get, names), self._objects)


def same(some: Iterable[Any], others: Iterable[Any]) -> bool:
    """Whether they are the same objects, as far as there are some of both."""
    return all(map(is_, some, others))


def _unchanging(x: Any) -> bool:
    return type(x) in _UNCHANGING or (type(x) is tuple and all(map(_unchanging, x)))

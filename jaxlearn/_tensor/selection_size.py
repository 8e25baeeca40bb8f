"""How many rows a mask selects, as a number that is known when the program runs: ``x[mask].shape[0]``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from .dispatch import TENSOR_TYPES
from .selection import Selection, equal, refuse
from .tree import flatten, unflatten

__all__ = ["Count"]


def _operator(name: str, whole: bool) -> Any:
    """Python's operator: of numbers a number again if it stays a whole one, else a tensor."""

    def apply(self: Count, other: Any) -> Any:
        if type(other) is Count:
            other = other.count
        elif type(other) in TENSOR_TYPES:
            return getattr(self.count, name)(other)
        elif not isinstance(other, (int, float)):
            return NotImplemented
        keeps = (whole and isinstance(other, (int,))) or (whole and type(other) in TENSOR_TYPES)
        result = getattr(self.count if keeps else self.count.double(), name)(other)
        return Count(self.selection, result) if keeps else result

    return apply


def _comparison(name: str) -> Any:
    def compare(self: Count, other: Any) -> Any:
        return getattr(self.count, name)(other.count if type(other) is Count else other)

    return compare


def _known_later(name: str) -> Any:
    def read(self: Count, *_: Any) -> NoReturn:
        refuse(self.selection, f"{name}() of a size")

    return read


class Count:
    """A size that is known when the program runs; what is computed with it is a tensor in the program.

    Args:
        selection: of which it is the size.
        count: the tensor, if it is not the selection's own number of rows.
    """

    __slots__ = ("count", "selection")
    known_later = True

    def __init__(self, selection: Selection, count: Any = None) -> None:
        self.selection = selection
        self.count = selection.count if count is None else count

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute with the size as with a tensor."""
        leaves, structure = flatten((args, kwargs or {}))
        args, kwargs = unflatten([x.count if type(x) is cls else x for x in leaves], structure)
        return func(*args, **kwargs)

    def returned(self) -> tuple[list[Any], Callable[[list[Any]], Any]]:
        """For a function that returns it: a tensor in its place, and what makes the number of it."""
        return [self.count], lambda made: made[0].item()

    def __eq__(self, other: object) -> Any:
        if type(other) is Count:
            return equal(self.count._current(), other.count._current()) or self.count == other.count
        return self.count == other

    def __ne__(self, other: object) -> Any:
        same = self == other
        return not same if same is True else ~same

    __hash__ = None  # type: ignore[assignment]

    __add__, __radd__ = _operator("__add__", True), _operator("__radd__", True)
    __sub__, __rsub__ = _operator("__sub__", True), _operator("__rsub__", True)
    __mul__, __rmul__ = _operator("__mul__", True), _operator("__rmul__", True)
    __floordiv__, __mod__ = _operator("__floordiv__", True), _operator("__mod__", True)
    __truediv__, __rtruediv__ = _operator("__truediv__", False), _operator("__rtruediv__", False)
    __pow__ = _operator("__pow__", False)

    __index__, __int__, __float__ = _known_later("index"), _known_later("int"), _known_later("float")
    __bool__, __repr__, __str__ = _known_later("bool"), _known_later("repr"), _known_later("str")
    # A choice by a size is made when the program runs: torch.where(n > 0, ...), torch.cond(n > 0, ...).
    __lt__, __le__ = _comparison("__lt__"), _comparison("__le__")
    __gt__, __ge__ = _comparison("__gt__"), _comparison("__ge__")
    __round__, __format__ = _known_later("round"), _known_later("format")

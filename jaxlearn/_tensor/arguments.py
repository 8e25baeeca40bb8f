"""What a compiled function is called with and what it returns: trees of tensors, numbers and everything else.

Containers are dictionaries, lists, tuples, named tuples, dataclasses and plain objects that hold tensors.
"""

from __future__ import annotations

import copy
import dataclasses
import enum
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .._naming import is_own
from .dispatch import TENSOR_TYPES

__all__ = ["Arguments", "Results", "children", "described", "difference"]

_CONSTANTS = {bool, str, bytes, complex, type(None)}


class _Same:
    """An object as part of a key: equal to itself alone."""

    __slots__ = ("it",)

    def __init__(self, it: Any) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return type(other) is _Same and other.it is self.it


class Arguments:
    """The arguments of a call, taken apart.

    Attributes:
        tensors: in the order in which they are found.
        numbers: the Python numbers, which are no part of the key.
        key: what the call has in common with others that the same recording may serve; None if it cannot be told.
    """

    __slots__ = ("_parts", "key", "numbers", "tensors")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.tensors: list[Any] = []
        self.numbers: list[Any] = []
        self._parts: list[Any] = [len(args)]
        for a in args:
            self._take(a)
        for name, a in kwargs.items():
            self._parts.append(name)
            self._take(a)
        self.key = tuple(self._parts)

    def _take(self, x: Any) -> None:
        t = type(x)
        parts = self._parts
        if t in TENSOR_TYPES:
            self.tensors.append(x)
        elif t is int or t is float:
            self.numbers.append(x)
            parts.append(t)
        elif t in _CONSTANTS:
            parts.append(x)
        else:
            inside = children(x)
            if inside is None:
                parts.append(_constant(x))
                return
            parts.append(t)
            for label, child in inside:
                parts.append(label)
                self._take(child)


def _constant(x: Any) -> Any:
    """An argument without tensors, as part of the key: by its value if it has one, else by which object it is."""
    t = type(x)
    if isinstance(x, np.ndarray):
        raise TypeError("a NumPy array's values may change")
    if t.__hash__ is object.__hash__ or t.__eq__ is object.__eq__ or t.__hash__ is None:
        return _Same(x)
    hash(x)
    return (t, x)


def children(x: Any) -> list[tuple[Any, Any]] | None:
    """The labelled parts of a container; None for anything else."""
    t = type(x)
    if isinstance(x, dict):
        return list(x.items())
    if t is list or t is tuple or hasattr(t, "_fields"):
        return list(enumerate(x))
    if t is slice:
        return [("start", x.start), ("stop", x.stop), ("step", x.step)]
    if isinstance(x, (type, enum.Enum)) or callable(x):
        return None
    if dataclasses.is_dataclass(x):
        return [(f.name, getattr(x, f.name)) for f in dataclasses.fields(x) if hasattr(x, f.name)]
    held = getattr(x, "__dict__", None)
    if held and not is_own(t) and any(map(_holds_tensors, held.values())):
        return list(held.items())
    return None


def _holds_tensors(x: Any) -> bool:
    if isinstance(x, dict):
        x = x.values()
    elif type(x) not in (list, tuple):
        return type(x) in TENSOR_TYPES
    return any(type(v) in TENSOR_TYPES for v in x)


class Results:
    """What a function returned, with places where its tensors stood.

    Attributes:
        tensors: each once, however often it is returned.
    """

    def __init__(self, out: Any) -> None:
        self.tensors: list[Any] = []
        self._place: dict[int, int] = {}
        self.build: Callable[[list[Any]], Any] = self._builder(out)
        self._place.clear()

    def _builder(self, x: Any) -> Callable[[list[Any]], Any]:
        if getattr(type(x), "known_later", False) is True:
            inner, make = x.returned()
            found = [self._builder(t) for t in inner]
            return lambda values: make([part(values) for part in found])
        if type(x) in TENSOR_TYPES:
            n = self._place.setdefault(id(x), len(self.tensors))
            if n == len(self.tensors):
                self.tensors.append(x)
            return lambda values: values[n]
        inside = children(x)
        if inside is None:
            return lambda values: x
        labels = [label for label, _ in inside]
        parts = [self._builder(child) for _, child in inside]
        t = type(x)
        if t is list or t is tuple:
            return lambda values: t([part(values) for part in parts])
        if isinstance(x, tuple):
            return lambda values: t(*[part(values) for part in parts])
        if t is dict:
            return lambda values: {label: part(values) for label, part in zip(labels, parts, strict=True)}
        if t is slice:
            return lambda values: x
        empty = copy.copy(x)
        mapping = isinstance(x, dict)
        attributes = mapping and bool(getattr(x, "__dict__", None))  # whose entries are attributes as well
        put = dict.__setitem__ if mapping else object.__setattr__
        for label in labels:  # the tensors of the first call are not to be kept
            put(empty, label, None)
            if attributes:
                empty.__dict__[label] = None

        def other(values: list[Any]) -> Any:
            made = copy.copy(empty)
            for label, part in zip(labels, parts, strict=True):
                put(made, label, part(values))
                if attributes:
                    made.__dict__[label] = made[label]
            return made

        return other


def _leaves(path: str, x: Any) -> Iterator[tuple[str, str, Any]]:
    """Every leaf with its path and the properties that a recording depends on."""
    if type(x) in TENSOR_TYPES:
        aval = x._current().aval
        yield path, "shape", tuple(aval.shape)
        yield path, "dtype", str(aval.dtype)
        yield path, "device", str(aval.device)
        yield path, "requires_grad", x._requires_grad
        return
    inside = children(x)
    if inside is None:
        yield path, "value", x
        return
    yield path, "type", type(x).__name__
    for label, child in inside:
        yield from _leaves(f"{path}[{label!r}]", child)


def described(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """The properties of all arguments by path and name of the property."""
    named = [(f"argument {i}", a) for i, a in enumerate(args)] + [
        (f"argument '{k}'", a) for k, a in kwargs.items()
    ]
    return {(path, what): value for name, a in named for path, what, value in _leaves(name, a)}


def difference(old: dict[tuple[str, str], Any], new: dict[tuple[str, str], Any]) -> list[str]:
    """In words, what is different: ``argument 0 changed shape (64, 3) → (32, 3)``."""
    found = []
    for (path, what), value in new.items():
        if (path, what) not in old:
            found.append(f"{path} is new")
        else:
            before = old[path, what]
            if not _equal(before, value):
                found.append(f"{path} changed {what} {_short(before)} → {_short(value)}")
    found += [f"{path} is gone" for path, what in old if (path, what) not in new]
    return found


def _equal(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and isinstance(a, (int, float, str, tuple)) and repr(a) == repr(b))


def _short(x: Any) -> str:
    if isinstance(x, tuple) and len(x) == 1:
        return str(x[0])
    text = str(x) if isinstance(x, (str, int, float, tuple, bool, type(None))) else type(x).__name__
    return text if len(text) <= 60 else text[:57] + "..."

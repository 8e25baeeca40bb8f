"""The Python values that a recording is specialised on: variables, globals and attributes that its functions saw.

What :mod:`.reach` has found is compared before each replay, first by which objects are there: that takes a few loops of
C. Attributes of modules are many and change rarely, as do hooks: every change to one is counted, and they are looked at
only when the count has moved.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Sequence
from operator import is_
from typing import Any

import numpy as np

from .._engine.recorder import changes

__all__ = [
    "SCALARS",
    "Array",
    "Cells",
    "Content",
    "Function",
    "Items",
    "Named",
    "PythonState",
    "differs",
    "in_cell",
    "random_states",
]

SCALARS = (int, float, str, bytes, bool, complex, tuple, type(None))
_MISSING = object()


def differs(before: Any, now: Any) -> bool:
    """Whether a value is another one: numbers and text by what they are, all else by which object it is."""
    if before is now:
        return False
    if type(before) is not type(now) or not isinstance(now, SCALARS):
        return True
    if isinstance(now, tuple):
        return len(before) != len(now) or any(map(differs, before, now))
    return repr(before) != repr(now)


def random_states() -> tuple[Any, bytes, int]:
    """Where Python's and NumPy's streams of random numbers are."""
    state: Any = np.random.get_state(legacy=False)  # noqa: NPY002
    return random.getstate(), state["state"]["key"].tobytes(), state["state"]["pos"]


def in_cell(cell: Any) -> Any:
    """What a variable of an outer function holds."""
    try:
        return cell.cell_contents
    except ValueError:
        return _MISSING


class Content:
    """What something holds, to be compared with what it will hold.

    Attributes:
        owner: what holds it.
        keys, values: what is there.
    """

    __slots__ = ("keys", "owner", "values")

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.keys: Sequence[Any] = ()
        self.values: Sequence[Any] = ()
        self.note()

    def note(self) -> None:
        """Remember what is held now."""
        now = self.now()
        self.keys, self.values = list(now), list(now.values())

    def now(self) -> dict[Any, Any]:
        """What is held now."""
        raise NotImplementedError

    def same(self) -> bool:
        """Whether the same objects are there, found in the shortest way; False if that is not certain."""
        raise NotImplementedError

    def changed(self) -> str:
        """What is another value than it was; empty if nothing is."""
        if self.same():
            return ""
        before, now = dict(zip(self.keys, self.values, strict=True)), self.now()
        for key in [*now, *(k for k in before if k not in now)]:
            a, b = before.get(key, _MISSING), now.get(key, _MISSING)
            if a is not b and differs(a, b):
                return f"{self.described(key)} changed {_short(a)} → {_short(b)}"
        self.note()  # equal numbers in other objects
        return ""

    def described(self, key: Any) -> str:
        """The part with the key, in words."""
        return f"{key} of {type(self.owner).__name__}"


class Items(Content):
    """The elements of a list, a dictionary or a set."""

    __slots__ = ()

    def now(self) -> dict[Any, Any]:
        x = self.owner
        if isinstance(x, dict):
            return dict(x)
        return dict.fromkeys(x) if isinstance(x, (set, frozenset)) else dict(enumerate(x))

    def same(self) -> bool:
        x = self.owner
        if len(x) != len(self.values):
            return False
        if isinstance(x, dict):
            return all(map(is_, x.values(), self.values)) and all(map(is_, x, self.keys))
        return all(map(is_, x, self.keys if isinstance(x, (set, frozenset)) else self.values))


class Named(Content):
    """Some of the attributes of an object.

    Args:
        owner: the object.
        held: its attributes; anything with ``get`` and ``items``.
        counts: tells of an attribute's name and value whether it counts; None if all do.
        called: the names of attributes that count only if they can be called.
        kind: what the attributes are, in words.
    """

    __slots__ = ("called", "counts", "held", "kind", "size")

    def __init__(
        self,
        owner: Any,
        held: Any,
        counts: Callable[[str, Any], bool] | None,
        called: Collection[str] = (),
        kind: str = "",
    ) -> None:
        self.held, self.counts, self.called, self.kind = held, counts, called, kind
        super().__init__(owner)

    def note(self) -> None:
        super().note()
        self.size = len(self.held)

    def now(self) -> dict[Any, Any]:
        counts, called = self.counts, self.called
        return {
            name: value
            for name, value in self.held.items()
            if counts is None or (counts(name, value) and (name not in called or type(value) not in SCALARS))
        }

    def same(self) -> bool:
        held = self.held
        return len(held) == self.size and all(map(is_, map(held.get, self.keys), self.values))

    def described(self, key: Any) -> str:
        return f"{self.kind}{super().described(key)}"


class Function(Content):
    """What a function does, and its arguments' defaults."""

    __slots__ = ()

    def now(self) -> dict[Any, Any]:
        x = self.owner
        return {"code": x.__code__, "defaults": x.__defaults__, "keyword defaults": x.__kwdefaults__}

    def same(self) -> bool:
        x, (code, defaults, named) = self.owner, self.values
        return x.__code__ is code and x.__defaults__ is defaults and x.__kwdefaults__ is named

    def described(self, key: Any) -> str:
        return f"the {key} of {self.owner.__name__}()"


class Cells(Content):
    """The variables of outer functions that a function uses.

    Args:
        owner: the function's cells.
        names: of the variables.
    """

    __slots__ = ("names",)

    def __init__(self, owner: tuple[Any, ...], names: Sequence[str]) -> None:
        self.names = names
        super().__init__(owner)

    def now(self) -> dict[Any, Any]:
        return dict(zip(self.names, map(in_cell, self.owner), strict=True))

    def same(self) -> bool:
        return all(map(is_, map(in_cell, self.owner), self.values))

    def described(self, key: Any) -> str:
        return f"the variable '{key}'"


class Array(Content):
    """The elements of a NumPy array."""

    __slots__ = ()

    def now(self) -> dict[Any, Any]:
        x = self.owner
        return {"shape": x.shape, "dtype": str(x.dtype), "an element": x.tobytes()}

    def same(self) -> bool:
        return False

    def described(self, key: Any) -> str:
        return f"{key} of a NumPy array"


class PythonState:
    """What a recording found.

    Args:
        names: globals, as (namespace, name, value).
        found: what objects, containers and functions hold.
        modules: what modules hold.
        tensors: tensors from outside, whose hooks count.
    """

    def __init__(
        self,
        names: Iterable[tuple[dict[str, Any], str, Any]],
        found: Iterable[Content],
        modules: Iterable[Content],
        tensors: Iterable[Any],
    ) -> None:
        self._names = list(names)
        self._found = list(found)
        self._modules = list(modules)
        self._tensors = [(t, _hooks(t)) for t in tensors]
        self._count = changes.modules

    def changed(self) -> str:
        """What is another value than it was; empty if nothing is."""
        for space, name, value in self._names:
            now = space.get(name, _MISSING)
            if now is not value and differs(value, now):
                return f"the global variable '{name}' changed {_short(value)} → {_short(now)}"
        for found in self._found:
            why = found.changed()
            if why:
                return why
        if self._count != changes.modules:
            for found in self._modules:
                why = found.changed()
                if why:
                    return why
            if any(_hooks(t) != hooks for t, hooks in self._tensors):
                return "a tensor's hooks changed"
            self._count = changes.modules
        return ""


def _hooks(tensor: Any) -> tuple[int, ...]:
    """The numbers of the hooks at a leaf."""
    hooks = tensor._hooks
    return () if hooks is None else (*hooks.tensor, -1, *hooks.pre, -2, *hooks.accumulated, -3, *hooks.post)


def _short(x: Any) -> str:
    if x is _MISSING:
        return "nothing"
    text = repr(x) if isinstance(x, SCALARS) else type(x).__name__
    return text if len(text) <= 60 else text[:57] + "..."

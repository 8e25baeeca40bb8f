"""The Python values that a recording is specialised on: variables, globals and attributes that its functions saw.

Attributes of modules are many and change rarely, as do hooks: every change to one is counted, and they are looked at
only when the count has moved.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from operator import is_
from typing import Any

import numpy as np

from .._engine.recorder import changes
from .dispatch import TENSOR_TYPES

__all__ = ["SCALARS", "PythonState", "differs", "random_states"]

SCALARS = (int, float, str, bytes, bool, complex, tuple, type(None))
_MISSING = object()
_REGISTRIES = ("_parameters", "_buffers", "_modules", "_forward_hooks", "_forward_pre_hooks")


def differs(before: Any, now: Any) -> bool:
    """Whether a value is another one: numbers and text by what they are, all else by which object it is."""
    if before is now:
        return False
    return not (type(before) is type(now) and isinstance(now, SCALARS) and repr(before) == repr(now))


def random_states() -> tuple[Any, bytes, int]:
    """Where Python's and NumPy's streams of random numbers are."""
    state: Any = np.random.get_state(legacy=False)  # noqa: NPY002
    return random.getstate(), state["state"]["key"].tobytes(), state["state"]["pos"]


class PythonState:
    """What a recording found.

    Args:
        cells: variables of outer functions, as (cell, name, content).
        names: globals, as (namespace, name, value).
        objects: dictionaries and lists, whose contents count, and plain objects, whose numbers, texts and tensors do.
        nested: the containers inside of those and of modules, and objects, classes and Python modules with the names of
            the attributes that count, whatever these are.
        modules: modules, whose numbers, texts, tensors, parameters, buffers, children and hooks count, and the
            attributes of any kind with the names given.
        tensors: tensors from outside, whose hooks count.
    """

    def __init__(
        self,
        cells: Iterable[tuple[Any, str, Any]],
        names: Iterable[tuple[dict[str, Any], str, Any]],
        objects: Iterable[Any],
        nested: Iterable[tuple[Any, frozenset[str] | None]],
        modules: Iterable[tuple[Any, frozenset[str]]],
        tensors: Iterable[Any],
    ) -> None:
        self._cells = list(cells)
        self._names = list(names)
        self._objects = [(x, _attributes(x)) for x in objects]
        self._nested = [
            (x, names, _inside(x, names), len(x if names is None else vars(x))) for x, names in nested
        ]
        self._modules = [(m, names, _parts(m, names)) for m, names in modules]
        self._tensors = [(t, _hooks(t)) for t in tensors]
        self._count = changes.modules

    def changed(self) -> str:
        """What is another value than it was; empty if nothing is."""
        for cell, name, value in self._cells:
            try:
                now = cell.cell_contents
            except ValueError:
                now = _MISSING
            if now is not value and differs(value, now):
                return f"the variable '{name}' changed {_short(value)} → {_short(now)}"
        for space, name, value in self._names:
            now = space.get(name, _MISSING)
            if now is not value and differs(value, now):
                return f"the global variable '{name}' changed {_short(value)} → {_short(now)}"
        for x, before in self._objects:
            why = _difference(x, before, _attributes(x))
            if why:
                return why
        for x, names, before, size in self._nested:
            if _is_untouched(x, names, before, size):
                continue
            why = _difference(x, before, _inside(x, names))
            if why:
                return why
        if self._count != changes.modules:
            for m, names, before in self._modules:
                why = _difference(m, before, _parts(m, names))
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


def _attributes(x: Any) -> dict[Any, Any]:
    """What a dictionary or list holds, or the numbers, texts and tensors that an object does."""
    if isinstance(x, (list, dict)):
        return _inside(x, None)
    return {k: v for k, v in x.__dict__.items() if type(v) in SCALARS or type(v) in TENSOR_TYPES}


def _inside(x: Any, names: frozenset[str] | None) -> dict[Any, Any]:
    """What a container holds, or an object of the attributes with these names."""
    if names is None:
        return (
            dict(enumerate(x)) if isinstance(x, list) else dict.fromkeys(x) if isinstance(x, set) else dict(x)
        )
    held = vars(x)
    return {n: held[n] for n in names if n in held and n != "training"}


def _is_untouched(x: Any, names: frozenset[str] | None, before: dict[Any, Any], size: int) -> bool:
    """Whether all is the same objects, found in the shortest way."""
    if names is not None:
        held = vars(x)
        return len(held) == size and all(map(is_, map(held.get, before), before.values()))
    if len(x) != size:
        return False
    if isinstance(x, dict):
        return all(map(is_, x.values(), before.values())) and x.keys() == before.keys()
    return x == before.keys() if isinstance(x, set) else all(map(is_, x, before.values()))


def _parts(module: Any, names: frozenset[str]) -> dict[str, Any]:
    own = module.__dict__
    found = {k: v for k, v in _attributes(module).items() if k != "training"} | _inside(module, names)
    for registry in _REGISTRIES:
        for k, v in own.get(registry, {}).items():
            found[f"{registry}.{k}"] = v
    return found


def _difference(x: Any, before: dict[Any, Any], now: dict[Any, Any]) -> str:
    for key in before.keys() | now.keys():
        a, b = before.get(key, _MISSING), now.get(key, _MISSING)
        if a is not b and differs(a, b):
            name = str(key).lstrip("_").replace("modules.", "module ").replace("parameters.", "parameter ")
            return f"{name} of {type(x).__name__} changed {_short(a)} → {_short(b)}"
    return ""


def _short(x: Any) -> str:
    if x is _MISSING:
        return "nothing"
    text = repr(x) if isinstance(x, SCALARS) else type(x).__name__
    return text if len(text) <= 60 else text[:57] + "..."

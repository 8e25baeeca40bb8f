"""The Python values that a recording is specialised on: variables, globals and attributes that its functions saw.

Attributes of modules are many and change rarely, as do hooks: every change to one is counted, and they are looked at
only when the count has moved.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
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
        objects: plain objects, dictionaries and lists, whose contents count.
        modules: modules, whose attributes, parameters, buffers, children and hooks count.
        tensors: tensors from outside, whose hooks count.
    """

    def __init__(
        self,
        cells: Iterable[tuple[Any, str, Any]],
        names: Iterable[tuple[dict[str, Any], str, Any]],
        objects: Iterable[Any],
        modules: Iterable[Any],
        tensors: Iterable[Any],
    ) -> None:
        self._cells = list(cells)
        self._names = list(names)
        self._objects = [(x, _attributes(x)) for x in objects]
        self._modules = [(m, _parts(m)) for m in modules]
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
        if self._count != changes.modules:
            for m, before in self._modules:
                why = _difference(m, before, _parts(m))
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
    """The numbers, texts and tensors that an object, dictionary or list holds."""
    if isinstance(x, list):
        held: Iterable[tuple[Any, Any]] = enumerate(x)
    else:
        held = (x if isinstance(x, dict) else x.__dict__).items()
    return {k: v for k, v in held if type(v) in SCALARS or type(v) in TENSOR_TYPES}


def _parts(module: Any) -> dict[str, Any]:
    own = module.__dict__
    found = {k: v for k, v in _attributes(module).items() if k != "training"}
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

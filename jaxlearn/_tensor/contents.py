"""What containers, objects, classes and functions hold, to be compared afterwards and put back."""

from __future__ import annotations

import array
import types
from collections import deque
from typing import Any

import numpy as np

from .._naming import is_own
from .dispatch import TENSOR_TYPES
from .python_state import SCALARS, in_cell
from .reach import attributes_of, is_of_library, is_plain, is_small, is_users
from .streams import position

__all__ = ["BUFFERS", "CONTAINERS", "MISSING", "contents", "is_nested", "put_back"]

CONTAINERS = (list, dict, set, deque)
# Numbers in memory of their own.
BUFFERS = (np.ndarray, bytearray, array.array)
MISSING = in_cell(types.CellType())  # as in a variable that is not set yet
# Classes of Python's for objects of the user's.
_NAMESPACES = {("types", "SimpleNamespace"), ("argparse", "Namespace")}
# Elements of a tuple that are looked at.
_INSIDE = 256


def contents(x: Any) -> dict[Any, Any] | None:
    """What a container or an object holds, one level deep; None for what is not looked into."""
    if isinstance(x, dict):
        return dict(x)
    if isinstance(x, (list, tuple, deque)):
        return dict(enumerate(x))
    if isinstance(x, set):
        return dict.fromkeys(x)
    if isinstance(x, BUFFERS):
        return {None: bytes(x) if isinstance(x, bytearray) else x.tobytes()} if is_small(x) else None
    if isinstance(x, (type, types.ModuleType)):
        return {k: v for k, v in vars(x).items() if not _is_special(k)} if is_users(x) else None
    if isinstance(x, types.FunctionType):
        return None if is_of_library(x.__globals__.get("__name__")) else dict(x.__dict__)
    if position(x) is not None:
        return None  # a stream is compared by that
    held = attributes_of(x)
    if not held or (is_own(type(x)) and "_buffers" not in held[0]):
        return None
    private = is_plain(type(x))
    found = {
        k: v
        for attributes in held
        for k, v in attributes.items()
        if private or not k.startswith("_") or type(v) in TENSOR_TYPES or type(v) in SCALARS
    }
    if "_buffers" in held[0]:
        for registry in ("_parameters", "_buffers", "_modules"):
            found.update(held[0].get(registry, {}))
    return found


def is_nested(x: Any) -> bool:
    """Whether something held by an object is a container or a plain object of the user's, to be looked into."""
    if isinstance(x, (*CONTAINERS, *BUFFERS)):
        return True
    if isinstance(x, tuple):
        return any(map(is_nested, x[:_INSIDE]))
    kind = type(x)
    if kind in SCALARS or kind in TENSOR_TYPES or isinstance(x, (type, types.ModuleType)):
        return False
    if isinstance(x, types.FunctionType):
        return bool(x.__dict__)
    if position(x) is not None:
        return True
    if (kind.__module__, kind.__name__) in _NAMESPACES:
        return True
    held = attributes_of(x)
    return bool(held) and "_buffers" not in held[0] and is_users(kind)


def put_back(x: Any, before: dict[Any, Any]) -> None:
    """Give something the contents that it had."""
    now = contents(x)
    if now is None or (now.keys() == before.keys() and all(now[k] is before[k] for k in now)):
        return
    if isinstance(x, (list, deque)):
        x.clear()
        x.extend(before.values())
    elif isinstance(x, (dict, set)):
        x.clear()
        x.update(before)
    elif isinstance(x, np.ndarray):
        if now != before:
            x[...] = np.frombuffer(before[None], x.dtype).reshape(x.shape)
    elif isinstance(x, bytearray):
        x[:] = before[None]
    elif isinstance(x, array.array):
        x[:] = array.array(x.typecode, before[None])
    elif not isinstance(x, tuple):
        for key in {**before, **now}:
            was = before.get(key, MISSING)
            if key == "training" or was is now.get(key, MISSING):
                continue
            try:
                if was is MISSING:
                    delattr(x, key)
                else:
                    setattr(x, key, was)
            except AttributeError:  # of a frozen dataclass
                object.__setattr__(x, key, was)


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")

"""Finding out that an argument overrides functions, of a class that is no tensor's: a call with it has failed.

A subclass of Tensor is known from its definition on. Any other class with ``__torch_function__`` is met first as an
argument that no operation can take. From then on all functions look for overrides; the call that has failed is made
once more, as the one of the public function that the program called.
"""

from __future__ import annotations

import collections
import os
from collections.abc import Callable
from types import FrameType
from typing import Any

from ..ops.op import Again
from .calls import found_in
from .entries import Entry, entries, is_active, keep_active
from .state import state

__all__ = ["call_again", "has_new_override", "operator_again", "outside"]

_LIBRARY = os.path.dirname(os.path.dirname(__file__)) + os.sep
# The functions that make calls again, by the names that they have in their files.
_CALLING = {"call", "method"}
_CALLERS = {os.path.join(_LIBRARY, "ops", "op.py"), os.path.join(_LIBRARY, "_tensor", "inplace.py")}


def has_new_override(args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether an argument overrides functions while these do not look for it yet.

    Args:
        args: the arguments.
        kwargs: those by keyword.
    """
    return not is_active() and state.level == 0 and bool(found_in((*args, *kwargs.values())))


def outside(frame: FrameType | None) -> FrameType | None:
    """The frame of what called a public function, past those that looked for overrides.

    Args:
        frame: the function's caller.
    """
    while frame is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    return frame


_OWN = os.path.dirname(__file__) + os.sep


def call_again(function: Callable[..., Any], method: str | None, frame: FrameType | None) -> Again:
    """Let all functions look for overrides, and tell what is to be called with the arguments that have failed.

    Args:
        function: what was called.
        method: the name by which it was called as a tensor's method.
        frame: of the caller.
    """
    counts = collections.Counter(entry.function.__code__ for entry in entries())
    plain = {entry.function.__code__: entry for entry in entries() if counts[entry.function.__code__] == 1}
    outermost: Callable[..., Any] | None = None
    while frame is not None and frame.f_code.co_filename.startswith(_LIBRARY):
        code, names = frame.f_code, frame.f_locals
        if code.co_name in _CALLING and code.co_filename in _CALLERS:
            if found_in((*names.get("args", ()), *names.get("kwargs", {}).values())):
                raise Again(function)  # that one makes the call again
        elif code in plain:
            outermost = _same_call(plain[code], names)
        frame = frame.f_back
    keep_active()
    if outermost is not None:
        return Again(outermost)
    if method is not None:
        function = next((e.function for e in entries() if e.name == f"torch.Tensor.{method}"), function)
    return Again(function)


def operator_again(method: Callable[..., Any], tensor: Any, other: Any) -> Any:
    """Call one of Python's operators again, with all functions looking for overrides.

    Args:
        method: what the operator's function is made of.
        tensor: the operand that it is a method of.
        other: the other one, which has an override.
    """
    keep_active()
    for entry in entries():
        parts = [cell.cell_contents for cell in entry.impl.__closure__ or ()] if entry.operator else ()
        if any(part is method for part in parts):
            return entry.function(tensor, other)
    return NotImplemented


def _same_call(entry: Entry, names: dict[str, Any]) -> Callable[..., Any]:
    """What makes the call of a function whose frame has these local variables, whatever it is called with."""
    code = entry.impl.__code__
    given = {name: names[name] for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]}
    return lambda *_, **__: entry.function(**given)

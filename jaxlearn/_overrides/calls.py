"""Calling overrides: which arguments have one, in which order they are asked, and what is said where none answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._warnings import warn
from .state import disabled, overrides, state

__all__ = [
    "PLAIN",
    "call_overrides",
    "found_in",
    "get_overloaded_args",
    "in_order",
    "stands_for",
]

# Types of arguments that are known to have no override; Tensor and its like come when they are made.
PLAIN: set[type] = {int, float, bool, complex, str, type(None), slice, type(...)}


def stands_for(kind: type) -> type:
    """The class that handlers are told in place of a class: a parameter of a subclass is of the subclass.

    Args:
        kind: the argument's class.
    """
    shown: type = kind.__dict__.get("_stands_for", kind)
    return shown


def in_order(found: list[Any], arg: Any) -> None:
    """Add an argument to those that are asked: one of a type, a subclass ahead of its base, else as they come."""
    kind = stands_for(type(arg))
    place = len(found)
    for i, other in enumerate(found):
        if stands_for(type(other)) is kind:
            return
        if place == len(found) and issubclass(kind, stands_for(type(other))):
            place = i
    found.insert(place, arg)


def found_in(args: Iterable[Any]) -> list[Any]:
    """The arguments with an override, those in lists and tuples too, in the order in which they are asked."""
    found: list[Any] = []
    for a in args:
        kind = type(a)
        if kind in PLAIN:
            continue
        if kind is list or kind is tuple:
            if not PLAIN.issuperset(map(type, a)):
                for x in a:
                    if type(x) not in PLAIN and overrides(type(x)):
                        in_order(found, x)
        elif overrides(kind):
            in_order(found, a)
    return found


def get_overloaded_args(relevant: Iterable[Any]) -> list[Any]:
    """Of the arguments those whose type has a ``__torch_function__``, ``Tensor`` itself included.

    Args:
        relevant: the arguments.
    """
    found: list[Any] = []
    if state.level == 0:
        for a in relevant:
            if hasattr(type(a), "__torch_function__") and type(a).__torch_function__ is not disabled:
                in_order(found, a)
    return found


def call_overrides(
    func: Callable[..., Any],
    found: list[Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    in_python: bool = True,
    types: Any = None,
) -> Any:
    """Ask the mode, then the arguments, until one does not answer ``NotImplemented``; that too if none does.

    Args:
        func: the public function.
        found: the arguments to ask.
        args: all arguments.
        kwargs: those by keyword.
        in_python: whether torch has the function in Python; if not, no ``kwargs`` leave it to the handler's default.
        types: what the handlers are told, if not the arguments' types.
    """
    if types is None:
        types = tuple([stands_for(type(a)) for a in found])
    rest = (args, kwargs) if in_python or kwargs else (args,)
    if state.modes and state.level < 2:
        mode = state.modes.pop()
        try:
            result = mode.__torch_function__(func, types, *rest)
        finally:
            state.modes.append(mode)
        if result is not NotImplemented:
            return result
    for a in found:
        handler = a.__torch_function__
        if getattr(handler, "__self__", None) is a and handler is not disabled:
            quote = "" if in_python else "`"
            warn(
                f"Defining your `__torch_function__{quote} as a plain method is deprecated and will be an error in "
                "future, please define it as a classmethod.",
                DeprecationWarning if in_python else UserWarning,
            )
        result = handler(func, types, *rest)
        if result is not NotImplemented:
            return result
    return NotImplemented

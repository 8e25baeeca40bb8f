"""The protocol in functions of the user's own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from .calls import PLAIN, call_overrides, get_overloaded_args
from .entries import entries
from .state import overrides, state

__all__ = [
    "handle_torch_function",
    "has_torch_function",
    "has_torch_function_unary",
    "has_torch_function_variadic",
    "is_tensor_like",
    "redispatch_function",
    "wrap_torch_function",
]


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether an argument has an override, or a mode is entered: then :func:`handle_torch_function` is to be called.

    Tensors and parameters themselves have none.

    Args:
        relevant_args: the arguments.

    Example::

        >>> import jaxlearn as torch
        >>> class MyTensor(torch.Tensor): pass
        >>> torch.overrides.has_torch_function((torch.ones(1), 2))
        False
        >>> torch.overrides.has_torch_function((MyTensor([1.0]), 2))
        True
    """
    if state.skip:
        state.skip = False
        return False
    if state.modes and state.level < 2:
        return True
    return state.level == 0 and any(type(a) not in PLAIN and overrides(type(a)) for a in relevant_args)


def has_torch_function_unary(arg: Any) -> bool:
    """:func:`has_torch_function` of one argument.

    Args:
        arg: the argument.

    Example::

        >>> import jaxlearn as torch
        >>> torch.overrides.has_torch_function_unary(torch.ones(1))
        False
    """
    return has_torch_function((arg,))


def has_torch_function_variadic(*args: Any) -> bool:
    """:func:`has_torch_function` of its arguments.

    Args:
        args: the arguments.

    Example::

        >>> import jaxlearn as torch
        >>> torch.overrides.has_torch_function_variadic(torch.ones(1), 2)
        False
    """
    return has_torch_function(args)


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """Hand a call of a function over to the mode that is entered, or to the arguments with overrides.

    https://docs.pytorch.org/docs/stable/torch.overrides.html

    Args:
        public_api: the function, as overrides are to see it.
        relevant_args: the arguments whose overrides count.
        args: all arguments.
        kwargs: those by keyword.

    Raises:
        TypeError: all overrides answer ``NotImplemented``.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.overrides import handle_torch_function, has_torch_function_unary
        >>> def twice(a):
        ...     if has_torch_function_unary(a):
        ...         return handle_torch_function(twice, (a,), a)
        ...     return a + a
        >>> class Named:
        ...     @classmethod
        ...     def __torch_function__(cls, func, types, args=(), kwargs=None):
        ...         return func.__name__
        >>> twice(torch.ones(1)), twice(Named())
        (tensor([2.]), 'twice')
    """
    found = get_overloaded_args(relevant_args)
    result = call_overrides(public_api, found, args, kwargs)
    if result is not NotImplemented:
        return result
    text = (
        f"no implementation found for '{public_api.__module__}.{public_api.__name__}' on types that implement "
        f"__torch_function__: {[type(a) for a in found]}"
    )
    raise TypeError(text + (f" nor in mode {state.modes[-1]}" if state.modes and state.level < 2 else ""))


def redispatch_function(
    func: Callable[..., Any], types: Any, args: Any, kwargs: dict[str, Any] | None
) -> Any:
    """Call a function past its own look for overrides; what it calls looks for them again.

    Args:
        func: the function that an override was given.
        types: as it was given them.
        args: the arguments.
        kwargs: those by keyword.

    Example::

        >>> import jaxlearn as torch
        >>> class Logged(torch.Tensor):
        ...     @classmethod
        ...     def __torch_function__(cls, func, types, args=(), kwargs=None):
        ...         print(func.__name__)
        ...         return torch.overrides.redispatch_function(func, types, args, kwargs)
        >>> _ = torch.exp(Logged([1.0]))
        exp
    """
    entry = next((e for e in entries() if e.public == func), None)
    if entry is not None:
        return entry.impl(*args, **(kwargs or {}))
    state.skip = True
    try:
        return func(*args, **(kwargs or {}))
    finally:
        state.skip = False


def is_tensor_like(inp: Any) -> bool:
    """Whether a value is a tensor, or takes part in the protocol.

    Args:
        inp: the value.

    Example::

        >>> import jaxlearn as torch
        >>> torch.overrides.is_tensor_like(torch.ones(1)), torch.overrides.is_tensor_like(6)
        (True, False)
    """
    return hasattr(inp, "__torch_function__")


def wrap_torch_function(
    dispatcher: Callable[..., Iterable[Any]],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function one that overrides can take over.

    Args:
        dispatcher: gives, of the function's arguments, those whose overrides count.

    Example::

        >>> import jaxlearn as torch
        >>> @torch.overrides.wrap_torch_function(lambda a: (a,))
        ... def twice(a):
        ...     return a + a
        >>> twice(torch.ones(1))
        tensor([2.])
    """

    def inner(func: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(func)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return func(*args, **kwargs)

        return wrapped

    return inner

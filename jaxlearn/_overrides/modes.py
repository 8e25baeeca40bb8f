"""Modes: overrides of all functions for as long as a ``with`` lasts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from .entries import activate, deactivate
from .state import state

__all__ = ["BaseTorchFunctionMode", "TorchFunctionMode", "look", "look_no_more"]


class _Entered:
    """How many modes are entered, in all threads."""

    count = 0


def look() -> None:
    """Let all functions look for overrides, as inside a mode, until :func:`look_no_more` is called."""
    _Entered.count += 1
    activate()


def look_no_more() -> None:
    """End what :func:`look` has begun."""
    _Entered.count -= 1
    if not _Entered.count:
        deactivate()


class TorchFunctionMode:
    """A ``with`` inside which all of torch's functions are handed to :meth:`__torch_function__`.

    Functions that take no tensors are among them (``torch.zeros``). Of several modes the one entered last is called;
    inside its method it is not entered, so that what it calls goes on to the mode before.
    https://docs.pytorch.org/docs/stable/torch.overrides.html

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.overrides import TorchFunctionMode, resolve_name
        >>> class Log(TorchFunctionMode):
        ...     def __torch_function__(self, func, types, args=(), kwargs=None):
        ...         print(resolve_name(func))
        ...         return func(*args, **(kwargs or {}))
        >>> with Log():
        ...     x = torch.ones(2) + 1
        torch.ones
        torch.Tensor.add
    """

    inner: TorchFunctionMode

    def __init__(self) -> None:
        """Nothing is to be set."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Do what a function is to do in this mode.

        Args:
            func: the function that was called.
            types: of the arguments that have overrides of their own.
            args: its arguments.
            kwargs: those by keyword.
        """
        raise NotImplementedError

    def __enter__(self) -> Any:
        look()
        state.modes.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        state.modes.pop()
        look_no_more()

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> Any:
        """A mode to enter; the class itself does the same.

        Args:
            args: the class's.
            kwargs: the class's.
        """
        warnings.warn(
            "`Mode.push()` is no longer necessary and can be replaced with just `with Mode()`", stacklevel=2
        )
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that calls every function as it is.

    Example::

        >>> import jaxlearn as torch
        >>> with torch.overrides.BaseTorchFunctionMode():
        ...     torch.ones(1)
        tensor([1.])
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call the function.

        Args:
            func: the function.
            types: as in :class:`TorchFunctionMode`.
            args: its arguments.
            kwargs: those by keyword.
        """
        return func(*args, **(kwargs or {}))

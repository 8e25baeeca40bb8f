"""Which overrides are in force in this thread: the modes entered, and whether overrides are disabled."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["DisableTorchFunction", "DisableTorchFunctionSubclass", "disabled", "overrides", "state"]

_SUBCLASSES, _ALL = 1, 2


class _State(threading.local):
    """A thread's own.

    ``modes``: those entered, the outermost first. ``level``: 0, or 1 while classes' overrides are disabled, or 2 while
    the modes' are as well. ``skip``: the next function of the user's own that looks for overrides is to find none.
    """

    def __init__(self) -> None:
        self.modes: list[Any] = []
        self.level = 0
        self.skip = False


state = _State()


def disabled(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The ``__torch_function__`` of a class that overrides nothing: calls the function without overrides.

    Args:
        func: the function.
        types: of the arguments that have overrides.
        args: the arguments.
        kwargs: those by keyword.
    """
    with DisableTorchFunctionSubclass():
        return func(*args, **(kwargs or {}))


def overrides(kind: type) -> bool:
    """Whether a class has an override of torch's functions."""
    found = getattr(kind, "__torch_function__", None)
    return found is not None and found is not disabled


class DisableTorchFunctionSubclass:
    """Inside it the ``__torch_function__`` of classes is not called; that of modes is.

    https://docs.pytorch.org/docs/stable/notes/extending.html

    Example::

        >>> import jaxlearn as torch
        >>> class MyTensor(torch.Tensor): pass
        >>> x = MyTensor([1.0])
        >>> with torch._C.DisableTorchFunctionSubclass():
        ...     type(x + 1)
        <class 'jaxlearn.Tensor'>
    """

    _level = _SUBCLASSES

    def __enter__(self) -> None:
        self._before = state.level
        state.level = max(state.level, self._level)

    def __exit__(self, *_: object) -> None:
        state.level = self._before


class DisableTorchFunction(DisableTorchFunctionSubclass):
    """Inside it no ``__torch_function__`` is called, neither of classes nor of modes.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.overrides import BaseTorchFunctionMode
        >>> with BaseTorchFunctionMode(), torch._C.DisableTorchFunction():
        ...     torch.ones(1)
        tensor([1.])
    """

    _level = _ALL

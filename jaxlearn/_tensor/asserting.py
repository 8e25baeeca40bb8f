"""Assertions, and how often warnings are shown."""

from __future__ import annotations

from typing import Any

from .._warnings import Warned
from .storage import TypedStorage, UntypedStorage

__all__ = ["_assert", "is_storage", "is_warn_always_enabled", "set_warn_always"]


def _assert(condition: Any, message: str) -> None:
    """``assert`` as a function, which also takes a tensor of one element.

    Raises:
        AssertionError: the condition is false.
    """
    assert condition, message


def is_storage(obj: Any, /) -> bool:
    """Whether the object is a tensor's storage.

    https://docs.pytorch.org/docs/stable/generated/torch.is_storage.html

    Args:
        obj: anything.

    Example::

        >>> import jaxlearn as torch
        >>> torch.is_storage(torch.ones(1).untyped_storage())
        True
    """
    return isinstance(obj, (TypedStorage, UntypedStorage))


def set_warn_always(b: bool, /) -> None:
    """Have those warnings given each time that are otherwise given once in a program.

    https://docs.pytorch.org/docs/stable/generated/torch.set_warn_always.html

    Args:
        b: True for each time.

    Example::

        >>> import jaxlearn as torch
        >>> torch.set_warn_always(True)
        >>> torch.is_warn_always_enabled()
        True
        >>> torch.set_warn_always(False)
    """
    Warned.always = b


def is_warn_always_enabled() -> bool:
    """Whether :func:`set_warn_always` is on.

    https://docs.pytorch.org/docs/stable/generated/torch.is_warn_always_enabled.html
    """
    return Warned.always

"""Assertions, and how often warnings are shown."""

from __future__ import annotations

import warnings
from typing import Any

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


_ALWAYS: tuple[Any, ...] = ("always", None, UserWarning, None, 0)


def set_warn_always(b: bool, /) -> None:
    """Have warnings shown each time rather than once for each line of the program.

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
    if b:
        warnings.simplefilter("always", UserWarning)
    elif is_warn_always_enabled():
        warnings.filters.remove(_ALWAYS)  # type: ignore[attr-defined]
        warnings.simplefilter("default", UserWarning, append=True)


def is_warn_always_enabled() -> bool:
    """Whether :func:`set_warn_always` is on.

    https://docs.pytorch.org/docs/stable/generated/torch.is_warn_always_enabled.html
    """
    return _ALWAYS in warnings.filters

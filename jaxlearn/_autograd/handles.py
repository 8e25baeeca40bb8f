"""The handle that takes a hook away again, and putting a hook into its table."""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from .._engine.recorder import changes

__all__ = ["HookTable", "RemovableHandle", "add_hook"]

_numbers = itertools.count()


class HookTable(OrderedDict[int, Callable[..., Any]]):
    """Hooks in the order of their registration, by their handles' numbers."""


class RemovableHandle:
    """Takes a hook away again; also at the end of a ``with`` block.

    https://docs.pytorch.org/docs/stable/generated/torch.utils.hooks.RemovableHandle.html

    Args:
        hooks_dict: the table that the hook is in.
        extra_dict: tables with the hook's options, under the same number; one or several.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> with x.register_hook(lambda grad: grad * 2):
        ...     x.sum().backward()
        >>> x.sum().backward()
        >>> x.grad
        tensor([3., 3.])
    """

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = ()) -> None:
        self.id = next(_numbers)
        extra = [extra_dict] if isinstance(extra_dict, dict) else list(extra_dict or ())
        self._tables = [weakref.ref(t) for t in (hooks_dict, *extra)]

    def remove(self) -> None:
        """Take the hook away; without effect if it is gone."""
        changes.modules += 1
        for reference in self._tables:
            table = reference()
            if table is not None:
                table.pop(self.id, None)

    def __getstate__(self) -> tuple[int, list[Any]]:
        return self.id, [reference() for reference in self._tables]

    def __setstate__(self, state: tuple[int, list[Any]]) -> None:
        # Pickled with the tables, as in a lazy module, it takes its hook out of the copies.
        self.id, tables = state
        self._tables = [weakref.ref(OrderedDict() if t is None else t) for t in tables]

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def add_hook(table: Any, hook: Any, *, options: Any = (), prepend: bool = False) -> RemovableHandle:
    """Put a hook into a table, and True under its number into the tables of the options it has."""
    changes.modules += 1
    handle = RemovableHandle(table, extra_dict=options)
    table[handle.id] = hook
    for option in options:
        option[handle.id] = True
    if prepend:
        table.move_to_end(handle.id, last=False)
    return handle

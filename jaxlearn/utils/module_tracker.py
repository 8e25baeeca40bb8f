"""Which modules' forwards are running: PyTorch's ``torch.utils.module_tracker``."""

from __future__ import annotations

import weakref
from typing import Any

from ..nn.hooks import register_module_forward_hook, register_module_forward_pre_hook
from ..nn.module import Module

__all__ = ["ModuleTracker"]


class ModuleTracker:
    """A ``with`` in which :attr:`parents` are the names of the modules whose forward is running, and ``"Global"``.

    A module's name is its path from the module that was called first, which is named by its class.
    Source: https://docs.pytorch.org/docs/stable/module_tracker.html

    Attributes:
        parents: the names.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.utils.module_tracker import ModuleTracker
        >>> class Net(torch.nn.Module):
        ...     def forward(self, x):
        ...         print(sorted(tracker.parents))
        >>> with ModuleTracker() as tracker:
        ...     Net()(torch.ones(1))
        ['Global', 'Net']
    """

    parents: set[str]

    def __init__(self) -> None:
        """Nothing is to be set."""
        self.parents = {"Global"}
        self._names: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._running: list[str] = []
        self._handles: list[Any] = []

    def __enter__(self) -> ModuleTracker:
        self._handles = [
            register_module_forward_pre_hook(self._begin),
            register_module_forward_hook(self._end, always_call=True),
        ]
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._running.clear()
        self.parents = {"Global"}

    @property
    def is_bw(self) -> bool:
        """Whether a backward is running: modules' forwards are told only."""
        return False

    def _begin(self, module: Module, _: Any) -> None:
        name = self._names.get(module)
        if name is None:
            name = self._names[module] = type(module).__name__
        for own, child in module.named_children():
            self._names.setdefault(child, f"{name}.{own}")
        self._running.append(name)
        self.parents = {"Global", *self._running}

    def _end(self, *_: Any) -> None:
        self._running.pop()
        self.parents = {"Global", *self._running}

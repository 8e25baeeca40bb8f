"""Hooks of optimizers: around each step of one or of all, and around saving and loading their state."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from .._autograd.handles import RemovableHandle, add_hook

__all__ = [
    "HookMethods",
    "global_post_hooks",
    "global_pre_hooks",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
]

Hooks = OrderedDict[int, Callable[..., Any]]

global_pre_hooks: Hooks = OrderedDict()
global_post_hooks: Hooks = OrderedDict()


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call a function before each step of every optimizer, ahead of the optimizer's own hooks.

    https://docs.pytorch.org/docs/stable/generated/torch.optim.optimizer.register_optimizer_step_pre_hook.html

    Args:
        hook: called as ``hook(optimizer, args, kwargs)``; a pair that it returns replaces the step's arguments.

    Returns:
        A handle whose ``remove()`` takes the hook away.
    """
    return add_hook(global_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call a function after each step of every optimizer, behind the optimizer's own hooks.

    https://docs.pytorch.org/docs/stable/generated/torch.optim.optimizer.register_optimizer_step_post_hook.html

    Args:
        hook: called as ``hook(optimizer, args, kwargs)``.

    Returns:
        A handle whose ``remove()`` takes the hook away.
    """
    return add_hook(global_post_hooks, hook)


class HookMethods:
    """The registration methods of an optimizer; the attributes have torch's names."""

    _optimizer_step_pre_hooks: Hooks
    _optimizer_step_post_hooks: Hooks
    _optimizer_state_dict_pre_hooks: Hooks
    _optimizer_state_dict_post_hooks: Hooks
    _optimizer_load_state_dict_pre_hooks: Hooks
    _optimizer_load_state_dict_post_hooks: Hooks

    def _make_hooks(self) -> None:
        """Set up what is not there yet: an unpickled optimizer comes without."""
        for name in HookMethods.__annotations__:
            self.__dict__.setdefault(name, OrderedDict())

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; a pair that it returns replaces the arguments."""
        return add_hook(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return add_hook(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer)`` before each ``state_dict()``, ahead of the others if ``prepend`` is set."""
        return add_hook(self._optimizer_state_dict_pre_hooks, hook, prepend=prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` behind each ``state_dict()``; what it returns is taken instead."""
        return add_hook(self._optimizer_state_dict_post_hooks, hook, prepend=prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before loading; what it returns is loaded instead."""
        return add_hook(self._optimizer_load_state_dict_pre_hooks, hook, prepend=prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer)`` after loading."""
        return add_hook(self._optimizer_load_state_dict_post_hooks, hook, prepend=prepend)

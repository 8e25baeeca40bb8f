"""Hooks that see what is registered on any module."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from .._autograd.handles import RemovableHandle, add_hook

__all__ = [
    "BUFFERS",
    "MODULES",
    "PARAMETERS",
    "register_module_buffer_registration_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
    "registered",
]

PARAMETERS: OrderedDict[int, Callable[..., Any]] = OrderedDict()
BUFFERS: OrderedDict[int, Callable[..., Any]] = OrderedDict()
MODULES: OrderedDict[int, Callable[..., Any]] = OrderedDict()


def registered(hooks: OrderedDict[int, Callable[..., Any]], module: Any, name: str, value: Any) -> Any:
    """What the hooks make of a value that is about to be registered."""
    for hook in hooks.values():
        changed = hook(module, name, value)
        if changed is not None:
            value = changed
    return value


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` when a parameter is registered; what it returns is registered instead.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_parameter_registration_hook.html

    Args:
        hook: the function.
    """
    return add_hook(PARAMETERS, hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` when a buffer is registered; what it returns is registered instead.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_buffer_registration_hook.html

    Args:
        hook: the function.
    """
    return add_hook(BUFFERS, hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` when a submodule is registered; what it returns is registered instead.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_module_registration_hook.html

    Args:
        hook: the function.
    """
    return add_hook(MODULES, hook)

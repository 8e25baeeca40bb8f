"""Registering hooks on one module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._autograd.handles import RemovableHandle, add_hook

__all__ = ["HookRegistration"]


class HookRegistration:
    """The hooks of :class:`jaxlearn.nn.Module`; the methods return handles whose ``remove()`` takes the hook away."""

    _forward_hooks: Any
    _forward_hooks_with_kwargs: Any
    _forward_hooks_always_called: Any
    _forward_pre_hooks: Any
    _forward_pre_hooks_with_kwargs: Any
    _backward_hooks: Any
    _backward_pre_hooks: Any
    _is_full_backward_hook: bool | None

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before each forward; what it returns replaces the arguments.

        Args:
            hook: the function; with ``with_kwargs`` it is called as ``hook(module, args, kwargs)`` and returns both.
            prepend: call it before the hooks that are there.
            with_kwargs: hand it the keyword arguments too.
        """
        options = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
        return add_hook(self._forward_pre_hooks, hook, options=options, prepend=prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after each forward; what it returns replaces the output.

        Args:
            hook: the function; with ``with_kwargs`` it is called as ``hook(module, args, kwargs, output)``.
            prepend: call it before the hooks that are there.
            with_kwargs: hand it the keyword arguments too.
            always_call: call it also when the forward raises an error.
        """
        options = [self._forward_hooks_with_kwargs] if with_kwargs else []
        if always_call:
            options.append(self._forward_hooks_always_called)
        return add_hook(self._forward_hooks, hook, options=options, prepend=prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before the gradients go through the module; what it returns replaces them.

        Args:
            hook: the function.
            prepend: call it before the hooks that are there.
        """
        return add_hook(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the module's inputs are known; what it
        returns replaces them.

        Args:
            hook: the function.
            prepend: call it before the hooks that are there.
        """
        self.__choose_backward_hooks(full=True)
        return add_hook(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The old form of :meth:`register_full_backward_hook`: the gradients are those of the operation that made the
        result, however many the module has.

        Args:
            hook: called as ``hook(module, grad_input, grad_output)``; what it returns replaces ``grad_input``.

        Raises:
            RuntimeError: the module has full backward hooks.
        """
        self.__choose_backward_hooks(full=False)
        return add_hook(self._backward_hooks, hook)

    def __choose_backward_hooks(self, full: bool) -> None:
        if self._is_full_backward_hook is not None and self._is_full_backward_hook is not full:
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only "
                "one of them."
            )
        self._is_full_backward_hook = full

"""Hooks around a module's call: the hooks of all modules, and the call with hooks."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from .._autograd.handles import RemovableHandle, add_hook
from .backward_hooks import BackwardHooks, hook_result
from .computed import ComputedTensor

__all__ = [
    "ALL_MODULES",
    "call_with_hooks",
    "register_module_backward_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
]

# Hooks of all modules, by kind. A kind's table is here only while it has hooks: one test tells whether there are any.
ALL_MODULES: dict[str, _Global] = {}


class _Global(OrderedDict[int, Callable[..., Any]]):
    """The hooks of one kind of all modules, with their options; it leaves ``ALL_MODULES`` when it is empty."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.with_kwargs: OrderedDict[int, bool] = OrderedDict()
        self.always: OrderedDict[int, bool] = OrderedDict()

    def pop(self, key: int, default: Any = None) -> Any:
        found = super().pop(key, default)
        if not self:
            ALL_MODULES.pop(self.kind, None)
        return found


_tables: dict[str, _Global] = {}


def _register(
    kind: str, hook: Callable[..., Any], with_kwargs: bool = False, always: bool = False
) -> RemovableHandle:
    table = _tables.setdefault(kind, _Global(kind))
    ALL_MODULES[kind] = table
    return add_hook(
        table, hook, options=[o for o, on in ((table.with_kwargs, with_kwargs), (table.always, always)) if on]
    )


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, args)`` before every module's forward.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_forward_pre_hook.html

    Args:
        hook: the function.
    """
    return _register("forward_pre", hook)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call ``hook(module, args, output)`` after every module's forward.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_forward_hook.html

    Args:
        hook: the function.
        with_kwargs: hand it the keyword arguments too.
        always_call: call it also when the forward raises an error.
    """
    return _register("forward", hook, with_kwargs, always_call)


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` before the backward of every module.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_full_backward_pre_hook.html

    Args:
        hook: the function.
    """
    return _register("backward_pre", hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` when the gradients of every module's inputs are known.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_full_backward_hook.html

    Args:
        hook: the function.
    """
    _refuse_both("backward_at_result")
    return _register("backward", hook)


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """The old form of :func:`register_module_full_backward_hook`: the gradients are those of the operation that made
    the result of each module.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.modules.module.register_module_backward_hook.html

    Args:
        hook: called as ``hook(module, grad_input, grad_output)``.
    """
    _refuse_both("backward")
    return _register("backward_at_result", hook)


def _refuse_both(other: str) -> None:
    if other in ALL_MODULES:
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook. Please use only "
            "one of them."
        )


def _of_all(kind: str) -> Any:
    return ALL_MODULES.get(kind) or _NONE


_NONE: Any = _Global("none")


def _before(
    module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    common = _of_all("forward_pre")
    hooks = [(hook, number in common.with_kwargs) for number, hook in common.items()]
    hooks += [
        (h, number in module._forward_pre_hooks_with_kwargs)
        for number, h in module._forward_pre_hooks.items()
    ]
    for hook, with_kwargs in hooks:
        if with_kwargs:
            changed = hook(module, args, kwargs)
            if changed is not None:
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                    )
                args, kwargs = changed
        else:
            changed = hook(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
    return args, kwargs


def _after(module: Any) -> list[tuple[int, Callable[..., Any], bool, bool]]:
    """The forward hooks due: (number, hook, with_kwargs, always_call)."""
    common = _of_all("forward")
    due = [(n, h, n in common.with_kwargs, n in common.always) for n, h in common.items()]
    for n, h in module._forward_hooks.items():
        due.append((n, h, n in module._forward_hooks_with_kwargs, n in module._forward_hooks_always_called))
    return due


def call_with_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the module's ``forward`` with all hooks around it."""
    done: set[int] = set()
    output: Any = None
    try:
        args, kwargs = _before(module, args, kwargs)
        pre = [*_of_all("backward_pre").values(), *module._backward_pre_hooks.values()]
        own = list(module._backward_hooks.values())
        old_form = module._is_full_backward_hook is False
        post = [*_of_all("backward").values(), *([] if old_form else own)]
        at_result = [*_of_all("backward_at_result").values(), *(own if old_form else [])]
        backward = BackwardHooks(module, post, pre) if pre or post else None
        if backward is not None:
            args = backward.watch_inputs(args)
        try:
            output = module.forward(*args, **kwargs)
        finally:
            for before in module._forward_pre_hooks.values():
                if isinstance(before, ComputedTensor):
                    before.forward_ended(module)
        for number, hook, with_kwargs, _ in _after(module):
            done.add(number)
            changed = hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
            if changed is not None:
                output = changed
        if at_result:
            hook_result(module, at_result, args, output)
        return output if backward is None else backward.watch_outputs(output)
    except Exception:
        # Hooks that are always called see whatever output there is; an error in one does not hide the first.
        for number, hook, with_kwargs, always in _after(module):
            if always and number not in done:
                try:
                    changed = (
                        hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
                    )
                    if changed is not None:
                        output = changed
                except Exception as error:
                    warnings.warn(
                        "module forward hook with ``always_call=True`` raised an exception that was silenced as "
                        f"another error was raised in forward: {error!s}",
                        stacklevel=2,
                    )
        raise

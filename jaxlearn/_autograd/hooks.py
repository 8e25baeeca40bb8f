"""Calling hooks in torch's order, with torch's checks of what they return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._engine.value import Aval
from .._naming import type_name
from .._tensor.dispatch import TENSOR_TYPES
from .gradient import Gradient, legacy_name, of_tensor, tensor_of
from .handles import HookTable
from .node import LeafHooks

__all__ = ["after_accumulation", "after_node", "arriving_at_leaf", "before_node", "on_tensor"]

Slots = list[Gradient | None]


def _name(hook: Callable[..., Any]) -> str:
    return getattr(hook, "__name__", type(hook).__name__)


def _checked(result: Any, before: Gradient | None, hook: Callable[..., Any]) -> Gradient:
    """What a hook returned in place of a gradient.

    Raises:
        TypeError: it is no tensor.
        RuntimeError: there was no gradient, or it was of another shape, dtype or device.
    """
    if type(result) not in TENSOR_TYPES:
        raise TypeError(f"expected Variable, but hook returned '{type_name(result)}'")
    if before is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    gradient = of_tensor(result)
    old: Aval = before.value.aval
    new: Aval = gradient.value.aval
    if old.dtype != new.dtype or old.device != new.device:
        raise RuntimeError(
            f"hook '{_name(hook)}' has changed the type of value (was {legacy_name(old)} got {legacy_name(new)})"
        )
    if old.shape != new.shape:
        raise RuntimeError(f"hook '{_name(hook)}' has changed the size of value")
    return gradient


def on_tensor(hooks: HookTable, gradient: Gradient | None) -> Gradient | None:
    """Let a tensor's hooks see, and replace, its gradient; None is one that is zero throughout."""
    for hook in list(hooks.values()):
        result = hook(None if gradient is None else tensor_of(gradient))
        if result is not None:
            gradient = _checked(result, gradient, hook)
    return gradient


def _tensors(slots: Sequence[Gradient | None]) -> tuple[Any, ...]:
    return tuple([None if g is None else tensor_of(g) for g in slots])


def _all_checked(result: Any, slots: Slots, hook: Callable[..., Any]) -> Slots:
    """What a node's hook returned in place of all gradients."""
    if not isinstance(result, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type_name(result)}'")
    if len(result) != len(slots):
        raise RuntimeError(
            f"hook '{_name(hook)}' has returned an incorrect number of values (got {len(result)}, but expected "
            f"{len(slots)})"
        )
    return [None if r is None else _checked(r, g, hook) for r, g in zip(result, slots, strict=True)]


def before_node(hooks: HookTable, slots: Slots) -> Slots:
    """Let a node's pre-hooks see, and replace, the gradients of its outputs."""
    for hook in list(hooks.values()):
        result = hook(_tensors(slots))
        if result is not None:
            slots = _all_checked(result, slots, hook)
    return slots


def after_node(hooks: HookTable, inputs: Slots, outputs: Slots) -> Slots:
    """Let a node's hooks see the gradients of its outputs and see, and replace, those of its inputs."""
    for hook in list(hooks.values()):
        result = hook(_tensors(inputs), _tensors(outputs))
        if result is not None:
            inputs = _all_checked(result, inputs, hook)
    return inputs


def arriving_at_leaf(
    hooks: LeafHooks, gradient: Gradient | None, adds: bool
) -> tuple[Gradient | None, Gradient | None]:
    """A leaf's gradient after the tensor's hooks, and after the pre-hooks of the node that adds it (if it is added).

    The first is what ``grad()`` gives.
    """
    gradient = on_tensor(hooks.tensor, gradient)
    if not adds or not hooks.pre:
        return gradient, gradient
    (added,) = before_node(hooks.pre, [gradient])
    return gradient, added


def after_accumulation(hooks: LeafHooks, leaf: Any, gradient: Gradient | None) -> None:
    """Tell a leaf's hooks that its gradient was added, or that there was none to add.

    Raises:
        TypeError: a post-accumulate hook returned something.
    """
    for hook in list(hooks.accumulated.values()):
        result = hook(leaf)
        if result is not None:
            raise TypeError(f"expected Variable, but hook returned '{type_name(result)}'")
    if hooks.post:
        after_node(hooks.post, [], [gradient])

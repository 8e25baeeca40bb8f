"""Where backward starts and where it ends: the root's gradient, and adding to a leaf's ``grad``."""

from __future__ import annotations

import weakref
from typing import Any

import jax.numpy as jnp

from .._autograd.backward import Gradient, add_gradients
from .._autograd.modes import no_grad
from .._autograd.node import edge_of
from .._engine.graph import record
from .._engine.recorder import recorder
from .._engine.signature import Signature
from .._engine.value import Value
from .dispatch import wrap
from .views import assign

__all__ = ["HookHandle", "Retainer", "accumulate_grad", "root_gradient"]


def root_gradient(tensor: Any, gradient: Any) -> tuple[Any, Gradient]:
    """Where backward starts: the tensor's edge and the gradient entering there. Raises torch's errors."""
    if not tensor.requires_grad:
        raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
    aval = tensor._current().aval
    if gradient is None:
        if aval.size != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        value = unit_gradient(aval)
        edge = None
    else:
        if tuple(gradient.shape) != aval.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[0] has a shape of {gradient.shape} and output[0] has a shape of "
                f"{tensor.shape}."
            )
        if recorder.capture is not None:
            recorder.capture.read([gradient])
        value = gradient._current()
        edge = None
        if gradient._requires_grad:
            edge = edge_of(gradient)
    return edge_of(tensor), Gradient(value, edge)


_unit_gradients: dict[Any, Any] = {}


def unit_gradient(aval: Any) -> Value:
    """The gradient of a result with respect to itself, as a constant of the program."""
    signature = _unit_gradients.get(aval)
    if signature is None:
        signature = Signature("ones", lambda: jnp.ones(aval.shape, aval.dtype), (), device=aval.device)
        _unit_gradients[aval] = signature
    return record(signature, ())


def accumulate_grad(leaf: Any, given: Gradient, create_graph: bool) -> None:
    """Add a gradient to ``leaf.grad``: in place if it exists, unless the gradient has a history of its own."""
    if recorder.capture is not None:
        recorder.capture.grad_read(leaf)
    held = leaf._grad
    if held is None:
        grad = wrap(given.value)
        _attach(grad, given)
        leaf._grad = grad
    elif create_graph:
        before = Gradient(held._current(), None)
        if held._requires_grad:
            before.edge = edge_of(held)
        total = add_gradients(before, given)
        grad = wrap(total.value)
        _attach(grad, total)
        leaf._grad = grad
    else:
        if recorder.capture is not None:
            recorder.capture.read([held])
        total = add_gradients(Gradient(held._current()), Gradient(given.value))
        with no_grad():
            assign(held, wrap(total.value))


def _attach(grad: Any, given: Gradient) -> None:
    edge = given.edge
    if isinstance(edge, tuple):
        grad._grad_fn, grad._output_nr = edge
        grad._requires_grad = True
    elif edge is not None:
        grad._requires_grad = True


class Retainer:
    """Passes a retained gradient to its tensor without keeping the tensor alive from its own backward node."""

    __slots__ = ("ref",)

    def __init__(self, tensor: Any) -> None:
        self.ref = weakref.ref(tensor)

    def _retain(self, gradient: Gradient) -> None:
        tensor = self.ref()
        if tensor is not None:
            accumulate_grad(tensor, gradient, gradient.edge is not None)


class HookHandle:
    """Undoes the registration of a hook."""

    _next = 0

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self._hooks = hooks
        self.id = HookHandle._next
        HookHandle._next += 1
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook away."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()

"""Saved-tensor hooks: what backward needs is handed to the user's ``pack`` when saved and to ``unpack`` when used.

A recorded operation saves the inputs that its gradient looks at. While hooks are active its backward node keeps what
``pack`` made of them, and not the inputs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .._dtype_objects import from_numpy_dtype
from .._engine.value import Aval, Value
from .._naming import type_name
from .._tensor.dispatch import TENSOR_TYPES, wrap
from .differentiable import by_name
from .gradient import Gradient, constant, of_tensor, tensor_of
from .modes import no_grad
from .node import GradNode, watchers

__all__ = ["HookSaver", "Packed", "Saver", "disabled", "keep_one", "pop_saver", "push_saver", "saver"]


class Packed(Protocol):
    """Something saved."""

    def unpack(self, given: Sequence[Value]) -> tuple[Any, ...]:
        """Give it back.

        Args:
            given: the gradients that have arrived at the node that needs it.
        """


class Saver(Protocol):
    """Keeps what backward needs."""

    def keep_inputs(self, node: GradNode) -> Packed:
        """Keep a recorded operation's inputs; unpacking gives values."""

    def keep_tensors(self, tensors: Sequence[Any]) -> Packed:
        """Keep a Function's tensors; unpacking gives tensors."""


class _Stack(threading.local):
    def __init__(self) -> None:
        self.savers: list[Saver] = []
        self.disabled: str | None = None


_stack = _Stack()


def saver() -> Saver | None:
    """The saver at work in this thread, if any."""
    return _stack.savers[-1] if _stack.savers else None


def push_saver(entering: Saver) -> None:
    """Make a saver keep what is saved from now on.

    Raises:
        RuntimeError: hooks are disabled; the message is the one given then.
    """
    if _stack.disabled is not None:
        raise RuntimeError(_stack.disabled)
    _stack.savers.append(entering)
    watchers.append(_watch)


def pop_saver() -> None:
    """Go back to the saver before."""
    _stack.savers.pop()
    watchers.remove(_watch)


def disabled(message: str | None) -> str | None:
    """Refuse hooks with this message from now on (None: allow them); gives the setting before.

    Raises:
        RuntimeError: hooks are active.
    """
    if message is not None and _stack.savers:
        raise RuntimeError(message)
    before, _stack.disabled = _stack.disabled, message
    return before


def _watch(node: GradNode) -> None:
    if _stack.savers and node.compute is None and node.inputs is not None:
        node.more().packed = _stack.savers[-1].keep_inputs(node)
        node.inputs = None


class HookSaver:
    """Keeps what the user's functions make of the tensors.

    Args:
        pack: called with each tensor saved; returns anything.
        unpack: called with that when it is needed; returns the tensor.
    """

    def __init__(self, pack: Callable[[Any], Any], unpack: Callable[[Any], Any]) -> None:
        self.pack = pack
        self.unpack = unpack

    def keep_inputs(self, node: GradNode) -> Packed:
        """See :class:`Saver`."""
        assert node.inputs is not None
        signature = node.signature
        saved = set(signature.kept_for(node.wanted))
        packed: dict[int, _One] = {}
        for i in by_name(signature, len(node.inputs)):
            if i in saved or signature.gradient_reads(node.wanted, i):
                value, edge = node.inputs[i], node.edges[i]
                tensor = tensor_of(Gradient(value, edge)) if edge is not None else wrap(value)
                packed[i] = _One(self, tensor)
        kept = [packed.get(i, value.aval) for i, value in enumerate(node.inputs)]
        return _Inputs(kept, list(packed))

    def keep_tensors(self, tensors: Sequence[Any]) -> Packed:
        """See :class:`Saver`."""
        return _Tensors([None if t is None else _One(self, t) for t in tensors])


def keep_one(saver: HookSaver, node: GradNode, index: int) -> None:
    """Let hooks keep one operand of a node, and the node the others.

    Args:
        saver: the hooks.
        node: the node.
        index: the operand's number.
    """
    assert node.inputs is not None
    edge, value = node.edges[index], node.inputs[index]
    one = _One(saver, tensor_of(Gradient(value, edge)) if edge is not None else wrap(value))
    node.more().packed = _Inputs([one if i == index else v for i, v in enumerate(node.inputs)])
    node.inputs = None


class _One:
    """One tensor as ``pack`` left it."""

    __slots__ = ("aval", "packed", "saver")

    def __init__(self, by: HookSaver, tensor: Any) -> None:
        version = tensor._version
        self.saver = by
        self.aval: Aval = tensor._current().aval
        with no_grad():
            self.packed = by.pack(tensor)
        if tensor._version != version:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook "
                "cannot be modified by in-place operations as this can lead to unexpected side-effects. Please open "
                "an issue if you need to perform in-place operations on the input to a pack hook."
            )

    def value(self) -> Value:
        """The value, in the shape and dtype that was saved."""
        tensor = self.tensor()
        have, saved = tensor._current().aval, self.aval
        if have.shape != saved.shape:
            tensor = tensor.expand(saved.shape)
        if have.dtype != saved.dtype:
            tensor = tensor.to(from_numpy_dtype(saved.dtype))
        return of_tensor(tensor).value

    def tensor(self) -> Any:
        result = self.saver.unpack(self.packed)
        if type(result) not in TENSOR_TYPES:
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type_name(result)}"
            )
        return result


class _Inputs:
    """An operation's inputs; of those that its gradient does not look at only the types."""

    __slots__ = ("kept", "order")

    def __init__(self, kept: Sequence[_One | Value | Aval], order: Sequence[int] = ()) -> None:
        self.kept = kept
        self.order = order  # of those that hooks keep

    def unpack(self, given: Sequence[Value]) -> tuple[Value, ...]:
        first = {i: _unpacked(self.kept[i]) for i in self.order}
        return tuple([first[i] if i in first else _unpacked(k) for i, k in enumerate(self.kept)])


def _unpacked(kept: _One | Value | Aval) -> Value:
    if isinstance(kept, _One):
        return kept.value()
    return kept if isinstance(kept, Value) else constant(kept, 0)


class _Tensors:
    """A Function's saved tensors."""

    __slots__ = ("kept",)

    def __init__(self, kept: Sequence[_One | None]) -> None:
        self.kept = kept

    def unpack(self, given: Sequence[Value]) -> tuple[Any, ...]:
        return tuple([None if k is None else k.tensor() for k in self.kept])

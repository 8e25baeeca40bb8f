"""What a Function's ``save_for_backward`` keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._engine.signature import Signature
from .._engine.value import Aval, Value
from .._naming import type_name
from .._tensor.dispatch import TENSOR_TYPES, apply_signature, wrap_cell
from .gradient import overwritten
from .modes import SAVED_INFERENCE, enable_grad
from .saving import Packed, Saver

__all__ = ["SavedTensors"]


class SavedTensors:
    """Tensors as they were when forward ended.

    A result is kept without its history, because that leads to its own context; a tensor overwritten since is refused.

    Args:
        tensors: what to keep; None stays None.
        node: the context.
        saver: keeps them in another way, if hooks are active.
    """

    def __init__(self, tensors: Sequence[Any], node: Any, saver: Saver | None) -> None:
        self.given: Sequence[Value] = ()
        self.entries: list[Any] = []
        for i, t in enumerate(tensors):
            if t is None:
                self.entries.append(None)
                continue
            if type(t) not in TENSOR_TYPES:
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {i} is of type {type_name(t)}"
                )
            if t._inference:
                raise RuntimeError(SAVED_INFERENCE)
            made = t._grad_fn is node
            number = t._output_nr
            held = t._alias() if made else t
            version = held._cell.version - held._cell.untracked
            self.entries.append((held, number if made else None, version, held._cell))
        self.packed: Packed | None = None
        if saver is not None:
            self.packed = saver.keep_tensors(
                [None if e is None else _shown(e[0], e[1], node) for e in self.entries]
            )
            self.entries = [None if e is None else (_history(e[0]), e[1]) for e in self.entries]

    def tensors(self, node: Any) -> tuple[Any, ...]:
        """The tensors, results with their history again.

        Raises:
            RuntimeError: one was overwritten in place.
        """
        if self.packed is not None:
            kept = self.packed.unpack(self.given)
            return tuple(
                [None if e is None else _again(t, e, node) for t, e in zip(kept, self.entries, strict=True)]
            )
        found: list[Any] = []
        for entry in self.entries:
            if entry is None:
                found.append(None)
                continue
            tensor, number, version, cell = entry
            now = (
                cell.version - cell.untracked
            )  # of the memory that it had, which ``data`` may have exchanged
            if now != version and not node.extra.mutable:
                edge = (node, number) if number is not None else _history(tensor)
                raise RuntimeError(overwritten(tensor._current().aval, edge, version, now))
            if number is not None:
                tensor = _alias(tensor)
                tensor._grad_fn, tensor._output_nr, tensor._requires_grad = node, number, True
            found.append(tensor)
        return tuple(found)


def _shown(tensor: Any, number: int | None, node: Any) -> Any:
    """A result as a pack hook sees it: with its history."""
    if number is None:
        return tensor
    shown = _alias(tensor)
    shown._grad_fn, shown._output_nr, shown._requires_grad = node, number, True
    return shown


def _history(tensor: Any) -> Any:
    """Where gradients of a saved tensor go, without its values: the leaf, or its node and number."""
    if not tensor._requires_grad:
        return None
    return tensor if tensor._grad_fn is None else (tensor._grad_fn, tensor._output_nr)


def _again(tensor: Any, entry: tuple[Any, int | None], node: Any) -> Any:
    """A tensor that a hook gave back, with the history of the one that was saved."""
    history, number = entry
    edge = (node, number) if number is not None else history
    if edge is None or edge is tensor:
        return tensor
    tensor = _alias(tensor)
    if type(edge) is tuple:
        tensor._grad_fn, tensor._output_nr = edge
        tensor._requires_grad = True
        return tensor
    # A leaf's gradients must reach the leaf itself, which is not this tensor: an operation that does nothing leads
    # there.
    value = tensor._current()
    signature = _aliases.get(value.aval)
    if signature is None:
        signature = _aliases[value.aval] = Signature("alias", lambda x: x, (value.aval,))
        signature.grad_name = "AliasBackward0"
    with enable_grad():
        return apply_signature(signature, [edge], (value,), (), True)


_aliases: dict[Aval, Signature] = {}


def _alias(tensor: Any) -> Any:
    if tensor._view is not None:
        return tensor._alias()
    return wrap_cell(tensor._cell)

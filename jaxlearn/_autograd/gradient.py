"""A gradient on its way through the backward graph, as a value and as the tensor that hooks and Functions see."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from .._dtype_objects import from_numpy_dtype
from .._engine.graph import record
from .._engine.recorder import recorder
from .._engine.signature import Signature
from .._engine.value import Aval, Value
from .._tensor.dispatch import wrap
from .apply import apply_values
from .node import GradNode, edge_if_any, short_name

__all__ = [
    "Gradient",
    "SavedInside",
    "add_gradients",
    "add_values",
    "constant",
    "legacy_name",
    "of_tensor",
    "overwritten",
    "tensor_of",
]


class Gradient:
    """A gradient on its way: its value and, under ``create_graph``, its own place in the backward graph."""

    __slots__ = ("edge", "value")

    def __init__(
        self, value: Value, edge: Any = None
    ) -> None:  # the edge is a leaf or (GradNode, output number)
        self.value = value
        self.edge = edge


_sums: dict[tuple[Aval, Aval], Signature] = {}


def _sum_of(avals: tuple[Aval, Aval]) -> Signature:
    signature = _sums[avals] = Signature("add_gradients", jnp.add, avals, training=True)
    signature.grad_name = "AddBackward0"
    return signature


def add_gradients(a: Gradient, b: Gradient) -> Gradient:
    """Sum of two gradients of the same value."""
    if a.edge is None and b.edge is None:
        return Gradient(add_values(a.value, b.value))
    avals = (a.value.aval, b.value.aval)
    signature = _sums.get(avals) or _sum_of(avals)
    (value,), inputs, traced = apply_values(signature, (a.value, b.value))
    node = GradNode(signature, inputs, (), (a.edge, b.edge))
    node.traced = traced
    return Gradient(value, (node, 0))


def add_values(a: Value, b: Value) -> Value:
    """Sum of two gradients without a history."""
    avals = (a.aval, b.aval)
    signature = _sums.get(avals) or _sum_of(avals)
    if avals[0].traced or avals[1].traced:
        return apply_values(signature, (a, b))[0][0]
    return record(signature, (a, b))


def tensor_of(gradient: Gradient) -> Any:
    """The gradient as a tensor, with its history if it has one."""
    edge = gradient.edge
    if edge is not None and type(edge) is not tuple:
        return edge  # a leaf given as a gradient
    tensor = wrap(gradient.value)
    if edge is not None:
        tensor._grad_fn, tensor._output_nr = edge
        tensor._requires_grad = True
    return tensor


def of_tensor(tensor: Any) -> Gradient:
    """The tensor as a gradient, its history included."""
    if recorder.capture is not None:
        recorder.capture.read([tensor])
    value = tensor._current()
    return Gradient(value, edge_if_any(tensor))


_constants: dict[tuple[Aval, float], Signature] = {}


def constant(aval: Aval, number: float) -> Value:
    """An array of one number, as a constant of the program."""
    signature = _constants.get((aval, number))
    if signature is None:
        shape, dtype = aval.shape, aval.dtype
        name = "ones" if number == 1 else "zeros"
        signature = Signature(name, lambda: jnp.full(shape, number, dtype), (), device=aval.device)
        _constants[aval, number] = signature
    return record(signature, ())


def legacy_name(aval: Aval) -> str:
    """The tensor type that torch's messages name: ``torch.FloatTensor``."""
    where = "torch.cuda" if aval.device.type == "cuda" else "torch"
    return f"{where}.{from_numpy_dtype(aval.dtype)._scalar_name}Tensor"


def overwritten(aval: Aval, edge: Any, version: int, now: int, cell: Any = None, turned: bool = False) -> str:
    """torch's message on a saved value that was overwritten: its type, where it came from, and its versions.

    Args:
        aval: its type.
        edge: where its gradient goes.
        version: when it was saved.
        now: the present one.
        cell: its storage, if torch saved the tensor itself, which may have got another history since.
        turned: whether torch saved its transpose.
    """
    shape = aval.shape[::-1] if turned else aval.shape
    return _overwritten(legacy_name(aval), shape, _origin(edge, cell, turned), version, now)


def _origin(edge: Any, cell: Any, turned: bool) -> str:
    signature = getattr(edge[0], "signature", None) if type(edge) is tuple else None
    if turned or (signature is not None and signature.op is not None and signature.op.view):
        return ", which is output 0 of AsStrided,"  # as a view's history is made anew after a write
    later = getattr(cell, "history", None)
    if later is not None:
        name, number = later.grad_name, 0
    elif type(edge) is tuple:
        name, number = edge[0].name(), edge[1]
    else:
        return ""
    return f", which is output {number} of {short_name(name)},"


class SavedInside:
    """Something that an operation inside a vmap, a branch or a loop has saved: a place in the list of what the whole
    has saved, instead of the number of an operand.

    Args:
        node: the operation's.
        number: of its operand; -1 for its result or the first of several, -2 for the second.
        batch: how many samples there are, None if there is one.
        cell: its storage.
    """

    __slots__ = ("_aval", "_batch", "_number", "_origin", "_signature", "_wanted")

    def __init__(self, node: GradNode, number: int, batch: int | None, cell: Any) -> None:
        self._signature = node.signature
        self._wanted = node.wanted
        self._number = number
        self._batch = batch
        if number < 0:
            self._aval = node.signature.out[-1 - number]
            edge = (node, -1 - number) if self._aval.dtype.kind in "fcV" else None
            self._origin = _origin(edge, None, False)
        else:
            self._aval = node.signature.avals[number]
            self._origin = _origin(node.edges[number], cell, False)

    def read(self) -> bool:
        """Whether the operation's gradient looks at it."""
        return self._number < 0 or self._signature.keeps_input(self._wanted, self._number)

    def overwritten(self, version: int, now: int) -> str:
        """See the function of that name."""
        aval = self._aval
        shape = aval.shape if self._batch is None else (self._batch, *aval.shape)
        return _overwritten(legacy_name(aval), shape, self._origin, version, now)


def _overwritten(name: str, shape: tuple[int, ...], origin: str, version: int, now: int) -> str:
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{name} {list(shape)}]{origin} is at version {now}; expected version {version} instead. "
        "Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
        "torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )

"""Aliases: how a view's value is made anew from its storage, and how a write through a view reaches it.

The numbers in a chain of views (which row, where a slice starts) are operands of what is recorded here, as they are in
the view operations themselves: a loop that writes to ``x[i]`` is one program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._autograd.links import really_requires_grad
from .._autograd.modes import modes
from .._autograd.node import GradNode, edge_if_any, edge_of, short_name
from .._engine.graph import evaluate, record
from .._engine.recorder import recorder, unusual
from .._engine.signature import Signature, strong, x64
from .._engine.value import Aval, Value, concrete
from ..layouts import contiguous_format, preserve_format
from ..ops.op import HOST_ELEMENTS
from ..ops.shape import alias
from ..ops.shape_parts import as_strided_view
from ..ops.view_rules import (
    Geometry,
    Step,
    place,
    read_on_host,
    read_through,
    retypes,
    write_on_host,
    write_through,
)
from .cell import Cell, view_of
from .host_writes import rebind_on_host, writable_part
from .layout import laid_out, like_strides, strides_of

__all__ = [
    "assign",
    "become",
    "count_untracked",
    "current",
    "geometry",
    "has_tangent",
    "is_from_outside",
    "laid_out_otherwise",
    "lay_out_like",
    "memory_order",
    "operand",
    "read_from_base",
    "read_node",
    "read_storage",
    "refresh_history",
    "refuse_kind",
    "rewrite_history",
    "share",
]

# What a new tensor like a row-major one is laid out as anyhow.
_AS_IT_IS = (None, preserve_format, contiguous_format)
_STRIDED = "AsStridedBackward0"
_signatures: dict[Any, Signature] = {}
_SIGNATURES = 4096


class _Number:
    """Stands for a number among a step's arguments."""

    def __repr__(self) -> str:
        return "#"


_NUMBER = _Number()


def _split_numbers(steps: Sequence[Step]) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """The steps with their numbers taken out, hashable, and the numbers."""
    skeleton = []
    numbers: list[int] = []
    for op, rest in steps:
        row = []
        for i, a in enumerate(rest, 1):
            if i in op.numbers:
                numbers.append(a)
                a = _NUMBER
            row.append(tuple(a) if type(a) is list else a)
        skeleton.append((op, tuple(row)))
    return tuple(skeleton), tuple(numbers)


def _join_numbers(skeleton: Sequence[Step], numbers: Sequence[Any]) -> list[Step]:
    rest = iter(numbers)
    return [(op, tuple([next(rest) if a is _NUMBER else a for a in row])) for op, row in skeleton]


def _reading(aval: Aval, skeleton: tuple[Any, ...], grad_name: str, kinds: list[type]) -> Signature:
    def fn(x: Any, *numbers: Any) -> Any:
        return read_through(x, _join_numbers(skeleton, numbers))

    def host(x: Any, *numbers: Any) -> Any:
        return read_on_host(x, _join_numbers(skeleton, numbers))

    signature = Signature("view", fn, [aval], kinds, op=alias.op)
    signature.grad_name = grad_name
    signature.host = host
    whole = Geometry(aval.shape, strides_of(aval))
    found = place(_join_numbers(skeleton, [0] * len(kinds)), whole, aval.dtype.itemsize)
    signature.out = (laid_out(signature.out[0], found.strides),)
    return signature


def _writing(aval: Aval, source: Aval, skeleton: tuple[Any, ...], kinds: list[type]) -> Signature:
    def fn(x: Any, new: Any, *numbers: Any) -> Any:
        return write_through(x, new, _join_numbers(skeleton, numbers))

    def host(x: Any, new: Any, *numbers: Any) -> Any:
        return write_on_host(x, new, _join_numbers(skeleton, numbers))

    signature = Signature("write", fn, [aval, source], kinds, device=aval.device, op=alias.op)
    signature.grad_name = "torch::autograd::CopySlices"
    signature.out = (laid_out(signature.out[0], strides_of(aval)),)
    if not any(retypes(op) for op, _ in skeleton):
        signature.host = host
    return signature


def _reading_reshaped(
    aval: Aval,
    cell: Aval,
    own: tuple[Any, ...],
    skeleton: tuple[Any, ...],
    grad_name: str,
    kinds: list[type],
) -> Signature:
    """A view read off a base that was itself reshaped in place, by the steps ``own``."""
    first = sum(a is _NUMBER for _, row in own for a in row)

    def fn(x: Any, *numbers: Any) -> Any:
        whole = write_through(jnp.zeros(cell.shape, cell.dtype), x, _join_numbers(own, numbers[:first]))
        return read_through(whole, _join_numbers(skeleton, numbers[first:]))

    signature = Signature("view", fn, [aval], kinds)
    signature.grad_name = grad_name
    return signature


def _writing_reshaped(
    aval: Aval, source: Aval, cell: Aval, own: tuple[Any, ...], skeleton: tuple[Any, ...], kinds: list[type]
) -> Signature:
    """A write through a view of a base that was itself reshaped in place."""
    first = sum(a is _NUMBER for _, row in own for a in row)

    def fn(x: Any, new: Any, *numbers: Any) -> Any:
        to_base = _join_numbers(own, numbers[:first])
        whole = write_through(jnp.zeros(cell.shape, cell.dtype), x, to_base)
        return read_through(write_through(whole, new, _join_numbers(skeleton, numbers[first:])), to_base)

    signature = Signature("write", fn, [aval, source], kinds, device=aval.device)
    signature.grad_name = "torch::autograd::CopySlices"
    return signature


def _signature(make: Any, *key: Any) -> Signature:
    """The signature of ``make(*key)``; those of tracers, which never come again, are not kept."""
    kinds = [int] * sum(a is _NUMBER for part in key if type(part) is tuple for _, row in part for a in row)
    if any(type(part) is Aval and part.traced for part in key):
        return make(*key, kinds)
    found = _signatures.get((make, key))
    if found is None:
        if len(_signatures) >= _SIGNATURES:
            _signatures.clear()
        found = _signatures[make, key] = make(*key, kinds)
    return found


def _apply(
    signature: Signature, inputs: tuple[Value, ...], numbers: tuple[int, ...], limit: int | None
) -> Value:
    """Record the signature, or compute at once what is on the host (up to ``limit`` elements) or traced."""
    capture = recorder.capture
    if capture is not None and capture.lifts:
        inputs = tuple([capture.lift(v) if v.aval.traced else v for v in inputs])
    elif any(v.aval.traced for v in inputs):
        arrays = [evaluate(v) for v in inputs]
        with x64():
            return concrete(strong(signature.fn(*arrays, *numbers)))
    if (
        signature.host is not None
        and capture is None
        and (limit is None or signature.out[0].size <= limit)
        and all(type(v.array) is np.ndarray for v in inputs)
    ):
        return concrete(signature.host(*[v.array for v in inputs], *numbers), signature.out[0])
    return record(signature, inputs, numbers)


def read_storage(tensor: Any, steps: tuple[Step, ...]) -> Value:
    """What a chain of views shows of the storage that a tensor is on."""
    if recorder.capture is not None:
        recorder.capture.read([tensor])
    skeleton, numbers = _split_numbers(steps)
    value = tensor._cell.value
    return _apply(_signature(_reading, value.aval, skeleton, _STRIDED), (value,), numbers, None)


def current(tensor: Any) -> Value:
    """The value of a view now."""
    view, cell = tensor._view, tensor._cell
    capture = recorder.capture if unusual else None
    if (capture is not None and capture.rederives(tensor)) or view.version != cell.version:
        view.value = read_storage(tensor, view.steps)
        view.version = cell.version
    value: Value = view.value
    return value


def operand(tensor: Any) -> Value:
    """The value of a view now, with its place in the backward graph made anew if the storage was written."""
    value = current(tensor)
    refresh_history(tensor)
    return value


def refresh_history(tensor: Any, asked: bool = False) -> None:
    """Give a view the history that follows from its base's, if the storage was written since it was last looked at.

    Args:
        tensor: the view.
        asked: whether the history itself is asked for, rather than an operation that may be done without one.

    Raises:
        RuntimeError: the view was made in a way that does not allow that; with torch's wording.
    """
    view, cell = tensor._view, tensor._cell
    base = view.base
    writes = cell.version - cell.untracked
    if base is None or view.writes == writes:
        return
    if base._requires_grad or tensor._grad_fn is not None:
        if view.kind:
            if not asked and (not modes.grad or modes.hidden):
                return  # refused when it is asked for, or used with gradients enabled
            refuse_kind(tensor, indirect=True)
        last = view.steps[-1][0]
        node = read_node(base, view.steps, last.grad_name if retypes(last) else _STRIDED)
        rewrite_history(tensor, node, 0, True)
    view.writes = writes


def _seen_from_base(view: Any, cell: Cell) -> tuple[Value, Any, tuple[Step, ...]]:
    """The base's value, the steps from the storage to the base if they do not begin the view's, and the view's steps
    (from the base where they do)."""
    base = view.base
    if base._view is None:
        return cell.value, None, view.steps
    own = base._view.steps
    value = current(base)
    if view.steps[: len(own)] == own:
        return value, None, view.steps[len(own) :]
    return value, own, view.steps


_FORBIDDEN = (
    " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both "
    "the view and the inplace either both inside the {0} block (if you don't want the inplace to be tracked) or both "
    "outside (if you want the inplace to be tracked)."
)


def refuse_kind(tensor: Any, indirect: bool) -> None:
    """Refuse to write with a history to a view whose way of creation does not allow that.

    Args:
        tensor: the view.
        indirect: whether its base, rather than itself, was written to.

    Raises:
        RuntimeError: with torch's wording.
    """
    kind = tensor._view.kind
    done = "its base or another view of its base has been" if indirect else "is being"
    node = tensor._grad_fn
    mode, under = (
        ("inference", "in normal mode") if kind == "inference" else ("no_grad", "with grad mode enabled")
    )
    if node is None or not node.leads:
        start = f"A view was created in {mode} mode and {done} modified inplace {under}."
    else:
        start = f"Output {tensor._output_nr} of {short_name(node.name())} is a view"
        if kind == mode:
            start += f" of a view which was created in {mode} mode and {done} modified inplace {under}."
        else:
            start += f" and {done} modified inplace."
    if kind == "multi":
        end = (
            " This view is the output of a function that returns multiple views. Such functions do not allow the "
            "output views to be modified inplace. You should replace the inplace operation by an out-of-place one."
        )
    elif kind == "function":
        end = (
            " This view was created inside a custom Function (or because an input was returned as-is) and the autograd "
            "logic to handle view+inplace would override the custom backward associated with the custom Function, "
            "leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the "
            "custom Function."
        )
    else:
        end = _FORBIDDEN.format("inference_mode" if kind == "inference" else "no_grad")
    raise RuntimeError(start + end)


def assign(target: Any, result: Any) -> None:
    """Write ``result`` (of the target's shape and dtype) into ``target``, history included; all aliases see it."""
    view, cell = target._view, target._cell
    base = None if view is None else view.base
    source = result._cell.value if result._view is None else operand(result)
    if (
        source.aval.traced
        and not cell.value.aval.traced
        and is_from_outside(target if base is None else base)
    ):
        raise RuntimeError(
            "a write inside a JAX transformation reached a parameter or buffer from outside of it, which cannot hold a "
            "value of the transformation: make its module an argument of the function (jaxlearn.func.functional_call, "
            "nnx.jit), or call eval() where the write is that of running statistics"
        )
    grad = modes.grad and (not modes.hidden or any(map(has_tangent, (target, base, result))))
    rebased = None
    if view is None:
        if recorder.capture is not None:
            recorder.capture.target(target)
        new = _in_layout(source, cell.value.aval, result)
    else:
        if recorder.capture is not None:
            recorder.capture.read([target])
        tracked = grad and base is not None and (base._requires_grad or result._requires_grad)
        copied = writable_part(view, cell) if type(source.array) is np.ndarray and not tracked else None
        if copied is not None:
            copied[1][...] = source.array
            count_untracked(target)
            rebind_on_host(target, *copied)
            return
        skeleton, numbers = _split_numbers(view.steps)
        signature = _signature(_writing, cell.value.aval, source.aval, skeleton)
        if grad and base is not None and (base._requires_grad or result._requires_grad):
            rebased = _rebased(view, cell, result, source)
        limit = 0 if rebased is not None else HOST_ELEMENTS
        new = _apply(signature, (cell.value, source), numbers, limit)
        if rebased is not None and recorder.capture is not None:
            rebased.more().recorded = new.inputs  # the node is of the base, the write of the storage
    count_untracked(target)
    cell.rebind(new)
    if base is not None and rebased is not None:
        _rewrite(base, rebased, 0, True)
        cell.history = rebased.signature
        if target._keeps_grad:
            refresh_history(target)  # it retains the gradient of its new value from now on
    elif base is None and grad and (result._requires_grad or target._grad_fn is not None):
        _rewrite(target, result._grad_fn, result._output_nr, result._requires_grad)
        if result._grad_fn is not None:
            cell.history = result._grad_fn.signature


def _rewrite(tensor: Any, node: GradNode | None, number: int, requires_grad: bool) -> None:
    """:func:`rewrite_history` after a write, which backward may not look at where a tangent does."""
    if modes.hidden and really_requires_grad(tensor):
        node, number, requires_grad = modes.follows.beside(tensor, node, number, requires_grad)
    rewrite_history(tensor, node, number, requires_grad)


def is_from_outside(tensor: Any) -> bool:
    """Whether it is a parameter or buffer that was made before the JAX transformation that is running."""
    made = getattr(tensor, "_trace_state", None)
    return made is not None and not made.is_valid()


def has_tangent(tensor: Any) -> bool:
    """Whether a tensor, or None, has a tangent, inside of what carries them."""
    return tensor is not None and tensor._grad_fn is not None and modes.follows.follows(tensor._grad_fn)


def _in_layout(value: Value, aval: Aval, result: Any) -> Value:
    """The value in the memory that it is written to, whose layout stays."""
    if (
        value.aval.strides is not aval.strides
        and value.aval.strides != aval.strides
        and value.aval.shape == aval.shape
    ):
        if result._view is not None:  # the value is that of another tensor as well
            value = record(_signature(_copying, value.aval), (value,))
        value.aval = laid_out(value.aval, strides_of(aval))
    return value


def _copying(aval: Aval, kinds: list[type]) -> Signature:
    return Signature("clone", lambda x: x, [aval])


def _rebased(view: Any, cell: Cell, result: Any, source: Value) -> GradNode:
    """The base's new place in the backward graph after a write through a view of it."""
    base = view.base
    value, own, steps = _seen_from_base(view, cell)
    if own is None:
        skeleton, numbers = _split_numbers(steps)
        signature = _signature(_writing, value.aval, source.aval, skeleton)
    else:
        before, first = _split_numbers(own)
        after, second = _split_numbers(steps)
        numbers = first + second
        signature = _signature(_writing_reshaped, value.aval, source.aval, cell.value.aval, before, after)
    edges = (
        edge_of(base) if base._requires_grad else None,
        edge_if_any(result),
    )
    node = GradNode(signature, (value, source), numbers, edges)
    node.traced = value.aval.traced or source.aval.traced
    return node


def become(tensor: Any, viewed: Any, grad_name: str | None) -> None:
    """Let a tensor itself take the shape of a view of it; its memory stays shared, and other views stay as they are.

    Args:
        tensor: the tensor.
        viewed: the view, without a history.
        grad_name: torch's name for the backward node; None for a tensor without a history.
    """
    cell, view, was = tensor._cell, viewed._view, tensor._view
    base = None if was is None else was.base
    node = None
    if grad_name is not None and (tensor.requires_grad or tensor._requires_grad):  # or it has a tangent alone
        if modes.grad and (not modes.hidden or has_tangent(tensor)):
            node = read_node(tensor, view.steps, grad_name)
        elif base is None and tensor._grad_fn is not None and view.value.aval.shape != tensor.shape:
            # torch keeps the node, and fits the gradient to the shape that it knows
            node = read_node(tensor, view.steps, tensor._grad_fn.name())
    count_untracked(tensor)
    cell.rebind(cell.value)  # torch counts it as a write
    if recorder.capture is not None:
        recorder.capture.history_written(tensor)
    tensor._view = view_of(base, view.steps, view.value, cell, "" if was is None else was.kind)
    if was is not None and node is None:
        tensor._view.writes = was.writes  # its history is to follow from the base's
    if node is not None:
        tensor._grad_fn, tensor._output_nr, tensor._requires_grad = node, 0, True


def rewrite_history(tensor: Any, node: GradNode | None, number: int, requires_grad: bool) -> None:
    """Give a tensor another place in the backward graph; the gradient that it retains is that of its new value."""
    if recorder.capture is not None:
        recorder.capture.history_written(tensor)
    if tensor._keeps_grad and node is not None and tensor._grad_fn is not None:
        retainer = tensor._grad_fn.more().retained.pop(tensor._output_nr, None)
        if retainer is not None:
            node.more().retained[number] = retainer
    tensor._grad_fn, tensor._output_nr, tensor._requires_grad = node, number, requires_grad


def read_node(tensor: Any, steps: tuple[Step, ...], grad_name: str) -> GradNode:
    """The backward node of reading what ``steps`` show of the storage, as a function of a tensor on it."""
    value = tensor._cell.value if tensor._view is None else operand(tensor)
    own = () if tensor._view is None else tensor._view.steps
    if steps[: len(own)] == own:
        skeleton, numbers = _split_numbers(steps[len(own) :])
        signature = _signature(_reading, value.aval, skeleton, grad_name)
    else:
        before, first = _split_numbers(own)
        after, second = _split_numbers(steps)
        numbers = first + second
        signature = _signature(
            _reading_reshaped, value.aval, tensor._cell.value.aval, before, after, grad_name
        )
    # a view of a leaf that does not require grad has lost its history with the write, as in torch
    edge = edge_of(tensor) if tensor._requires_grad else None
    node = GradNode(signature, (value,), numbers, (edge,))
    node.traced = value.aval.traced
    return node


def read_from_base(tensor: Any) -> None:
    """Before a view is written to, let its gradient flow to its base at once, as the new value's will.

    By the way it was made it is the same, but for ``as_strided``: that shows elements of the base which the view that
    it was applied to need not have.
    """
    view = tensor._view
    if tensor._grad_fn is not None and any(op is as_strided_view.op for op, _ in view.steps):
        node = read_node(view.base, view.steps, _STRIDED)
        if recorder.capture is not None:
            node.more().recorded = current(tensor).inputs
        rewrite_history(tensor, node, 0, True)


def count_untracked(tensor: Any) -> None:
    """Count a write, if it is one through ``.data``."""
    view = tensor._view
    owner = tensor if view is None or view.base is None else view.base
    if owner._untracked is not None:
        owner._untracked[0] += 1
        owner._cell.untracked += 1


def share(tensor: Any, source: Any) -> None:
    """Let a tensor be on another's memory, with its shape and strides, from now on."""
    view = source._view
    tensor._cell = source._cell
    tensor._view = None if view is None else view_of(None, view.steps, source._current(), source._cell)


def lay_out_like(tensor: Any, other: Any, memory_format: Any) -> Any:
    """Give a new tensor the layout of another of its shape, or a memory format; return it."""
    if laid_out_otherwise(other, memory_format):
        value = tensor._cell.value
        value.aval = laid_out(value.aval, like_strides(other, geometry(other)[0], memory_format))
    return tensor


def laid_out_otherwise(other: Any, memory_format: Any) -> bool:
    """Whether a new tensor like this one, or in a memory format, may not be row-major."""
    plain = other._view is None and other._cell.value.aval.strides is None
    return not plain or memory_format not in _AS_IT_IS


def memory_order(tensor: Any) -> tuple[int, ...]:
    """The dimensions of a tensor as they follow each other in its memory, the outermost first.

    Those of an expanded tensor, whose elements share memory, stay as they are.
    """
    strides = geometry(tensor)[0]
    if 0 in strides:
        return tuple(range(len(strides)))
    return tuple(sorted(range(len(strides)), key=lambda d: -strides[d]))


def in_memory_order(
    tensor: Any, sample: Callable[[tuple[int, ...]], np.ndarray[Any, Any]]
) -> np.ndarray[Any, Any]:
    """An array of the tensor's shape that ``sample(shape)`` makes, filled in the order of the tensor's memory."""
    shape, order = tuple(tensor.shape), memory_order(tensor)
    return sample(tuple([shape[d] for d in order])).transpose(tuple(np.argsort(order)))


def geometry(tensor: Any) -> tuple[tuple[int, ...], int]:
    """Strides and storage offset in elements, as torch's memory layout of this chain of views would have them."""
    aval = tensor._cell.value.aval
    strides = strides_of(aval)
    view = tensor._view
    if view is None:
        return strides, 0
    found = place(view.steps, Geometry(aval.shape, strides), aval.dtype.itemsize)
    return found.strides, found.offset

"""In-place forms: the operation's result written into its first argument, with torch's checks."""

from __future__ import annotations

import copy
import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._autograd.modes import modes
from .._engine.recorder import recorder, unusual
from .._engine.signature import Signature
from .._engine.value import Lent
from .._naming import type_name
from .._overrides.discovery import call_again, has_new_override
from .._warnings import warn
from ..ops.conversion import convert
from ..ops.op import ARGUMENT_ERRORS
from ..ops.view_rules import is_dense
from .argument_kinds import refuse
from .call_errors import explain
from .dispatch import TENSOR_TYPES
from .out_dtypes import check_out_dtype
from .views import assign, geometry, has_tangent, read_from_base, refuse_kind

__all__ = [
    "check_writable",
    "inplace",
    "refuse_growth",
    "refuse_inference",
    "write",
    "write_out",
    "write_result",
]

_SHARED = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please "
    "clone() the tensor before performing the operation."
)
_READ = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation."
)


# To the in-place forms of some operations torch gives derivative formulas of their own, whose nodes have other names.
_NAMES_IN_PLACE = {
    name + "Backward0": name + "Backward1"
    for name in "Acosh Asinh Atanh Celu ConjPhysical Elu LeakyRelu Polygamma RreluWithNoise Threshold".split()
}


def inplace(
    function: Callable[..., Any], name: str | None = None, *, shared: bool = False
) -> Callable[..., Any]:
    """The in-place form of an operation, as a method: ``add_ = inplace(ops.add)``.

    Args:
        function: the operation, or a method made of one.
        name: the method's name, if it is not the operation's with an underscore.
        shared: whether torch lets it write to elements that share memory with each other.
    """

    @functools.wraps(function)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            simple = not kwargs and _is_simple(self, args)
            if not simple:
                check_writable(self, *args, *kwargs.values(), shared=shared)
            result = function(self, *args, **kwargs)
            if not (simple and _take_over(self, result)):
                write_result(self, result)
        except ARGUMENT_ERRORS:
            better = explain(method.__name__, (self, *args), kwargs, None, True)
            if has_new_override(args, kwargs):
                return call_again(method, method.__name__, sys._getframe(1)).function(self, *args, **kwargs)
            if better is None:
                raise
            raise better from None
        return self

    plain = function.op.name if hasattr(function, "op") else function.__name__
    method.__name__ = method.__qualname__ = name or plain + "_"
    method.__doc__ = f"In-place form of :func:`{plain}`: writes the result into this tensor and returns it."
    return method


def _is_simple(target: Any, operands: tuple[Any, ...]) -> bool:
    """Whether :func:`check_writable` has nothing to look at: no view, no history, no other view of its memory."""
    if target._view is not None or target._requires_grad or target._inference:
        return False
    for other in operands:
        if type(other) in TENSOR_TYPES and other._cell is target._cell and other is not target:
            return False
    return True


def _take_over(target: Any, result: Any) -> bool:
    """Let a tensor have a result that is on the host for its value; False where :func:`write` has more to do."""
    cell, value = target._cell, result._cell.value
    if (
        type(value.array) is not np.ndarray
        or value.aval is not cell.value.aval
        or result._view is not None
        or result._requires_grad
        or (unusual and recorder.capture is not None)
        or target._untracked is not None
        or target._grad_fn is not None
    ):
        return False
    cell.value = value
    cell.version += 1
    return True


def check_writable(target: Any, *operands: Any, shared: bool = False, reshapes: bool = False) -> None:
    """Refuse to write where torch does: leaves that require grad, views made in a way that forbids it, shared memory.

    Args:
        target: the tensor to be written to.
        operands: the operation's other arguments.
        shared: whether the operation writes to elements that share memory with each other all the same.
        reshapes: whether the tensor's shape is changed rather than its elements.

    Raises:
        RuntimeError: with torch's wording.
    """
    if target._inference:
        refuse_inference(target)
    view = target._view
    base = None if view is None else view.base
    if modes.grad and not modes.hidden:
        required = target._requires_grad or (base is not None and base._requires_grad)
        if base is not None and view.kind:
            if required or any(type(o) in TENSOR_TYPES and o._requires_grad for o in operands):
                refuse_kind(target, indirect=False)
        if required and base is not None and _starts_history(base):
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place operation."
            )
        if required and base is None and _starts_history(target):
            raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
        if required and base is not None and not reshapes:
            read_from_base(target)
    if view is not None and not shared:
        value = view.value
        # of an array on the host the strides are at hand
        strides = value.aval.strides if type(value.array) is np.ndarray else geometry(target)[0]
        if strides is not None and any(
            stride == 0 and size > 1 for stride, size in zip(strides, target.shape, strict=True)
        ):
            raise RuntimeError(_SHARED)
    for other in operands:
        if type(other) in TENSOR_TYPES and other._cell is target._cell and _partly_shared(target, other):
            raise RuntimeError(_READ)


def refuse_inference(target: Any) -> None:
    """Refuse to change a tensor that was made in inference mode outside of it.

    Raises:
        RuntimeError: with torch's wording.
    """
    if target._inference and not modes.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
            "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
        )


def _starts_history(tensor: Any) -> bool:
    """Whether the tensor is a leaf, or an argument of a transformed function, which is one to that function."""
    node = tensor._grad_fn
    return node is None or (node.level is not None and node.level.begins)


def _partly_shared(target: Any, other: Any) -> bool:
    """Whether two dense tensors on one storage overlap without being the same."""
    if target._view is other._view:
        return False
    spans = []
    for tensor in (target, other):
        strides, offset = geometry(tensor)
        shape = tensor.shape
        if not is_dense(shape, strides) or not tensor.numel():
            return False
        spans.append((offset * tensor.itemsize, (offset + tensor.numel()) * tensor.itemsize, strides))
    (first, end, strides), (other_first, other_end, other_strides) = spans
    if (first, end) == (other_first, other_end):
        return strides != other_strides
    return first < other_end and other_first < end


def _check_cast(result: Any, target: Any) -> None:
    """Refuse to convert between kinds of numbers where torch does."""
    if not dtypes.can_cast(result.dtype, target.dtype):
        raise RuntimeError(
            f"result type {result.dtype._scalar_name} can't be cast to the desired output type "
            f"{target.dtype._scalar_name}"
        )


def write(target: Any, result: Any) -> None:
    """Write a result into a tensor of the same shape, converting it to the tensor's dtype.

    Raises:
        RuntimeError: the result's shape differs, or torch would not convert its dtype; nothing is written.
    """
    if result is target:
        return
    have, want = result._current().aval, target._current().aval
    if have.shape != want.shape:
        raise RuntimeError(
            f"output with shape {list(want.shape)} doesn't match the broadcast shape {list(have.shape)}"
        )
    if have.dtype != want.dtype:
        _check_cast(result, target)
        result = convert(result, target.dtype)
    node = result._grad_fn
    if node is not None and node.saved is not None:
        # torch keeps a copy of what an in-place operation overwrites (not of another operand that is the same tensor);
        # of the result it keeps the target itself.
        kept = [s for s in node.saved if s[2] != 0 or s[0] is not target._cell]
        version = target._cell.version - target._cell.untracked + 1
        node.saved = [(target._cell, version, -1) if s[2] < 0 else s for s in kept]
    assign(target, result)


def write_result(target: Any, result: Any) -> None:
    """:func:`write` for what an operation has just computed, in place of its result."""
    node = result._grad_fn
    if node is not None and node.signature.grad_name in _NAMES_IN_PLACE:
        node.signature = _renamed(node.signature)
    write(target, result)


@functools.lru_cache(1024)
def _renamed(signature: Signature) -> Signature:
    made = copy.copy(signature)
    made.grad_name = _NAMES_IN_PLACE[signature.grad_name]
    return made


def write_out(
    out: Any, result: Any, function: str, arguments: tuple[Any, ...] = (), alone: bool = False
) -> Any:
    """Write a result (or several) into the tensors given as ``out=``; an ``out`` of another shape is resized.

    Args:
        out: the tensor, or as many as there are results.
        result: of the function.
        function: its name, for messages.
        arguments: what it was called with; ``out`` must not be a part of one of them.
        alone: whether ``out`` must not be one of them either.

    Raises:
        RuntimeError: ``out`` or an argument requires grad, torch would not convert the dtype, or memory overlaps.
    """
    if isinstance(out, (tuple, list)) and isinstance(result, (tuple, list)):
        if len(out) != len(result):
            raise TypeError(f"expected tuple of {len(result)} elements but got {len(out)}")
        for i, o in enumerate(out):
            if type(o) not in TENSOR_TYPES:
                raise TypeError(
                    f"expected Tensor as element {i} in argument {len(arguments)}, but got {type_name(o)}"
                )
        for o, r in zip(out, result, strict=True):
            check_out_dtype(o, r, f"{function}.dim")
            write_out(o, r, function, arguments, alone)
        return type(result)(*out) if hasattr(result, "_fields") else out
    if isinstance(result, (tuple, list)):
        raise refuse(function, "out", "tuple of Tensors", out)
    if type(out) not in TENSOR_TYPES:
        raise refuse(function, "out", "Tensor", out)
    if modes.follows is not None and (has_tangent(out) or has_tangent(result)):
        raise NotImplementedError(
            f"Trying to use forward AD with {function}_out that does not support it because it is an out= function"
        )
    if modes.grad and not modes.hidden and (out.requires_grad or result.requires_grad):
        raise RuntimeError(
            f"{function}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    refuse_inference(out)
    _check_overlap(out, arguments, alone)
    check_out_dtype(out, result, function, arguments)
    if out.shape != result.shape and out.numel():
        warn(
            "An output with one or more elements was resized since it had shape "
            f"{list(out.shape)}, which does not match the required output shape {list(result.shape)}. This behavior is "
            "deprecated, and in a future PyTorch release outputs will not be resized unless they have zero elements. "
            "You can explicitly reuse an out tensor t by resizing it, inplace, to zero elements with t.resize_(0)."
        )
    if out.shape != result.shape and out._view is not None:
        out.resize_(result.shape)  # over more of what is read, perhaps
        _check_overlap(out, arguments, alone)
    if out.shape != result.shape:
        refuse_growth(out, result.numel())
        if result.dtype != out.dtype:
            _check_cast(result, out)
            result = convert(result, out.dtype)
        assign(out, result)
    else:
        write(out, result)
    return out


def refuse_growth(tensor: Any, count: int) -> None:
    """Refuse to make room for more elements than there are in memory that is NumPy's too."""
    value = tensor._cell.value
    if type(value) is Lent and count > value.array.size:
        raise RuntimeError("Trying to resize storage that is not resizable")


def _check_overlap(out: Any, arguments: Any, alone: bool) -> None:
    """Refuse to write to elements that share memory with each other, or with those that are read."""
    if out._view is not None:
        strides, _ = geometry(out)
        if any(stride == 0 and size > 1 for stride, size in zip(strides, out.shape, strict=True)):
            raise RuntimeError(_SHARED)
    for x in arguments:
        if isinstance(x, (tuple, list)):
            _check_overlap(out, x, alone)
        elif type(x) in TENSOR_TYPES and x._cell is out._cell:
            same = x._view is out._view or geometry(x) == geometry(out)
            if (alone and (x is out or (same and x.numel()))) or _partly_shared(out, x):
                raise RuntimeError(_READ)

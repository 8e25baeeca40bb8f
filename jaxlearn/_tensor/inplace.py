"""In-place forms: the operation's result written into its first argument, with torch's checks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .. import _dtypes as dtypes
from .._autograd.modes import modes
from ..ops.conversion import convert
from .views import assign, geometry

__all__ = ["check_writable", "inplace", "write", "write_out"]


def inplace(function: Callable[..., Any], name: str | None = None) -> Callable[..., Any]:
    """The in-place form of an operation, as a method: ``add_ = inplace(ops.add)``.

    Args:
        function: the operation, or a method made of one.
        name: the method's name, if it is not the operation's with an underscore.
    """

    @functools.wraps(function)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        check_writable(self)
        write(self, function(self, *args, **kwargs))
        return self

    plain = function.op.name if hasattr(function, "op") else function.__name__
    method.__name__ = method.__qualname__ = name or plain + "_"
    method.__doc__ = f"In-place form of :func:`{plain}`: writes the result into this tensor and returns it."
    return method


def check_writable(target: Any) -> None:
    """Refuse to write to a leaf that requires grad and to elements that share memory with each other.

    Raises:
        RuntimeError: with torch's wording.
    """
    if target._inference and not modes.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
            "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
        )
    if modes.grad and target._requires_grad:
        if target._of_function:
            _refuse_of_function(target)
        if target._view is None:
            if target.grad_fn is None:
                raise RuntimeError(
                    "a leaf Variable that requires grad is being used in an in-place operation."
                )
        elif target.is_leaf or (target._view.base._grad_fn is None and target._view.base._requires_grad):
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place operation."
            )
        else:
            _refuse_one_of_several(target)
    if target._view is not None and any(
        stride == 0 and size > 1 for stride, size in zip(geometry(target)[0], target.shape, strict=True)
    ):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


def _refuse_of_function(target: Any) -> None:
    """Refuse to write, with history, to a view that an autograd.Function returned."""
    name = target._grad_fn.name().removesuffix("Backward")
    raise RuntimeError(
        f"Output {target._output_nr} of {name} is a view and is being modified inplace. This view was created inside a "
        "custom Function (or because an input was returned as-is) and the autograd logic to handle view+inplace would "
        "override the custom backward associated with the custom Function, leading to incorrect gradients. This "
        "behavior is forbidden. You can fix this by cloning the output of the custom Function."
    )


def _refuse_one_of_several(view_tensor: Any) -> None:
    """Refuse to write, with history, to a view that came with others (split, unbind): torch does not allow it."""
    for _, _, part in view_tensor._view.steps:
        if part is not None:
            name = view_tensor.grad_fn.name().rstrip("0123456789").removesuffix("Backward")
            raise RuntimeError(
                f"Output {part} of {name} is a view and is being modified inplace. This view is the output of a "
                "function that returns multiple views. Such functions do not allow the output views to be modified "
                "inplace. You should replace the inplace operation by an out-of-place one."
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
        if not dtypes.can_cast(result.dtype, target.dtype):
            raise RuntimeError(
                f"result type {result.dtype._scalar_name} can't be cast to the desired output type "
                f"{target.dtype._scalar_name}"
            )
        result = convert(result, target.dtype)
    node = result._grad_fn
    if node is not None and node.saved is not None:
        # torch keeps a copy of what an in-place operation overwrites; of the result it keeps the target itself.
        kept = [s for s in node.saved if s[2] < 0 or s[0] is not target._cell]
        version = target._cell.version - target._cell.untracked + 1
        node.saved = [(target._cell, version, -1) if s[2] < 0 else s for s in kept]
    assign(target, result)


def write_out(out: Any, result: Any, function: str) -> Any:
    """Write a result (or several) into the tensors given as ``out=``; an ``out`` of another shape is resized.

    Raises:
        RuntimeError: ``out`` or an argument requires grad, or torch would not convert the dtype.
    """
    if isinstance(out, (tuple, list)):
        for o, r in zip(out, result, strict=True):
            write_out(o, r, function)
        return type(result)(*out) if hasattr(result, "_fields") else out
    if modes.grad and (out.requires_grad or result.requires_grad):
        raise RuntimeError(
            f"{function}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    if out.shape != result.shape and out._view is None:
        if result.dtype != out.dtype:
            result = convert(result, out.dtype)
        assign(out, result)
    else:
        write(out, result)
    return out

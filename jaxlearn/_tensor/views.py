"""Aliases: how a view's value is made anew from its base, and how a write through a view reaches the base."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._autograd.modes import enable_grad
from .._engine.recorder import recorder
from .._engine.value import Value
from ..ops.op import op
from .cell import Step
from .dispatch import dispatch

__all__ = ["assign", "current", "geometry", "write_through"]


def current(view_tensor: Any) -> Value:
    """The value of a view now; its history too, if the storage was written since it was last looked at."""
    view = view_tensor._view
    cell = view_tensor._cell
    capture = recorder.capture
    if (capture is not None and capture.rederives(view)) or view.version != cell.version:
        keeps = view.base._requires_grad
        result = view.base
        with enable_grad():
            for definition, rest, part in view.steps:
                result = dispatch(definition, (result, *rest), {})
                if part is not None:
                    result = result[part]
        view.value = result._view.value
        view.version = cell.version
        if keeps:
            view_tensor._grad_fn = result._grad_fn
            view_tensor._output_nr = result._output_nr
            view_tensor._requires_grad = result._requires_grad
    value: Value = view.value
    return value


@op(grad_name="CopySlices")
def write_through(input: Any, source: Any, steps: tuple[Step, ...]) -> Any:
    """The base with the part that the view steps select replaced by ``source``.

    A view is linear and selects elements, so its transpose puts each element back where it came from: exactly, as
    nothing is summed. Where the view does not cover the base, the transpose of ones tells which elements it covers.
    """

    def select(x: Any) -> Any:
        for definition, rest, part in steps:
            x = definition.fn(x, *rest)
            x = x if part is None else x[part]
        return x

    dtype = input.dtype
    shape = jax.ShapeDtypeStruct(input.shape, jnp.float32)
    (covered,) = jax.linear_transpose(select, shape)(jnp.ones(source.shape, jnp.float32))
    if jnp.issubdtype(dtype, jnp.inexact):
        (placed,) = jax.linear_transpose(select, jax.ShapeDtypeStruct(input.shape, dtype))(
            source.astype(dtype)
        )
        return jnp.where(covered > 0, placed, input)
    # Integers and booleans have no transpose in JAX: find the places by number instead.
    places = select(jnp.arange(input.size).reshape(input.shape))
    return input.reshape(-1).at[places.reshape(-1)].set(source.astype(dtype).reshape(-1)).reshape(input.shape)


def assign(target: Any, result: Any) -> None:
    """Write ``result`` (of the target's shape and dtype) into ``target``, history included; all aliases see it."""
    view = target._view
    owner = target if view is None else view.base
    if owner._untracked is not None:
        owner._untracked += 1
        owner._cell.untracked += 1
    if view is None:
        target._cell.rebind(result._cell.value if result._view is None else result._current())
        if result._requires_grad or target._grad_fn is not None:
            target._grad_fn = result._grad_fn
            target._output_nr = result._output_nr
            target._requires_grad = result._requires_grad
        return
    base = view.base
    written = write_through(base, result, view.steps)
    base._cell.rebind(written._cell.value)
    if written._requires_grad:
        base._grad_fn = written._grad_fn
        base._output_nr = written._output_nr
        base._requires_grad = True


def geometry(tensor: Any) -> tuple[tuple[int, ...], int]:
    """Strides and storage offset in elements, as torch's memory layout of this chain of views would have them.

    NumPy computes them: the same views of an array that is never touched, so its memory is never really allocated.
    """
    view = tensor._view
    if view is None:
        return contiguous_strides(tensor._cell.value.aval.shape), 0
    base = np.empty(view.base._cell.value.aval.shape, np.int8)
    result = base
    for definition, rest, part in view.steps:
        result = definition.host(result, *rest)
        result = result if part is None else result[part]
    offset = result.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    return result.strides, offset


def contiguous_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides of a dense row-major tensor, in elements."""
    strides = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        strides[i] = strides[i + 1] * max(shape[i + 1], 1)
    return tuple(strides)

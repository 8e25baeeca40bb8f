"""Derivatives of a function by finite differences and by autograd, for :func:`jaxlearn.autograd.gradcheck`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._autograd.backward import run_backward
from .._autograd.gradient import Gradient, tensor_of
from .._autograd.levels import InputNode, Level, push_forward
from .._autograd.modes import no_grad
from .._autograd.node import edge_of
from .._tensor.core import tensor_from_array
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.gradients import roots

__all__ = [
    "array",
    "forward_derivatives",
    "gradients",
    "is_differentiable",
    "numerical_jacobian",
    "numerical_jvp",
]

Function = Callable[..., Sequence[Any]]
Array = np.ndarray[Any, Any]


def is_differentiable(x: Any) -> bool:
    """Whether ``x`` is a tensor that requires grad."""
    return type(x) in TENSOR_TYPES and (x.is_floating_point() or x.is_complex()) and x.requires_grad


def array(tensor: Any) -> Array:
    """The values."""
    return np.asarray(tensor.detach().numpy(force=True))


def numerical_jacobian(fn: Function, inputs: Sequence[Any], place: int, eps: float) -> list[Array]:
    """By one input, for each output: (elements of the input, elements of the output).

    For a complex input, the derivative by the real part plus 1j times that by the imaginary part.
    """
    size = inputs[place].numel()
    if not size:
        return [np.zeros((0, o.numel())) for o in fn(*inputs)]
    rows: list[list[Array]] = []
    for i in range(size):
        direction = np.zeros(size)
        direction[i] = 1
        rows.append(numerical_jvp(fn, inputs, place, direction, eps))
    return [np.stack(column) for column in zip(*rows, strict=True)]


def numerical_jvp(
    fn: Function, inputs: Sequence[Any], place: int, direction: Array, eps: float
) -> list[Array]:
    """The outputs' derivatives along a direction of one input, flat; see :func:`numerical_jacobian`."""
    by_real = _difference(fn, inputs, place, direction * eps, eps)
    if not inputs[place].is_complex():
        return by_real
    by_imaginary = _difference(fn, inputs, place, direction * (1j * eps), eps)
    return [r + 1j * i for r, i in zip(by_real, by_imaginary, strict=True)]


def _difference(fn: Function, inputs: Sequence[Any], place: int, step: Array, eps: float) -> list[Array]:
    x = inputs[place]
    before = array(x).copy()
    step = step.reshape(before.shape).astype(before.dtype)
    values = []
    # The input itself is written to: a function may read it otherwise than as its argument.
    for shifted in (before - step, before + step):
        _write(x, np.asarray(shifted))
        values.append([array(o).astype(np.complex128 if o.is_complex() else np.float64) for o in fn(*inputs)])
    _write(x, before)
    return [((b - a) / (2 * eps)).reshape(-1) for a, b in zip(*values, strict=True)]


def _write(x: Any, values: Array) -> None:
    with no_grad():
        x.data.copy_(tensor_from_array(values.copy()))


def gradients(
    outputs: Sequence[Any], inputs: Sequence[Any], given: Sequence[Any], batch: int | None = None
) -> list[Any]:
    """The inputs' gradients for gradients of the outputs; None where there is none. The graph stays."""
    found = run_backward(
        roots(outputs, given, batch is not None),
        retain_graph=True,
        create_graph=False,
        accumulate=None,
        targets=[edge_of(x) for x in inputs],
        batch=batch,
    )
    return [tensor_of(found[i]) if i in found else None for i in range(len(inputs))]


def forward_derivatives(
    fn: Function, inputs: Sequence[Any], place: int, tangents: Sequence[Array]
) -> list[list[Any]]:
    """The outputs' tangents by forward mode, for each of several tangents of one input."""
    x = inputs[place]
    with Level(counts=False, carries=True) as level:
        node = InputNode(x._current(), None)
        alias = x.detach()
        alias._grad_fn, alias._requires_grad = node, True
        outputs = list(fn(*inputs[:place], alias, *inputs[place + 1 :]))
        results = []
        for tangent in tangents:
            given = tensor_from_array(tangent.reshape(x.shape).astype(array(x).dtype))
            pushed = push_forward(outputs, [node], [Gradient(given._current())], level)
            results.append([None if t is None else tensor_of(t) for t in pushed])
    return results

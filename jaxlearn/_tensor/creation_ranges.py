"""Functions that make tensors of ranges of numbers, and of the places of triangles."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._warnings import warn
from ..ops.creation import arange_values, linspace_values, logspace_values
from ..ops.op import explained
from .argument_kinds import integer
from .creation_value import finish, host_value, wanted_dtype
from .devices import resolve_device
from .dispatch import TENSOR_TYPES

__all__ = ["arange", "linspace", "logspace", "range_", "tril_indices", "triu_indices"]


def _number(x: Any) -> Any:
    return x.item() if hasattr(x, "item") else int(x) if isinstance(x, bool) else x


def _step_of(start: Any, end: Any, step: Any) -> None:
    """torch's checks of a range."""
    if any(isinstance(x, complex) for x in (start, end, step)):
        raise RuntimeError("value cannot be converted to type double without overflow")
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {_plain(start)} -> {_plain(end)}")
    if (step > 0) != (end >= start) and end != start:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


def _plain(x: Any) -> str:
    return f"{x:g}"


def _only_real(kernel: str, dtype: dtypes.dtype) -> None:
    if dtype is dtypes.bool or dtype.is_complex:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtype._scalar_name}'")


@explained
def arange(
    *args: Any,
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """Numbers from ``start`` on in equal steps, below ``end``.

    https://docs.pytorch.org/docs/stable/generated/torch.arange.html

    Args:
        args: ``(end)``, ``(start, end)`` or ``(start, end, step)``.
        start: the first number.
        end: the numbers stay on this side of it.
        step: the difference.
        out: a tensor to write to instead.
        dtype: by default ``int64`` if all numbers are integers, else the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Raises:
        RuntimeError: the step is zero or leads away from ``end``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.arange(1, 2.5, 0.5)
        tensor([1.0000, 1.5000, 2.0000])
    """
    if len(args) == 1 and end is None:
        end = args[0]
    elif len(args) == 1:
        start = args[0]
    elif args:
        start, end, step = (*args, step)[:3]
    if end is None:
        raise TypeError('arange() missing 1 required positional arguments: "end"')
    if (
        dtype is None
        and out is None
        and type(start) is type(end) is type(step) is int
        and 0 < step
        and start <= end
    ):
        array = np.arange(start, end, step)
        if array.dtype == np.int64:  # the common call, and nothing to check
            return finish(host_value(array, resolve_device(device)), requires_grad)
    start, end, step = map(_number, (start, end, step))
    _step_of(start, end, step)
    if out is not None and not out.is_floating_point() and int(step) == 0:
        raise ValueError("step must be nonzero")
    integral = all(isinstance(x, int) for x in (start, end, step))
    wanted = wanted_dtype(dtype, "arange", out, dtypes.int64 if integral else dtypes.get_default_dtype())
    _only_real("arange_cpu", wanted)
    array = arange_values(start, end, step, wanted._np)
    return finish(host_value(array, resolve_device(device)), requires_grad, out)


def range_(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """Numbers from ``start`` to ``end``, which is included (an old form of :func:`arange`).

    https://docs.pytorch.org/docs/stable/generated/torch.range.html

    Args:
        start: the first number; by itself it is ``end``, and the first number is 0.
        end: the last number, if whole steps lead there.
        step: from one number to the next, not 0.
        out: a tensor to write to instead.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Raises:
        RuntimeError: the step is 0 or leads away from ``end``, or an end is not finite.

    Example::

        >>> import jaxlearn as torch
        >>> torch.range(0, 1, 0.5)
        tensor([0.0000, 0.5000, 1.0000])
    """
    if end is None:
        start, end = 0, start
    warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end)."
    )
    _step_of(start, end, step)
    wanted = wanted_dtype(dtype, "range", out, dtypes.get_default_dtype())
    count = math.floor((end - start) / step) + 1
    array = arange_values(start, start + count * step, step, wanted._np)[:count]
    return finish(host_value(array, resolve_device(device)), requires_grad, out)


_PLAIN = (int, float)


def _ends(
    start: Any, end: Any, steps: Any, dtype: Any, function: str, out: Any
) -> tuple[Any, Any, dtypes.dtype]:
    if type(start) in _PLAIN and type(end) in _PLAIN and steps >= 0:  # the common call, and nothing to check
        return start, end, wanted_dtype(dtype, function, out, dtypes.get_default_dtype())
    given = {
        name: f"{name} with {x.dim()} dimension(s)"
        for name, x in (("start", start), ("end", end))
        if type(x) in TENSOR_TYPES
    }
    if any(x.dim() for x in (start, end) if type(x) in TENSOR_TYPES):
        raise RuntimeError(
            f"{function} only supports 0-dimensional start and end tensors, but got {' and '.join(given.values())}."
        )
    start, end = _number(start), _number(end)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    otherwise = dtypes.get_default_dtype()
    if isinstance(start, complex) or isinstance(end, complex):
        otherwise = otherwise.to_complex()
    return start, end, wanted_dtype(dtype, function, out, otherwise)


@explained
def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """``steps`` numbers from ``start`` to ``end``, both included.

    https://docs.pytorch.org/docs/stable/generated/torch.linspace.html

    Args:
        start: the first number.
        end: the last number.
        steps: how many.
        out: a tensor to write to instead.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Raises:
        RuntimeError: ``steps`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linspace(0, 1, 5)
        tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    steps = integer("linspace", "steps", steps)
    start, end, wanted = _ends(start, end, steps, dtype, "linspace", out)
    array = linspace_values(start, end, steps, wanted._np)
    return finish(host_value(array, resolve_device(device)), requires_grad, out)


@explained
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """``base`` to the powers of :func:`linspace`'s numbers.

    https://docs.pytorch.org/docs/stable/generated/torch.logspace.html

    Args:
        start: the first exponent.
        end: the last exponent.
        steps: how many numbers.
        base: what is raised to the exponents.
        out: a tensor to write to instead.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Raises:
        RuntimeError: ``steps`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.logspace(0, 2, 3)
        tensor([  1.,  10., 100.])
    """
    steps = operator.index(steps)
    start, end, wanted = _ends(start, end, steps, dtype, "logspace", out)
    array = logspace_values(start, end, steps, base, wanted._np)
    return finish(host_value(array, resolve_device(device)), requires_grad, out)


def _triangle(
    places: Callable[..., Any], row: int, col: int, offset: int, dtype: Any, device: Any, function: str
) -> Any:
    wanted = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype, function)
    for name, size in (("row", row), ("col", col)):
        if size < 0:
            raise RuntimeError(f"{name} must be non-negative, got {size}")
    array = np.stack(places(row, offset, col)).astype(wanted._np)
    return finish(host_value(array, resolve_device(device)), False)


@explained
def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None
) -> Any:
    """The places of a matrix's lower triangle, as two rows.

    https://docs.pytorch.org/docs/stable/generated/torch.tril_indices.html

    Args:
        row: the matrix's number of rows.
        col: its number of columns.
        offset: the diagonal that bounds the triangle, counted upwards from the main one.
        dtype: by default ``int64``.
        device: by default JAX's default device.
        layout: accepted for torch's sake.

    Returns:
        (2, n): the n places' rows, and their columns.

    Raises:
        RuntimeError: ``row`` or ``col`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tril_indices(2, 2)
        tensor([[0, 1, 1],
                [0, 0, 1]])
    """
    return _triangle(np.tril_indices, row, col, offset, dtype, device, "tril_indices")


@explained
def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None
) -> Any:
    """The places of a matrix's upper triangle, as two rows.

    https://docs.pytorch.org/docs/stable/generated/torch.triu_indices.html

    Args:
        row: the matrix's number of rows.
        col: its number of columns.
        offset: the diagonal that bounds the triangle, counted upwards from the main one.
        dtype: by default ``int64``.
        device: by default JAX's default device.
        layout: accepted for torch's sake.

    Returns:
        (2, n): the n places' rows, and their columns.

    Raises:
        RuntimeError: ``row`` or ``col`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.triu_indices(2, 2)
        tensor([[0, 0, 1],
                [0, 1, 1]])
    """
    return _triangle(np.triu_indices, row, col, offset, dtype, device, "triu_indices")

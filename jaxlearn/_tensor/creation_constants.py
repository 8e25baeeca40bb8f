"""Functions that make tensors of one number, and unit matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._engine.capture import Capture
from .._engine.recorder import recorder
from .._engine.value import Aval, intern
from ..ops.conversion import filled
from ..ops.op import explained
from ..ops.view_rules import is_dense
from .argument_kinds import integer
from .creation_value import finish, float_dtype, host_value, type_of_new
from .data import array_of
from .devices import META, resolve_device
from .dispatch import TENSOR_TYPES, new_on_host
from .layout import format_strides, laid_out
from .numbers import check_number
from .views import lay_out_like

__all__ = [
    "constant_like",
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "eye",
    "full",
    "full_like",
    "ones",
    "ones_like",
    "scalar_tensor",
    "zeros",
    "zeros_like",
]

# Constants of more bytes than this are made on the device, by a recorded operation, and never on the host.
_HOST_BYTES = 1 << 20


def _constant(aval: Aval, number: Any, requires_grad: Any, out: Any = None) -> Any:
    """A tensor of one number; on the host if it is small."""
    dtype = aval.dtype
    if recorder.capture is not None or aval.size * dtype.itemsize > _HOST_BYTES:
        kind = dtypes.from_numpy_dtype(dtype)
        return finish(filled(aval.shape, number, kind, aval.device)._cell.value, requires_grad, out)
    if number == 0:
        array = np.zeros(aval.shape, dtype)
    else:
        array = np.empty(aval.shape, dtype)
        array.fill(
            number if dtype.kind == "f" and type(number) is float else np.asarray(number).astype(dtype)
        )
    if requires_grad is False and out is None and aval.device is not META:
        return new_on_host(array, aval)
    return finish(host_value(array, aval.device), requires_grad, out)


def constant_like(tensor: Any, size: tuple[Any, ...], number: Any) -> Any:
    """A tensor of one number with a tensor's dtype and device; None where the sizes are not simply integers.

    Args:
        tensor: the tensor.
        size: the sizes, one by one or as a tuple.
        number: the number.
    """
    if len(size) == 1 and type(size[0]) is tuple:
        size = size[0]
    if set(map(type, size)) != {int} or min(size) < 0:
        return None
    own = (tensor._cell.value if tensor._view is None else tensor._current()).aval
    return _constant(intern(size, own.dtype, own.device), number, False)


@explained
def zeros(
    *args: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """A tensor of zeros.

    https://docs.pytorch.org/docs/stable/generated/torch.zeros.html

    Args:
        args: the sizes.
        size: the sizes, by keyword.
        out: a tensor to write to instead.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Raises:
        TypeError: a size is no integer.
        RuntimeError: a size is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(2, 3)
        tensor([[0., 0., 0.],
                [0., 0., 0.]])
    """
    return _constant(type_of_new(args, size, dtype, device, "zeros", out), 0, requires_grad, out)


@explained
def ones(
    *args: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """A tensor of ones.

    https://docs.pytorch.org/docs/stable/generated/torch.ones.html

    Args:
        args: the sizes.
        size: the sizes, by keyword.
        out: a tensor to write to instead.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Raises:
        TypeError: a size is no integer.
        RuntimeError: a size is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.ones(2)
        tensor([1., 1.])
    """
    return _constant(type_of_new(args, size, dtype, device, "ones", out), 1.0, requires_grad, out)


@explained
def empty(
    *args: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Any:
    """A tensor to be written to: zeros, where torch's contents are undefined.

    https://docs.pytorch.org/docs/stable/generated/torch.empty.html

    Args:
        args: the sizes.
        size: the sizes, by keyword.
        out: a tensor to write to instead.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.
        memory_format: the order of the elements in memory, which its strides tell.

    Raises:
        TypeError: a size is no integer.
        RuntimeError: a size is negative, or the memory format is for another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.empty(2, 3).shape
        torch.Size([2, 3])
    """
    made = _constant(type_of_new(args, size, dtype, device, "empty", out), 0, requires_grad, out)
    if memory_format is not None and out is None:
        value = made._cell.value
        value.aval = laid_out(value.aval, format_strides(value.aval.shape, memory_format))
    return made


@explained
def empty_permuted(
    size: Sequence[int],
    physical_layout: Sequence[int],
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Any:
    """A tensor of zeros, dense in memory, with its dimensions laid out in the given order.

    https://docs.pytorch.org/docs/stable/generated/torch.empty_permuted.html

    Args:
        size: the sizes.
        physical_layout: the dimensions from the outermost in memory to the innermost.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.
        pin_memory: accepted for torch's sake.

    Raises:
        RuntimeError: ``physical_layout`` does not order the dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.empty_permuted((2, 3), (1, 0)).stride()
        (1, 2)
    """
    n = len(size)
    if len(physical_layout) != n:
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = "
            f"{n} is not equal to len(physical_layout) = {len(physical_layout)}"
        )
    for i, d in enumerate(physical_layout):
        if not 0 <= d < n:
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {n - 1}, but got {d} at index {i}).  NB: "
                "negative dims not currently supported; file an issue if you want it."
            )
        if d in physical_layout[:i]:
            raise RuntimeError("Duplicate dim not allowed")
    dense = empty([size[d] for d in physical_layout], dtype=dtype, device=device)
    result = dense.permute([list(physical_layout).index(d) for d in range(n)])
    return result.requires_grad_() if requires_grad else result


@explained
def empty_strided(
    size: Sequence[int],
    stride: Sequence[int],
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Any:
    """A tensor of zeros with the given strides.

    https://docs.pytorch.org/docs/stable/generated/torch.empty_strided.html

    Args:
        size: the sizes.
        stride: as many steps in memory, counted in elements.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.
        pin_memory: accepted for torch's sake.

    Raises:
        RuntimeError: a stride is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.empty_strided((2, 3), (1, 2)).stride()
        (1, 2)
    """
    if len(size) != len(stride):
        raise RuntimeError(
            f"dimensionality of sizes ({len(size)}) must match dimensionality of strides ({len(stride)})"
        )
    if is_dense(size, stride):
        dense = empty(size, dtype=dtype, device=device, requires_grad=requires_grad)
        dense._cell.value.aval = laid_out(dense._cell.value.aval, tuple(stride))
        return dense
    last = sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1
    storage = empty(last if math.prod(size) else 0, dtype=dtype, device=device)
    result = storage.as_strided(size, stride)
    return result.requires_grad_() if requires_grad else result


@explained
def full(
    size: Any,
    fill_value: Any,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """A tensor with all elements equal.

    https://docs.pytorch.org/docs/stable/generated/torch.full.html

    Args:
        size: the sizes.
        fill_value: the number.
        out: a tensor to write to instead.
        dtype: by default that of the number.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Raises:
        RuntimeError: the dtype does not hold the number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.full((2,), 3)
        tensor([3, 3])
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(
            f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}"
        )
    kind = type(fill_value)
    if kind in TENSOR_TYPES and type(recorder.capture) is Capture and not fill_value.dim():
        return _filled_later(size, fill_value, dtype, device, requires_grad, out)
    if kind is np.bool_:  # to torch a floating point number, unlike Python's
        fill_value = float(fill_value)
        kind = float
    elif kind is not float and kind is not int and hasattr(fill_value, "item"):
        fill_value = fill_value.item()
    if kind is float:
        own = dtypes.get_default_dtype()
    else:
        own = dtypes.int64 if kind is int else dtypes.from_numpy_dtype(array_of(fill_value, None).dtype)
    aval = type_of_new((size,), None, dtype, device, "full", out, own)
    check_number(fill_value, aval.dtype)
    return _constant(aval, fill_value, requires_grad, out)


def _filled_later(size: Any, number: Any, dtype: Any, device: Any, requires_grad: Any, out: Any) -> Any:
    """:func:`full` of a number that is known when the program runs."""
    if dtype is None and out is None:
        dtype = dtypes.from_numpy_dtype(array_of(np.zeros((), number.dtype._np).item(), None).dtype)
    made = full(size, 0, dtype=out.dtype if dtype is None else dtype, device=device)
    made.fill_(number.detach())
    return finish(made._current(), requires_grad, out, "full")


def _like_on_host(input: Any, value: Any, requires_grad: Any, *options: Any) -> Any:
    """A tensor of one number like one that is on the host, nothing else being wanted; else None."""
    if type(input) not in TENSOR_TYPES or recorder.capture is not None or requires_grad is not False:
        return None
    if any(o is not None for o in options):
        return None
    aval = input._current().aval
    if type(input._current().array) is not np.ndarray or aval.strides is not None:
        return None
    if aval.size * aval.dtype.itemsize > _HOST_BYTES:
        return None
    if value == 0:
        array = np.zeros(aval.shape, aval.dtype)
    else:
        array = np.empty(aval.shape, aval.dtype)
        array.fill(value)
    return new_on_host(array, aval)


def _like(input: Any, function: str, dtype: Any, device: Any) -> tuple[tuple[int, ...], dict[str, Any]]:
    if type(input) not in TENSOR_TYPES:
        raise TypeError(
            f"{function}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
        )
    options = {
        "dtype": input.dtype if dtype is None else dtype,
        "device": input.device if device is None else device,
    }
    return tuple(input.shape), options


@explained
def zeros_like(
    input: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
    pin_memory: bool = False,
) -> Any:
    """Zeros in the shape, dtype and device of a tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.zeros_like.html
    """
    made = _like_on_host(input, 0, requires_grad, dtype, device, memory_format)
    if made is not None:
        return made
    shape, options = _like(input, "zeros_like", dtype, device)
    return lay_out_like(zeros(shape, requires_grad=requires_grad, **options), input, memory_format)


@explained
def ones_like(
    input: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
    pin_memory: bool = False,
) -> Any:
    """Ones in the shape, dtype and device of a tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.ones_like.html
    """
    made = _like_on_host(input, 1, requires_grad, dtype, device, memory_format)
    if made is not None:
        return made
    shape, options = _like(input, "ones_like", dtype, device)
    return lay_out_like(ones(shape, requires_grad=requires_grad, **options), input, memory_format)


@explained
def empty_like(
    input: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
    pin_memory: bool = False,
) -> Any:
    """:func:`empty` in the shape, dtype and device of a tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.empty_like.html
    """
    made = _like_on_host(input, 0, requires_grad, dtype, device, memory_format)
    if made is not None:
        return made
    shape, options = _like(input, "empty_like", dtype, device)
    return lay_out_like(empty(shape, requires_grad=requires_grad, **options), input, memory_format)


@explained
def full_like(
    input: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
    pin_memory: bool = False,
) -> Any:
    """One number in the shape, dtype and device of a tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.full_like.html

    Args:
        input: of any shape.
        fill_value: the number, converted to the dtype.
        dtype: by default the tensor's.
        layout: accepted for torch's sake.
        device: by default the tensor's.
        requires_grad: whether gradients are wanted.
        memory_format: accepted for torch's sake; XLA chooses layouts itself.
        pin_memory: accepted for torch's sake.

    Raises:
        RuntimeError: the dtype cannot hold the number, or cannot have the gradients wanted.

    Example::

        >>> import jaxlearn as torch
        >>> torch.full_like(torch.zeros(2), 7)
        tensor([7., 7.])
    """
    shape, options = _like(input, "full_like", dtype, device)
    return lay_out_like(full(shape, fill_value, requires_grad=requires_grad, **options), input, memory_format)


@explained
def scalar_tensor(
    s: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """A 0-dimensional tensor of a number, by default of the default dtype.

    https://docs.pytorch.org/cppdocs/api/function_namespaceat_1a24c2e4a8e363c84d9cb434f1726f3148.html

    Args:
        s: the number, converted to the dtype.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Raises:
        TypeError: it is no number.
        RuntimeError: the dtype cannot hold it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.scalar_tensor(3)
        tensor(3.)
    """
    kind = float_dtype(dtype, "scalar_tensor")
    return full((), s, dtype=kind, device=device, requires_grad=requires_grad)


@explained
def eye(
    n: int,
    m: int | None = None,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """A matrix with ones on the diagonal and zeros elsewhere.

    https://docs.pytorch.org/docs/stable/generated/torch.eye.html

    Args:
        n: rows.
        m: columns; by default as many.
        out: a tensor to write to instead.
        dtype: by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Raises:
        RuntimeError: a size is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.eye(2)
        tensor([[1., 0.],
                [0., 1.]])
    """
    n = integer("eye", "n", n)
    columns = n if m is None else integer("eye", "m", m)
    for name, size in (("n", n), ("m", columns)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    array = np.eye(n, columns, dtype=float_dtype(dtype, "eye", out)._np)
    return finish(host_value(array, resolve_device(device)), requires_grad, out)

"""Random tensors: torch's numbers from torch's seeds, drawn on the host whatever the device.

While a step is captured for replay nothing is drawn for good: each replay draws its numbers anew.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from .. import _dtypes as dtypes
from .. import _random as streams
from .._engine.device import Device
from .._engine.outside import is_staged, is_transformed
from .._engine.recorder import recorder, unusual
from .._engine.value import Aval, Value, held, intern, meta
from ..ops.op import explained
from ..ops.pointwise_rules import check_broadcast
from ..ops.random import drawn_from, moved
from .argument_kinds import integer, number, refuse
from .creation_constants import empty_like
from .creation_value import finish, read_size, type_of_new
from .devices import META
from .dispatch import TENSOR_TYPES, new_on_host, wrap
from .generator import stream_of
from .indexing import host_array
from .inplace import write_out
from .views import laid_out_otherwise

__all__ = [
    "draw",
    "exists",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
]


def draw(
    sample: Callable[..., np.ndarray[Any, Any]], device: Device, shape: tuple[int, ...] | None = None
) -> Value:
    """The value of an array drawn on the host; while a step is captured each replay draws anew.

    Args:
        sample: draws, given the shape if there is one.
        device: of the value.
        shape: of the numbers, where none of them has a distribution of its own.
    """
    if device.type == "meta":
        # drawing no numbers tells their type
        array = sample() if shape is None else sample((0,))
        return meta(intern(array.shape if shape is None else shape, array.dtype, device))
    if recorder.capture is not None:
        value: Value = recorder.capture.draw(sample, shape)
        return value
    if is_staged():
        warnings.warn(
            "random numbers are drawn while JAX traces the function: they are the same in each call of it. Draw them "
            "outside and pass them as arguments",
            stacklevel=3,
        )
    array = sample() if shape is None else sample(shape)
    return held(array, intern(array.shape, array.dtype, device))


def _at_once(aval: Aval, requires_grad: Any, out: Any) -> bool:
    """Whether what is drawn is simply a new tensor on the host."""
    return (
        requires_grad is False
        and out is None
        and not (unusual and recorder.capture is not None)
        and aval.device is not META
        and not is_transformed()
    )


def _drawn(
    sample: Callable[..., np.ndarray[Any, Any]], aval: Aval, requires_grad: Any, out: Any, alike: bool = True
) -> Any:
    """A tensor of the numbers that ``sample(shape)`` draws; ``alike`` says whether they have one distribution."""
    if alike:
        value = draw(sample, aval.device, aval.shape)
    else:
        value = draw(lambda: sample(aval.shape), aval.device)
    return finish(value, requires_grad, out)


@explained
def rand(
    *args: Any,
    size: Any = None,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Any:
    """Uniform numbers from [0, 1).

    https://docs.pytorch.org/docs/stable/generated/torch.rand.html

    Args:
        args: the sizes.
        size: the sizes, by keyword.
        generator: draw from this one instead of the default generator.
        out: a tensor to write to instead.
        dtype: a floating dtype, by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.
        pin_memory: accepted for torch's sake.

    Example::

        >>> import jaxlearn as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.rand(3)
        tensor([0.4963, 0.7682, 0.0885])
    """
    aval, stream = type_of_new(args, size, dtype, device, "rand", out), stream_of(generator)
    if _at_once(aval, requires_grad, out):
        return new_on_host(streams.uniform(stream, aval.shape, 0.0, 1.0, aval.dtype), aval)
    return _drawn(lambda s: streams.uniform(stream, s, 0.0, 1.0, aval.dtype), aval, requires_grad, out)


@explained
def randn(
    *args: Any,
    size: Any = None,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Any:
    """Normal numbers of mean 0 and variance 1.

    https://docs.pytorch.org/docs/stable/generated/torch.randn.html

    Args:
        args: the sizes.
        size: the sizes, by keyword.
        generator: draw from this one instead of the default generator.
        out: a tensor to write to instead.
        dtype: a floating dtype, by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.
        pin_memory: accepted for torch's sake.

    Raises:
        TypeError: a size is no integer.
        RuntimeError: a size is negative.
        NotImplementedError: the dtype is no floating one.

    Example::

        >>> import jaxlearn as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randn(3)
        tensor([ 1.5410, -0.2934, -2.1788])
    """
    aval, stream = type_of_new(args, size, dtype, device, "randn", out), stream_of(generator)
    if _at_once(aval, requires_grad, out):
        return new_on_host(streams.normal(stream, aval.shape, 0.0, 1.0, aval.dtype), aval)
    return _drawn(lambda s: streams.normal(stream, s, 0.0, 1.0, aval.dtype), aval, requires_grad, out)


@explained
def randint(
    *args: Any,
    low: int = 0,
    high: int | None = None,
    size: Any = None,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Any:
    """Integers uniform over [low, high).

    https://docs.pytorch.org/docs/stable/generated/torch.randint.html

    Args:
        args: ``(high, size)`` or ``(low, high, size)``.
        low: the lowest integer.
        high: one above the highest.
        size: the sizes.
        generator: draw from this one instead of the default generator.
        out: a tensor to write to instead.
        dtype: by default ``int64``.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.
        pin_memory: accepted for torch's sake.

    Raises:
        RuntimeError: the range is empty.

    Example::

        >>> import jaxlearn as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randint(10, (4,))
        tensor([4, 9, 3, 0])
    """
    if args and isinstance(args[-1], (tuple, list)):
        args, size = args[:-1], args[-1]
    if len(args) == 2:
        low, high = args
    elif len(args) == 1:
        (high,) = args
    elif args:
        raise refuse("randint", "size", "tuple of ints", args[-1])
    if high is None or size is None:
        raise TypeError(
            f'randint() missing 1 required positional arguments: "{"high" if high is None else "size"}"'
        )
    if not isinstance(size, (tuple, list)):
        read_size((), size, "randint")  # tells what is wrong
    aval = type_of_new((size,), None, dtype, device, "randint", out, dtypes.int64)
    stream = stream_of(generator)
    first = low if type(low) is int else integer("randint", "low", low)
    last = high if type(high) is int else integer("randint", "high", high)
    if _at_once(aval, requires_grad, out):
        return new_on_host(streams.randint(stream, first, last, aval.shape, aval.dtype), aval)
    return _drawn(lambda s: streams.randint(stream, first, last, s, aval.dtype), aval, requires_grad, out)


@explained
def randperm(
    n: int,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Any:
    """A random permutation of 0 ... n - 1.

    https://docs.pytorch.org/docs/stable/generated/torch.randperm.html

    Args:
        n: how many numbers.
        generator: draw from this one instead of the default generator.
        out: a tensor to write to instead.
        dtype: by default ``int64``.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.
        pin_memory: accepted for torch's sake.

    Example::

        >>> import jaxlearn as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randperm(4)
        tensor([0, 1, 3, 2])
    """
    if type(n) is not int:
        n = int(integer("randperm", "n", n, 1))
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    stream = stream_of(generator)
    aval = type_of_new((n,), None, dtype, device, "randperm", out, dtypes.int64)
    if _at_once(aval, requires_grad, out):
        return new_on_host(streams.randperm(stream, n, aval.dtype), aval)
    return _drawn(lambda s: streams.randperm(stream, n, aval.dtype), aval, requires_grad, out, alike=False)


def _like(input: Any, dtype: Any, device: Any) -> dict[str, Any]:
    return {
        "dtype": input.dtype if dtype is None else dtype,
        "device": input.device if device is None else device,
    }


@explained
def rand_like(
    input: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
    generator: Any = None,
) -> Any:
    """:func:`rand` in the shape, dtype and device of a tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.rand_like.html
    """
    if laid_out_otherwise(input, memory_format):
        new = empty_like(input, memory_format=memory_format, **_like(input, dtype, device))
        return new.uniform_(generator=generator).requires_grad_(requires_grad)
    return rand(
        tuple(input.shape), generator=generator, requires_grad=requires_grad, **_like(input, dtype, device)
    )


@explained
def randn_like(
    input: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
    generator: Any = None,
) -> Any:
    """:func:`randn` in the shape, dtype and device of a tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.randn_like.html
    """
    if laid_out_otherwise(input, memory_format):
        new = empty_like(input, memory_format=memory_format, **_like(input, dtype, device))
        return new.normal_(generator=generator).requires_grad_(requires_grad)
    return randn(
        tuple(input.shape), generator=generator, requires_grad=requires_grad, **_like(input, dtype, device)
    )


@explained
def randint_like(
    input: Any,
    *args: int,
    low: int = 0,
    high: int | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Any:
    """:func:`randint` in the shape, dtype and device of a tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.randint_like.html

    Args:
        input: of any shape.
        args: ``(high,)`` or ``(low, high)``.
        low: the lowest integer.
        high: one above the highest.
        dtype: by default the tensor's.
        layout: accepted for torch's sake.
        device: by default the tensor's.
        requires_grad: whether gradients are wanted.
        memory_format: accepted for torch's sake; XLA chooses layouts itself.

    Raises:
        TypeError: ``high`` is missing.
        RuntimeError: the range is empty, or the dtype cannot hold it.

    Example::

        >>> import jaxlearn as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randint_like(torch.zeros(4), 10)
        tensor([4., 9., 3., 0.])
    """
    options = _like(input, dtype, device)
    bounds = list(args)
    if len(bounds) == 1 and high is not None:
        low = bounds.pop()
    if laid_out_otherwise(input, memory_format):
        new = empty_like(input, memory_format=memory_format, **options)
        lowest, end = bounds if len(bounds) == 2 else (low, bounds[0] if bounds else high)
        return new.random_(lowest, end).requires_grad_(requires_grad)
    if len(bounds) == 1 and low:
        low, high, bounds = bounds[0], low, []
    return randint(
        *bounds, low=low, high=high, size=tuple(input.shape), requires_grad=requires_grad, **options
    )


def exists(tensor: Any) -> bool:
    """Whether the values may be looked at: those of a step that is still to run may not."""
    array = tensor._current().array
    return recorder.capture is None and array is not None and not isinstance(array, jax.core.Tracer)


@explained
def normal(
    mean: Any,
    std: Any = 1.0,
    size: Sequence[int] | None = None,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Any:
    """Normal numbers of the given means and standard deviations.

    https://docs.pytorch.org/docs/stable/generated/torch.normal.html

    Args:
        mean: a number or a tensor.
        std: a number or a tensor.
        size: the sizes, if both are numbers; a tensor of one element is its number then.
        generator: draw from this one instead of the default generator.
        out: a tensor to write to instead.
        dtype: if both are numbers; by default the default dtype.
        layout: accepted for torch's sake.
        device: by default JAX's default device.
        pin_memory: accepted for torch's sake.
        requires_grad: whether gradients are wanted.

    Raises:
        RuntimeError: a standard deviation is negative; those that the step computes are not looked at.
        TypeError: neither is a tensor and there is no size.
    """
    stream = stream_of(generator)
    tensors = [x for x in (mean, std) if type(x) in TENSOR_TYPES]
    if not tensors and size is None:
        raise TypeError("normal() of two numbers needs a size: normal(mean, std, size)")
    if size is not None:  # a tensor of one number is that number here
        mean, std = float(number("normal", "mean", mean)), float(number("normal", "std", std))
        aval = type_of_new((), size, dtype, device, "normal", out)
        return _drawn(lambda s: streams.normal(stream, s, mean, std, aval.dtype), aval, requires_grad, out)
    mean, std = (x if type(x) in TENSOR_TYPES else number("normal", "std", x) for x in (mean, std))
    backward = f"NormalBackward{(type(mean) in TENSOR_TYPES) + 2 * (type(std) in TENSOR_TYPES)}"
    shape = check_broadcast(*[tuple(x.shape) for x in tensors])
    if all(map(exists, tensors)):
        center, spread = (
            host_array(x.detach()) if type(x) in TENSOR_TYPES else float(x) for x in (mean, std)
        )
        result = wrap(draw(lambda: streams.normal_like(stream, center, spread), tensors[0].device))
        if any(x.requires_grad for x in tensors):
            result = drawn_from(result, mean, std, backward)
    else:
        kind = tensors[0].dtype._np
        factor = 1.0 if type(std) in TENSOR_TYPES else float(std)
        drawn = wrap(draw(lambda s: streams.normal(stream, s, 0.0, factor, kind), tensors[0].device, shape))
        result = moved(drawn, mean, std if type(std) in TENSOR_TYPES else 1.0, backward)
    return result if out is None else write_out(out, result, "normal")

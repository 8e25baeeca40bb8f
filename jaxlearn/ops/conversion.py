"""Changing the type of the elements, copying, filling and writing over."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from .. import _dtypes as dtypes
from .._warnings import warn_once
from .host import FINITE, LARGEST, host_cast, quietly
from .op import op
from .pointwise_rules import check_broadcast
from .promotion import cast

__all__ = [
    "convert",
    "copy",
    "copy_into",
    "copy_laid_out",
    "fill",
    "filled",
    "redrawn",
    "to_device",
    "zero",
]


def _truncated(input: Any, dtype: np.dtype[Any]) -> Any:
    """Floats as integers, as C converts them on a processor: out of range gives the lowest value, narrow "
    "types wrap."""
    wide = np.dtype(np.int64 if dtype.itemsize > 4 or dtype == np.uint32 else np.int32)
    bound = 2.0 ** (wide.itemsize * 8 - 1)
    fits = (input >= -bound) & (input < bound)
    whole = cast(jnp.where(fits, input, 0), wide)
    return cast(jnp.where(fits, whole, -(2 ** (8 * wide.itemsize - 1))), dtype)


def _convert_host(input: np.ndarray[Any, Any], dtype: dtypes.dtype) -> np.ndarray[Any, Any]:
    if input.dtype.kind == "c" and not dtype.is_complex:
        input = input != 0 if dtype._np == np.bool_ else input.real
    if input.dtype.kind in "fV" and dtype._np.kind in "iu" and dtype.itemsize < 8:
        wide = np.int64 if dtype._np == np.uint32 else np.int32
        with np.errstate(invalid="ignore"):
            return input.astype(wide).astype(dtype._np)
    with np.errstate(invalid="ignore", over="ignore"):
        return host_cast(input, dtype._np)


def _direct_convert(args: Any, out: Any) -> Any:
    have, want = args[0].dtype, out[0].dtype
    kinds = have.kind + want.kind
    if kinds[0] in "cV" or kinds[1] in "cV" or (kinds[0] == "f" and kinds[1] in "iu" and want.itemsize < 8):
        return None
    if want in (np.float16, FINITE):
        return lambda x: quietly(host_cast, x, want)
    return lambda x: quietly(x.astype, want)


@op(name="_to_copy", grad_name="ToCopyBackward0", host=_convert_host, direct=_direct_convert)
def convert(input: Any, dtype: dtypes.dtype) -> Any:
    """The tensor with its elements converted to ``dtype``; what :meth:`Tensor.to` records.

    Floats become integers by truncation; complex numbers lose their imaginary part.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([1.7, -1.7]).to(torch.int64)
        tensor([ 1, -1])
    """
    target = dtype._np
    if jnp.iscomplexobj(input) and target.kind not in "cb":
        warn_once("Casting complex values to real discards the imaginary part")
    if target.kind in "iu" and jnp.issubdtype(input.dtype, jnp.inexact):
        return _truncated(input.real if jnp.iscomplexobj(input) else input, target)
    return cast(jnp.clip(cast(input, np.float32), -LARGEST, LARGEST) if target == FINITE else input, target)


@op(name="clone", host=lambda input: input.copy())
def copy(input: Any) -> Any:
    """A copy with memory of its own, through which gradients flow.

    https://docs.pytorch.org/docs/stable/generated/torch.clone.html

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.zeros(2)
        >>> y = x.clone()
        >>> y.add_(1)
        tensor([1., 1.])
        >>> x
        tensor([0., 0.])
    """
    return input


@op(name="clone", host=lambda input, strides: input.copy())
def copy_laid_out(input: Any, strides: tuple[int, ...]) -> Any:
    """A copy that torch would lay out in memory with these strides."""
    return input


@op(name="_to_copy", grad_name="ToCopyBackward0")
def to_device(input: Any, device: Any) -> Any:
    """The tensor on another device, as a step of the recorded graph."""
    return input


@op(name="copy", grad_name="torch::autograd::CopyBackwards")
def copy_into(input: Any, src: Any) -> Any:
    """What ``input.copy_(src)`` leaves in ``input``."""
    shape = check_broadcast(input.shape, src.shape)
    if shape != tuple(input.shape):
        raise RuntimeError(
            f"output with shape {list(input.shape)} doesn't match the broadcast shape {list(shape)}"
        )
    return jnp.broadcast_to(convert.op.fn(src, dtypes.from_numpy_dtype(np.dtype(input.dtype))), input.shape)


def _fill_host(input: np.ndarray[Any, Any], value: Any) -> np.ndarray[Any, Any]:
    with np.errstate(over="ignore"):
        return np.full(input.shape, host_cast(np.asarray(value), input.dtype), input.dtype)


@op(
    numbers=("value",),
    host=_fill_host,
    grad_name=lambda input, value: f"FillBackward{3 if hasattr(value, 'shape') else 2}",
)
def fill(input: Any, value: Any) -> Any:
    """A tensor of the same shape and dtype with all elements equal to ``value``.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.fill_.html

    Args:
        input: the tensor.
        value: a number or a 0-dimensional tensor.

    Raises:
        RuntimeError: the value has dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fill(torch.zeros(2), 3)
        tensor([3., 3.])
    """
    if getattr(value, "ndim", 0):
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions."
        )
    return jnp.broadcast_to(cast(value, input.dtype), input.shape)


@op(host=np.zeros_like)
def zero(input: Any) -> Any:
    """A tensor of the same shape and dtype with all elements zero."""
    return jnp.zeros_like(input)


@op(grad_name=lambda input, drawn, backward, p=None: backward)
def redrawn(input: Any, drawn: Any, backward: str, p: Any = None) -> Any:
    """Random numbers in place of the elements, of which they have no gradient but zero.

    Args:
        input: the tensor.
        drawn: the numbers, of the same shape and dtype.
        backward: what the backward node is called.
        p: the tensor of their probabilities, if they are drawn by one; the gradient by it is zero too.
    """
    return drawn


@op(numbers=("value",))
def filled(size: tuple[int, ...], value: Any, dtype: dtypes.dtype, device: Any) -> Any:
    """A new tensor with all elements equal, as a step of the recorded graph: no host memory moves."""
    return jnp.broadcast_to(cast(value, dtype._np), size)

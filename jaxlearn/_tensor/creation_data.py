"""Functions that make tensors of data: of numbers, arrays, buffers and other libraries' arrays."""

from __future__ import annotations

import array
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import _dtypes as dtypes
from .._engine.capture import Capture
from .._engine.device import Device, default_device
from .._engine.recorder import recorder
from .._engine.value import concrete, lend
from .._naming import type_name
from .._warnings import warn, warn_once
from ..ops.joining import stack
from .creation_value import finish, host_value
from .data import array_of, check_array
from .devices import resolve_device
from .dispatch import TENSOR_TYPES, wrap

__all__ = ["COPYING", "as_tensor", "asarray", "from_dlpack", "from_numpy", "frombuffer", "tensor"]


# Said of a new tensor that is made of another.
COPYING = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than {}(sourceTensor)."
)


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Any:
    """A new tensor of data, which is always copied.

    https://docs.pytorch.org/docs/stable/generated/torch.tensor.html

    Args:
        data: a number, nested lists of numbers, an array or a tensor.
        dtype: by default that of the data: ``int64`` for ints, the default dtype for floats.
        device: by default JAX's default device.
        requires_grad: whether gradients are wanted.
        pin_memory: accepted for torch's sake.

    Raises:
        ValueError: the nested lists have different lengths.
        TypeError: an element is no number.
        RuntimeError: no dtype can be inferred, or it does not hold a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([[1, 2], [3, 4.5]])
        tensor([[1.0000, 2.0000],
                [3.0000, 4.5000]])
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype, "tensor")
    if type(data) in TENSOR_TYPES or isinstance(data, jax.Array):
        if type(data) in TENSOR_TYPES:
            warn(COPYING.format("torch.tensor"))
        return finish(_of_tensor(data, wanted, device)._current(), requires_grad)
    if (
        type(recorder.capture) is Capture
        and type(data) in (list, tuple)
        and _holds_tensors(data)
        and _sizes(data) is not None
    ):
        joined = _joined(data)
        if wanted is not None and joined.is_floating_point() and wanted._np.kind in "iu":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return finish(joined.to(device=resolve_device(device), dtype=wanted)._current(), requires_grad)
    return finish(host_value(array_of(data, wanted), resolve_device(device)), requires_grad)


def _sizes(x: Any) -> tuple[int, ...] | None:
    """The shape of nested lists of numbers; None if they are no such."""
    if type(x) in (list, tuple):
        found = {_sizes(y) for y in x}
        inner = found.pop() if len(found) == 1 else None
        return None if inner is None else (len(x), *inner)
    single = not x.dim() if type(x) in TENSOR_TYPES else isinstance(x, (int, float, complex))
    return () if single else None


def _holds_tensors(data: Any) -> bool:
    return any(_holds_tensors(x) if type(x) in (list, tuple) else type(x) in TENSOR_TYPES for x in data)


def _joined(data: Any) -> Any:
    """Nested lists of numbers as a tensor, with the tensors among them as operands."""
    if type(data) in (list, tuple) and _holds_tensors(data):
        return stack([_joined(x) for x in data])
    return data.detach() if type(data) in TENSOR_TYPES else tensor(data)


def _of_tensor(data: Any, dtype: Any, device: Any) -> Any:
    source = data.detach() if type(data) in TENSOR_TYPES else wrap(concrete(data))
    copied = source.clone()
    return copied.to(device=device, dtype=dtype) if device is not None or dtype is not None else copied


def as_tensor(data: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """Data as a tensor, without a copy where none is needed.

    https://docs.pytorch.org/docs/stable/generated/torch.as_tensor.html

    Args:
        data: as for :func:`tensor`; tensors and NumPy arrays are shared.
        dtype: by default that of the data.
        device: by default that of the data.

    Example::

        >>> import jaxlearn as torch
        >>> torch.as_tensor([1, 2])
        tensor([1, 2])
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype, "as_tensor")
    if type(data) in TENSOR_TYPES:
        return data.to(device=device, dtype=wanted)
    if isinstance(data, jax.Array):
        return wrap(concrete(data)).to(device=device, dtype=wanted)
    if isinstance(data, np.ndarray) and (wanted is None or data.dtype == wanted._np):
        _warn_of_protection(data)
        return _on_memory_of(data, resolve_device(device))
    return tensor(data, dtype=dtype, device=device)


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Any:
    """Data as a tensor, shared or copied.

    https://docs.pytorch.org/docs/stable/generated/torch.asarray.html

    Args:
        obj: a tensor, an array, a buffer, or nested lists of numbers.
        dtype: by default that of the data.
        device: by default that of the data.
        copy: True copies always; False never, and raises where that is impossible.
        requires_grad: whether gradients are wanted; by default if those by a tensor given are.

    Raises:
        RuntimeError: a NumPy number is to be shared.
        ValueError: a copy is needed and forbidden.
    """
    if type(obj) in TENSOR_TYPES:
        return _of_same(obj, dtype, device, copy, requires_grad)
    requires_grad = bool(requires_grad)
    if isinstance(obj, (bytes, bytearray, memoryview, array.array)):
        found = frombuffer(obj, dtype=dtypes.get_default_dtype() if dtype is None else dtype)
        if copy or device is not None:
            found = _of_tensor(found, None, device)
        return found.requires_grad_() if requires_grad else found
    if copy:
        return tensor(obj, dtype=dtype, device=device, requires_grad=requires_grad)
    if isinstance(obj, np.generic) and copy is False:
        raise RuntimeError(
            "can't alias NumPy scalars. Either remove copy=False or transform it in a ndarray. "
        )
    if isinstance(obj, np.generic) or not isinstance(obj, (np.ndarray, jax.Array)):
        if copy is False:
            raise ValueError("can't alias arbitrary sequence into a tensor.")
        return tensor(obj, dtype=dtype, device=device, requires_grad=requires_grad)
    result = as_tensor(obj, dtype=dtype, device=device)
    if copy is False:
        have = dtypes.from_numpy_dtype(np.dtype(obj.dtype))
        if have is not result.dtype:
            raise ValueError(
                f"can't alias tensor with dtype '{have._scalar_name}' into dtype '{result.dtype._scalar_name}'."
            )
    return result.detach().requires_grad_() if requires_grad else result


def _of_same(obj: Any, dtype: Any, device: Any, copy: bool | None, requires_grad: bool | None) -> Any:
    """A tensor as a tensor."""
    if requires_grad is None and obj._requires_grad:
        warn_once(
            "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of False. Pass "
            "requires_grad=False explicitly to get the old behavior and silence this warning."
        )
    wanted = None if dtype is None else dtypes.as_dtype(dtype, "asarray")
    if copy is False and wanted not in (None, obj.dtype):
        raise ValueError(
            f"can't alias tensor with dtype '{obj.dtype._scalar_name}' into dtype '{wanted._scalar_name}'."
        )
    result = obj.to(device=device, dtype=wanted)
    if copy and result is obj:
        result = obj.clone()
    if requires_grad is False and result._requires_grad:
        return result.detach()
    if requires_grad and not result._requires_grad:
        return result.detach().requires_grad_()
    return result


def from_numpy(ndarray: np.ndarray[Any, Any]) -> Any:
    """A tensor on the memory of a NumPy array; what is written to it before the tensor is used is seen.

    https://docs.pytorch.org/docs/stable/generated/torch.from_numpy.html

    Args:
        ndarray: the array.

    Raises:
        TypeError: it is no array, or no dtype has its elements.
        ValueError: a stride is negative or the byte order is foreign.

    Example::

        >>> import jaxlearn as torch
        >>> import numpy as np
        >>> torch.from_numpy(np.array([1, 2]))
        tensor([1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type_name(ndarray)})")
    _warn_of_protection(ndarray)
    return _on_memory_of(ndarray)


def _on_memory_of(array: np.ndarray[Any, Any], device: Device | None = None) -> Any:
    check_array(array)
    value = host_value(array, device or default_device())
    lend(value)
    return wrap(value)


def _warn_of_protection(array: np.ndarray[Any, Any]) -> None:
    if not array.flags.writeable:
        warn_once(
            "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means "
            "writing to this tensor will result in undefined behavior. You may want to copy the array to protect its "
            "data or make it writable before converting it to a tensor. This type of warning will be suppressed for "
            "the rest of this program."
        )


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Any:
    """A vector on the memory of an object with Python's buffer interface.

    https://docs.pytorch.org/docs/stable/generated/torch.frombuffer.html

    Args:
        buffer: the object.
        dtype: how to read its bytes.
        count: how many elements, -1 for all.
        offset: bytes to leave out at the beginning.
        requires_grad: whether gradients are wanted.

    Raises:
        ValueError: the buffer is too short or no multiple of the element's size.
    """
    wanted = dtypes.as_dtype(dtype, "frombuffer")
    length, size = memoryview(buffer).nbytes, wanted.itemsize
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} "
            "bytes) minus 1"
        )
    if count < 0 and (length - offset) % size:
        raise ValueError(
            f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a multiple of "
            f"element size ({size})"
        )
    if count > 0 and offset + count * size > length:
        raise ValueError(
            f"requested buffer length ({count} * {size} bytes) after offset ({offset} bytes) must not be "
            "greater than actual "
            f"buffer length ({length} bytes)"
        )
    value = host_value(np.frombuffer(buffer, wanted._np, count, offset), default_device())
    lend(value)
    return finish(value, requires_grad)


class _Capsule:
    """A bare DLPack capsule with the protocol's methods."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)  # kDLCPU


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Any:
    """A tensor of an array of another library, by DLPack.

    https://docs.pytorch.org/docs/stable/generated/torch.from_dlpack.html

    Args:
        ext_tensor: an array with ``__dlpack__``, of any shape; a NumPy array's memory is shared. Or the capsule that
            such a method gave, of an array in the host's memory.
        device: where the tensor is to be; by default where the array is.
        copy: True for memory of its own, False to refuse a copy.

    Raises:
        BufferError: a tensor that requires grad.
        RuntimeError: neither an array nor a capsule.
        TypeError: no dtype has the elements of a NumPy array.
        ValueError: a copy is needed and forbidden.

    Example::

        >>> import jaxlearn as torch
        >>> import numpy as np
        >>> torch.from_dlpack(np.array([1, 2]))
        tensor([1, 2])
    """
    if type(ext_tensor) in TENSOR_TYPES:
        if ext_tensor._requires_grad:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        if ext_tensor.is_conj():
            raise BufferError("Can't export tensors with the conjugate bit set")
        made = ext_tensor.detach()
    elif isinstance(ext_tensor, np.ndarray):
        made = _on_memory_of(ext_tensor)
    else:
        made = _exchanged(ext_tensor)
    wanted = made.device if device is None else resolve_device(device)
    if wanted == made.device:
        return made.clone() if copy else made
    if copy is False:
        raise ValueError(f"cannot move tensor from {made.device} to {wanted} without copying.")
    return made.to(wanted)


def _exchanged(ext_tensor: Any) -> Any:
    """A tensor of another library's array, or of a capsule."""
    if not hasattr(ext_tensor, "__dlpack__"):
        if type(ext_tensor).__name__ != "PyCapsule":
            raise RuntimeError(
                "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so "
                "you might have already constructed a tensor from it once."
            )
        ext_tensor = _Capsule(ext_tensor)
    if ext_tensor.__dlpack_device__()[0] == 1:  # kDLCPU
        return _on_memory_of(np.from_dlpack(ext_tensor))
    return wrap(concrete(jnp.from_dlpack(ext_tensor)))

"""Tensor's methods that change dtype or device, write over it, make tensors like it, or tell where it is."""

from __future__ import annotations

import numbers
from typing import Any

import jax
import numpy as np

from .. import _dtypes as dtypes
from .._autograd.modes import modes
from .._engine.device import Device, jax_device
from .._engine.graph import evaluate
from .._engine.recorder import recorder
from .._engine.value import concrete, intern, meta
from .._warnings import warn
from ..layouts import preserve_format
from ..ops.conversion import convert, copy, copy_into, fill, to_device, zero
from ..ops.op import explained
from . import creation
from .argument_kinds import PYTHON_DTYPES, tensor
from .call_errors import explain
from .creation_data import COPYING
from .devices import resolve_device
from .dispatch import TENSOR_TYPES, wrap
from .host_parts import set_on_host, written_on_host
from .indexing import legacy_name
from .inplace import check_writable
from .numbers import check_number
from .reshaping import contiguous
from .views import assign

__all__ = ["ConversionMethods"]


def _moved(tensor: Any, device: Device) -> Any:
    """The tensor on another device; a recorded step where its history or a capture needs one.

    Raises:
        NotImplementedError: it is on the meta device.
    """
    if tensor.is_meta:
        raise NotImplementedError("Cannot copy out of meta tensor; no data!")
    if recorder.capture is not None or (modes.grad and tensor._requires_grad):
        return to_device(tensor, device)
    value = tensor._current()
    aval = intern(value.aval.shape, value.aval.dtype, device, value.aval.strides)
    if device.type == "meta":
        return wrap(meta(aval))
    if isinstance(evaluate(value), jax.core.Tracer):
        return to_device(tensor, device)
    array = tensor._array()
    if type(array) is not np.ndarray:
        array = np.asarray(array) if device.type == "cpu" else jax.device_put(array, jax_device(device))
    return wrap(concrete(array, aval))


def _converted(tensor: Any, dtype: Any, device: Device | None, always: bool) -> Any:
    result = tensor
    if device is not None and device != tensor.device:
        result = _moved(result, device)
    if dtype is not None and dtype != tensor.dtype:
        result = convert(result, dtype)
    if result is tensor and always:
        result = convert(tensor, tensor.dtype)
    return result


def _formatted(result: Any, memory_format: Any) -> Any:
    return (
        result
        if memory_format in (None, preserve_format)
        else contiguous(result, memory_format=memory_format)
    )


def _cast_to(dtype: dtypes.dtype) -> Any:
    def method(self: Any, *, memory_format: Any = None) -> Any:
        result = self if self._current().aval.dtype == dtype._np else convert(self, dtype)
        return _formatted(result, memory_format)

    method.__doc__ = f"The tensor with elements of type ``{dtype}``; itself if they are."
    return method


def _zeros(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.zeros(array.shape, array.dtype)


# The class has methods of the names ``int`` and ``bool``.
_INT = int
_BOOL = bool
_FILLS = (float, int)


class ConversionMethods:
    """Conversion: dtype, device, contents."""

    float = _cast_to(dtypes.float32)
    double = _cast_to(dtypes.float64)
    half = _cast_to(dtypes.float16)
    bfloat16 = _cast_to(dtypes.bfloat16)
    long = _cast_to(dtypes.int64)
    int = _cast_to(dtypes.int32)
    short = _cast_to(dtypes.int16)
    char = _cast_to(dtypes.int8)
    byte = _cast_to(dtypes.uint8)
    bool = _cast_to(dtypes.bool)
    cfloat = _cast_to(dtypes.complex64)
    cdouble = _cast_to(dtypes.complex128)

    def to(self: Any, *args: Any, **kwargs: Any) -> Any:
        """The tensor with another dtype, device, or both of another tensor; itself if nothing changes.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html

        Args:
            args: ``(dtype)``, ``(device)``, ``(device, dtype)`` or ``(other)``, then ``non_blocking``,
            ``copy``.
            kwargs: ``dtype``, ``device``, ``tensor``, ``non_blocking``, ``copy``, ``memory_format``.

        Raises:
            RuntimeError: there is no such device.
            TypeError: the arguments are none of these.

        Example::

            >>> import jaxlearn as torch
            >>> torch.zeros(1).to(torch.int64)
            tensor([0])
        """
        if len(args) == 1 and not kwargs:
            (a,) = args
            if type(a) is dtypes.dtype:
                return self if self._current().aval.dtype is a._np else convert(self, a)
            if (type(a) is str or type(a) is Device) and resolve_device(a) is self._current().aval.device:
                return self
        memory_format = kwargs.get("memory_format")
        try:
            dtype, device, always = _parse_to(args, dict(kwargs))
        except TypeError:
            better = explain("to", (self, *args), kwargs, None, True)
            if better is None:
                raise
            raise better from None
        result = _converted(self, dtype, device, always)
        return _formatted(result, memory_format)

    def type(self: Any, dtype: Any = None, non_blocking: _BOOL = False, **kwargs: Any) -> Any:
        """The name of the tensor's type, or the tensor converted to a dtype.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.type.html

        Args:
            dtype: a dtype, or a name like ``"torch.FloatTensor"``.
            non_blocking: accepted for torch's sake.
            kwargs: accepted for torch's sake.

        Raises:
            ValueError: no dtype has that name.
        """
        if dtype is None:
            name = legacy_name(self)
            return name.replace("torch.", "torch.cuda.") if self.is_cuda else name
        return _converted(self, _typed(dtype), None, False)

    @explained(method=True)
    def type_as(self: Any, other: Any) -> Any:
        """The tensor with another's dtype and device."""
        tensor("type_as", "other", other)
        return _converted(self, other.dtype, other.device, False)

    def cpu(self: Any, memory_format: Any = None) -> Any:
        """The tensor in the host's memory; itself if it is there."""
        cpu = resolve_device("cpu")
        if memory_format is None and self._current().aval.device is cpu:
            return self
        return _formatted(_converted(self, None, cpu, False), memory_format)

    def cuda(self: Any, device: Any = None, non_blocking: _BOOL = False, memory_format: Any = None) -> Any:
        """The tensor on a GPU; itself if it is there.

        Raises:
            RuntimeError: JAX sees no GPU.
        """
        target = Device("cuda", device) if isinstance(device, _INT) else device
        return _converted(self, None, resolve_device("cuda" if target is None else target), False)

    def pin_memory(self: Any, device: Any = None) -> Any:
        """The tensor itself: JAX stages its transfers on its own."""
        return self

    def is_pinned(self: Any, device: Any = None) -> _BOOL:
        """False: see :meth:`pin_memory`."""
        return False

    def copy_(self: Any, src: Any, non_blocking: _BOOL = False) -> Any:
        """Write another tensor's elements, broadcast and converted, into this one.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.copy_.html

        Raises:
            RuntimeError: the shapes do not broadcast.
            TypeError: ``src`` is neither a tensor nor a number.
        """
        if type(src) not in TENSOR_TYPES:
            if not isinstance(src, (int, float, complex)):
                raise TypeError(
                    f"copy_(): argument 'other' (position 1) must be Tensor, not {type(src).__name__}"
                )
            return self.fill_(src)
        if len(src._current().aval.shape) <= len(self._current().aval.shape) and set_on_host(self, (), src):
            return self
        check_writable(self, src)
        if self.is_meta:
            return self
        if src.device != self.device:
            src = _moved(src, self.device)
        base = None if self._view is None else self._view.base
        history = modes.grad and any(t is not None and t._requires_grad for t in (self, base, src))
        if not history and src._current().aval is self._current().aval:
            assign(self, wrap(copy(src.detach())._current()))
        else:
            assign(self, copy_into(self, src))
        return self

    def fill_(self: Any, value: Any) -> Any:
        """Set all elements to a number, or to a 0-dimensional tensor's.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.fill_.html

        Args:
            value: the number.

        Raises:
            RuntimeError: the dtype does not hold the number, or the value has dimensions.
        """
        if type(value) in _FILLS and set_on_host(self, (), value):
            return self
        check_writable(self, value, shared=True)
        if type(value) not in TENSOR_TYPES:
            if not isinstance(value, numbers.Number) and not hasattr(value, "dtype"):
                raise TypeError(
                    f"fill_() received an invalid combination of arguments - got ({type(value).__name__}), but "
                    "expected one of:\n * (Tensor value)\n * (Number value)\n"
                )
            check_number(value, self._current().aval.dtype)
        assign(self, fill(self, value))
        return self

    def zero_(self: Any) -> Any:
        """Set all elements to zero. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.zero_.html"""
        if written_on_host(self, _zeros):
            return self
        check_writable(self, shared=True)
        assign(self, zero(self))
        return self

    def get_device(self: Any) -> _INT:
        """The ordinal of the accelerator the tensor is on, -1 for the host."""
        index = self.device.index
        return -1 if index is None else index

    def new_tensor(
        self: Any,
        data: Any,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: _BOOL = False,
        **kwargs: Any,
    ) -> Any:
        """A new tensor of data, by default with this one's dtype and device."""
        if type(data) in TENSOR_TYPES:
            warn(COPYING.format("tensor.new_tensor"))
            data = data.detach().clone()
            made = data.to(device or self.device, dtype or self.dtype)
            return made.requires_grad_() if requires_grad else made
        return creation.tensor(
            data, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad
        )

    @explained(method=True)
    def new_zeros(self: Any, *size: Any, **kwargs: Any) -> Any:
        """Zeros, by default with this tensor's dtype and device."""
        made = None if kwargs else creation.constant_like(self, size, 0)
        return creation.zeros(*size, **self._new_options(kwargs)) if made is None else made

    @explained(method=True)
    def new_ones(self: Any, *size: Any, **kwargs: Any) -> Any:
        """Ones, by default with this tensor's dtype and device."""
        made = None if kwargs else creation.constant_like(self, size, 1)
        return creation.ones(*size, **self._new_options(kwargs)) if made is None else made

    @explained(method=True)
    def new_empty(self: Any, *size: Any, **kwargs: Any) -> Any:
        """Zeros (in torch: undefined), by default with this tensor's dtype and device."""
        return creation.empty(*size, **self._new_options(kwargs))

    @explained(method=True)
    def new_empty_strided(self: Any, size: Any, stride: Any, **kwargs: Any) -> Any:
        """Zeros (in torch: undefined) with the given strides, by default with this tensor's dtype and device."""
        return creation.empty_strided(size, stride, **self._new_options(kwargs))

    @explained(method=True)
    def new_full(self: Any, size: Any, fill_value: Any, **kwargs: Any) -> Any:
        """One number, by default with this tensor's dtype and device."""
        return creation.full(size, fill_value, **self._new_options(kwargs))

    def new(self: Any, *args: Any, **kwargs: Any) -> Any:
        """A new tensor with this one's dtype: of sizes, of data, or empty (an old form of "
        ":meth:`new_tensor`)."""
        if len(args) == 1 and not isinstance(args[0], (_INT, dtypes.dtype)):
            data = args[0]
            if isinstance(data, tuple) and hasattr(data, "numel"):
                return creation.empty(data, dtype=self.dtype, device=self.device)
            return self.new_tensor(data)
        return creation.empty(args or (0,), dtype=self.dtype, device=self.device)

    def _new_options(self: Any, options: dict[str, Any]) -> dict[str, Any]:
        if not options:
            return {"dtype": self.dtype, "device": self._cell.value.aval.device}
        return {
            **options,
            "dtype": options.get("dtype") or self.dtype,
            "device": self.device if options.get("device") is None else options["device"],
        }


_LEGACY = {f"{d._scalar_name}Tensor": d for d in (
    dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16, dtypes.int64, dtypes.int32,
    dtypes.int16, dtypes.int8,
    dtypes.uint8, dtypes.bool,
)}  # fmt: skip


def _typed(dtype: Any) -> dtypes.dtype:
    """The dtype that a name like ``torch.FloatTensor`` or a legacy class of that name means."""
    if not isinstance(dtype, (str, type)):
        if not isinstance(dtype, dtypes.dtype):
            raise TypeError("dtype must be a type, str, or dtype object")
        return dtype
    name = dtype if isinstance(dtype, str) else f"torch.{dtype.__name__}"
    if dtype in TENSOR_TYPES:
        return dtypes.get_default_dtype()
    found = _LEGACY.get(name.rpartition(".")[2])
    if found is None or not name.startswith("torch."):
        raise ValueError(f"invalid type: '{name if isinstance(dtype, str) else dtype.__name__}'")
    return found


def _parse_to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Device | None, bool]:
    """The dtype, device and ``copy`` flag of a call of ``to``.

    Raises:
        TypeError: the arguments are none of torch's forms.
    """
    dtype, device = kwargs.pop("dtype", None), kwargs.pop("device", None)
    other = kwargs.pop("tensor", None)
    kwargs.pop("memory_format", None)
    flags = [kwargs.pop("non_blocking", False), kwargs.pop("copy", False)]
    by_place = args and (
        type(args[0]) in TENSOR_TYPES or isinstance(args[0], (dtypes.dtype, type)) or len(args) > 1
    )
    given = [x for x in (by_place, dtype is not None, other is not None) if x]
    rest = list(args)
    if rest and type(rest[0]) in TENSOR_TYPES:
        other = rest.pop(0)
    elif rest:
        if isinstance(rest[0], type):
            rest[0] = PYTHON_DTYPES.get(rest[0], rest[0])
        if isinstance(rest[0], dtypes.dtype):
            dtype = rest.pop(0)
        elif rest[0] is None or (isinstance(rest[0], (str, Device, int)) and not isinstance(rest[0], bool)):
            device = rest.pop(0)
            if rest and (rest[0] is None or isinstance(rest[0], dtypes.dtype)):
                dtype = rest.pop(0)
    if len(rest) > 2 or not all(isinstance(r, bool) for r in rest) or kwargs:
        raise TypeError("to() received an invalid combination of arguments")
    flags[: len(rest)] = rest
    if len(given) > 1 or not all(type(f) is bool for f in flags):  # by place and by name, or no flags
        raise TypeError("to() received an invalid combination of arguments")
    if other is not None:
        dtype, device = other.dtype, other.device
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype, "to")
    return dtype, None if device is None else resolve_device(device), flags[1]

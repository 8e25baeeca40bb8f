"""``torch.FloatTensor`` and its kind: constructors with a dtype, which also answer ``isinstance``.

They are no classes of objects: whatever they make is a :class:`jaxlearn.Tensor`.
https://docs.pytorch.org/docs/stable/tensors.html#data-types
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._engine.memory_errors import new_array
from .._naming import type_name
from .._size import Size
from .._warnings import warn_once
from ..layouts import strided
from ..ops.shape import alias
from .creation_value import host_value
from .data import array_of
from .devices import resolve_device
from .dispatch import TENSOR_TYPES, wrap

__all__ = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "TensorType",
    "legacy_array",
    "set_default_tensor_type",
]


class TensorType(type):
    """The class of ``torch.FloatTensor`` and its kind: calling one of them makes a tensor of its dtype.

    Args:
        name: the class's name.
        bases: none but ``object``.
        body: its attributes, the ``dtype`` among them.
        device: the type of the device that its tensors are on.

    Example::

        >>> import jaxlearn as torch
        >>> torch.LongTensor([1, 2]), torch.FloatTensor(2, 3).shape
        (tensor([1, 2]), torch.Size([2, 3]))
        >>> isinstance(torch.ones(1), torch.FloatTensor), isinstance(torch.ones(1), torch.LongTensor)
        (True, False)
    """

    dtype: dtypes.dtype
    layout = strided

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], device: str = "cpu") -> None:
        super().__init__(name, bases, body)
        cls.device_type = device
        cls.is_cuda = device == "cuda"

    def __new__(
        mcs, name: str, bases: tuple[type, ...], body: dict[str, Any], device: str = "cpu"
    ) -> TensorType:
        return super().__new__(mcs, name, bases, body)

    def __call__(cls, *args: Any, size: Any = None, device: Any = None) -> Any:
        """A tensor of sizes or of data.

        Args:
            args: sizes, or one sequence, array or tensor.
            size: the sizes, where there are no other arguments.
            device: of the class's own type.

        Raises:
            TypeError: the argument is neither, or a tensor of another dtype, or JAX sees no such device.
        """
        if size is not None and not args:
            args = tuple(size)
        if cls.device_type != "cpu":
            try:
                where = resolve_device(cls.device_type if device is None else device)
            except RuntimeError as error:
                raise TypeError(f"type torch.cuda.{cls.__name__} not available. {error}") from None
        else:
            where = resolve_device(device)
        if len(args) == 1 and type(args[0]) in TENSOR_TYPES:
            source = args[0]
            if source.dtype is not cls.dtype:
                raise TypeError(
                    f"torch.{cls.__name__}() expects a tensor of dtype {cls.dtype}, but got {source.dtype}; "
                    f"convert it with tensor.to({cls.dtype})"
                )
            return alias(source) if source._requires_grad else source.detach()
        return wrap(host_value(legacy_array(args, cls.dtype), where))

    def __instancecheck__(cls, instance: Any) -> bool:
        return (
            type(instance) in TENSOR_TYPES
            and instance.dtype is cls.dtype
            and instance.device.type == cls.device_type
        )


class FloatTensor(metaclass=TensorType):
    """Tensors of ``torch.float32``."""

    __module__ = "torch"
    dtype = dtypes.float32


class DoubleTensor(metaclass=TensorType):
    """Tensors of ``torch.float64``."""

    __module__ = "torch"
    dtype = dtypes.float64


class HalfTensor(metaclass=TensorType):
    """Tensors of ``torch.float16``."""

    __module__ = "torch"
    dtype = dtypes.float16


class BFloat16Tensor(metaclass=TensorType):
    """Tensors of ``torch.bfloat16``."""

    __module__ = "torch"
    dtype = dtypes.bfloat16


class ByteTensor(metaclass=TensorType):
    """Tensors of ``torch.uint8``."""

    __module__ = "torch"
    dtype = dtypes.uint8


class CharTensor(metaclass=TensorType):
    """Tensors of ``torch.int8``."""

    __module__ = "torch"
    dtype = dtypes.int8


class ShortTensor(metaclass=TensorType):
    """Tensors of ``torch.int16``."""

    __module__ = "torch"
    dtype = dtypes.int16


class IntTensor(metaclass=TensorType):
    """Tensors of ``torch.int32``."""

    __module__ = "torch"
    dtype = dtypes.int32


class LongTensor(metaclass=TensorType):
    """Tensors of ``torch.int64``."""

    __module__ = "torch"
    dtype = dtypes.int64


class BoolTensor(metaclass=TensorType):
    """Tensors of ``torch.bool``."""

    __module__ = "torch"
    dtype = dtypes.bool


def legacy_array(args: tuple[Any, ...], dtype: dtypes.dtype) -> np.ndarray[Any, Any]:
    """The array that the arguments of an old constructor mean: zeros of the sizes, or the data in the dtype.

    Raises:
        TypeError: an argument is neither a size nor data.
        RuntimeError: a size is negative, or the dtype does not hold a number.
        ValueError: nested sequences of unequal lengths.
    """
    if len(args) == 1 and (isinstance(args[0], bool) or not isinstance(args[0], int | np.integer)):
        (source,) = args
        if isinstance(source, np.ndarray) and not source.ndim and source.dtype.kind in "iu":
            return legacy_array((int(source),), dtype)
        if isinstance(source, Size):
            return new_array(tuple(source), dtype._np)
        if isinstance(source, str):
            raise TypeError("new(): invalid data type 'str'")
        if not hasattr(source, "__len__") or not hasattr(source, "__getitem__") or isinstance(source, dict):
            raise TypeError(f"new(): data must be a sequence (got {type_name(source)})")
        return array_of(source, dtype)
    sizes = []
    for position, size in enumerate(args, 1):
        try:
            sizes.append(operator.index(size))
        except TypeError:
            raise TypeError(
                f"new(): argument 'size' failed to unpack the object at pos {position} with error "
                f'"type must be tuple of ints,but got {type_name(size)}"'
            ) from None
    if any(n < 0 for n in sizes):
        negative = next(n for n in sizes if n < 0)
        raise RuntimeError(f"Trying to create tensor with negative dimension {negative}: {sizes}")
    return new_array(tuple(sizes) if sizes else (0,), dtype._np)


def set_default_tensor_type(t: Any, /) -> None:
    """Choose the default dtype by an old type: ``torch.DoubleTensor`` or ``"torch.DoubleTensor"``.

    https://docs.pytorch.org/docs/stable/generated/torch.set_default_tensor_type.html

    Args:
        t: a floating type or its name.

    Raises:
        TypeError: it is no type of floating point numbers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.set_default_tensor_type(torch.DoubleTensor)
        >>> torch.tensor([1.0]).dtype
        torch.float64
        >>> torch.set_default_tensor_type("torch.FloatTensor")
    """
    warn_once(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
        "torch.set_default_device() as alternatives."
    )
    name = t.__name__ if isinstance(t, TensorType) else str(t).rpartition(".")[2]
    dtype = {cls.__name__: cls.dtype for cls in (FloatTensor, DoubleTensor, HalfTensor, BFloat16Tensor)}.get(
        name
    )
    if dtype is None:
        raise TypeError("only floating-point types are supported as the default type")
    dtypes.set_default_dtype(dtype)

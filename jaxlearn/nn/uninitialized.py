"""Tensors whose shape is not known yet, as lazy modules have them before their first call.

What torch's ``__torch_function__`` of these classes lets through works on an empty tensor of the dtype and device they
are to have; every other method, and every function, refuses with its own name in the message.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from .._engine.device import Device, default_device
from .._engine.value import concrete, intern
from .._overrides.names import OPERATORS, calls_in_python, members
from .._tensor.cell import cell_of
from .._tensor.creation_constants import empty as empty_tensor
from .._tensor.creation_value import float_dtype
from .._tensor.dispatch import wrap
from .._tensor.tensor import Tensor

__all__ = ["UninitializedTensorMixin", "placeholder"]

# What Python itself asks of every object.
_OBJECTS = {
    "__copy__",
    "__deepcopy__",
    "__hash__",
    "__reduce_ex__",
    "__repr__",
    "__setstate__",
    "__torch_function__",
}
# What torch calls in their place.
_OTHERS = {"__iter__": "dim", "__reversed__": "dim"}
# Names of frames that are no function of torch: private ones, a lambda's, those of what calls an operation.
_NOT_NAMES = ("_", "<", "call", "method")
_SLOTS = ("__getitem__", "__setitem__")

_LIBRARY = os.path.dirname(os.path.dirname(__file__)) + os.sep
_IN_PYTHON = os.path.dirname(__file__) + os.sep


def placeholder(device: Any, dtype: Any) -> Any:
    """An empty tensor of the dtype and device.

    Args:
        device: default the default device.
        dtype: default the default dtype.
    """
    numpy_dtype = float_dtype(dtype, "empty")._np
    where = default_device() if device is None else Device(device)
    return wrap(concrete(np.empty(0, numpy_dtype), intern((0,), np.dtype(numpy_dtype), where)))


def _refusal(kind: type, function: str) -> ValueError:
    return ValueError(
        f"Attempted to use an uninitialized parameter in {function}. This error happens when you are using a "
        f"`LazyModule` or explicitly manipulating `torch.nn.parameter.{kind.__name__}` objects. When using LazyModules "
        "Call `forward` with a dummy batch to initialize the parameters before calling torch functions"
    )


def _method_text(name: str, address: int) -> str:
    """What torch prints for a tensor's method."""
    if name in _SLOTS:
        return f"<slot wrapper '{name}' of 'torch._C.TensorBase' objects>"
    if calls_in_python("Tensor", name):
        return f"<function Tensor.{name} at {address:#x}>"
    shown = _OTHERS.get(name) or OPERATORS.get(name, name)
    return f"<method '{shown}' of 'torch._C.TensorBase' objects>"


def _function_text(frame: types.FrameType | None) -> str:
    """What torch prints for the function of the library that the program called: the outermost one."""
    name, method, in_python, address = "detach", True, False, 0
    while frame is not None and frame.f_code.co_filename.startswith(_LIBRARY):
        definition = frame.f_locals.get("definition")
        found = getattr(definition, "name", frame.f_code.co_name)
        if definition is not None or found in OPERATORS or not found.startswith(_NOT_NAMES):
            name, address = found, id(frame.f_code)
            method = name in OPERATORS or type(frame.f_locals.get("self")) is Tensor
            in_python = frame.f_code.co_filename.startswith(_IN_PYTHON)
        frame = frame.f_back
    if method:
        return _method_text(name, address)
    if in_python and calls_in_python("nn.functional", name):
        return f"<function {name} at {address:#x}>"
    if not hasattr(sys.modules[__name__.partition(".")[0]], name):
        return f"<built-in function {name}>"
    return f"<built-in method {name} of type object at {address:#x}>"


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise _refusal(type(self), _method_text(name, id(refuse)))

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = getattr(Tensor, name).__doc__
    return refuse


def _working(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self._result(getattr(self._known(), name)(*args, **kwargs))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = getattr(Tensor, name).__doc__
    return method


def _property(name: str) -> property:
    return property(
        lambda self: self._result(getattr(self._known(), name)), doc=getattr(Tensor, name).__doc__
    )


class UninitializedTensorMixin:
    """A tensor of which only dtype and device are known; any use of its values or shape is an error.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.UninitializedParameter.html
    """

    cls_to_become: type
    _empty: Any
    _requires_grad: bool
    __dict__: dict[str, Any]

    # What works: these methods, and the properties that are not the tensor object's own.
    char = _working("char")
    copy_ = _working("copy_")
    cpu = _working("cpu")
    cuda = _working("cuda")
    double = _working("double")
    float = _working("float")
    get_device = _working("get_device")
    half = _working("half")
    int = _working("int")
    is_complex = _working("is_complex")
    is_floating_point = _working("is_floating_point")
    long = _working("long")
    short = _working("short")
    size = _working("size")
    to = _working("to")
    H = _property("H")
    T = _property("T")
    _version = _property("_version")
    device = _property("device")
    dtype = _property("dtype")
    imag = _property("imag")
    is_cpu = _property("is_cpu")
    is_cuda = _property("is_cuda")
    is_meta = _property("is_meta")
    itemsize = _property("itemsize")
    mH = _property("mH")
    mT = _property("mT")
    nbytes = _property("nbytes")
    ndim = _property("ndim")
    real = _property("real")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to do after ``__new__``."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if UninitializedTensorMixin in cls.__bases__:
            methods = {name for name, found in members(Tensor) if type(found) is types.FunctionType}
            for name in methods.union(_OTHERS) - _OBJECTS - UninitializedTensorMixin.__dict__.keys():
                setattr(cls, name, _refusing(name))

    def _known(self) -> Any:
        """The empty tensor in its place."""
        known = self._empty
        known._requires_grad = self._requires_grad and known.dtype.is_floating_point
        return known

    def _result(self, result: Any) -> Any:
        """What a method that works returns."""
        return self if result is self._empty else result

    @property
    def _cell(self) -> Any:
        raise _refusal(type(self), _function_text(sys._getframe(1)))

    @property
    def data(self) -> Any:
        """The empty tensor; assigning another one makes it the values to be."""
        return self._result(self._empty.detach())

    @data.setter
    def data(self, value: Any) -> None:
        if value is not self:
            self._empty = value.detach()

    @property
    def shape(self) -> Any:
        """Not known yet.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    def share_memory_(self) -> Any:
        """Not possible yet.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters "
            "before calling `module.share_memory()`."
        )

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become a tensor of the shape, whose values are still to be set.

        Args:
            shape: its sizes.
            device: default the one it was made with.
            dtype: default the one it was made with.

        Raises:
            RuntimeError: a size is negative, or only one of the two devices is the meta device.
        """
        aval = self._empty._current().aval
        numpy_dtype = aval.dtype if dtype is None else dtype._np
        where = aval.device if device is None else Device(device)
        checked = tuple(empty_tensor(shape, device="meta").shape)  # with the words of its errors
        if (where.type == "meta") != self._empty.is_meta:
            raise RuntimeError(
                "Attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have incompatible tensor "
                "type."
            )
        values = np.empty(checked, numpy_dtype)
        self.__class__ = self.cls_to_become
        self.__dict__["_cell"] = cell_of(concrete(values, intern(values.shape, values.dtype, where)))

    def dematerialize(self, kind: type) -> None:
        """Undo :meth:`materialize`: for a state dictionary that could not be loaded.

        Args:
            kind: the class it had.
        """
        self.__dict__.pop("_cell", None)
        self.__class__ = kind

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"<{type(self).__name__}>"

    def __copy__(self) -> Any:
        return type(self)(self._requires_grad)

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self._requires_grad, self._empty.device, self._empty.dtype)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self._requires_grad,)

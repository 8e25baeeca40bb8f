"""Parameters and buffers: tensors that are NNX variables too."""

from __future__ import annotations

import weakref
from typing import Any

import jax
import numpy as np
from flax import nnx

from .._engine.value import Value
from .._tensor.cell import Cell, View
from .._tensor.core import tensor_from_array
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.tensor import Tensor
from .variable import TensorVariable, VariableMeta, set_trace_state

__all__ = ["Buffer", "Parameter", "as_variable", "is_tensor", "type_name"]


def is_tensor(value: Any) -> bool:
    """Whether the value is a Tensor (of any class)."""
    return type(value) in TENSOR_TYPES


def _storage_of(data: Any, requires_grad: bool) -> tuple[Cell, View | None]:
    """The storage that ``data`` is, or a new one for an array."""
    if data is None:
        data = np.empty(0, np.float32)
    if isinstance(data, (jax.Array, np.ndarray)):
        data = tensor_from_array(data)
    alias = data.detach()
    if requires_grad and not (alias.is_floating_point() or alias.is_complex()):
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    return alias._cell, alias._view


class Parameter(TensorVariable, Tensor, nnx.Param, metaclass=VariableMeta):
    r"""A tensor that a module owns and an optimizer changes; it is a ``flax.nnx.Param`` as well.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html

    Args:
        data: the tensor (or JAX or NumPy array) whose storage the parameter uses; default an empty one.
        requires_grad: False for a parameter that is not trained.

    Raises:
        RuntimeError: a gradient is required of integers.

    Example::

        >>> import jaxlearn as torch
        >>> from flax import nnx
        >>> p = torch.nn.Parameter(torch.zeros(2))
        >>> p
        Parameter containing:
        tensor([0., 0.], requires_grad=True)
        >>> isinstance(p, torch.Tensor), isinstance(p, nnx.Param)
        (True, True)
    """

    _requires_grad_by_default = True

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        cell, view = _storage_of(data, requires_grad)
        self = object.__new__(cls)
        self._cell = cell
        if view is not None:
            self._view = view
        self._requires_grad = bool(requires_grad)
        set_trace_state(self)
        return self

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        if "_content" in self.__dict__:
            return f"{type(self).__name__}({self.__dict__['_content']!r})"
        return self._text(is_parameter=True)

    def _like(self, value: Value) -> Any:
        copy = super()._like(value)
        set_trace_state(copy)
        if "_metadata" in self.__dict__:
            copy.__dict__["_metadata"] = dict(self.__dict__["_metadata"])
        return copy

    def __reduce_ex__(self, protocol: Any) -> Any:
        content = self.__dict__["_content"] if "_content" in self.__dict__ else np.asarray(self._array())
        return type(self)._new, (content, dict(self._var_metadata))


class Buffer(TensorVariable, Tensor, nnx.BatchStat, metaclass=VariableMeta):
    """A tensor that a module owns without training it; it is a ``flax.nnx.BatchStat`` as well.

    Assigned to an attribute of a module it is registered as by ``register_buffer``. Any tensor can be a buffer: those
    of other classes appear to NNX as Buffers on the same storage.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Buffer.html

    Args:
        data: the tensor (or JAX or NumPy array) whose storage the buffer uses; default an empty one.
        persistent: whether the module's ``state_dict`` has it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.Buffer(torch.zeros(2))
        tensor([0., 0.])
    """

    persistent: bool = True
    # The tensor that the module holds, where this Buffer only stands for it in an NNX graph.
    _origin: Any = None

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        requires_grad = bool(is_tensor(data) and data.requires_grad)
        cell, view = _storage_of(data, False)
        self = object.__new__(cls)
        self._cell = cell
        if view is not None:
            self._view = view
        self._requires_grad = requires_grad
        if not persistent:
            self.persistent = False
        set_trace_state(self)
        return self

    def _rebind(self, value: Value) -> None:
        super()._rebind(value)
        origin = self._origin
        if origin is not None and origin._cell is not self._cell:
            origin._view = None
            origin._cell = self._cell

    _like = Parameter._like
    __reduce_ex__ = Parameter.__reduce_ex__

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        if "_content" in self.__dict__:
            return f"{type(self).__name__}({self.__dict__['_content']!r})"
        return self._text()


def as_variable(tensor: Any) -> Any:
    """The tensor itself if it is an NNX variable, else the one Buffer that stands for it in NNX graphs."""
    if isinstance(tensor, TensorVariable):
        return tensor
    held = tensor.__dict__.get("_variable")
    variable = None if held is None else held()
    if variable is None or variable._cell is not tensor._cell:
        variable = Buffer(tensor)
        variable._origin = tensor
        tensor._variable = weakref.ref(variable)
    return variable


_LEGACY_NAMES = {"float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16", "int64": "Long",
                 "int32": "Int", "int16": "Short", "int8": "Char", "uint8": "Byte"}  # fmt: skip


def type_name(value: Any) -> str:
    """What torch's messages call a value's type: ``torch.FloatTensor``, ``int``, ``module.Class``."""
    if is_tensor(value):
        name = str(value.dtype).removeprefix("torch.")
        where = "torch.cuda." if value.device.type == "cuda" else "torch."
        return f"{where}{_LEGACY_NAMES.get(name, name.capitalize())}Tensor"
    cls = type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"

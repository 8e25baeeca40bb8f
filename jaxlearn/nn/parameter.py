"""Parameters and buffers: tensors that are NNX variables too."""

from __future__ import annotations

import functools
import types
import weakref
from typing import Any

import jax
import numpy as np
from flax import nnx

from .._autograd.modes import modes
from .._engine.value import Value
from .._naming import publish
from .._overrides.calls import PLAIN, stands_for
from .._overrides.state import disabled
from .._tensor.argument_kinds import truth
from .._tensor.cell import Cell, View, cell_of
from .._tensor.core import another, tensor_from_array
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.methods_subclass import as_class
from .._tensor.tensor import Tensor
from .uninitialized import UninitializedTensorMixin, placeholder
from .variable import TensorVariable, VariableMeta, set_trace_state

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "UninitializedTensorMixin",
    "as_variable",
    "is_lazy",
    "is_tensor",
    "type_name",
]

publish(__name__, ("UninitializedTensorMixin",))


def is_tensor(value: Any) -> bool:
    """Whether the value is a Tensor (of any class)."""
    return type(value) in TENSOR_TYPES


def _storage_of(data: Any, requires_grad: bool) -> tuple[Cell, View | None, bool]:
    """The storage that ``data`` is, or a new one for an array, and whether it belongs to inference mode."""
    if data is None:
        data = np.empty(0, np.float32)
    if isinstance(data, (jax.Array, np.ndarray)):
        data = tensor_from_array(data)
    alias = data._alias() if is_tensor(data) else data.detach()  # what is no tensor fails as in torch
    if requires_grad and alias._current().aval.dtype.kind in "biu":
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    if requires_grad and alias._inference and not modes.inference:
        raise RuntimeError(
            "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
        )
    return alias._cell, alias._view, alias._inference


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
    __torch_function__ = staticmethod(disabled)

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if type(requires_grad) is not bool:
            truth("_make_subclass", "require_grad", requires_grad, 3)
        cell, view, inference = _storage_of(data, requires_grad)
        if cls is Parameter and type(data) in TENSOR_TYPES and type(data) not in PLAIN:
            cls = _parameters_class(type(data))  # type: ignore[arg-type]
        self = object.__new__(cls)
        if inference:
            self._inference = True
        self._cell = cell
        if view is not None:
            self._view = view
        self._requires_grad = requires_grad
        set_trace_state(self)
        return self

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        kind = type(self)
        if "_content" in self.__dict__:
            return f"{kind.__name__}({self.__dict__['_content']!r})"
        if kind in _LIBRARYS:
            return self._text(is_parameter=True)
        text = f"Parameter({self._text(name=kind.__name__)})"
        return text if kind not in PLAIN else "Parameter containing:\n" + text

    def __format__(self, spec: str) -> str:
        return object.__format__(self, spec)  # the text, not the number, as of any subclass of Tensor

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        # A parameter's copy has no gradient, and a memory of its own, unlike any other tensor's.
        copy = super().__deepcopy__(memo)
        copy._grad = None
        return copy

    def _copied(self, memo: dict[int, Any]) -> Any:
        copy = self._like(cell_of(another(self._current())))
        copy._view = None
        return copy

    def _like(self, cell: Cell) -> Any:
        return _variable_like(self, cell)

    def __reduce_ex__(self, protocol: Any) -> Any:
        content = self.__dict__["_content"] if "_content" in self.__dict__ else np.asarray(self._array())
        kind = stands_for(type(self))
        if kind is not type(self):
            return _parameter_of, (kind, content, self._requires_grad), self._attributes() or None
        return type(self)._new, (content, dict(self._var_metadata))


def _variable_like(variable: Any, cell: Cell) -> Any:
    """A leaf of a variable's class and metadata on a storage."""
    copy = Tensor._like(variable, cell)
    set_trace_state(copy)
    if "_metadata" in variable.__dict__:
        copy.__dict__["_metadata"] = dict(variable.__dict__["_metadata"])
    return copy


@functools.cache
def _parameters_class(kind: type) -> Any:
    """The class of parameters that are of a subclass of Tensor: to overrides they are of that class."""

    def body(names: dict[str, Any]) -> None:
        names["__module__"], names["_stands_for"] = kind.__module__, kind
        names["__torch_function__"] = kind.__torch_function__  # type: ignore[attr-defined]
        names["__init__"] = lambda *_, **__: None  # the tensor that it is made of has been through it

    return types.new_class(kind.__name__, (kind, Parameter), exec_body=body)


def _parameter_of(kind: type, array: Any, requires_grad: bool) -> Any:
    return Parameter(as_class(kind, tensor_from_array(array)), requires_grad)


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
    __torch_function__ = staticmethod(disabled)
    # The tensor that the module holds, where this Buffer only stands for it in an NNX graph.
    _origin: Any = None

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        requires_grad = bool(is_tensor(data) and data.requires_grad)
        cell, view, inference = _storage_of(data, False)
        self = object.__new__(cls)
        if inference:
            self._inference = True
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

    def _like(self, cell: Cell) -> Any:
        return _variable_like(self, cell)

    __reduce_ex__ = Parameter.__reduce_ex__

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        if "_content" in self.__dict__:
            return f"{type(self).__name__}({self.__dict__['_content']!r})"
        return self._text()


def _without_shape(cls: Any, requires_grad: Any, device: Any, dtype: Any) -> Any:
    """A new object of a class of tensors whose shape is not known yet."""
    self = object.__new__(cls)
    self._empty = placeholder(device, dtype)
    _storage_of(self._empty, truth("_make_subclass", "require_grad", requires_grad, 3))  # checks the dtype
    self._requires_grad = requires_grad
    return self


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc, override]
    """A parameter whose shape is not known yet, as lazy modules have them before their first call.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.UninitializedParameter.html

    Args:
        requires_grad: whether it is to be trained.
        device: it will be on.
        dtype: it will have.

    Raises:
        ValueError: its values are used.
        RuntimeError: its shape is asked for.

    Example::

        >>> import jaxlearn as torch
        >>> p = torch.nn.UninitializedParameter()
        >>> p.materialize((2, 3))
        >>> type(p).__name__, p.shape
        ('Parameter', torch.Size([2, 3]))
    """

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        self = _without_shape(cls, requires_grad, device, dtype)
        set_trace_state(self)
        return self


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc, override]
    """A buffer whose shape is not known yet, as lazy modules have them before their first call.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.UninitializedBuffer.html

    Args:
        requires_grad: whether it asks for a gradient.
        device: it will be on.
        dtype: it will have.
        persistent: whether the module's ``state_dict`` has it.

    Raises:
        ValueError: its values are used.
        RuntimeError: its shape is asked for.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.UninitializedBuffer()
        <UninitializedBuffer>
    """

    persistent: bool
    cls_to_become = Tensor
    _origin = None
    __torch_function__ = staticmethod(disabled)

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        self = _without_shape(cls, requires_grad, device, dtype)
        self.persistent = persistent
        return self

    def _result(self, result: Any) -> Any:
        # A method of torch's buffer without a shape gives another one, of a parameter a plain tensor.
        if result is self._empty or not is_tensor(result):
            return self if result is self._empty else result
        other = type(self)(self._requires_grad, persistent=self.persistent)
        other._empty = result
        return other


_LIBRARYS = {Parameter, UninitializedParameter}


def is_lazy(value: Any) -> bool:
    """Whether the value is a parameter or buffer whose shape is not known yet."""
    return isinstance(value, UninitializedTensorMixin)


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


def type_name(value: Any) -> str:
    """What torch's messages call a value's type: ``torch.FloatTensor``, ``int``, ``module.Class``."""
    if is_tensor(value):
        return str(value.type())
    cls = type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"

"""The Tensor's core: values, type and history, text and copies.

Its operations are in the other mixins beside this file, one file per family, each a visible list of names.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import jax
import numpy as np

from .._autograd.modes import modes
from .._engine.recorder import recorder
from .._engine.value import Value, concrete
from .._overrides.calls import PLAIN, stands_for
from .._overrides.subclasses import register_override
from ..ops.view_rules import contiguous_strides, is_dense
from .cell import Cell, cell_of, view_of
from .dispatch import register_tensor_type, wrap
from .layout import found_on_host
from .methods_subclass import SubclassMethods, as_class
from .printing import meta_str, tensor_str

__all__ = ["TensorBase", "another", "register_pytree", "tensor_from_array"]


class TensorBase(SubclassMethods):
    """What a tensor is, without its operations.

    There are no slots, so that ``nn.Parameter`` can be a ``flax.nnx.Param`` as well.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        register_tensor_type(cls)
        register_override(cls)
        if (
            cls not in PLAIN and stands_for(cls) is cls and not cls.__dict__.get("_transient")
        ):  # a parameter's class NNX has registered
            register_pytree(cls)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self._text()

    def _text(self, is_parameter: bool = False, name: str = "") -> str:
        name = name or ("tensor" if type(self) in PLAIN else type(self).__name__)
        value = self._current()
        if isinstance(value.array, jax.core.Tracer):
            return f"{name}({value.array})"
        capture = recorder.capture
        if capture is not None and capture.lifts and capture.depends(value):
            return f"{name}(<{value.aval}>, known when the program runs)"
        try:
            grad_fn = self.grad_fn
            node = None if grad_fn is None else grad_fn.name().rpartition("::")[2]
        except RuntimeError:  # a view that does not follow what was written to its base
            node = "Invalid"
        device = self.device
        if device.type == "meta":
            return meta_str(
                self.shape,
                dtype=self.dtype,
                requires_grad=self.requires_grad,
                grad_fn_name=node,
                is_parameter=is_parameter,
                name=name,
            )
        return tensor_str(
            np.asarray(self._array()),
            dtype=self.dtype,
            requires_grad=self.requires_grad,
            grad_fn_name=node,
            is_parameter=is_parameter,
            device=None if device.type == "cpu" else str(device),
            name=name,
            tangent=None if modes.follows is None else modes.follows.tangent(self),
        )

    def __format__(self, spec: str) -> str:
        if type(self) in PLAIN and self._current().aval.shape == ():
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment.  If you were attempting to deepcopy a module, this may be because of a "
                "torch.nn.utils.weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001"
            )
        if id(self) in memo:
            return memo[id(self)]
        copy = self._copied(memo)
        memo[id(self)] = copy
        if self._grad is not None:
            copy._grad = self._grad.__deepcopy__(memo)
        copy.__dict__.update(deepcopy(self._attributes(), memo))
        return copy

    def __copy__(self) -> Any:
        """Another tensor on the same memory."""
        copy = self._like(self._cell)
        copy.__dict__.update(self._attributes())
        return copy

    def _attributes(self) -> dict[str, Any]:
        """What the program has set on the tensor."""
        return {name: value for name, value in self.__dict__.items() if name not in _OWN}

    def _copied(self, memo: dict[int, Any]) -> Any:
        """A leaf of this class on a copy of the storage, the one that all tensors on it are copied to."""
        cell = memo.get(id(self._cell))
        if cell is None:
            cell = memo[id(self._cell)] = cell_of(another(self._cell.value))
        return self._like(cell)

    def _like(self, cell: Cell) -> Any:
        """A leaf of this class on a storage, which it shows as this tensor shows its own."""
        t = object.__new__(type(self))
        t._cell = cell
        if self._view is not None:
            t._view = view_of(None, self._view.steps, self._current(), cell)
        t._requires_grad = self._requires_grad and self.requires_grad
        return t

    def __reduce_ex__(self, protocol: Any) -> Any:
        content: tuple[Any, ...] = np.asarray(self._array()), self._requires_grad
        shape: tuple[int, ...] = tuple(self.shape)
        strides: Any = self.stride()
        if strides != contiguous_strides(shape) and is_dense(shape, strides):
            content = *content, strides
        if type(self) in PLAIN:
            return _rebuild, content, self._attributes() or None
        return _rebuild_as, (type(self), *content), self._attributes() or None


# What a tensor is made of, and what the library notes on it.
_OWN = {
    "_cell", "_content", "_empty", "_grad", "_grad_fn", "_hooks", "_inference", "_keeps_grad", "_metadata", "_origin",
    "_output_nr", "_requires_grad", "_trace_state", "_untracked", "_variable", "_view",
}  # fmt: skip


def another(value: Value) -> Value:
    """A value with the same array: a compiled function tells its inputs apart by their values."""
    if value.array is None or value.aval.traced:
        return value
    made = Value(value.aval, value.code, None, ())
    made.array = value.array
    made.__class__ = type(value)
    return made


def _rebuild(array: np.ndarray[Any, Any], requires_grad: bool, strides: tuple[int, ...] | None = None) -> Any:
    t = tensor_from_array(array) if strides is None else wrap(found_on_host(array, strides))
    t._requires_grad = requires_grad
    return t


def _rebuild_as(cls: type, *content: Any) -> Any:
    return as_class(cls, _rebuild(*content))


def tensor_from_array(array: Any) -> Any:
    """A tensor of a NumPy or JAX array (or tracer), without a copy."""
    if isinstance(array, np.ndarray) and type(array) is not np.ndarray:
        array = np.asarray(
            array
        )  # the engine knows host arrays by their exact type; a memmap is one of another
    return wrap(concrete(array))


def register_pytree(cls: type) -> None:
    """Let tensors of the class pass through the user's own jax transformations as their arrays."""

    def unflatten(_: None, children: Any) -> Any:
        (array,) = children
        if not isinstance(array, (np.ndarray, jax.Array)):
            return array  # jax also unflattens with placeholders, which stand for themselves
        return tensor_from_array(array) if cls in PLAIN else as_class(cls, tensor_from_array(array))

    jax.tree_util.register_pytree_node(cls, lambda t: ((t.__jax_array__(),), None), unflatten)

"""A Tensor as an NNX Variable: what Flax reads and writes of a Variable is the tensor's storage cell.

A ``flax.nnx.Variable`` has three slots (value, metadata, trace state) and hands every unknown attribute on to the
value. Here the value is the cell's, the metadata are made when first asked for, and an unknown attribute is an error
at once, so that ``hasattr`` on a parameter never computes anything.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from flax.nnx import variablelib
from flax.nnx.tracers import TraceState

from .._engine.value import Value, concrete
from .._tensor.cell import cell_of

__all__ = ["TensorVariable", "VariableMeta", "set_trace_state"]


class VariableMeta(variablelib.VariableMeta):
    """NNX's metaclass with Python's own instance creation and ``isinstance``, which are many times faster."""

    __call__ = type.__call__
    __instancecheck__ = type.__instancecheck__


def set_trace_state(tensor: Any) -> None:
    """Note the JAX trace in which a variable was made: NNX refuses to write to it from another."""
    object.__setattr__(tensor, "_trace_state", TraceState())


class TensorVariable:
    """The part of ``nnx.Variable`` that deals with the value, for a class that is a Tensor as well.

    NNX also uses Variables as mere containers: for gradients, optimizer states, shapes, shardings or markers. What is
    not an array is kept beside the cell.
    """

    __slots__ = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to do after ``__new__``."""

    def __str__(self) -> str:
        return repr(self)

    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__

    def __getattr__(self, name: str) -> Any:
        own = object.__getattribute__(self, "__dict__")
        if name in own.get("_metadata", ()):
            return own["_metadata"][name]
        if "_content" in own:
            return getattr(own["_content"], name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    @property
    def _raw_value(self) -> Any:
        own = self.__dict__
        return own["_content"] if "_content" in own else self.__jax_array__()

    @_raw_value.setter
    def _raw_value(self, value: Any) -> None:
        if isinstance(value, (jax.Array, np.ndarray)):
            self.__dict__.pop("_content", None)
            self._rebind(concrete(value))
        else:
            self.__dict__["_content"] = value

    def _rebind(self, value: Value) -> None:
        """Write the value; a view leaves its base for a storage of its own, as by an assignment to ``data``."""
        own = self.__dict__
        if "_cell" in own and own.get("_view") is None:
            own["_cell"].rebind(value)
        else:
            own.pop("_view", None)
            own["_cell"] = cell_of(value)

    @property
    def _var_metadata(self) -> dict[str, Any]:
        own = self.__dict__
        metadata: dict[str, Any] | None = own.get("_metadata")
        if metadata is None:
            metadata = own["_metadata"] = {
                "hijax": False,
                "ref": False,
                "eager_sharding": variablelib.using_eager_sharding(),
            }
        if own.get("_requires_grad", False) == self._requires_grad_by_default:
            metadata.pop("requires_grad", None)
        else:
            metadata["requires_grad"] = own.get("_requires_grad", False)
        return metadata

    @_var_metadata.setter
    def _var_metadata(self, metadata: dict[str, Any]) -> None:
        self.__dict__["_metadata"] = metadata
        self.__dict__["_requires_grad"] = metadata.get("requires_grad", self._requires_grad_by_default)

    # A frozen parameter, or a buffer that asks for a gradient, says so in its NNX metadata.
    _requires_grad_by_default = False

    def set_value(self, value: Any, **index: Any) -> None:
        """Replace the value (or, with ``index=``, a part of it), as ``nnx.Variable.set_value`` does."""
        self._check_can_update()
        super().set_value(value, **index)  # type: ignore[misc]

    @classmethod
    def _new(cls, value: Any, metadata: dict[str, Any]) -> Any:
        variable = object.__new__(cls)
        set_trace_state(variable)
        variable._var_metadata = metadata
        variable._raw_value = value
        return variable

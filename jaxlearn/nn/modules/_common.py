"""What the layers share: fresh parameters, and one number standing for a number in every dimension."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import numpy as np

from ... import _dtypes as dtypes
from ..._engine.value import concrete, intern
from ..._tensor.core import tensor_from_array
from ..._tensor.devices import resolve_device
from ..._tensor.dispatch import TENSOR_TYPES, wrap
from ..parameter import Parameter

__all__ = ["new_buffer", "new_parameter", "ntuple", "on_tensors", "weight_and_bias"]


def _new(array: np.ndarray[Any, Any], device: Any) -> Any:
    where = resolve_device(device)
    return wrap(concrete(array, intern(array.shape, array.dtype, where)))


def new_parameter(shape: Sequence[int], device: Any = None, dtype: dtypes.dtype | None = None) -> Parameter:
    """A parameter whose values are still to be set.

    Raises:
        RuntimeError: a size is negative.
    """
    for size in shape:
        if size < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {list(shape)}")
    numpy_dtype = (dtypes.get_default_dtype() if dtype is None else dtype)._np
    return Parameter(_new(np.empty(tuple(shape), numpy_dtype), device))


def new_buffer(
    shape: Sequence[int], fill: float, device: Any = None, dtype: dtypes.dtype | None = None
) -> Any:
    """A tensor filled with a number."""
    numpy_dtype = (dtypes.get_default_dtype() if dtype is None else dtype)._np
    return _new(np.full(tuple(shape), fill, numpy_dtype), device)


def weight_and_bias(module: Any) -> tuple[Any, Any]:
    """The module's attributes of these names, for a forward.

    Looked up where they are unless somebody has put something else in their place (a parametrization, a pruned
    weight): that costs a third of asking for the attributes.
    """
    own = module._parameters
    weight, bias = own.get("weight"), own.get("bias")
    return module.weight if weight is None else weight, module.bias if bias is None else bias


def ntuple(value: Any, n: int) -> tuple[Any, ...]:
    """``n`` values from one or from a sequence of them."""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return tuple(value)
    return (value,) * n


def _is_array(value: Any) -> bool:
    return type(value) not in TENSOR_TYPES and isinstance(value, jax.Array)


def on_tensors(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Let a layer that needs a Tensor's methods take JAX arrays too, as in NNX models, and return them."""

    @functools.wraps(forward)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        for value in args:
            if type(value) not in TENSOR_TYPES and (
                _is_array(value) or (type(value) is tuple and any(map(_is_array, value)))
            ):
                break
        else:
            return forward(self, *args, **kwargs)
        args, kwargs = jax.tree.map(
            lambda x: tensor_from_array(x) if _is_array(x) else x,
            (args, kwargs),
            is_leaf=lambda x: x is None or type(x) in TENSOR_TYPES,
        )
        result = forward(self, *args, **kwargs)
        return jax.tree.map(
            lambda x: x.jax() if type(x) in TENSOR_TYPES else x,
            result,
            is_leaf=lambda x: type(x) in TENSOR_TYPES,
        )

    return call

"""What the layers share: fresh parameters, and one number standing for a number in every dimension."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import jax

from ... import _dtypes as dtypes
from ..._engine.memory_errors import new_array
from ..._engine.value import concrete, intern, meta
from ..._tensor.core import tensor_from_array
from ..._tensor.creation_value import checked_size, float_dtype
from ..._tensor.devices import resolve_device
from ..._tensor.dispatch import TENSOR_TYPES, wrap
from ..parameter import Parameter

__all__ = ["new_buffer", "new_parameter", "ntuple", "on_tensors", "own_init", "weight_and_bias"]

M = TypeVar("M")


def _filled(sizes: tuple[int, ...], dtype: Any, device: Any, fill: float = 0) -> Any:
    aval = intern(sizes, dtype, resolve_device(device))
    if aval.device.type == "meta":
        return wrap(meta(aval))
    array = new_array(sizes, dtype)
    if fill:
        array.fill(fill)
    return wrap(concrete(array, aval))


def new_parameter(
    shape: int | Sequence[int], device: Any = None, dtype: dtypes.dtype | None = None
) -> Parameter:
    """A parameter whose values are still to be set.

    Raises:
        TypeError: a size is no integer, ``dtype`` no dtype.
        RuntimeError: a size is negative.
    """
    sizes = checked_size(shape, "empty")
    return Parameter(_filled(sizes, float_dtype(dtype, "empty")._np, device))


def new_buffer(
    shape: int | Sequence[int], fill: float, device: Any = None, dtype: dtypes.dtype | None = None
) -> Any:
    """A tensor filled with a number."""
    function = "ones" if fill else "zeros"
    sizes = checked_size(shape, function)
    return _filled(sizes, float_dtype(dtype, function)._np, device, fill)


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
    return tuple(value) if isinstance(value, Iterable) else (value,) * n


def own_init(cls: type[M]) -> type[M]:
    """Copy the inherited ``__init__`` into the class, so that Python's message about a wrong argument names the class.

    For classes that share a constructor here and have one each in torch.
    """
    inherited: Any = cls.__init__
    own = types.FunctionType(
        inherited.__code__,
        inherited.__globals__,
        inherited.__name__,
        inherited.__defaults__,
        inherited.__closure__,
    )
    own.__qualname__ = f"{cls.__qualname__}.__init__"
    own.__kwdefaults__ = inherited.__kwdefaults__
    own.__annotations__ = inherited.__annotations__
    own.__doc__ = inherited.__doc__
    cls.__init__ = own  # type: ignore[method-assign]
    return cls


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

"""What reductions share: dimensions with torch's checks, and the dtype of the result."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import _dtypes as dtypes
from .pointwise_rules import is_float, scalar_name
from .promotion import cast

__all__ = [
    "argmax",
    "argmin",
    "axes",
    "axis",
    "chosen_of_all",
    "floating_only",
    "gather_last",
    "nonempty",
    "reduced_size",
    "summable",
    "total",
    "wrap_dim",
]


def wrap_dim(dim: int, ndim: int) -> int:
    """The dimension counted from 0; a 0-dimensional tensor counts as having one.

    Example::

        >>> wrap_dim(-1, 3)
        2

    Raises:
        IndexError: out of range.
        TypeError: not an integer.
    """
    if isinstance(dim, jax.core.Tracer):
        dim = operator.index(dim)  # JAX's error: it is not known
    if isinstance(dim, bool) or not isinstance(dim, int):
        raise TypeError(f"argument 'dim' must be int, not {type(dim).__name__}")
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
        )
    return dim % n


def axes(dim: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """The dimensions to reduce as NumPy axes: all for None or an empty sequence.

    Example::

        >>> axes((0, -1), 3)
        (0, 2)

    Raises:
        IndexError: one is out of range.
        RuntimeError: one is named twice.
    """
    if dim is None or (not isinstance(dim, int) and len(dim) == 0):
        return tuple(range(ndim))
    found: list[int] = []
    for d in [dim] if isinstance(dim, int) else dim:
        wrapped = wrap_dim(d, ndim)
        if wrapped in found:
            raise RuntimeError(f"dim {wrapped} appears multiple times in the list of dims")
        found.append(wrapped)
    return tuple(found) if ndim else ()


def axis(name: str, dim: Any, ndim: int) -> int:
    """One dimension, for operations that take no more.

    Raises:
        TypeError: not an integer.
        IndexError: out of range.
    """
    if isinstance(dim, bool) or not isinstance(dim, int):
        raise TypeError(f"{name}(): argument 'dim' must be int, not {type(dim).__name__}")
    return wrap_dim(dim, ndim)


def reduced_size(shape: Sequence[int], over: Sequence[int]) -> int:
    """How many elements each result is made of."""
    return int(np.prod([shape[d] for d in over], dtype=np.int64))


def nonempty(name: str, x: Any, dim: int | None) -> None:
    """Refuse to choose among no elements.

    Raises:
        IndexError: the dimension has size 0.
        RuntimeError: the tensor is empty and no dimension is given.
    """
    if dim is None:
        if x.size == 0:
            message = f"{name}(): Expected reduction dim to be specified for input.numel() == 0."
            if name.startswith("arg"):
                raise IndexError(message)
            raise RuntimeError(f"{message} Specify the reduction dim with the 'dim' argument.")
    elif x.ndim and x.shape[dim] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")


def total(x: Any, over: tuple[int, ...], keepdims: bool = False) -> Any:
    """The sum along axes in the array's own dtype.

    The parts of complex numbers are added by themselves: whole ones XLA adds to one number, one after the other, where
    the axes are not neighbours, which rounds more than torch does.
    """
    if not jnp.iscomplexobj(x):
        return jnp.sum(x, axis=over, keepdims=keepdims, dtype=x.dtype)
    return jax.lax.complex(total(x.real, over, keepdims), total(x.imag, over, keepdims))


def summable(x: Any, dtype: Any) -> Any:
    """The operand in the dtype in which torch adds or multiplies it: integers and booleans as int64."""
    if dtype is not None:
        return cast(x, dtypes.as_dtype(dtype, "sum")._np)
    return x if jnp.issubdtype(x.dtype, jnp.inexact) else cast(x, np.int64)


def gather_last(x: Any, indices: Any) -> Any:
    """The elements at the indices along the last dimension; their gradient goes there alone."""
    return jnp.take_along_axis(x, indices, axis=-1)


def floating_only(name: str, x: Any, dtype: Any) -> Any:
    """The operand in ``dtype``, or its own, which must be floating point or complex.

    Raises:
        RuntimeError: it is not.
    """
    if dtype is not None:
        x = cast(x, dtypes.as_dtype(dtype, name)._np)
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        what = "Optional dtype must be" if dtype is not None else "Input dtype must be"
        raise RuntimeError(
            f"{name}(): could not infer output dtype. {what} either a floating point or complex dtype. "
            f"Got: {scalar_name(x)}"
        )
    return x


def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the largest element is.

    The index has 32 bits: JAX makes code of its 64-bit form only when the program around is compiled, by then under the
    user's own ``jax_enable_x64``, and fails if that is off.
    """
    return _place(jax.lax.argmax, x, axis, keepdims)


def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the smallest element is; see :func:`argmax`."""
    return _place(jax.lax.argmin, x, axis, keepdims)


def _place(choose: Any, x: Any, axis: int | None, keepdims: bool) -> Any:
    if axis is None:
        found = choose(x.reshape(-1), 0, np.int32)
        return found.reshape((1,) * x.ndim) if keepdims else found
    found = choose(x, axis % x.ndim, np.int32)
    return jnp.expand_dims(found, axis % x.ndim) if keepdims else found


def chosen_of_all(choose: Callable[..., Any], x: Any) -> Any:
    """One of all elements, by its value: its gradient is shared by the equal ones, or by the NaNs if it is NaN.

    Args:
        choose: gives the element of an array.
        x: any shape, not complex.
    """
    return _chosen(choose, x) if is_float(x) else choose(x)


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _chosen(choose: Callable[..., Any], x: Any) -> Any:
    return choose(x)


@_chosen.defjvp
def _chosen_jvp(choose: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    value = _chosen(choose, x)
    equal = jnp.where(jnp.isnan(value), jnp.isnan(x), x == value)
    return value, jnp.sum(jnp.where(equal, t, 0)) / jnp.sum(equal).astype(x.dtype)

"""torch's type promotion for operations: tensors, 0-dimensional tensors and Python numbers count differently.

Inside an operation a Python number is a Python number, or, where the engine has made it an operand of the program, a
weakly typed array; everything else is an array.
https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import _dtypes as dtypes

__all__ = [
    "as_array",
    "cast",
    "default_float",
    "floating",
    "is_number",
    "promote",
    "result_dtype",
    "to_float",
]


def is_number(x: Any) -> bool:
    """Whether the operand is a Python number rather than a tensor."""
    return isinstance(x, (bool, int, float, complex)) or bool(getattr(x, "weak_type", False))


def _operand(x: Any) -> tuple[dtypes.dtype, dtypes.Category]:
    if isinstance(x, bool):
        return dtypes.bool, dtypes.WRAPPED_NUMBER
    if isinstance(x, int):
        return dtypes.int64, dtypes.WRAPPED_NUMBER
    if isinstance(x, float):
        return dtypes.get_default_dtype(), dtypes.WRAPPED_NUMBER
    if isinstance(x, complex):
        return dtypes.get_default_dtype().to_complex(), dtypes.WRAPPED_NUMBER
    dtype = dtypes.from_numpy_dtype(np.dtype(x.dtype))
    if getattr(x, "weak_type", False):
        if dtype.is_floating_point:
            dtype = dtypes.get_default_dtype()
        return dtype, dtypes.WRAPPED_NUMBER
    return dtype, dtypes.DIMENSIONED if x.ndim else dtypes.ZERO_DIM


def result_dtype(*operands: Any) -> np.dtype[Any]:
    """The NumPy dtype in which torch computes an operation on these operands."""
    return dtypes.result_type_of(tuple(_operand(x) for x in operands))._np


def cast(x: Any, dtype: Any) -> Any:
    """The operand as a strongly typed array of the dtype (of the nearest one that JAX's configuration allows)."""
    dtype = jax.dtypes.canonicalize_dtype(dtype)
    x = jnp.asarray(x)
    if jnp.issubdtype(x.dtype, jnp.complexfloating) and not jnp.issubdtype(dtype, jnp.complexfloating):
        x = x != 0 if dtype == np.bool_ else x.real
    return jax.lax.convert_element_type(x, dtype)


def promote(*operands: Any) -> tuple[Any, ...]:
    """The operands as arrays of their common dtype."""
    dtype = result_dtype(*operands)
    return tuple(cast(x, dtype) for x in operands)


def default_float() -> np.dtype[Any]:
    """The default dtype's NumPy dtype."""
    return dtypes.get_default_dtype()._np


def to_float(*operands: Any) -> tuple[Any, ...]:
    """The operands promoted, integers and booleans to the default dtype: for operations defined on reals."""
    dtype = result_dtype(*operands)
    if not jnp.issubdtype(dtype, jnp.inexact):
        dtype = default_float()
    return tuple(cast(x, dtype) for x in operands)


def floating(x: Any) -> Any:
    """One operand as a floating point (or complex) array."""
    return to_float(x)[0]


def as_array(x: Any) -> Any:
    """The operand as a strongly typed array of its own dtype."""
    return cast(x, _operand(x)[0]._np)

"""What linear algebra shares: checks with torch's words and the product itself."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from .pointwise_rules import is_half, scalar_name
from .promotion import cast

__all__ = ["c_name", "float_matrix", "matrices", "product", "same_dtype", "square_matrices"]

_C_NAMES = {
    "Float": "float",
    "Double": "double",
    "Half": "c10::Half",
    "BFloat16": "c10::BFloat16",
    "Long": "long int",
    "Int": "int",
    "Short": "short int",
    "Char": "signed char",
    "Byte": "unsigned char",
    "Bool": "bool",
    "ComplexFloat": "c10::complex<float>",
    "ComplexDouble": "c10::complex<double>",
}


def c_name(x: Any) -> str:
    """The element type as torch's messages on products spell it."""
    name = scalar_name(x)
    return _C_NAMES.get(name, name)


def same_dtype(a: Any, b: Any) -> None:
    """Refuse to multiply different dtypes.

    Raises:
        RuntimeError: they differ.
    """
    if a.dtype != b.dtype:
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {c_name(a)} != {c_name(b)}")


def product(a: Any, b: Any) -> Any:
    """The matrix product of two arrays, half types accumulated in float32.

    Raises:
        NotImplementedError: the elements are booleans.
    """
    if a.dtype == np.bool_:
        raise NotImplementedError("\"addmm_impl_cpu_\" not implemented for 'Bool'")
    if is_half(a.dtype):
        return cast(jnp.matmul(a, b, preferred_element_type=jnp.float32), a.dtype)
    return jnp.matmul(a, b)


def matrices(name: str, x: Any) -> None:
    """Refuse fewer than two dimensions.

    Raises:
        RuntimeError: there are.
    """
    if x.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")


def float_matrix(name: str, x: Any) -> None:
    """Refuse integers.

    Raises:
        RuntimeError: the elements are integers or booleans.
    """
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. Got {scalar_name(x)}"
        )


def square_matrices(name: str, x: Any) -> None:
    """Refuse anything but square matrices of floating point or complex numbers.

    Raises:
        RuntimeError: with torch's words.
    """
    matrices(name, x)
    if x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {x.shape[-2]} by {x.shape[-1]} matrices"
        )
    float_matrix(name, x)

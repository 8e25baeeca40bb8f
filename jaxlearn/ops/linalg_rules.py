"""What linear algebra shares: checks with torch's words and the product itself."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .pointwise_rules import is_half, scalar_name
from .promotion import cast
from .shape_dims import view_strides

__all__ = [
    "c_name",
    "finite_matrices",
    "flat_batch",
    "flat_matrix",
    "float_matrix",
    "full_precision",
    "hermitian_input",
    "kernel_matrix",
    "matrices",
    "no_gradient",
    "product",
    "same_dtype",
    "singular_parts",
    "singular_values",
    "square_matrices",
]

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


def _strides(x: Any) -> tuple[int, ...]:
    return x.strides or view_strides((math.prod(x.shape),), (1,), x.shape) or ()


def flat_matrix(x: Any, transposed: bool = False) -> bool:
    """Whether the memory of a batch of matrices, transposed or not, shows one matrix of all rows: torch copies others.

    Args:
        x: a tensor's type.
        transposed: in the last two dimensions.
    """
    order = [*range(len(x.shape))]
    if transposed:
        order[-2:] = order[:-3:-1]
    shape, strides = [x.shape[d] for d in order], [_strides(x)[d] for d in order]
    return view_strides(shape, strides, (math.prod(shape[:-1]), shape[-1])) is not None


def flat_batch(x: Any, batch: Sequence[int]) -> bool:
    """Whether the memory of matrices, stretched to the dimensions of a batch, shows one such dimension.

    Args:
        x: a tensor's type.
        batch: the sizes.
    """
    *own, height, width = _strides(x)
    own = [0 if size == 1 else stride for size, stride in zip(x.shape, own, strict=False)]
    strides = (*[0] * (len(batch) - len(own)), *own, height, width)
    return view_strides((*batch, *x.shape[-2:]), strides, (math.prod(batch), *x.shape[-2:])) is not None


def matrices(name: str, x: Any) -> None:
    """Refuse fewer than two dimensions.

    Raises:
        RuntimeError: there are.
    """
    if x.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")


def full_precision(name: str, x: Any) -> None:
    """Refuse half types.

    Raises:
        RuntimeError: the elements have one.
    """
    if is_half(x.dtype):
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {scalar_name(x)}")


def kernel_matrix(kernel: str, x: Any) -> None:
    """Refuse what LAPACK has no function for: half types and integers.

    Raises:
        NotImplementedError: with torch's words, which name its kernel.
    """
    if is_half(x.dtype) or not jnp.issubdtype(x.dtype, jnp.inexact):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x)}'")


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def no_gradient(x: Any, message: str) -> Any:
    """The operand itself; asking for its gradient is an error in torch's words."""
    return x


@no_gradient.defjvp
def _no_gradient_jvp(message: str, primals: Any, tangents: Any) -> Any:
    raise RuntimeError(message)


def _adjoint(x: Any) -> Any:
    return jnp.conj(jnp.swapaxes(x, -1, -2))


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def hermitian_input(A: Any, UPLO: str) -> Any:
    """The Hermitian matrix whose lower (or upper) triangle is A's: the other one is not read.

    Its gradient is torch's, which takes A for Hermitian and so gives both triangles.
    """
    part = jnp.tril(A, -1) if UPLO.upper() == "L" else jnp.triu(A, 1)
    diagonal = jnp.einsum("...ii->...i", A).real.astype(A.dtype)
    return part + _adjoint(part) + diagonal[..., None] * jnp.eye(A.shape[-1], dtype=A.dtype)


@hermitian_input.defjvp
def _hermitian_input_jvp(UPLO: str, primals: Any, tangents: Any) -> Any:
    (t,) = tangents
    return hermitian_input(*primals, UPLO), (t + _adjoint(t)) / 2


def float_matrix(name: str, x: Any) -> None:
    """Refuse integers.

    Raises:
        RuntimeError: the elements are integers or booleans.
    """
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. Got {scalar_name(x)}"
        )


def square_matrices(name: str, x: Any, floating: bool = True) -> None:
    """Refuse anything but square matrices, of floating point or complex numbers unless ``floating`` is False.

    Raises:
        RuntimeError: with torch's words.
    """
    matrices(name, x)
    if x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they are {x.shape[-2]} by {x.shape[-1]} matrices"
        )
    if floating:
        float_matrix(name, x)


def finite_matrices(A: Any) -> tuple[Any, Any]:
    """The matrices with zeros in place of those that are not finite, and which are; LAPACK may never return otherwise.

    Example::

        >>> finite_matrices(jnp.array([[jnp.inf]]))[1].tolist()
        [[False]]
    """
    finite = jnp.all(jnp.isfinite(A), axis=(-2, -1), keepdims=True)
    return jnp.where(finite, A, jnp.zeros((), A.dtype)), finite


def singular_parts(A: Any, full: bool) -> tuple[Any, Any, Any]:
    """The singular value decomposition; NaN for matrices that are not finite."""
    safe, finite = finite_matrices(A)
    u, s, vh = jnp.linalg.svd(safe, full_matrices=full)
    nan = jnp.nan
    return jnp.where(finite, u, nan), jnp.where(finite[..., 0], s, nan), jnp.where(finite, vh, nan)


def singular_values(A: Any) -> Any:
    """The singular values; NaN for matrices that are not finite."""
    safe, finite = finite_matrices(A)
    return jnp.where(finite[..., 0], jnp.linalg.svd(safe, compute_uv=False), jnp.nan)

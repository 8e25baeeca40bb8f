"""Decompositions of matrices, and what is computed from singular values."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from .. import return_types
from .linalg_rules import (
    finite_matrices,
    float_matrix,
    hermitian_input,
    kernel_matrix,
    matrices,
    singular_parts,
    singular_values,
    square_matrices,
)
from .op import op
from .pointwise_rules import magnitude, scalar_name
from .reduction_moments import lengths, nuclear
from .reduction_rules import axes, nonempty, wrap_dim

__all__ = [
    "cond",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "linalg_norm",
    "linalg_svd",
    "matrix_norm",
    "svd",
    "svdvals",
]


def _svd_input(x: Any) -> None:
    matrices("linalg.svd", x)
    float_matrix("linalg.svd", x)
    kernel_matrix("linalg_svd_cpu", x)


def _no_driver(name: str, driver: str | None) -> None:
    if driver is not None:
        raise RuntimeError(
            f"torch.linalg.{name}: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )


def _adjoint(x: Any) -> Any:
    return jnp.conj(jnp.swapaxes(x, -1, -2))


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _svd(A: Any, full: bool) -> tuple[Any, Any, Any]:
    return singular_parts(A, full)


@_svd.defjvp
def _svd_jvp(full: bool, primals: Any, tangents: Any) -> Any:
    """The derivative of the columns that belong to singular values; the others, if asked for, have none."""
    (A,), (dA,) = primals, tangents
    u_all, s, vh_all = _svd(A, full)
    k = s.shape[-1]
    u, vh = u_all[..., :k], vh_all[..., :k, :]
    v, uh = _adjoint(vh), _adjoint(u)
    inner = uh @ dA @ v
    ds = jnp.einsum("...ii->...i", inner).real
    eye = jnp.eye(k, dtype=s.dtype)
    gaps = (s[..., None, :] - s[..., :, None]) * (s[..., None, :] + s[..., :, None]) + eye
    share = (1 - eye) / gaps
    row, column = s[..., None, :], s[..., :, None]
    du = u @ (share * (inner * row + column * _adjoint(inner)))
    dv = v @ (share * (column * inner + _adjoint(inner) * row))
    if jnp.issubdtype(A.dtype, jnp.complexfloating):
        turn = jnp.einsum("...ii->...i", inner - _adjoint(inner)) / (2 * s)
        du = du + u * turn[..., None, :]
    rest_u, rest_v = dA @ v / row, _adjoint(dA) @ u / row
    du = du + rest_u - u @ (uh @ rest_u)
    dv = dv + rest_v - v @ (vh @ rest_v)
    m, n = A.shape[-2:]
    if full:
        zeros = [(0, 0)] * (A.ndim - 2)
        du = jnp.pad(du, [*zeros, (0, 0), (0, m - k)])
        dv = jnp.pad(dv, [*zeros, (0, 0), (0, n - k)])
    return (u_all, s, vh_all), (du, ds, _adjoint(dv))


@op(grad_name="LinalgSvdBackward0", saves=("result", "result1", "result2"))
def svd(input: Any, some: bool = True, compute_uv: bool = True) -> Any:
    """Singular value decomposition, :math:`A = U\\, \\mathrm{diag}(S)\\, V^H`.

    https://docs.pytorch.org/docs/stable/generated/torch.svd.html

    Args:
        input: shape (..., m, n).
        some: U and V with min(m, n) columns rather than all.
        compute_uv: False to compute S only; U and V are zeros then.

    Returns:
        The named tuple ``(U, S, V)``, the singular values from the largest on.

    Example::

        >>> import jaxlearn as torch
        >>> torch.svd(torch.tensor([[3.0, 0.0], [0.0, 2.0]])).S
        tensor([3., 2.])
    """
    if input.ndim < 2:
        raise RuntimeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {input.ndim} dimensions instead"
        )
    _svd_input(input)
    m, n = input.shape[-2:]
    if not compute_uv:
        values = singular_values(input)
        lead = input.shape[:-2]
        zeros = [jnp.zeros((*lead, k, k), input.dtype) for k in (m, n)]
        return return_types.svd(zeros[0], values, zeros[1])
    u, s, vh = _svd(input, not some)
    return return_types.svd(u, s, jnp.conj(jnp.swapaxes(vh, -1, -2)))


@op(name="linalg_svd", saves=("result", "result1", "result2"))
def linalg_svd(A: Any, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """Singular value decomposition, :math:`A = U\\, \\mathrm{diag}(S)\\, V^H`.

    The gradient exists for ``full_matrices=False`` only. Singular vectors are unique up to a sign; which one LAPACK
    gives depends on its build, so for matrices that are not square it may differ from torch's.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg_svd.html

    Args:
        A: shape (..., m, n).
        full_matrices: U and V with all columns rather than min(m, n).
        driver: None; torch has a choice on CUDA only.

    Returns:
        The named tuple ``(U, S, Vh)``, the singular values from the largest on.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.svd(torch.tensor([[3.0, 0.0], [0.0, 2.0]])).S
        tensor([3., 2.])
    """
    _svd_input(A)
    _no_driver("svd", driver)
    return return_types.linalg_svd(*_svd(A, full_matrices))


@op(name="linalg_svdvals", grad_name="LinalgSvdBackward0", saves=("result",))
def svdvals(A: Any, *, driver: str | None = None) -> Any:
    """Singular values, from the largest on.

    https://docs.pytorch.org/docs/stable/generated/torch.svdvals.html

    Args:
        A: shape (..., m, n).
        driver: None; torch has a choice on CUDA only.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.svdvals(torch.tensor([[3.0, 0.0], [0.0, 2.0]]))
        tensor([3., 2.])
    """
    _svd_input(A)
    _no_driver("svd", driver)
    return _svd(A, False)[1]


def _hermitian(name: str, A: Any, UPLO: str) -> None:
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    square_matrices(name, A, floating=False)
    kernel_matrix("linalg_eigh_cpu", A)


@op(name="linalg_eigh", saves=("result", "result1"))
def eigh(A: Any, UPLO: str = "L") -> Any:
    """Eigenvalues, ascending, and eigenvectors of Hermitian (real: symmetric) matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.eigh.html

    Args:
        A: shape (..., n, n).
        UPLO: the triangle that is read, ``"L"`` or ``"U"``.

    Returns:
        The named tuple ``(eigenvalues, eigenvectors)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.eigh(torch.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        tensor([1., 2.])
    """
    _hermitian("linalg.eigh", A, UPLO)
    a = hermitian_input(A, UPLO)
    return return_types.linalg_eigh(*jnp.linalg.eigh(a, symmetrize_input=False))


@op(name="linalg_eigvalsh", grad_name="LinalgEighBackward0", saves=("result",))
def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """Eigenvalues, ascending, of Hermitian (real: symmetric) matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.eigvalsh.html

    Args:
        A: shape (..., n, n).
        UPLO: the triangle that is read, ``"L"`` or ``"U"``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.eigvalsh(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([1., 2.])
    """
    _hermitian("linalg.eigh", A, UPLO)
    return jnp.linalg.eigh(hermitian_input(A, UPLO), symmetrize_input=False)[0]


def _general(name: str, A: Any) -> None:
    square_matrices(name, A, floating=False)
    if not jnp.issubdtype(A.dtype, jnp.inexact):
        raise RuntimeError(f"Unknown Complex ScalarType for {scalar_name(A)}")
    kernel_matrix("linalg_eig_out_cpu", A)


@jax.custom_jvp
def _eig(A: Any) -> tuple[Any, Any]:
    """Eigenvalues and eigenvectors of length 1."""
    safe, finite = finite_matrices(A)
    values, vectors = jnp.linalg.eig(safe)
    return jnp.where(finite[..., 0], values, jnp.nan), jnp.where(finite, vectors, jnp.nan)


@_eig.defjvp
def _eig_jvp(primals: Any, tangents: Any) -> Any:
    """The part of the change along each eigenvector is what keeps its length."""
    values, vectors = _eig(*primals)
    dA = tangents[0].astype(vectors.dtype)
    change = jnp.linalg.solve(vectors, dA @ vectors) if vectors.size else jnp.zeros_like(vectors)
    eye = jnp.eye(values.shape[-1], dtype=values.dtype)
    gaps = values[..., None, :] - values[..., :, None] + eye
    moved = vectors @ (change / gaps * (1 - eye))
    along = jnp.sum(jnp.conj(vectors) * moved, -2, keepdims=True).real
    return (values, vectors), (jnp.einsum("...ii->...i", change), moved - vectors * along)


@op(name="linalg_eig", saves=("result", "result1"))
def eig(A: Any) -> Any:
    """Eigenvalues and eigenvectors of square matrices, complex. On the CPU only.

    https://docs.pytorch.org/docs/stable/generated/torch.eig.html

    Args:
        A: shape (..., n, n).

    Returns:
        The named tuple ``(eigenvalues, eigenvectors)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.eig(torch.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        tensor([2.+0.j, 1.+0.j])
    """
    _general("linalg.eig", A)
    return return_types.linalg_eig(*_eig(A))


@op(name="linalg_eigvals", grad_name="LinalgEigBackward0", saves=("result",))
def eigvals(A: Any) -> Any:
    """Eigenvalues of square matrices, complex. On the CPU only.

    https://docs.pytorch.org/docs/stable/generated/torch.eigvals.html

    Args:
        A: shape (..., n, n).

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.eigvals(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([2.+0.j, 1.+0.j])
    """
    _general("linalg.eigvals", A)
    return _eig(A)[0]


def _largest(x: Any, axis: int, keepdims: bool = False) -> Any:
    """Of no lengths the largest counts as 0."""
    return jnp.max(x, axis=axis, keepdims=keepdims) if x.shape[axis] else jnp.sum(x, axis, keepdims=keepdims)


def _smallest(x: Any, axis: int, keepdims: bool = False) -> Any:
    nonempty("amin", x, axis)
    return jnp.min(x, axis=axis, keepdims=keepdims)


def _converted(name: str, A: Any, dtype: Any) -> Any:
    if dtype is None:
        return A
    if not (dtype.is_floating_point or dtype.is_complex):
        raise RuntimeError(f"{name}: dtype should be floating point or complex, but got {dtype._scalar_name}")
    return A.astype(dtype._np)


def _matrix_norm(x: Any, order: Any, dim: Any, keepdim: bool) -> Any:
    if len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    rows, columns = (wrap_dim(d, x.ndim) for d in dim)
    if rows == columns:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({rows}, {columns})")
    if order == "fro":
        return lengths(x, 2, (rows, columns), keepdim)
    if order == "nuc":
        return nuclear(x, (rows, columns), keepdim)
    if order not in (1, -1, 2, -2, math.inf, -math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {order} not supported.")
    choose = _largest if order > 0 else _smallest
    if abs(order) == 2:
        values = singular_values(jnp.moveaxis(x, (rows, columns), (-2, -1)))
        result = choose(values, axis=-1)
        return jnp.expand_dims(result, tuple(sorted((rows, columns)))) if keepdim else result
    added, compared = (rows, columns) if abs(order) == 1 else (columns, rows)
    sums = jnp.sum(magnitude(x), axis=added, keepdims=True)
    result = choose(sums, axis=compared, keepdims=True)
    return result if keepdim else jnp.squeeze(result, (rows, columns))


def _norm_saves(A: Any, ord: Any = None, *rest: Any) -> tuple[str, ...]:
    """Of norms by singular values torch keeps the decomposition."""
    if ord == "nuc":
        return ()
    by_values = ord in (2, -2) and len(A.shape) > 1 and not (rest and isinstance(rest[0], int))
    return ("result",) if by_values else ("A", "result")


@op(name="linalg_matrix_norm", grad_name="LinalgVectorNormBackward0", saves=_norm_saves)
def matrix_norm(
    A: Any,
    ord: float | str = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Any:
    """Norms of matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.matrix_norm.html

    Args:
        A: shape (..., m, n).
        ord: ``"fro"`` (root of the sum of squares), ``"nuc"`` (sum of the singular values), 2 or -2 (largest or
            smallest singular value), 1 or -1 (of the column sums), infinity or minus infinity (of the row sums).
        dim: the two dimensions of the matrices.
        keepdim: keep them, with size 1.
        dtype: convert the elements to it first.

    Raises:
        RuntimeError: no such order, or fewer than two dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.matrix_norm(torch.tensor([[3.0, 0.0], [4.0, 0.0]]))
        tensor(5.)
    """
    matrices("linalg.matrix_norm", A)
    float_matrix("linalg.matrix_norm", A)
    return _matrix_norm(_converted("linalg.matrix_norm", A, dtype), ord, dim, keepdim)


def _norm_grad_name(A: Any, ord: Any = None, dim: Any = None, *rest: Any, **named: Any) -> str:
    matrix = len(A.shape) == 2 if dim is None else not isinstance(dim, int) and len(dim) == 2
    if ord is None or ord == "fro" or not matrix:
        return "LinalgVectorNormBackward0"
    return {"nuc": "SumBackward1"}.get(ord, "AmaxBackward0")


def _counts(A: Any, ord: Any = None, *rest: Any, **named: Any) -> tuple[str, ...]:
    """The norm of order 0, a number of elements, has no gradient in torch."""
    return ("A",) if ord == 0 else ()


@op(name="linalg_norm", grad_name=_norm_grad_name, undefined=_counts, saves=_norm_saves)
def linalg_norm(
    A: Any, ord: float | str | None = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """The norm of a vector or a matrix, by the number of dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg_norm.html

    Args:
        A: any shape; without ``dim`` and ``ord`` it counts as one vector.
        ord: the order; see :func:`vector_norm` and :func:`matrix_norm`.
        dim: one dimension for vectors, two for matrices.
        keepdim: keep them, with size 1.
        dtype: convert the elements to it first.

    Raises:
        RuntimeError: no such order, or too many dimensions for one.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.norm(torch.tensor([3.0, 4.0]))
        tensor(5.)
    """
    count = A.ndim if dim is None else 1 if isinstance(dim, int) else len(dim)
    name = "linalg.matrix_norm" if ord is not None and count == 2 else "linalg.vector_norm"
    float_matrix(name, A)
    x = _converted(name, A, dtype)
    if isinstance(dim, (list, tuple)) and len(dim) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dim)}")
    if ord is None:
        return lengths(x, 2, axes(dim, x.ndim), keepdim)
    if dim is None and x.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {x.ndim}D."
        )
    if count == 2:
        return _matrix_norm(x, ord, (0, 1) if dim is None else dim, keepdim)
    over = axes(dim, x.ndim)
    if isinstance(ord, str) and x.ndim > 1:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {over[0]}")
    if isinstance(ord, str):
        raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    return lengths(x, ord, over, keepdim)


@op(name="linalg_cond", grad_name="SqueezeBackward1")
def cond(A: Any, p: Any = None) -> Any:
    """Condition numbers, :math:`\\|A\\| \\|A^{-1}\\|`.

    https://docs.pytorch.org/docs/stable/generated/torch.cond.html

    Args:
        A: shape (..., n, n); (..., m, n) for the orders 2 and -2.
        p: the order of the norm; 2 by default.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.cond(torch.tensor([[4.0, 0.0], [0.0, 2.0]]))
        tensor(2.)
    """
    if A.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if not isinstance(p, str) and p not in (None, 2, -2, 1, -1, math.inf, -math.inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if not A.size:
        return jnp.zeros(A.shape[:-2], A.real.dtype)
    if p in (None, 2, -2):
        _svd_input(A)
        values = _svd(A, False)[1]
        return values[..., -1] / values[..., 0] if p == -2 else values[..., 0] / values[..., -1]
    if isinstance(p, str) and p not in ("fro", "nuc"):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    square_matrices(f"linalg.cond(ord={p})", A)
    over = (A.ndim - 2, A.ndim - 1)
    found = _matrix_norm(A, p, over, False) * _matrix_norm(jnp.linalg.inv(A), p, over, False)
    return found if p == "nuc" else jnp.where(jnp.isnan(found), jnp.inf, found)

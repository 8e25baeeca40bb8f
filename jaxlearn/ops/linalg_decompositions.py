"""Decompositions of matrices, and what is computed from singular values."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from .. import return_types
from .linalg_rules import float_matrix, matrices, square_matrices
from .op import op
from .pointwise_rules import magnitude
from .reduction_moments import lengths, nuclear
from .reduction_rules import axes

__all__ = [
    "cond",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "linalg_norm",
    "linalg_qr",
    "linalg_svd",
    "matrix_norm",
    "matrix_rank",
    "qr",
    "svd",
    "svdvals",
]


def _svd_input(x: Any) -> None:
    if x.ndim < 2:
        raise RuntimeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {x.ndim} dimensions instead"
        )
    float_matrix("linalg.svd", x)


@op(grad_name="LinalgSvdBackward0", saves=("result",))
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
    _svd_input(input)
    m, n = input.shape[-2:]
    if not compute_uv:
        values = jnp.linalg.svd(input, compute_uv=False)
        lead = input.shape[:-2]
        zeros = [jnp.zeros((*lead, k, k), input.dtype) for k in (m, n)]
        return return_types.svd(zeros[0], values, zeros[1])
    u, s, vh = jnp.linalg.svd(input, full_matrices=not some)
    return return_types.svd(u, s, jnp.conj(jnp.swapaxes(vh, -1, -2)))


@op(name="linalg_svd", saves=("result",))
def linalg_svd(A: Any, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """Singular value decomposition, :math:`A = U\\, \\mathrm{diag}(S)\\, V^H`.

    The gradient exists for ``full_matrices=False`` only. Singular vectors are unique up to a sign; which one LAPACK
    gives depends on its build, so for matrices that are not square it may differ from torch's.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg_svd.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., m, n).
        full_matrices: U and V with all columns rather than min(m, n).
        driver: accepted for torch's sake.

    Returns:
        The named tuple ``(U, S, Vh)``, the singular values from the largest on.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.svd(torch.tensor([[3.0, 0.0], [0.0, 2.0]])).S
        tensor([3., 2.])
    """
    _svd_input(A)
    return return_types.linalg_svd(*jnp.linalg.svd(A, full_matrices=full_matrices))


@op(name="linalg_svdvals", grad_name="LinalgSvdBackward0", saves=("A",))
def svdvals(A: Any, *, driver: str | None = None) -> Any:
    """Singular values, from the largest on.

    https://docs.pytorch.org/docs/stable/generated/torch.svdvals.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., m, n).
        driver: accepted for torch's sake.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.svdvals(torch.tensor([[3.0, 0.0], [0.0, 2.0]]))
        tensor([3., 2.])
    """
    _svd_input(A)
    return jnp.linalg.svd(A, compute_uv=False)


@op(grad_name="LinalgQrBackward0", saves=("result",))
def qr(input: Any, some: bool = True) -> Any:
    """QR decomposition, :math:`A = Q R` with orthonormal columns of Q and an upper triangle R.

    https://docs.pytorch.org/docs/stable/generated/torch.qr.html

    Args:
        input: shape (..., m, n).
        some: Q with min(m, n) columns rather than m.

    Returns:
        The named tuple ``(Q, R)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.qr(torch.eye(2)).R.abs()
        tensor([[1., 0.],
                [0., 1.]])
    """
    matrices("linalg.qr", input)
    float_matrix("linalg.qr", input)
    return return_types.qr(*jnp.linalg.qr(input, mode="reduced" if some else "complete"))


@op(name="linalg_qr", saves=("result",))
def linalg_qr(A: Any, mode: str = "reduced") -> Any:
    """QR decomposition, :math:`A = Q R` with orthonormal columns of Q and an upper triangle R.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg_qr.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., m, n).
        mode: ``"reduced"``, ``"complete"`` (Q square) or ``"r"`` (R only).

    Returns:
        The named tuple ``(Q, R)``.

    Raises:
        RuntimeError: no such mode.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.qr(torch.eye(2)).R.abs()
        tensor([[1., 0.],
                [0., 1.]])
    """
    if mode not in ("reduced", "r", "complete"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    matrices("linalg.qr", A)
    float_matrix("linalg.qr", A)
    if mode == "r":
        return return_types.linalg_qr(jnp.zeros((0,), A.dtype), jnp.linalg.qr(A, mode="r"))
    return return_types.linalg_qr(*jnp.linalg.qr(A, mode=mode))


def _hermitian(name: str, A: Any, UPLO: str) -> None:
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    square_matrices(name, A)


def _one_triangle(A: Any, UPLO: str) -> Any:
    """The Hermitian matrix whose lower (or upper) triangle is A's: the other one is not read."""
    part = jnp.tril(A, -1) if UPLO.upper() == "L" else jnp.triu(A, 1)
    diagonal = jnp.einsum("...ii->...i", A).real.astype(A.dtype)
    return (
        part
        + jnp.conj(jnp.swapaxes(part, -1, -2))
        + diagonal[..., None] * jnp.eye(A.shape[-1], dtype=A.dtype)
    )


@op(name="linalg_eigh", saves=("result",))
def eigh(A: Any, UPLO: str = "L") -> Any:
    """Eigenvalues, ascending, and eigenvectors of Hermitian (real: symmetric) matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.eigh.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
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
    return return_types.linalg_eigh(*jnp.linalg.eigh(_one_triangle(A, UPLO), symmetrize_input=False))


@op(name="linalg_eigvalsh", grad_name="LinalgEighBackward0", saves=("A",))
def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """Eigenvalues, ascending, of Hermitian (real: symmetric) matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.eigvalsh.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., n, n).
        UPLO: the triangle that is read, ``"L"`` or ``"U"``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.eigvalsh(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([1., 2.])
    """
    _hermitian("linalg.eigvalsh", A, UPLO)
    return jnp.linalg.eigh(_one_triangle(A, UPLO), symmetrize_input=False)[0]


@op(name="linalg_eig", saves=("result",))
def eig(A: Any) -> Any:
    """Eigenvalues and eigenvectors of square matrices, complex. On the CPU only.

    https://docs.pytorch.org/docs/stable/generated/torch.eig.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., n, n).

    Returns:
        The named tuple ``(eigenvalues, eigenvectors)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.eig(torch.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        tensor([2.+0.j, 1.+0.j])
    """
    square_matrices("linalg.eig", A)
    return return_types.linalg_eig(*jnp.linalg.eig(A))


@op(name="linalg_eigvals", grad_name="LinalgEigBackward0", saves=("A",))
def eigvals(A: Any) -> Any:
    """Eigenvalues of square matrices, complex. On the CPU only.

    https://docs.pytorch.org/docs/stable/generated/torch.eigvals.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., n, n).

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.eigvals(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([2.+0.j, 1.+0.j])
    """
    square_matrices("linalg.eigvals", A)
    return jnp.linalg.eigvals(A)


def _matrix_norm(x: Any, order: Any, dim: Any, keepdim: bool) -> Any:
    rows, columns = axes(dim, x.ndim)
    if order == "fro":
        return lengths(x, 2, (rows, columns), keepdim)
    if order == "nuc":
        return nuclear(x, (rows, columns), keepdim)
    if order not in (1, -1, 2, -2, math.inf, -math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {order} not supported.")
    choose = jnp.max if order > 0 else jnp.min
    if abs(order) == 2:
        values = jnp.linalg.svd(jnp.moveaxis(x, (rows, columns), (-2, -1)), compute_uv=False)
        result = choose(values, axis=-1)
        return jnp.expand_dims(result, tuple(sorted((rows, columns)))) if keepdim else result
    added, compared = (rows, columns) if abs(order) == 1 else (columns, rows)
    sums = jnp.sum(magnitude(x), axis=added, keepdims=True)
    result = choose(sums, axis=compared, keepdims=True)
    return result if keepdim else jnp.squeeze(result, (rows, columns))


@op(name="linalg_matrix_norm", saves=("A",), grad_name="LinalgVectorNormBackward0")
def matrix_norm(
    A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """Norms of matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.matrix_norm.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
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
    return _matrix_norm(A if dtype is None else A.astype(dtype._np), ord, dim, keepdim)


def _norm_grad_name(A: Any, ord: Any = None, dim: Any = None, *rest: Any, **named: Any) -> str:
    matrix = len(A.shape) == 2 if dim is None else not isinstance(dim, int) and len(dim) == 2
    if ord is None or ord == "fro" or not matrix:
        return "LinalgVectorNormBackward0"
    return {"nuc": "SumBackward1"}.get(ord, "AmaxBackward0")


@op(name="linalg_norm", saves=("A",), grad_name=_norm_grad_name)
def linalg_norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The norm of a vector or a matrix, by the number of dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg_norm.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
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
    float_matrix("linalg.norm", A)
    x = A if dtype is None else A.astype(dtype._np)
    if ord is None:
        return lengths(x, 2, axes(dim, x.ndim), keepdim)
    if dim is None and x.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {x.ndim}D."
        )
    over = axes(dim, x.ndim)
    if len(over) == 2:
        return _matrix_norm(x, ord, over, keepdim)
    if isinstance(ord, str):
        raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    return lengths(x, ord, over, keepdim)


@op(name="linalg_matrix_rank", differentiable=False)
def matrix_rank(
    A: Any, *, atol: float | None = None, rtol: float | None = None, hermitian: bool = False
) -> Any:
    """How many singular values are not zero.

    https://docs.pytorch.org/docs/stable/generated/torch.matrix_rank.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., m, n).
        atol: values up to this count as zero.
        rtol: values up to this share of the largest do; :math:`\\max(m, n) \\epsilon` by default, 0 if
            ``atol`` is given.
        hermitian: whether the matrices are.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.matrix_rank(torch.eye(3))
        tensor(3)
    """
    matrices("linalg.matrix_rank", A)
    float_matrix("linalg.matrix_rank", A)
    values = jnp.abs(jnp.linalg.eigvalsh(A)) if hermitian else jnp.linalg.svd(A, compute_uv=False)
    share = rtol
    if share is None:
        share = 0.0 if atol else max(A.shape[-2:]) * float(jnp.finfo(A.dtype).eps)
    limit = jnp.maximum(jnp.asarray(atol or 0.0, values.dtype), jnp.max(values, -1, keepdims=True) * share)
    return jnp.sum(values > limit, axis=-1, dtype=np.int64)


@op(name="linalg_cond", saves=("A",), grad_name="SqueezeBackward1")
def cond(A: Any, p: Any = None) -> Any:
    """Condition numbers, :math:`\\|A\\| \\|A^{-1}\\|`.

    https://docs.pytorch.org/docs/stable/generated/torch.cond.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., n, n); (..., m, n) for the orders 2 and -2.
        p: the order of the norm; 2 by default.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.cond(torch.tensor([[4.0, 0.0], [0.0, 2.0]]))
        tensor(2.)
    """
    matrices("linalg.cond", A)
    float_matrix("linalg.cond", A)
    if p in (None, 2, -2):
        values = jnp.linalg.svd(A, compute_uv=False)
        return values[..., -1] / values[..., 0] if p == -2 else values[..., 0] / values[..., -1]
    square_matrices("linalg.cond", A)
    over = (A.ndim - 2, A.ndim - 1)
    return _matrix_norm(A, p, over, False) * _matrix_norm(jnp.linalg.inv(A), p, over, False)

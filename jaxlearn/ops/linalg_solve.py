"""Determinants, inverses, linear equations and powers of matrices.

torch raises an error for a singular matrix, for which it reads the result; here the values are not read, and the result
is infinite or NaN instead.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import jax.scipy.linalg

from .. import return_types
from .linalg_rules import float_matrix, matrices, product, square_matrices
from .op import op
from .pointwise_rules import check_broadcast

__all__ = [
    "cholesky",
    "cholesky_solve",
    "det",
    "inverse",
    "linalg_cholesky",
    "linalg_slogdet",
    "logdet",
    "lstsq",
    "matrix_exp",
    "matrix_power",
    "multi_dot",
    "pinv",
    "slogdet",
    "solve",
    "solve_triangular",
]


@op(name="linalg_det", saves=("A", "result"))
def det(A: Any) -> Any:
    """Determinants of square matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.det.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., n, n).

    Raises:
        RuntimeError: other shapes or integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.det(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor(-2.)
    """
    square_matrices("linalg.det", A)
    return jnp.linalg.det(A)


@op(name="slogdet", grad_name="LinalgSlogdetBackward0", saves=("input",))
def slogdet(input: Any) -> Any:
    """Sign and logarithm of the absolute value of determinants.

    https://docs.pytorch.org/docs/stable/generated/torch.slogdet.html

    Args:
        input: shape (..., n, n).

    Returns:
        The named tuple ``(sign, logabsdet)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.slogdet(torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
        torch.return_types.slogdet(
        sign=tensor(1.),
        logabsdet=tensor(1.7918))
    """
    square_matrices("linalg.slogdet", input)
    return return_types.slogdet(*jnp.linalg.slogdet(input))


@op(name="linalg_slogdet", saves=("A",))
def linalg_slogdet(A: Any) -> Any:
    """Sign and logarithm of the absolute value of determinants.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg_slogdet.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., n, n).

    Returns:
        The named tuple ``(sign, logabsdet)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.slogdet(torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
        torch.return_types.linalg_slogdet(
        sign=tensor(1.),
        logabsdet=tensor(1.7918))
    """
    square_matrices("linalg.slogdet", A)
    return return_types.linalg_slogdet(*jnp.linalg.slogdet(A))


@op(grad_name="WhereBackward0", saves=("input",))
def logdet(input: Any) -> Any:
    """Logarithms of determinants: minus infinity for 0, NaN for negative ones.

    https://docs.pytorch.org/docs/stable/generated/torch.logdet.html

    Args:
        input: shape (..., n, n).

    Example::

        >>> import jaxlearn as torch
        >>> torch.logdet(torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
        tensor(1.7918)
    """
    square_matrices("linalg.slogdet", input)
    sign, logarithm = jnp.linalg.slogdet(input)
    return jnp.where(sign < 0, jnp.nan, logarithm)


@op(name="linalg_inv", grad_name="LinalgInvExBackward0", saves=("result",))
def inverse(A: Any) -> Any:
    """Inverse matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.inverse.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., n, n).

    Raises:
        RuntimeError: other shapes or integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.inv(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]])
    """
    square_matrices("linalg.inv", A)
    return jnp.linalg.inv(A)


def _is_vector(A: Any, B: Any) -> bool:
    """Whether B is one right-hand side for each matrix rather than a matrix of them, as torch tells them apart."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])


@op(name="linalg_solve", grad_name="LinalgSolveExBackward0", saves=("A", "result"))
def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """Solutions of :math:`A X = B`.

    https://docs.pytorch.org/docs/stable/generated/torch.solve.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., n, n).
        B: shape (..., n), or (..., n, k) for several right-hand sides.
        left: False for :math:`X A = B`.

    Raises:
        RuntimeError: the shapes do not fit, or integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.solve(torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([1.0, 1.0]))
        tensor([0.5000, 0.2500])
    """
    square_matrices("linalg.solve", A)
    float_matrix("linalg.solve", B)
    if A.dtype != B.dtype:
        raise RuntimeError(
            f"linalg.solve: Expected A and B to have the same dtype, but found A of type {A.dtype} and B of type "
            f"{B.dtype} instead"
        )
    vector = _is_vector(A, B)
    b = B[..., None] if vector else B
    if A.shape[-1] != b.shape[-2 if left else -1]:
        equation = "AX = B" if left else "XA = B"
        raise RuntimeError(
            f"linalg.solve: Incompatible shapes of A and B for the equation {equation} ({A.shape[-2]}x{A.shape[-1]} "
            f"and {b.shape[-2]}x{b.shape[-1]})"
        )
    lead = check_broadcast(A.shape[:-2], b.shape[:-2])
    a, b = jnp.broadcast_to(A, (*lead, *A.shape[-2:])), jnp.broadcast_to(b, (*lead, *b.shape[-2:]))
    if not left:
        return jnp.swapaxes(jnp.linalg.solve(jnp.swapaxes(a, -1, -2), jnp.swapaxes(b, -1, -2)), -1, -2)
    x = jnp.linalg.solve(a, b)
    return x[..., 0] if vector else x


@op(name="linalg_solve_triangular", saves=("A", "result"))
def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """Solutions of :math:`A X = B` for triangular matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.solve_triangular.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., n, n); the other triangle is not read.
        B: shape (..., n, k).
        upper: whether the upper triangle is meant.
        left: False for :math:`X A = B`.
        unitriangular: take the diagonal for ones.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.solve_triangular(torch.tensor([[2.0, 0.0], [1.0, 1.0]]), torch.ones(2, 1), upper=False)
        tensor([[0.5000],
                [0.5000]])
    """
    square_matrices("linalg.solve_triangular", A)
    lead = check_broadcast(A.shape[:-2], B.shape[:-2])
    a, b = jnp.broadcast_to(A, (*lead, *A.shape[-2:])), jnp.broadcast_to(B, (*lead, *B.shape[-2:]))
    return jax.lax.linalg.triangular_solve(a, b, left_side=left, lower=not upper, unit_diagonal=unitriangular)


def _factor(A: Any, upper: bool) -> Any:
    lower = jnp.linalg.cholesky(A, symmetrize_input=False)
    return jnp.conj(jnp.swapaxes(lower, -1, -2)) if upper else lower


@op(saves=("result",))
def cholesky(input: Any, upper: bool = False) -> Any:
    """Cholesky factors, :math:`A = L L^H`; NaN where a matrix is not positive definite.

    https://docs.pytorch.org/docs/stable/generated/torch.cholesky.html

    Args:
        input: Hermitian matrices, shape (..., n, n); the lower triangle is read.
        upper: give :math:`L^H`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cholesky(torch.tensor([[4.0, 2.0], [2.0, 5.0]]))
        tensor([[2., 0.],
                [1., 2.]])
    """
    square_matrices("cholesky", input)
    return _factor(jnp.conj(jnp.swapaxes(input, -1, -2)) if upper else input, upper)


@op(name="linalg_cholesky", grad_name="LinalgCholeskyExBackward0", saves=("result",))
def linalg_cholesky(A: Any, *, upper: bool = False) -> Any:
    """Cholesky factors, :math:`A = L L^H`; NaN where a matrix is not positive definite.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg_cholesky.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: Hermitian matrices, shape (..., n, n); the lower triangle is read.
        upper: give :math:`L^H`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.cholesky(torch.tensor([[4.0, 2.0], [2.0, 5.0]]))
        tensor([[2., 0.],
                [1., 2.]])
    """
    square_matrices("linalg.cholesky", A)
    return _factor(jnp.conj(jnp.swapaxes(A, -1, -2)) if upper else A, upper)


@op(saves=("L", "result"))
def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Any:
    """Solutions of :math:`A X = B` from the Cholesky factor of A.

    https://docs.pytorch.org/docs/stable/generated/torch.cholesky_solve.html

    Args:
        B: shape (..., n, k).
        L: the factor, shape (..., n, n).
        upper: whether it is the upper one.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cholesky_solve(torch.ones(2, 1), torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([[0.2500],
                [1.0000]])
    """
    lead = check_broadcast(L.shape[:-2], B.shape[:-2])
    factor, b = jnp.broadcast_to(L, (*lead, *L.shape[-2:])), jnp.broadcast_to(B, (*lead, *B.shape[-2:]))
    return jax.scipy.linalg.cho_solve((factor, not upper), b)


@op(name="linalg_pinv", saves=("A", "result"))
def pinv(A: Any, rcond: float | None = None, hermitian: bool = False, *, rtol: float | None = None) -> Any:
    """Pseudo-inverses (Moore, Penrose) by singular values.

    https://docs.pytorch.org/docs/stable/generated/torch.pinv.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., m, n).
        rcond: singular values below this share of the largest count as zero; :math:`\\max(m, n) \\epsilon` by default.
        hermitian: whether the matrices are.
        rtol: the newer name of ``rcond``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.pinv(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]])
    """
    matrices("linalg.pinv", A)
    float_matrix("linalg.pinv", A)
    share = rcond if rtol is None else rtol
    if share is None:
        share = max(A.shape[-2:]) * float(jnp.finfo(A.dtype).eps)
    return jnp.linalg.pinv(A, rtol=share, hermitian=hermitian)


@op(name="linalg_lstsq", saves=("A", "B"))
def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> Any:
    """Least squares: the X that makes :math:`\\|A X - B\\|` smallest.

    https://docs.pytorch.org/docs/stable/generated/torch.lstsq.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        A: shape (..., m, n).
        B: shape (..., m, k), or (..., m).
        rcond: singular values below this share of the largest count as zero.
        driver: accepted for torch's sake; the solution is computed by the pseudo-inverse.

    Returns:
        The named tuple ``(solution, residuals, rank, singular_values)``; as torch's default driver on the CPU does,
        singular values are left empty. Residuals are the squared lengths if m > n.
    """
    matrices("linalg.lstsq", A)
    float_matrix("linalg.lstsq", A)
    vector = _is_vector_of(A, B)
    b = B[..., None] if vector else B
    if A.shape[-2] != b.shape[-2]:
        raise RuntimeError("torch.linalg.lstsq: input.size(-2) should match other.size(-2)")
    share = max(A.shape[-2:]) * float(jnp.finfo(A.dtype).eps) if rcond is None else rcond
    x = product(jnp.linalg.pinv(A, rtol=share), b)
    m, n = A.shape[-2:]
    residuals = jnp.zeros((0,), A.dtype)
    if m > n:
        residuals = jnp.sum(jnp.abs(product(A, x) - b) ** 2, axis=-2)
    rank = jnp.linalg.matrix_rank(A, rtol=share).astype("int64")
    empty = jnp.zeros((0,), jnp.abs(A).dtype)
    return return_types.linalg_lstsq(x[..., 0] if vector else x, residuals, rank, empty)


def _is_vector_of(A: Any, B: Any) -> bool:
    return B.ndim == 1 or (
        A.ndim - 1 == B.ndim and B.shape[:-1] == A.shape[:-2] and B.shape[-1] == A.shape[-2]
    )


def _power_grad_name(input: Any, n: int) -> str:
    if n == 0:
        return "CopyBackwards"
    return {1: "CloneBackward0", -1: "LinalgInvExBackward0"}.get(n, "MmBackward0")


@op(grad_name=_power_grad_name)
def matrix_power(input: Any, n: int) -> Any:
    """Matrices multiplied by themselves, :math:`A^n`; the inverse's power for negative n.

    https://docs.pytorch.org/docs/stable/generated/torch.matrix_power.html

    Args:
        input: shape (..., m, m).
        n: an integer.

    Raises:
        RuntimeError: other shapes or integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.matrix_power(torch.tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
        tensor([[1., 3.],
                [0., 1.]])
    """
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}")
    square_matrices("linalg.matrix_power", input)
    return jnp.linalg.matrix_power(input, n)


@op(name="linalg_matrix_exp", saves=("input",))
def matrix_exp(input: Any) -> Any:
    """Exponential of square matrices, :math:`\\sum_k A^k / k!`.

    https://docs.pytorch.org/docs/stable/generated/torch.matrix_exp.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        input: shape (..., n, n).

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.matrix_exp(torch.zeros(2, 2))
        tensor([[1., 0.],
                [0., 1.]])
    """
    square_matrices("linalg.matrix_exp", input)
    return jax.scipy.linalg.expm(input)


@op(name="linalg_multi_dot", grad_name="ViewBackward0")
def multi_dot(tensors: Any) -> Any:
    """Product of several matrices, in the order that needs the fewest multiplications.

    https://docs.pytorch.org/docs/stable/generated/torch.multi_dot.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        tensors: matrices; the first and the last may be vectors.

    Raises:
        RuntimeError: fewer than two.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.multi_dot([torch.ones(2, 3), torch.ones(3, 1), torch.ones(1, 2)])
        tensor([[3., 3.],
                [3., 3.]])
    """
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    return jnp.linalg.multi_dot(list(tensors))

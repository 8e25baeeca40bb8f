"""What is computed from an LU decomposition: the factors, inverses, solutions, determinants.

The operations whose names end in ``_ex`` report failure in a result instead of raising; those that raise are made of
them in :mod:`jaxlearn._tensor.linalg_checked`.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .. import return_types
from .linalg_rules import full_precision, kernel_matrix, square_matrices
from .op import op
from .pointwise_rules import check_broadcast, scalar_name

__all__ = [
    "det",
    "equation",
    "inverse_ex",
    "linalg_slogdet",
    "logdet",
    "lu",
    "lu_factor_ex",
    "lu_solve",
    "lu_unpack",
    "slogdet",
    "solve_ex",
]


def _lu(A: Any) -> tuple[Any, Any, Any]:
    lu, pivots, permutation = jax.lax.linalg.lu(A)
    return lu, pivots + 1, permutation


def _singular(lu: Any) -> Any:
    """For each matrix, the number of the first zero on the diagonal of U, 0 if there is none."""
    zero = jnp.einsum("...ii->...i", lu[..., : min(lu.shape[-2:]), : min(lu.shape[-2:])]) == 0
    if not zero.shape[-1]:
        return jnp.zeros(zero.shape[:-1], jnp.int32)
    return jnp.where(jnp.any(zero, -1), jnp.argmax(zero, -1) + 1, 0).astype(jnp.int32)


def _report(A: Any) -> Any:
    """The report on a square matrix, without a gradient."""
    return _singular(jax.lax.linalg.lu(jax.lax.stop_gradient(A))[0])


@op(name="linalg_inv_ex", saves=("result",))
def inverse_ex(A: Any) -> Any:
    """Inverse matrices, and for each the number of the first zero pivot, 0 if there is none."""
    square_matrices("linalg.inv", A)
    full_precision("linalg.inv", A)
    return return_types.linalg_inv_ex(jnp.linalg.inv(A), _report(A))


def _is_vector(A: Any, B: Any) -> bool:
    """Whether B is one right-hand side for each matrix rather than a matrix of them, as torch tells them apart."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])


def equation(name: str, A: Any, b: Any, left: bool) -> tuple[Any, Any]:
    """Matrices and right-hand sides with their batches broadcast.

    Raises:
        RuntimeError: they do not fit.
    """
    if A.shape[-1] != b.shape[-2 if left else -1]:
        text = "AX = B" if left else "XA = B"
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation {text} ({A.shape[-2]}x{A.shape[-1]} "
            f"and {b.shape[-2]}x{b.shape[-1]})"
        )
    lead = check_broadcast(A.shape[:-2], b.shape[:-2])
    return jnp.broadcast_to(A, (*lead, *A.shape[-2:])), jnp.broadcast_to(b, (*lead, *b.shape[-2:]))


def _transposed(x: Any) -> Any:
    return jnp.swapaxes(x, -1, -2)


@op(name="linalg_solve_ex", saves=("A", "result"))
def solve_ex(A: Any, B: Any, *, left: bool = True) -> Any:
    """Solutions, and for each matrix the number of the first zero pivot, 0 if there is none."""
    square_matrices("linalg.solve", A)
    if A.dtype != B.dtype:
        raise RuntimeError(
            f"linalg.solve: Expected A and B to have the same dtype, but found A of type {scalar_name(A)} and B of "
            f"type {scalar_name(B)} instead"
        )
    kernel_matrix("lu_cpu", A)
    vector = _is_vector(A, B)
    a, b = equation("linalg.solve", A, B[..., None] if vector else B, left)
    if left:
        x = jnp.linalg.solve(a, b) if b.size else jnp.zeros(b.shape, b.dtype)
    else:
        x = _transposed(jnp.linalg.solve(_transposed(a), _transposed(b))) if b.size else jnp.zeros_like(b)
    return return_types.linalg_solve_ex(x[..., 0] if vector else x, _report(A))


def _factorable(name: str, A: Any, pivot: bool) -> None:
    if A.ndim < 2:
        raise RuntimeError(
            f"{name}: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead"
        )
    kernel_matrix("lu_cpu", A)
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")


@op(name="linalg_lu_factor_ex", saves=("result", "result1"))
def lu_factor_ex(A: Any, *, pivot: bool = True) -> Any:
    """Compact LU decompositions, the rows exchanged, and the number of the first zero on U's diagonal."""
    _factorable("torch.lu_factor", A, pivot)
    lu, pivots, _ = _lu(A)
    return return_types.linalg_lu_factor_ex(lu, pivots, _singular(jax.lax.stop_gradient(lu)))


def _parts(lu: Any) -> tuple[Any, Any]:
    m, n = lu.shape[-2:]
    k = min(m, n)
    lower = jnp.tril(lu[..., :, :k], -1) + jnp.eye(m, k, dtype=lu.dtype)
    return lower, jnp.triu(lu[..., :k, :])


def _permutation_matrix(permutation: Any, dtype: Any) -> Any:
    return _transposed(jax.nn.one_hot(permutation, permutation.shape[-1], dtype=dtype))


@op(name="linalg_lu", saves=("result", "result1", "result2"))
def lu(A: Any, *, pivot: bool = True) -> Any:
    """LU decompositions, :math:`A = P L U`."""
    _factorable("linalg.lu", A, pivot)
    compact, _, permutation = _lu(A)
    lower, upper = _parts(compact)
    return return_types.linalg_lu(
        jax.lax.stop_gradient(_permutation_matrix(permutation, A.dtype)), lower, upper
    )


def _int32(name: str, x: Any) -> None:
    if x.dtype != jnp.int32:
        raise RuntimeError(name)


@op(saves=())
def lu_unpack(LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True) -> Any:
    """The factors of a compact LU decomposition."""
    if unpack_pivots:
        _int32(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.",
            LU_pivots,
        )
    m = LU_data.shape[-2]
    empty = jnp.zeros((0,), LU_data.dtype)
    places, lower, upper = empty, empty, empty
    if unpack_data:
        lower, upper = _parts(LU_data)
    if unpack_pivots:
        permutation = jax.lax.linalg.lu_pivots_to_permutation(LU_pivots - 1, m)
        places = _permutation_matrix(permutation, LU_data.dtype)
    return return_types.lu_unpack(jax.lax.stop_gradient(places), lower, upper)


@op(name="linalg_lu_solve", saves=("LU", "result"), keeps=("pivots",))
def lu_solve(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False) -> Any:
    """Solutions of :math:`A X = B` from the compact LU decomposition of A.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.lu_solve.html

    Args:
        LU: shape (..., n, n).
        pivots: the rows exchanged, ``int32``.
        B: shape (..., n, k).
        left: False for :math:`X A = B`.
        adjoint: take the conjugate transpose of A.

    Example::

        >>> import jaxlearn as torch
        >>> A = torch.tensor([[2.0, 0.0], [0.0, 4.0]])
        >>> torch.linalg.lu_solve(*torch.linalg.lu_factor(A), torch.ones(2, 1))
        tensor([[0.5000],
                [0.2500]])
    """
    _int32("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32", pivots)
    if LU.dtype != B.dtype:
        raise RuntimeError(
            f"linalg.lu_solve: Expected LU and B to have the same dtype, but found LU of type {scalar_name(LU)} and B "
            f"of type {scalar_name(B)} instead"
        )
    square_matrices("torch.linalg.lu_solve", LU)
    if B.ndim < 2:
        raise RuntimeError("linalg.lu_solve: The input tensor B must have at least 2 dimensions.")
    n = LU.shape[-1]
    if pivots.shape[-1] != n:
        raise RuntimeError(
            "linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix"
        )
    lu, b = equation("linalg.lu_solve", LU, B, left)
    permutation = jax.lax.linalg.lu_pivots_to_permutation(pivots - 1, n)
    permutation = jnp.broadcast_to(permutation, (*lu.shape[:-2], n))
    if not left:  # X A = B is A^H X^H = B^H
        b, adjoint = jnp.conj(_transposed(b)), not adjoint
    solve = jax.lax.linalg.triangular_solve
    if adjoint:
        y = solve(lu, b, left_side=True, lower=False, transpose_a=True, conjugate_a=True)
        z = solve(lu, y, left_side=True, lower=True, transpose_a=True, conjugate_a=True, unit_diagonal=True)
        x = jnp.take_along_axis(z, jnp.argsort(permutation, -1)[..., None], -2)
    else:
        y = jnp.take_along_axis(b, permutation[..., None], -2)
        z = solve(lu, y, left_side=True, lower=True, unit_diagonal=True)
        x = solve(lu, z, left_side=True, lower=False)
    return x if left else jnp.conj(_transposed(x))


@op(name="linalg_det", saves=("A", "result"))
def det(A: Any) -> Any:
    """Determinants of square matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.det.html

    Args:
        A: shape (..., n, n).

    Raises:
        RuntimeError: other shapes or integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.det(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor(-2.)
    """
    square_matrices("linalg.det", A)
    kernel_matrix("lu_cpu", A)
    return jnp.linalg.det(A) if A.shape[-1] else jnp.ones(A.shape[:-2], A.dtype)


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
    full_precision("linalg.slogdet", input)
    return return_types.slogdet(*_sign_and_logarithm(input))


def _sign_and_logarithm(A: Any) -> tuple[Any, Any]:
    if A.shape[-1]:
        sign, logarithm = jnp.linalg.slogdet(A)
        return sign, logarithm
    return jnp.ones(A.shape[:-2], A.dtype), jnp.zeros(A.shape[:-2], A.real.dtype)


@op(name="linalg_slogdet", saves=("A",))
def linalg_slogdet(A: Any) -> Any:
    """Sign and logarithm of the absolute value of determinants.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.slogdet.html

    Args:
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
    full_precision("linalg.slogdet", A)
    return return_types.linalg_slogdet(*_sign_and_logarithm(A))


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
    square_matrices("logdet", input)
    full_precision("logdet", input)
    sign, logarithm = _sign_and_logarithm(input)
    if jnp.issubdtype(input.dtype, jnp.complexfloating):
        return logarithm + jnp.log(sign)
    return jnp.where(sign == -1, jnp.nan, logarithm)

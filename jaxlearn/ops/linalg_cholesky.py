"""Cholesky factors and what is computed from them."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.linalg

from .. import return_types
from .linalg_rules import hermitian_input, kernel_matrix, square_matrices
from .op import op
from .pointwise_rules import check_broadcast, scalar_name

__all__ = ["cholesky_ex", "cholesky_inverse_ex", "cholesky_old", "cholesky_solve"]


def _adjoint(x: Any) -> Any:
    return jnp.conj(jnp.swapaxes(x, -1, -2))


def _first_bad_minor(A: Any) -> Any:
    """The order of the first leading minor that is not positive, 0 if all are: the factorization, column by column."""
    n = A.shape[-1]

    def column(j: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
        factor, info = state
        row = factor[..., j, :]
        rest = A[..., j, j].real - jnp.sum(jnp.abs(row) ** 2, -1)
        info = jnp.where((info == 0) & ~(rest > 0), j + 1, info)
        pivot = jnp.sqrt(jnp.where(rest > 0, rest, 1.0)).astype(A.dtype)
        below = (A[..., :, j] - jnp.einsum("...ik,...k->...i", factor, jnp.conj(row))) / pivot[..., None]
        new = jnp.where(jnp.arange(n) == j, pivot[..., None], jnp.where(jnp.arange(n) > j, below, 0.0))
        return factor.at[..., :, j].set(new), info

    start = (jnp.zeros_like(A), jnp.zeros(A.shape[:-2], jnp.int32))
    return jax.lax.fori_loop(0, n, column, start)[1]


def _report(A: Any, factor: Any) -> Any:
    """LAPACK's report; the failing minor is looked for only if there is one."""
    if not A.size:
        return jnp.zeros(A.shape[:-2], jnp.int32)
    failed = jnp.any(jnp.isnan(factor))
    return jax.lax.cond(
        failed, _first_bad_minor, lambda a: jnp.zeros(a.shape[:-2], jnp.int32), jax.lax.stop_gradient(A)
    )


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _lower(A: Any, UPLO: str) -> Any:
    return jnp.linalg.cholesky(hermitian_input(A, UPLO), symmetrize_input=False)


@_lower.defjvp
def _lower_jvp(UPLO: str, primals: Any, tangents: Any) -> Any:
    """The derivative for any A, as torch has it: of the Hermitian part below the diagonal, of half A on it."""
    factor = _lower(*primals, UPLO)
    half = jax.lax.linalg.triangular_solve(factor, tangents[0], left_side=True, lower=True)
    whole = jax.lax.linalg.triangular_solve(
        factor, half, left_side=False, lower=True, transpose_a=True, conjugate_a=True
    )
    diagonal = jnp.einsum("...ii->...i", whole)[..., None] * jnp.eye(factor.shape[-1], dtype=factor.dtype)
    return factor, factor @ (jnp.tril((whole + _adjoint(whole)) / 2, -1) + diagonal / 2)


def _factor(A: Any, upper: bool) -> tuple[Any, Any]:
    UPLO = "U" if upper else "L"
    lower = _lower(A, UPLO) if A.size else A
    report = _report(hermitian_input(jax.lax.stop_gradient(A), UPLO), jax.lax.stop_gradient(lower))
    return _adjoint(lower) if upper else lower, report


@op(name="cholesky_ex", grad_name="CholeskyBackward0", saves=("result",))
def cholesky_old(input: Any, upper: bool = False) -> Any:
    """The factor and LAPACK's report, under the checks of the old function."""
    square_matrices("cholesky", input, floating=False)
    kernel_matrix("cholesky_cpu", input)
    return return_types.linalg_cholesky_ex(*_factor(input, upper))


@op(name="linalg_cholesky_ex", saves=("result",))
def cholesky_ex(A: Any, *, upper: bool = False) -> Any:
    """Cholesky factors, NaN where there are none, and for each matrix the order of the failing minor."""
    square_matrices("linalg.cholesky", A)
    kernel_matrix("cholesky_cpu", A)
    return return_types.linalg_cholesky_ex(*_factor(A, upper))


def _product(L: Any, upper: bool) -> Any:
    """The matrix of which L is the factor."""
    return _adjoint(L) @ L if upper else L @ _adjoint(L)


def _solution(L: Any, B: Any, upper: bool) -> Any:
    return jax.scipy.linalg.cho_solve((L, not upper), B)


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
    for name, x in (("b", B), ("u", L)):
        if x.ndim < 2:
            raise RuntimeError(
                f"{name} should have at least 2 dimensions, but has {x.ndim} dimensions instead"
            )
    if L.shape[-1] != L.shape[-2]:
        raise RuntimeError(
            f"A must be batches of square matrices, but they are {L.shape[-2]} by {L.shape[-1]} matrices"
        )
    if L.shape[-1] != B.shape[-2]:
        raise RuntimeError(
            f"Incompatible matrix sizes for cholesky_solve: each A matrix is {L.shape[-1]} by {L.shape[-1]} but each b "
            f"matrix is {B.shape[-2]} by {B.shape[-1]}"
        )
    if L.dtype != B.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {scalar_name(B)} and A of type "
            f"{scalar_name(L)} instead."
        )
    kernel_matrix("cholesky_solve_cpu", B)
    lead = check_broadcast(L.shape[:-2], B.shape[:-2])
    factor, b = jnp.broadcast_to(L, (*lead, *L.shape[-2:])), jnp.broadcast_to(B, (*lead, *B.shape[-2:]))

    # torch's gradients, of every order, are those of a solution by the product L L^H, whose factor need not be
    # triangular.
    return jax.lax.custom_linear_solve(
        lambda x: _product(factor, upper) @ x,
        b,
        solve=lambda _, y: _solution(factor, y, upper),
        transpose_solve=lambda _, y: jnp.conj(_solution(factor, jnp.conj(y), upper)),
    )


def _zero_on_diagonal(L: Any) -> Any:
    """For each factor, the number of the first zero on its diagonal, 0 if there is none."""
    zero = jnp.einsum("...ii->...i", L) == 0
    if not zero.shape[-1]:
        return jnp.zeros(zero.shape[:-1], jnp.int32)
    return jnp.where(jnp.any(zero, -1), jnp.argmax(zero, -1) + 1, 0).astype(jnp.int32)


@op(name="cholesky_inverse_ex", grad_name="CholeskyInverseBackward0", saves=("result",))
def cholesky_inverse_ex(L: Any, upper: bool = False) -> Any:
    """The inverse of the matrix of which L is the Cholesky factor, and LAPACK's report."""
    square_matrices("cholesky_inverse", L, floating=False)
    kernel_matrix("cholesky_inverse_out_cpu", L)

    @jax.custom_jvp
    def inverse(factor: Any) -> Any:
        eye = jnp.broadcast_to(jnp.eye(factor.shape[-1], dtype=factor.dtype), factor.shape)
        return _solution(factor, eye, upper)

    @inverse.defjvp
    def derivative(primals: Any, tangents: Any) -> Any:
        (factor,) = primals
        x = inverse(factor)
        _, dA = jax.jvp(lambda f: _product(f, upper), (factor,), (tangents[0],))
        return x, -(x @ dA @ x)

    return inverse(L), _zero_on_diagonal(jax.lax.stop_gradient(L))

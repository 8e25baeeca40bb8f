"""Decompositions that give a part of the values: by random subspaces (Halko, Martinsson and Tropp, arXiv:0909.4061)."""

from __future__ import annotations

from typing import Any

from ..ops.linalg import matmul
from ..ops.linalg_decompositions import eigh
from ..ops.linalg_householder import linalg_qr
from ..ops.linalg_solve import solve_triangular
from .linalg_checked import linalg_cholesky_factor
from .linalg_finite import linalg_svd
from .random import randn

__all__ = ["lobpcg", "pca_lowrank", "svd_lowrank"]


def _basis(A: Any, q: int, niter: int, M: Any) -> Any:
    """Orthonormal columns whose span nearly holds the columns of ``A - M`` (algorithm 4.4)."""

    def times(x: Any) -> Any:
        y = matmul(A, x)
        return y if M is None else y - matmul(M, x)

    def adjoint_times(x: Any) -> Any:
        y = matmul(A.mH, x)
        return y if M is None else y - matmul(M.mH, x)

    Q = linalg_qr(times(randn(A.shape[-1], q, dtype=A.dtype, device=A.device))).Q
    for _ in range(niter):
        Q = linalg_qr(adjoint_times(Q)).Q
        Q = linalg_qr(times(Q)).Q
    return Q


def svd_lowrank(A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None) -> Any:
    """Singular value decomposition of a matrix of low rank, :math:`A \\approx U\\, \\mathrm{diag}(S)\\, V^H`.

    The subspaces come from the default generator; with the same seed they are torch's.

    https://docs.pytorch.org/docs/stable/generated/torch.svd_lowrank.html

    Args:
        A: shape (..., m, n).
        q: how many singular values, a little more than the rank.
        niter: how often the subspace is improved.
        M: decompose :math:`A - M`.

    Returns:
        ``(U, S, V)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.svd_lowrank(torch.ones(3, 4), q=1)[1]
        tensor([3.4641])
    """
    count = 6 if q is None else q
    steps = 2 if niter is None else niter
    if M is not None:
        M = M.broadcast_to(A.shape)
    wide = A.shape[-2] < A.shape[-1]
    if wide:
        A, M = A.mH, None if M is None else M.mH
    Q = _basis(A, count, steps, M)
    B = matmul(Q.mH, A)
    if M is not None:
        B = B - matmul(Q.mH, M)
    U, S, Vh = linalg_svd(B, full_matrices=False)
    U, V = matmul(Q, U), Vh.mH
    return (V, S, U) if wide else (U, S, V)


def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> Any:
    """Principal components of the rows of a matrix, by a decomposition of low rank.

    https://docs.pytorch.org/docs/stable/generated/torch.pca_lowrank.html

    Args:
        A: shape (..., m, n): m rows of n features.
        q: how many components; at most 6 by default.
        center: take the mean of the rows off first.
        niter: how often the subspace is improved.

    Returns:
        ``(U, S, V)``; the columns of V are the components.

    Raises:
        ValueError: ``q`` or ``niter`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.pca_lowrank(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), q=1)[1].round()
        tensor([2.])
    """
    m, n = A.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    if center:
        A = A - A.mean(dim=(-2,), keepdim=True)
    return svd_lowrank(A, q, niter=niter)


def lobpcg(
    A: Any,
    k: int | None = None,
    B: Any = None,
    X: Any = None,
    n: int | None = None,
    iK: Any = None,
    niter: int | None = None,
    tol: float | None = None,
    largest: bool | None = None,
    method: str | None = None,
    tracker: Any = None,
    ortho_iparams: Any = None,
    ortho_fparams: Any = None,
    ortho_bparams: Any = None,
) -> Any:
    """The largest or smallest eigenvalues of :math:`A x = \\lambda B x` and their eigenvectors.

    torch iterates towards them; here they are taken from the whole decomposition, which for matrices that are held in
    full is exact and mostly faster. What steers the iteration has no effect. The random start is drawn all the same, so
    that the random numbers after it are torch's.

    https://docs.pytorch.org/docs/stable/generated/torch.lobpcg.html

    Args:
        A: Hermitian, shape (..., m, m).
        k: how many; by default as many as ``X`` has columns, or 1.
        B: Hermitian and positive definite; the identity by default.
        X: where torch starts from.
        n: how many columns torch starts with; ``k`` by default.
        iK: torch's preconditioner.
        niter: torch's bound on the number of steps.
        tol: torch's criterion to stop.
        largest: the largest rather than the smallest; True by default.
        method: torch's variant of the iteration.
        tracker: called by torch at each step; not supported.
        ortho_iparams: torch's parameters of the orthogonalization.
        ortho_fparams: the same.
        ortho_bparams: the same.

    Returns:
        ``(E, X)``: the eigenvalues, the most extreme one first, and the eigenvectors in the columns.

    Raises:
        ValueError: the matrix has fewer than three rows for each eigenvalue.
        NotImplementedError: a tracker is given.

    Example::

        >>> import jaxlearn as torch
        >>> torch.lobpcg(torch.diag(torch.arange(1.0, 7.0)), k=2)[0]
        tensor([6., 5.])
    """
    if tracker is not None:
        raise NotImplementedError(
            "lobpcg: there are no steps to track, the whole decomposition is computed at once"
        )
    m = A.shape[-1]
    count = (1 if X is None else X.shape[-1]) if k is None else k
    columns = (count if n is None else n) if X is None else X.shape[-1]
    if m < 3 * columns:
        raise ValueError(
            f"LOBPCG algorithm is not applicable when the number of A rows (={m}) is smaller than 3 x the number of "
            f"requested eigenpairs (={columns})"
        )
    if X is None:
        randn(*A.shape[:-2], m, columns, dtype=A.dtype, device=A.device)
    if B is None:
        values, vectors = eigh(A)
    else:  # with B = L L^H, the problem is the ordinary one of L^-1 A L^-H
        L = linalg_cholesky_factor(B)
        half = solve_triangular(L, A, upper=False)
        values, vectors = eigh(solve_triangular(L.mH, half, upper=True, left=False))
        vectors = solve_triangular(L.mH, vectors, upper=True)
    if largest is None or largest:
        values, vectors = values.flip(-1), vectors.flip(-1)
    return values[..., :count], vectors[..., :count]

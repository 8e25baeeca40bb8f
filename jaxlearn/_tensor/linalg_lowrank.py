"""Decompositions of low rank, by random subspaces (Halko, Martinsson and Tropp, arXiv:0909.4061)."""

from __future__ import annotations

from typing import Any

from ..ops.linalg import matmul
from ..ops.linalg_decompositions import linalg_svd
from ..ops.linalg_householder import linalg_qr
from .random import randn

__all__ = ["pca_lowrank", "svd_lowrank"]


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
        >>> torch.pca_lowrank(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), q=1)[1]
        tensor([2.0000])
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

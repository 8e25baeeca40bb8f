"""Decompositions that raise for matrices with NaN, where LAPACK gives up; see :mod:`jaxlearn._tensor.linalg_errors`."""

from __future__ import annotations

from ..ops import linalg_decompositions as decompositions
from ..ops import linalg_solve
from .linalg_errors import finite_only, numbers_only

__all__ = ["cond", "eig", "linalg_svd", "matrix_rank", "pinv", "svd", "svdvals"]

cond = numbers_only(decompositions.cond)
eig = finite_only(decompositions.eig)
linalg_svd = numbers_only(decompositions.linalg_svd)
matrix_rank = numbers_only(linalg_solve.matrix_rank)
pinv = numbers_only(linalg_solve.pinv)
svd = numbers_only(decompositions.svd)
svdvals = numbers_only(decompositions.svdvals)

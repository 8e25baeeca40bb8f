"""Decompositions that raise for matrices with NaN, where LAPACK gives up; see :mod:`jaxlearn._tensor.linalg_errors`."""

from __future__ import annotations

from typing import Any

from ..ops import linalg_decompositions as decompositions
from ..ops import linalg_solve, reduction_moments
from .linalg_errors import convergent, finite_only, numbers_only

__all__ = [
    "cond",
    "eig",
    "eigh",
    "eigvalsh",
    "linalg_norm",
    "linalg_svd",
    "matrix_norm",
    "matrix_rank",
    "norm",
    "pinv",
    "svd",
    "svdvals",
]

# The orders of a norm that are made of singular values.
_SPECTRAL = (2, -2, "nuc")


def _of_cond(A: Any, p: Any = None, **_: Any) -> tuple[int, int] | None:
    return (-2, -1) if p is None or p in _SPECTRAL else None


def _of_matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), *_: Any, **__: Any) -> Any:
    return tuple(dim) if ord in _SPECTRAL else None


def _of_norm(A: Any, ord: Any = None, dim: Any = None, *_: Any, **__: Any) -> Any:
    if dim is None:
        dim = (-2, -1) if A.ndim == 2 else ()
    return tuple(dim) if ord in _SPECTRAL and isinstance(dim, (tuple, list)) and len(dim) == 2 else None


def _of_nuclear_norm(input: Any, p: Any = "fro", dim: Any = None, *_: Any, **__: Any) -> Any:
    return (-2, -1) if p == "nuc" and dim is None else tuple(dim) if p == "nuc" else None


cond = numbers_only(decompositions.cond, _of_cond)
eig = finite_only(decompositions.eig)
eigh = convergent(decompositions.eigh, 1)
eigvalsh = convergent(decompositions.eigvalsh, 2)
linalg_norm = numbers_only(decompositions.linalg_norm, _of_norm)
linalg_svd = numbers_only(decompositions.linalg_svd)
matrix_norm = numbers_only(decompositions.matrix_norm, _of_matrix_norm)
matrix_rank = numbers_only(linalg_solve.matrix_rank)
norm = numbers_only(reduction_moments.norm, _of_nuclear_norm)
pinv = numbers_only(linalg_solve.pinv)
svd = numbers_only(decompositions.svd)
svdvals = numbers_only(decompositions.svdvals)

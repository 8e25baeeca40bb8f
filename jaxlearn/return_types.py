"""Named results, as ``torch.return_types``: tuples whose items have names, printed as torch prints them.

https://docs.pytorch.org/docs/stable/torch.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ._tensor.printing import structseq_repr

__all__ = [
    "aminmax",
    "cummax",
    "cummin",
    "frexp",
    "geqrf",
    "histogram",
    "histogramdd",
    "kthvalue",
    "linalg_cholesky_ex",
    "linalg_eig",
    "linalg_eigh",
    "linalg_inv_ex",
    "linalg_ldl_factor",
    "linalg_ldl_factor_ex",
    "linalg_lstsq",
    "linalg_lu",
    "linalg_lu_factor",
    "linalg_lu_factor_ex",
    "linalg_qr",
    "linalg_slogdet",
    "linalg_solve_ex",
    "linalg_svd",
    "lu_unpack",
    "max",
    "median",
    "min",
    "mode",
    "nanmedian",
    "qr",
    "slogdet",
    "sort",
    "svd",
    "topk",
    "triangular_solve",
]


def _text(result: Any) -> str:
    return structseq_repr(type(result).__name__, list(zip(result._fields, result, strict=True)))


class aminmax(NamedTuple):
    """The smallest and the largest element."""

    min: Any
    max: Any

    def __repr__(self) -> str:
        return _text(self)


class cummax(NamedTuple):
    """Running maxima and where they are."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return _text(self)


class cummin(NamedTuple):
    """Running minima and where they are."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return _text(self)


class frexp(NamedTuple):
    """Numbers taken apart."""

    mantissa: Any
    exponent: Any

    def __repr__(self) -> str:
        return _text(self)


class histogram(NamedTuple):
    """How many values are in each bin, and the bins' edges."""

    hist: Any
    bin_edges: Any

    def __repr__(self) -> str:
        return _text(self)


class histogramdd(NamedTuple):
    """How many points are in each cell, and the edges along each coordinate."""

    hist: Any
    bin_edges: Any

    def __repr__(self) -> str:
        return _text(self)


class kthvalue(NamedTuple):
    """K-th smallest elements and where they are."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_cholesky_ex(NamedTuple):
    """A Cholesky factor and LAPACK's report."""

    L: Any
    info: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_eig(NamedTuple):
    """An eigendecomposition."""

    eigenvalues: Any
    eigenvectors: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_eigh(NamedTuple):
    """The eigendecomposition of a symmetric matrix."""

    eigenvalues: Any
    eigenvectors: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_inv_ex(NamedTuple):
    """An inverse and LAPACK's report."""

    inverse: Any
    info: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_lstsq(NamedTuple):
    """A least squares solution."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_lu(NamedTuple):
    """An LU decomposition."""

    P: Any
    L: Any
    U: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_qr(NamedTuple):
    """A QR decomposition."""

    Q: Any
    R: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_slogdet(NamedTuple):
    """A determinant as sign and logarithm."""

    sign: Any
    logabsdet: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_svd(NamedTuple):
    """A singular value decomposition."""

    U: Any
    S: Any
    Vh: Any

    def __repr__(self) -> str:
        return _text(self)


class max(NamedTuple):
    """Maxima and where they are."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return _text(self)


class median(NamedTuple):
    """Medians and where they are."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return _text(self)


class min(NamedTuple):
    """Minima and where they are."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return _text(self)


class mode(NamedTuple):
    """Most frequent elements and where they are."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return _text(self)


class nanmedian(NamedTuple):
    """Medians without NaN and where they are."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return _text(self)


class qr(NamedTuple):
    """A QR decomposition."""

    Q: Any
    R: Any

    def __repr__(self) -> str:
        return _text(self)


class slogdet(NamedTuple):
    """A determinant as sign and logarithm."""

    sign: Any
    logabsdet: Any

    def __repr__(self) -> str:
        return _text(self)


class sort(NamedTuple):
    """Sorted elements and where they were."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return _text(self)


class svd(NamedTuple):
    """A singular value decomposition."""

    U: Any
    S: Any
    V: Any

    def __repr__(self) -> str:
        return _text(self)


class topk(NamedTuple):
    """The largest elements and where they are."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        return _text(self)


class geqrf(NamedTuple):
    """A QR decomposition as LAPACK keeps it."""

    a: Any
    tau: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_ldl_factor(NamedTuple):
    """An LDL decomposition."""

    LD: Any
    pivots: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_ldl_factor_ex(NamedTuple):
    """An LDL decomposition and LAPACK's report."""

    LD: Any
    pivots: Any
    info: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_lu_factor(NamedTuple):
    """A compact LU decomposition."""

    LU: Any
    pivots: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_lu_factor_ex(NamedTuple):
    """A compact LU decomposition and LAPACK's report."""

    LU: Any
    pivots: Any
    info: Any

    def __repr__(self) -> str:
        return _text(self)


class linalg_solve_ex(NamedTuple):
    """A solution and LAPACK's report."""

    result: Any
    info: Any

    def __repr__(self) -> str:
        return _text(self)


class lu_unpack(NamedTuple):
    """The factors of an LU decomposition."""

    P: Any
    L: Any
    U: Any

    def __repr__(self) -> str:
        return _text(self)


class triangular_solve(NamedTuple):
    """A solution and a copy of the matrix."""

    solution: Any
    cloned_coefficient: Any

    def __repr__(self) -> str:
        return _text(self)


class _lu_with_info(NamedTuple):
    """A compact LU decomposition and LAPACK's report, of the old function."""

    LU: Any
    pivots: Any
    info: Any

    def __repr__(self) -> str:
        return _text(self)

"""Tensor methods: linear algebra."""

from __future__ import annotations

from ..ops import linalg
from ..ops import linalg_cholesky as factor
from ..ops import linalg_householder as householder
from ..ops import linalg_lu as factors
from ..ops import linalg_solve as solve
from ..ops import linalg_tensor as tensor
from . import linalg_checked as checked
from . import linalg_finite as finite
from .inplace import inplace
from .methods_pointwise import operator, swapped

__all__ = ["LinalgMethods"]


class LinalgMethods:
    """Linear algebra as methods; see the function of the same name in :mod:`jaxlearn` for each."""

    addbmm = linalg.addbmm
    addbmm_ = inplace(linalg.addbmm)
    addmm = linalg.addmm
    addmm_ = inplace(linalg.addmm)
    addmv = linalg.addmv
    addmv_ = inplace(linalg.addmv)
    addr = linalg.addr
    addr_ = inplace(linalg.addr)
    baddbmm = linalg.baddbmm
    baddbmm_ = inplace(linalg.baddbmm)
    bmm = linalg.bmm
    dot = linalg.dot
    ger = linalg.ger
    inner = linalg.inner
    matmul = linalg.matmul
    mm = linalg.mm
    mv = linalg.mv
    outer = linalg.outer
    vdot = linalg.vdot
    __matmul__ = operator(linalg.matmul, numbers=False)
    __rmatmul__ = swapped(linalg.matmul, numbers=False)

    cross = tensor.cross
    kron = tensor.kron
    trace = tensor.trace

    cholesky = checked.cholesky
    cholesky_inverse = checked.cholesky_inverse
    cholesky_solve = factor.cholesky_solve
    det = factors.det
    geqrf = householder.geqrf
    inverse = checked.inv
    logdet = factors.logdet
    lu = checked.lu
    lu_solve = checked.lu_solve
    matrix_exp = solve.matrix_exp
    matrix_power = checked.matrix_power
    orgqr = householder.householder_product
    ormqr = householder.ormqr
    pinverse = finite.pinv
    qr = householder.qr
    slogdet = factors.slogdet
    svd = finite.svd
    triangular_solve = solve.triangular_solve

"""Linear algebra under torch's names: ``torch.linalg``.

https://docs.pytorch.org/docs/stable/linalg.html
"""

from __future__ import annotations

from ._tensor.linalg_checked import cholesky_ex as cholesky_ex
from ._tensor.linalg_checked import diagonal as diagonal
from ._tensor.linalg_checked import inv as inv
from ._tensor.linalg_checked import inv_ex as inv_ex
from ._tensor.linalg_checked import linalg_cholesky_factor as cholesky
from ._tensor.linalg_checked import linalg_lu_parts as lu
from ._tensor.linalg_checked import linalg_matrix_power as matrix_power
from ._tensor.linalg_checked import lstsq as lstsq
from ._tensor.linalg_checked import lu_factor as lu_factor
from ._tensor.linalg_checked import lu_factor_ex as lu_factor_ex
from ._tensor.linalg_checked import solve as solve
from ._tensor.linalg_checked import solve_ex as solve_ex
from ._tensor.linalg_checked import tensorinv as tensorinv
from ._tensor.linalg_checked import tensorsolve as tensorsolve
from ._tensor.linalg_errors import LinAlgError as LinAlgError
from ._tensor.linalg_finite import cond as cond
from ._tensor.linalg_finite import eig as eig
from ._tensor.linalg_finite import eigh as eigh
from ._tensor.linalg_finite import eigvalsh as eigvalsh
from ._tensor.linalg_finite import linalg_norm as norm
from ._tensor.linalg_finite import linalg_svd as svd
from ._tensor.linalg_finite import matrix_norm as matrix_norm
from ._tensor.linalg_finite import matrix_rank as matrix_rank
from ._tensor.linalg_finite import pinv as pinv
from ._tensor.linalg_finite import svdvals as svdvals
from ._tensor.linalg_ldl import ldl_factor as ldl_factor
from ._tensor.linalg_ldl import ldl_factor_ex as ldl_factor_ex
from ._tensor.linalg_ldl import ldl_solve as ldl_solve
from .ops.linalg import matmul as matmul
from .ops.linalg_decompositions import eigvals as eigvals
from .ops.linalg_householder import householder_product as householder_product
from .ops.linalg_householder import linalg_qr as qr
from .ops.linalg_lu import det as det
from .ops.linalg_lu import linalg_slogdet as slogdet
from .ops.linalg_lu import lu_solve as lu_solve
from .ops.linalg_solve import matrix_exp as matrix_exp
from .ops.linalg_solve import multi_dot as multi_dot
from .ops.linalg_solve import solve_triangular as solve_triangular
from .ops.linalg_solve import vander as vander
from .ops.linalg_tensor import linalg_cross as cross
from .ops.linalg_tensor import vecdot as vecdot
from .ops.reduction_moments import vector_norm as vector_norm

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]

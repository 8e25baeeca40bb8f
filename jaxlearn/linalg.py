"""Linear algebra under torch's names: ``torch.linalg``.

https://docs.pytorch.org/docs/stable/linalg.html
"""

from __future__ import annotations

from .ops.linalg import matmul as matmul
from .ops.linalg_decompositions import cond as cond
from .ops.linalg_decompositions import eig as eig
from .ops.linalg_decompositions import eigh as eigh
from .ops.linalg_decompositions import eigvals as eigvals
from .ops.linalg_decompositions import eigvalsh as eigvalsh
from .ops.linalg_decompositions import linalg_norm as norm
from .ops.linalg_decompositions import linalg_qr as qr
from .ops.linalg_decompositions import linalg_svd as svd
from .ops.linalg_decompositions import matrix_norm as matrix_norm
from .ops.linalg_decompositions import matrix_rank as matrix_rank
from .ops.linalg_decompositions import svdvals as svdvals
from .ops.linalg_solve import det as det
from .ops.linalg_solve import inverse as inv
from .ops.linalg_solve import linalg_cholesky as cholesky
from .ops.linalg_solve import linalg_slogdet as slogdet
from .ops.linalg_solve import lstsq as lstsq
from .ops.linalg_solve import matrix_exp as matrix_exp
from .ops.linalg_solve import matrix_power as matrix_power
from .ops.linalg_solve import multi_dot as multi_dot
from .ops.linalg_solve import pinv as pinv
from .ops.linalg_solve import solve as solve
from .ops.linalg_solve import solve_triangular as solve_triangular
from .ops.linalg_tensor import linalg_cross as cross
from .ops.linalg_tensor import vecdot as vecdot
from .ops.reduction_moments import vector_norm as vector_norm

__all__ = [
    "cholesky",
    "cond",
    "cross",
    "det",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
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
    "solve_triangular",
    "svd",
    "svdvals",
    "vecdot",
    "vector_norm",
]

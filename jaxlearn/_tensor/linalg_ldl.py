"""LDL decompositions, by LAPACK on the host: XLA has none. torch gives them no gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import return_types
from .._engine.value import concrete
from ..ops.linalg_rules import kernel_matrix, square_matrices
from ..ops.op import explained
from .dispatch import wrap
from .indexing import host_array
from .inplace import write_out
from .layout import found_on_host
from .layout_results import by_columns

__all__ = ["ldl_factor", "ldl_factor_ex", "ldl_solve"]


def _lapack(names: tuple[str, ...], dtype: Any) -> list[Any]:
    from scipy.linalg import get_lapack_funcs

    return list(get_lapack_funcs(names, dtype=dtype))


@explained(name="linalg_ldl_factor_ex")
def ldl_factor_ex(A: Any, *, hermitian: bool = False, check_errors: bool = False, out: Any = None) -> Any:
    """LDL decompositions of symmetric or Hermitian matrices in compact form, and LAPACK's report.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.ldl_factor_ex.html

    Args:
        A: shape (..., n, n); the lower triangle is read.
        hermitian: take complex matrices for Hermitian rather than symmetric.
        check_errors: raise if D is singular.
        out: tensors to write to instead.

    Returns:
        The named tuple ``(LD, pivots, info)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.ldl_factor_ex(torch.eye(2)).pivots
        tensor([1, 2], dtype=torch.int32)
    """
    a = A.detach()._array()
    square_matrices("torch.linalg.ldl_factor_ex", a)
    kernel_matrix("ldl_factor_kernel_cpu", a)
    array = host_array(A.detach())
    complex_hermitian = hermitian and array.dtype.kind == "c"
    (factor,) = _lapack(("hetrf" if complex_hermitian else "sytrf",), array.dtype)
    lead, n = array.shape[:-2], array.shape[-1]
    factors = np.zeros_like(array)
    pivots = np.zeros(array.shape[:-1], np.int32)
    info = np.zeros(lead, np.int32)
    for place in np.ndindex(*lead) if n else ():
        compact, rows, code = factor(array[place], lower=1)
        factors[place] = np.tril(compact)
        pivots[place] = rows
        info[place] = code
    if check_errors and info.any():
        raise RuntimeError(f"torch.linalg.ldl_factor_ex: Unknown error code: {info[info != 0].flat[0]}.")
    found = wrap(found_on_host(factors, by_columns(factors.shape)))
    result = return_types.linalg_ldl_factor_ex(found, wrap(concrete(pivots)), wrap(concrete(info)))
    return result if out is None else write_out(out, result, "linalg_ldl_factor_ex")


@explained(name="linalg_ldl_factor")
def ldl_factor(A: Any, *, hermitian: bool = False, out: Any = None) -> Any:
    """LDL decompositions of symmetric or Hermitian matrices in compact form.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.ldl_factor.html

    Args:
        A: shape (..., n, n); the lower triangle is read.
        hermitian: take complex matrices for Hermitian rather than symmetric.
        out: tensors to write to instead.

    Returns:
        The named tuple ``(LD, pivots)``.

    Raises:
        RuntimeError: D is singular.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.ldl_factor(torch.eye(2)).LD
        tensor([[1., 0.],
                [0., 1.]])
    """
    factors, pivots, _ = ldl_factor_ex(A, hermitian=hermitian, check_errors=True)
    result = return_types.linalg_ldl_factor(factors, pivots)
    return result if out is None else write_out(out, result, "linalg_ldl_factor")


@explained(name="linalg_ldl_solve")
def ldl_solve(LD: Any, pivots: Any, B: Any, *, hermitian: bool = False, out: Any = None) -> Any:
    """Solutions of :math:`A X = B` from the compact LDL decomposition of A.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.ldl_solve.html

    Args:
        LD: shape (..., n, n).
        pivots: the rows exchanged.
        B: shape (..., n, k).
        hermitian: whether A is Hermitian rather than symmetric.
        out: a tensor to write to instead.

    Raises:
        RuntimeError: the shapes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.ldl_solve(*torch.linalg.ldl_factor(torch.eye(2)), torch.ones(2, 1))
        tensor([[1.],
                [1.]])
    """
    compact, rows, right = (host_array(x.detach()) for x in (LD, pivots, B))
    square_matrices("torch.linalg.ldl_solve", compact)
    if right.ndim < 2:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-max(right.ndim, 1)}, "
            f"{max(right.ndim, 1) - 1}], but got -2)"
        )
    if compact.shape[-1] != right.shape[-2]:
        raise RuntimeError(
            "torch.linalg.ldl_solve: Incompatible matrix sizes for ldl_solve: each A matrix is "
            f"{compact.shape[-1]} by {compact.shape[-1]} but each b matrix is {right.shape[-2]} by {right.shape[-1]}"
        )
    (solve,) = _lapack(("hetrs" if hermitian and compact.dtype.kind == "c" else "sytrs",), compact.dtype)
    lead = np.broadcast_shapes(compact.shape[:-2], right.shape[:-2])
    compact = np.broadcast_to(compact, (*lead, *compact.shape[-2:]))
    rows = np.broadcast_to(rows, (*lead, rows.shape[-1]))
    right = np.broadcast_to(right, (*lead, *right.shape[-2:]))
    result = np.zeros(right.shape, right.dtype)
    for place in np.ndindex(*lead) if right.size else ():
        result[place] = solve(compact[place], rows[place], right[place], lower=1)[0]
    tensor = wrap(found_on_host(result, by_columns(result.shape)))
    return tensor if out is None else write_out(out, tensor, "linalg_ldl_solve")

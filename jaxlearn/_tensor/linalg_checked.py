"""Inverses, solutions and factors that raise for singular matrices; see :mod:`jaxlearn._tensor.linalg_errors`."""

from __future__ import annotations

import math
from typing import Any

from .. import return_types
from .._warnings import warn_once
from ..ops import linalg_cholesky, linalg_lu, linalg_solve
from ..ops.op import explained
from . import linalg_errors as errors
from .inplace import write_out

__all__ = [
    "cholesky",
    "cholesky_ex",
    "cholesky_inverse",
    "diagonal",
    "inv",
    "inv_ex",
    "linalg_cholesky_factor",
    "linalg_lu_parts",
    "linalg_matrix_power",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "lu_unpack",
    "matrix_power",
    "solve",
    "solve_ex",
    "tensorinv",
    "tensorsolve",
]


def _finish(result: Any, out: Any, name: str) -> Any:
    return result if out is None else write_out(out, result, name)


@explained(name="linalg_inv")
def inv(A: Any, *, out: Any = None) -> Any:
    """Inverse matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.inv.html

    Args:
        A: shape (..., n, n).
        out: a tensor to write to instead.

    Raises:
        LinAlgError: a matrix is singular.
        RuntimeError: other shapes or dtypes.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.inv(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]])
    """
    inverse, info = linalg_lu.inverse_ex(A)
    errors.check(info, "linalg.inv", errors.singular)
    return _finish(inverse, out, "linalg_inv")


@explained(name="linalg_inv_ex")
def inv_ex(A: Any, *, check_errors: bool = False, out: Any = None) -> Any:
    """Inverse matrices and a report, 0 or the number of the first zero pivot.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.inv_ex.html

    Args:
        A: shape (..., n, n).
        check_errors: raise for singular matrices.
        out: tensors to write to instead.

    Returns:
        The named tuple ``(inverse, info)``.

    Raises:
        LinAlgError: a matrix is singular and ``check_errors`` is given.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.inv_ex(torch.tensor([[1.0, 2.0], [2.0, 4.0]])).info
        tensor(2, dtype=torch.int32)
    """
    result = linalg_lu.inverse_ex(A)
    if check_errors:
        errors.check(result.info, "linalg.inv_ex", errors.singular)
    return _finish(result, out, "linalg_inv_ex")


@explained(name="linalg_solve")
def solve(A: Any, B: Any, *, left: bool = True, out: Any = None) -> Any:
    """Solutions of :math:`A X = B`.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.solve.html

    Args:
        A: shape (..., n, n).
        B: shape (..., n), or (..., n, k) for several right-hand sides.
        left: False for :math:`X A = B`.
        out: a tensor to write to instead.

    Raises:
        LinAlgError: a matrix is singular.
        RuntimeError: the shapes or dtypes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.solve(torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([1.0, 1.0]))
        tensor([0.5000, 0.2500])
    """
    result, info = linalg_lu.solve_ex(A, B, left=left)
    errors.check(info, "torch.linalg.solve", errors.unsolvable)
    return _finish(result, out, "linalg_solve")


@explained(name="linalg_solve_ex")
def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False, out: Any = None) -> Any:
    """Solutions of :math:`A X = B` and a report, 0 or the number of the first zero pivot.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.solve_ex.html

    Args:
        A: shape (..., n, n).
        B: shape (..., n), or (..., n, k).
        left: False for :math:`X A = B`.
        check_errors: raise for singular matrices.
        out: tensors to write to instead.

    Returns:
        The named tuple ``(result, info)``.

    Raises:
        LinAlgError: a matrix is singular and ``check_errors`` is given.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.solve_ex(torch.eye(2), torch.ones(2)).result
        tensor([1., 1.])
    """
    result = linalg_lu.solve_ex(A, B, left=left)
    if check_errors:
        errors.check(result.info, "torch.linalg.solve_ex", errors.unsolvable)
    return _finish(result, out, "linalg_solve_ex")


@explained(name="linalg_cholesky")
def linalg_cholesky_factor(A: Any, *, upper: bool = False, out: Any = None) -> Any:
    """Cholesky factors, :math:`A = L L^H`.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.cholesky.html

    Args:
        A: Hermitian matrices, shape (..., n, n); the lower triangle is read, with ``upper`` the upper one.
        upper: give :math:`L^H`.
        out: a tensor to write to instead.

    Raises:
        LinAlgError: a matrix is not positive definite.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.cholesky(torch.tensor([[4.0, 2.0], [2.0, 5.0]]))
        tensor([[2., 0.],
                [1., 2.]])
    """
    L, info = linalg_cholesky.cholesky_ex(A, upper=upper)
    errors.check(info, "linalg.cholesky", errors.not_positive)
    return _finish(L, out, "linalg_cholesky")


@explained(name="linalg_cholesky_ex")
def cholesky_ex(A: Any, *, upper: bool = False, check_errors: bool = False, out: Any = None) -> Any:
    """Cholesky factors and a report, 0 or the order of the first leading minor that is not positive.

    Where there is no factor, NaN stands for it.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.cholesky_ex.html

    Args:
        A: Hermitian matrices, shape (..., n, n).
        upper: give :math:`L^H`.
        check_errors: raise for matrices that are not positive definite.
        out: tensors to write to instead.

    Returns:
        The named tuple ``(L, info)``.

    Raises:
        LinAlgError: a matrix is not positive definite and ``check_errors`` is given.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.cholesky_ex(torch.tensor([[1.0, 2.0], [2.0, 1.0]])).info
        tensor(2, dtype=torch.int32)
    """
    result = linalg_cholesky.cholesky_ex(A, upper=upper)
    if check_errors:
        errors.check(result.info, "linalg.cholesky_ex", errors.not_positive)
    return _finish(result, out, "linalg_cholesky_ex")


@explained
def cholesky(input: Any, upper: bool = False, *, out: Any = None) -> Any:
    """Cholesky factors: the old form of :func:`torch.linalg.cholesky`.

    https://docs.pytorch.org/docs/stable/generated/torch.cholesky.html

    Args:
        input: Hermitian matrices, shape (..., n, n).
        upper: give :math:`L^H`.
        out: a tensor to write to instead.

    Raises:
        LinAlgError: a matrix is not positive definite.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cholesky(torch.tensor([[4.0, 2.0], [2.0, 5.0]]))
        tensor([[2., 0.],
                [1., 2.]])
    """
    warn_once(
        "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a future PyTorch "
        "release.\nL = torch.cholesky(A)\nshould be replaced with\nL = torch.linalg.cholesky(A)\nand\n"
        "U = torch.cholesky(A, upper=True)\nshould be replaced with\nU = torch.linalg.cholesky(A).mH\n"
        "This transform will produce equivalent results for all valid (symmetric positive definite) inputs."
    )
    L, info = linalg_cholesky.cholesky_old(input, upper)
    errors.check(info, "cholesky", errors.not_positive)
    return _finish(L, out, "cholesky")


@explained
def cholesky_inverse(L: Any, upper: bool = False, *, out: Any = None) -> Any:
    """The inverse of the matrix of which L is the Cholesky factor, :math:`(L L^H)^{-1}`.

    https://docs.pytorch.org/docs/stable/generated/torch.cholesky_inverse.html

    Args:
        L: the factor, shape (..., n, n).
        upper: whether it is the upper one.
        out: a tensor to write to instead.

    Raises:
        LinAlgError: the factor has a zero on its diagonal.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cholesky_inverse(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([[0.2500, 0.0000],
                [0.0000, 1.0000]])
    """
    inverse, info = linalg_cholesky.cholesky_inverse_ex(L, upper)
    errors.check(info, "cholesky_inverse", errors.singular)
    return _finish(inverse, out, "cholesky_inverse")


@explained(name="linalg_lu_factor")
def lu_factor(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """LU decompositions with the rows exchanged, in compact form.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.lu_factor.html

    Args:
        A: shape (..., m, n).
        pivot: exchange rows; True on the CPU.
        out: tensors to write to instead.

    Returns:
        The named tuple ``(LU, pivots)``: L below the diagonal, U above, the rows exchanged (counted from 1).

    Raises:
        RuntimeError: U has a zero on its diagonal.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.lu_factor(torch.tensor([[0.0, 1.0], [2.0, 3.0]])).pivots
        tensor([2, 2], dtype=torch.int32)
    """
    LU, pivots, info = linalg_lu.lu_factor_ex(A, pivot=pivot)
    errors.check(info, "torch.linalg.lu_factor", errors.zero_in_u)
    return _finish(return_types.linalg_lu_factor(LU, pivots), out, "linalg_lu_factor")


@explained(name="linalg_lu_factor_ex")
def lu_factor_ex(A: Any, *, pivot: bool = True, check_errors: bool = False, out: Any = None) -> Any:
    """LU decompositions in compact form and a report, 0 or the number of the first zero on U's diagonal.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.lu_factor_ex.html

    Args:
        A: shape (..., m, n).
        pivot: exchange rows; True on the CPU.
        check_errors: raise if U has a zero on its diagonal.
        out: tensors to write to instead.

    Returns:
        The named tuple ``(LU, pivots, info)``.

    Raises:
        RuntimeError: U has a zero on its diagonal and ``check_errors`` is given.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.lu_factor_ex(torch.zeros(2, 2)).info
        tensor(1, dtype=torch.int32)
    """
    result = linalg_lu.lu_factor_ex(A, pivot=pivot)
    if check_errors:
        errors.check(result.info, "torch.linalg.lu_factor_ex", errors.zero_in_u)
    return _finish(result, out, "linalg_lu_factor_ex")


def lu(A: Any, pivot: bool = True, get_infos: bool = False, out: Any = None) -> Any:
    """LU decompositions: the old form of :func:`torch.linalg.lu_factor`.

    https://docs.pytorch.org/docs/stable/generated/torch.lu.html

    Args:
        A: shape (..., m, n).
        pivot: exchange rows; True on the CPU.
        get_infos: give LAPACK's report rather than raise.
        out: tensors to write to instead.

    Returns:
        ``(LU, pivots)``, with ``get_infos`` ``(LU, pivots, info)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.lu(torch.tensor([[0.0, 1.0], [2.0, 3.0]]))[1]
        tensor([2, 2], dtype=torch.int32)
    """
    warn_once(
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will be removed in "
        "a future PyTorch release.\nLU, pivots = torch.lu(A, compute_pivots)\nshould be replaced with\n"
        "LU, pivots = torch.linalg.lu_factor(A, compute_pivots)\nand\n"
        "LU, pivots, info = torch.lu(A, compute_pivots, get_infos=True)\nshould be replaced with\n"
        "LU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)"
    )
    result = return_types._lu_with_info(*linalg_lu.lu_factor_ex(A, pivot=pivot))
    if get_infos:
        return _finish(result, out, "lu")
    errors.check(result.info, "torch.linalg.lu_factor_ex", errors.zero_in_u)
    return _finish(tuple(result[:2]), out, "lu")


@explained
def lu_solve(b: Any, LU_data: Any, LU_pivots: Any, *, out: Any = None) -> Any:
    """Solutions of :math:`A x = b` from a compact LU decomposition: an old form of :func:`torch.linalg.lu_solve`.

    https://docs.pytorch.org/docs/stable/generated/torch.lu_solve.html

    Args:
        b: shape (..., n, k).
        LU_data: the decomposition.
        LU_pivots: the rows exchanged, ``int32``.
        out: a tensor to write to instead.

    Example::

        >>> import jaxlearn as torch
        >>> torch.lu_solve(torch.ones(2, 1), *torch.linalg.lu_factor(torch.eye(2) * 2))
        tensor([[0.5000],
                [0.5000]])
    """
    return _finish(linalg_lu.lu_solve(LU_data, LU_pivots, b), out, "lu_solve")


@explained(name="linalg_matrix_power")
def linalg_matrix_power(A: Any, n: int, *, out: Any = None) -> Any:
    """Matrices multiplied by themselves, :math:`A^n`; the inverse's power for negative n.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_power.html

    Args:
        A: shape (..., m, m).
        n: an integer.
        out: a tensor to write to instead.

    Raises:
        LinAlgError: n is negative and a matrix singular.
        RuntimeError: other shapes.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.matrix_power(torch.tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
        tensor([[1., 3.],
                [0., 1.]])
    """
    if isinstance(n, int) and n < 0:
        result = inv(A)
        return _finish(
            result if n == -1 else linalg_solve.matrix_power(result, -n), out, "linalg_matrix_power"
        )
    return _finish(linalg_solve.matrix_power(A, n), out, "linalg_matrix_power")


@explained
def matrix_power(input: Any, n: int, *, out: Any = None) -> Any:
    """:func:`jaxlearn.linalg.matrix_power`.

    https://docs.pytorch.org/docs/stable/generated/torch.matrix_power.html

    Args:
        input: shape (..., m, m).
        n: an integer.
        out: a tensor to write to instead.

    Example::

        >>> import jaxlearn as torch
        >>> torch.matrix_power(torch.tensor([[2.0]]), -2)
        tensor([[0.2500]])
    """
    return linalg_matrix_power(input, n, out=out)


@explained(name="linalg_tensorinv")
def tensorinv(A: Any, ind: int = 2, *, out: Any = None) -> Any:
    """The inverse of a tensor as a linear map from its last dimensions to its first ones.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.tensorinv.html

    Args:
        A: a tensor whose first ``ind`` sizes have the same product as the others.
        ind: how many dimensions come first.
        out: a tensor to write to instead.

    Raises:
        LinAlgError: the map is singular.
        RuntimeError: the sizes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.tensorinv(torch.eye(4).reshape(2, 2, 4), ind=2).shape
        torch.Size([4, 2, 2])
    """
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    shape = tuple(A.shape)
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
            f"{columns} != {rows}"
        )
    inverse, info = linalg_lu.inverse_ex(A.reshape(rows, columns))
    errors.check(info, "inv", errors.singular)
    return _finish(inverse.reshape(*shape[ind:], *shape[:ind]), out, "linalg_tensorinv")


@explained(name="linalg_tensorsolve")
def tensorsolve(A: Any, B: Any, dims: Any = None, *, out: Any = None) -> Any:
    """The X for which the products of A and X, summed over the dimensions of X, are B.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.tensorsolve.html

    Args:
        A: shape of B followed by that of X, which have the same number of elements.
        B: the result.
        dims: dimensions of A to move to the end first.
        out: a tensor to write to instead.

    Raises:
        LinAlgError: A is singular.
        RuntimeError: the sizes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.tensorsolve(torch.eye(4).reshape(2, 2, 4), torch.ones(2, 2))
        tensor([1., 1., 1., 1.])
    """
    if dims is not None:
        last = list(range(A.dim() - len(dims), A.dim()))
        A = A.movedim(tuple(dims), tuple(last))
    shape = tuple(A.shape)
    of_x = shape[B.dim() :]
    rows, columns = B.numel(), math.prod(of_x)
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), "
            f"but got {columns} != {rows}"
        )
    result = solve(A.reshape(rows, columns), B.reshape(-1))
    return _finish(result.reshape(of_x), out, "linalg_tensorsolve")


@explained(name="linalg_lu")
def linalg_lu_parts(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """LU decompositions, :math:`A = P L U`.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.lu.html

    Args:
        A: shape (..., m, n).
        pivot: exchange rows; True on the CPU.
        out: tensors to write to instead.

    Returns:
        The named tuple ``(P, L, U)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.lu(torch.tensor([[0.0, 1.0], [2.0, 3.0]])).U
        tensor([[2., 3.],
                [0., 1.]])
    """
    P, L, U = linalg_lu.lu(A, pivot=pivot)
    return _finish(return_types.linalg_lu(P.detach(), L, U), out, "linalg_lu")


@explained
def lu_unpack(
    LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True, *, out: Any = None
) -> Any:
    """The factors of a compact LU decomposition.

    https://docs.pytorch.org/docs/stable/generated/torch.lu_unpack.html

    Args:
        LU_data: L below the diagonal, U above; shape (..., m, n).
        LU_pivots: the rows exchanged.
        unpack_data: give L and U, else empty tensors.
        unpack_pivots: give P, else an empty tensor.
        out: tensors to write to instead.

    Returns:
        The named tuple ``(P, L, U)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.lu_unpack(*torch.linalg.lu_factor(torch.eye(2))).P
        tensor([[1., 0.],
                [0., 1.]])
    """
    P, L, U = linalg_lu.lu_unpack(LU_data, LU_pivots, unpack_data, unpack_pivots)
    return _finish(return_types.lu_unpack(P.detach(), L, U), out, "lu_unpack")


@explained(name="linalg_lstsq")
def lstsq(A: Any, B: Any, rcond: Any = None, *, driver: str | None = None, out: Any = None) -> Any:
    """Least squares: the X that makes :math:`\\|A X - B\\|` smallest.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.lstsq.html

    Args:
        A: shape (..., m, n).
        B: shape (..., m, k), or (..., m).
        rcond: singular values below this share of the largest count as zero.
        driver: ``"gels"``, ``"gelsy"`` (the default), ``"gelsd"`` or ``"gelss"``: which of the results are given; the
            solution is computed by the pseudo-inverse.
        out: tensors to write to instead.

    Returns:
        The named tuple ``(solution, residuals, rank, singular_values)``. As in torch, the rank is empty for ``"gels"``,
        the singular values are for ``"gels"`` and ``"gelsy"``, the residuals (squared lengths) unless m > n and the
        driver is another than ``"gelsy"``.

    Raises:
        RuntimeError: shapes or dtypes that do not fit, or no such driver.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.lstsq(torch.tensor([[1.0], [1.0]]), torch.tensor([[1.0], [3.0]])).solution.round()
        tensor([[2.]])
    """
    solution, residuals, rank, values = linalg_solve.lstsq(A, B, rcond, driver=driver)
    result = return_types.linalg_lstsq(solution, residuals, rank, values.detach())
    return _finish(result, out, "linalg_lstsq")


@explained(name="linalg_diagonal")
def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonals of matrices; a view.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.diagonal.html

    Args:
        A: shape (..., m, n).
        offset: 0 for the main diagonal, above it if positive.
        dim1: the rows' dimension.
        dim2: the columns' dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.diagonal(torch.eye(2))
        tensor([1., 1.])
    """
    return A.diagonal(offset, dim1, dim2)

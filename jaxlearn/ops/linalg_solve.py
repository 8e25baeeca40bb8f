"""Triangular equations, pseudo-inverses, least squares, powers and products of matrices."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.linalg

from .. import return_types
from .._warnings import warn_once
from .linalg_lu import equation
from .linalg_rules import (
    c_name,
    hermitian_input,
    kernel_matrix,
    product,
    singular_parts,
    singular_values,
    square_matrices,
)
from .op import op
from .pointwise_rules import is_half, scalar_name, widened
from .promotion import cast

__all__ = [
    "chain_matmul",
    "lstsq",
    "matrix_exp",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "pinv",
    "solve_triangular",
    "triangular_solve",
    "vander",
]


@op(name="linalg_solve_triangular", saves=("A", "result"))
def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """Solutions of :math:`A X = B` for triangular matrices.

    https://docs.pytorch.org/docs/stable/generated/torch.solve_triangular.html

    Args:
        A: shape (..., n, n); the other triangle is not read.
        B: shape (..., n, k).
        upper: whether the upper triangle is meant.
        left: False for :math:`X A = B`.
        unitriangular: take the diagonal for ones.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.solve_triangular(torch.tensor([[2.0, 0.0], [1.0, 1.0]]), torch.ones(2, 1), upper=False)
        tensor([[0.5000],
                [0.5000]])
    """
    if B.ndim < 2:
        raise RuntimeError("linalg.solve_triangular: The input tensor B must have at least 2 dimensions.")
    square_matrices("linalg.solve_triangular", A)
    a, b = equation("linalg.solve_triangular", A, B, left)
    kernel_matrix("triangular_solve_cpu", a)
    b = cast(b, a.dtype)
    if not b.size:
        return b
    return jax.lax.linalg.triangular_solve(a, b, left_side=left, lower=not upper, unit_diagonal=unitriangular)


@op(saves=("A", "result"), keeps=("b",))
def triangular_solve(
    b: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Any:
    """Solutions of :math:`A X = b` for triangular matrices: the old form of :func:`torch.linalg.solve_triangular`.

    https://docs.pytorch.org/docs/stable/generated/torch.triangular_solve.html

    Args:
        b: shape (..., n, k).
        A: shape (..., n, n); the other triangle is not read.
        upper: whether the upper triangle is meant.
        transpose: take the transpose of A.
        unitriangular: take the diagonal for ones.

    Returns:
        The named tuple ``(solution, cloned_coefficient)``, the second a copy of A.

    Example::

        >>> import jaxlearn as torch
        >>> torch.triangular_solve(torch.ones(1, 1), torch.full((1, 1), 2.0)).solution
        tensor([[0.5000]])
    """
    for name, x in (("b", b), ("A", A)):
        if x.ndim < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {x.ndim} "
                "dimensions instead"
            )
    square_matrices("triangular_solve", A, floating=False)
    kernel_matrix("triangular_solve_cpu", A)
    a, right = equation("triangular_solve", A, b, True)
    solution = right
    if right.size:
        solution = jax.lax.linalg.triangular_solve(
            a, right, left_side=True, lower=not upper, transpose_a=transpose, unit_diagonal=unitriangular
        )
    return return_types.triangular_solve(solution, a)


def _tolerance(A: Any, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """torch's defaults: no absolute tolerance, and a relative one unless there is an absolute one."""
    dtype = A.real.dtype
    default = max(A.shape[-2:]) * float(jnp.finfo(A.dtype).eps)
    if rtol is None:
        rtol = default if atol is None else jnp.where(jnp.asarray(atol) > 0, 0.0, default)
    bounds = [jnp.asarray(0.0 if x is None else x, dtype) for x in (atol, rtol)]
    return bounds[0], bounds[1]


def _pinv_value(A: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    if not A.size:
        return jnp.zeros((*A.shape[:-2], A.shape[-1], A.shape[-2]), A.dtype)
    if hermitian:
        values, u = jnp.linalg.eigh(hermitian_input(A, "L"), symmetrize_input=False)
        size, vh = jnp.abs(values), jnp.conj(jnp.swapaxes(u, -1, -2))
    else:
        u, values, vh = singular_parts(A, False)
        size = values
    limit = jnp.maximum(atol, rtol * jnp.max(size, -1))[..., None]
    kept = size > limit
    inverse = jnp.where(kept, 1 / jnp.where(kept, values, 1.0), 0.0).astype(A.dtype)
    return jnp.conj(jnp.swapaxes(vh, -1, -2)) @ (inverse[..., None] * jnp.conj(jnp.swapaxes(u, -1, -2)))


@functools.partial(jax.custom_jvp, nondiff_argnums=(3,))
def _pinv(A: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    return _pinv_value(A, atol, rtol, hermitian)


@_pinv.defjvp
def _pinv_jvp(hermitian: bool, primals: Any, tangents: Any) -> Any:
    """The derivative where the rank stays (Golub and Pereyra)."""
    A, t = primals[0], tangents[0]
    p = _pinv(*primals, hermitian)
    ph, th = jnp.conj(jnp.swapaxes(p, -1, -2)), jnp.conj(jnp.swapaxes(t, -1, -2))
    left = p @ ph @ th
    right = th @ ph @ p
    return p, left - left @ A @ p - p @ t @ p + right - p @ (A @ right)


@op(name="linalg_pinv", saves=("A", "result"))
def pinv(A: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """Pseudo-inverses (Moore, Penrose) by singular values.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.pinv.html

    Args:
        A: shape (..., m, n).
        rcond: the older name of ``rtol``.
        hermitian: whether the matrices are.
        atol: singular values up to this count as zero; a number, or a tensor with one for each matrix.
        rtol: singular values up to this share of the largest count as zero; :math:`\\max(m, n) \\epsilon` by default,
            0 if ``atol`` is given.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.pinv(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]])
    """
    if A.ndim < 2 or not jnp.issubdtype(A.dtype, jnp.inexact) or is_half(A.dtype):
        raise RuntimeError(
            f"linalg.pinv({scalar_name(A)}{{{list(A.shape)}}}): expected a tensor with 2 or more dimensions of float, "
            "double, cfloat or cdouble types"
        )
    if hermitian:
        square_matrices("linalg.eigh", A)
    lower, share = _tolerance(A, atol, rcond if rtol is None else rtol)
    lead = jnp.broadcast_shapes(A.shape[:-2], lower.shape, share.shape)
    return _pinv(jnp.broadcast_to(A, (*lead, *A.shape[-2:])), lower, share, hermitian)


@op(name="linalg_matrix_rank", differentiable=False)
def matrix_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Any:
    """How many singular values are not zero.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.matrix_rank.html

    Args:
        A: shape (..., m, n).
        tol: the older name of ``atol``, without a relative tolerance.
        hermitian: whether the matrices are.
        atol: values up to this count as zero; a number, or a tensor with one for each matrix.
        rtol: values up to this share of the largest do; :math:`\\max(m, n) \\epsilon` by default, 0 if
            ``atol`` is given.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.matrix_rank(torch.eye(3))
        tensor(3)
    """
    if A.ndim < 2:
        raise RuntimeError(
            "torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions."
        )
    if is_half(A.dtype) or not jnp.issubdtype(A.dtype, jnp.inexact):
        raise RuntimeError("This function doesn't handle types other than float and double")
    lower, share = _tolerance(A, atol if tol is None else tol, rtol if tol is None else 0.0)
    if not A.size:
        return jnp.zeros(jnp.broadcast_shapes(A.shape[:-2], lower.shape, share.shape), jnp.int64)
    if hermitian:
        values = jnp.abs(jnp.linalg.eigvalsh(A, symmetrize_input=False))
    else:
        values = singular_values(A)
    limit = jnp.maximum(lower, share * jnp.max(values, -1))[..., None]
    return jnp.sum(values > limit, axis=-1, dtype=jnp.int64)


_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


@op(name="linalg_lstsq", saves=("A", "B", "result"))
def lstsq(A: Any, B: Any, rcond: Any = None, *, driver: str | None = None) -> Any:
    """Least squares: the X that makes :math:`\\|A X - B\\|` smallest."""
    name = "torch.linalg.lstsq"
    if A.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if B.ndim < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    if not 0 <= A.ndim - B.ndim <= 1:
        raise RuntimeError(
            f"{name}: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1"
        )
    if driver is not None and driver not in _DRIVERS:
        raise RuntimeError(f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    if A.dtype != B.dtype:
        raise RuntimeError(
            f"{name}: Expected input and other to have the same dtype, but got input's dtype {scalar_name(A)} and "
            f"other's dtype {scalar_name(B)}"
        )
    if is_half(A.dtype) or not jnp.issubdtype(A.dtype, jnp.inexact):
        raise RuntimeError("This function doesn't handle types other than float and double")
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])
    if A.shape[-2] != B.shape[-1 if vector or A.ndim - 1 == B.ndim else -2]:
        side = -1 if A.ndim - 1 == B.ndim else -2
        raise RuntimeError(f"{name}: input.size(-2) should match other.size({side})")
    b = B[..., None] if vector else B
    method = driver or "gelsy"
    lower, share = _tolerance(A, None, rcond)
    x = product(_pinv(A, lower, share, False), b)
    m, n = A.shape[-2:]
    real = A.real.dtype
    residuals = jnp.zeros((0,), real)
    if m > n and method != "gelsy":
        residuals = jnp.sum(jnp.abs(product(A, x) - b) ** 2, axis=-2)
    rank, values = jnp.zeros((0,), jnp.int64), jnp.zeros((0,), real)
    if method != "gels":
        found = jax.lax.stop_gradient(singular_values(jax.lax.stop_gradient(A)))
        rank = jnp.sum(found > (share * jnp.max(found, -1, initial=0.0))[..., None], -1, dtype=jnp.int64)
        values = found if method in ("gelsd", "gelss") else values
    return return_types.linalg_lstsq(x[..., 0] if vector else x, residuals, rank, values)


@op(name="linalg_vander", keeps=("x",), grad_name="CatBackward0")
def vander(x: Any, N: int | None = None) -> Any:
    """Vandermonde matrices: the powers 0, 1, ... of each element in a row.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.vander.html

    Args:
        x: shape (..., n).
        N: the number of columns; n by default.

    Raises:
        RuntimeError: fewer than two columns, half types or booleans.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.vander(torch.tensor([2, 3]), N=3)
        tensor([[1, 2, 4],
                [1, 3, 9]])
    """
    if is_half(x.dtype) or x.dtype == jnp.bool_:
        raise RuntimeError(
            f"linalg.vander supports floating point, complex, and integer tensors, but got {scalar_name(x)}"
        )
    x = jnp.atleast_1d(x)
    n = x.shape[-1] if N is None else N
    if n <= 1:
        raise RuntimeError("N must be greater than 1.")
    y = x if jnp.issubdtype(x.dtype, jnp.inexact) else cast(x, jnp.int64)
    powers = jnp.cumprod(jnp.broadcast_to(y[..., None], (*y.shape, n - 1)), -1)
    return jnp.concatenate([jnp.ones((*y.shape, 1), y.dtype), powers], -1)


def _power_grad_name(input: Any, n: int) -> str:
    return {0: "torch::autograd::CopyBackwards", 1: "CloneBackward0"}.get(n, "MmBackward0")


@op(saves=lambda input, n: () if n in (0, 1) else ("input",), grad_name=_power_grad_name)
def matrix_power(input: Any, n: int) -> Any:
    """Matrices multiplied by themselves, :math:`A^n`.

    https://docs.pytorch.org/docs/stable/generated/torch.matrix_power.html

    Args:
        input: shape (..., m, m).
        n: an integer, 0 or more.

    Raises:
        RuntimeError: other shapes or integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.matrix_power(torch.tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
        tensor([[1., 3.],
                [0., 1.]])
    """
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}")
    square_matrices("linalg.matrix_power", input, floating=False)
    if not input.size:
        return input
    return jnp.linalg.matrix_power(input, n)


@op(name="linalg_matrix_exp", saves=("input",))
def matrix_exp(input: Any) -> Any:
    """Exponential of square matrices, :math:`\\sum_k A^k / k!`.

    https://docs.pytorch.org/docs/stable/generated/torch.matrix_exp.html

    Args:
        input: shape (..., n, n).

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.matrix_exp(torch.zeros(2, 2))
        tensor([[1., 0.],
                [0., 1.]])
    """
    square_matrices("linalg.matrix_exp", input)
    if not input.size:
        return input
    return widened(jax.scipy.linalg.expm, input)


@op(name="linalg_multi_dot", saves=("tensors",), grad_name="ViewBackward0")
def multi_dot(tensors: Any) -> Any:
    """Product of several matrices, in the order that needs the fewest multiplications.

    https://docs.pytorch.org/docs/stable/generated/torch.multi_dot.html

    Args:
        tensors: matrices; the first and the last may be vectors.

    Raises:
        RuntimeError: fewer than two.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.multi_dot([torch.ones(2, 3), torch.ones(3, 1), torch.ones(1, 2)])
        tensor([[3., 3.],
                [3., 3.]])
    """
    count = len(tensors)
    if count < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {count}")
    for i, x in enumerate(tensors):
        if i in (0, count - 1):
            if x.ndim not in (1, 2):
                place = "first" if i == 0 else "last"
                raise RuntimeError(f"multi_dot(): the {place} tensor must be 1D or 2D but got {x.ndim}D")
        elif x.ndim != 2:
            raise RuntimeError(f"multi_dot(): tensor {i} must be 2D but got {x.ndim}D")
        if x.dtype != tensors[0].dtype:
            first, other = (c_name(y) for y in (tensors[0], x))
            raise RuntimeError(
                f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {first} and tensor {i} {other}"
            )
    shapes = [list(x.shape) for x in tensors]
    if len(shapes[0]) == 1:
        shapes[0] = [1, *shapes[0]]
    if len(shapes[-1]) == 1:
        shapes[-1] = [*shapes[-1], 1]
    for i, (a, b) in enumerate(itertools.pairwise(shapes)):
        if a[1] != b[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {a} and {b} cannot be multiplied"
            )
    return jnp.linalg.multi_dot(list(tensors)) if count > 2 else product(*tensors)


@op(variadic="matrices", grad_name="ViewBackward0")
def chain_matmul(matrices: Any) -> Any:
    """Product of several matrices: an old form of :func:`torch.linalg.multi_dot`.

    https://docs.pytorch.org/docs/stable/generated/torch.chain_matmul.html

    Args:
        matrices: the factors.

    Raises:
        RuntimeError: one of them is no matrix.

    Example::

        >>> import jaxlearn as torch
        >>> torch.chain_matmul(torch.ones(1, 2), torch.ones(2, 3), torch.ones(3, 1))
        tensor([[6.]])
    """
    warn_once(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot "
        "instead, which accepts a list of two or more tensors rather than multiple parameters."
    )
    for x in matrices:
        if x.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {x.ndim}, expected 2 instead.")
    return matrices[0] if len(matrices) == 1 else multi_dot.op.fn(list(matrices))

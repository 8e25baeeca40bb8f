"""Reflections: products of them, and QR decompositions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .. import return_types
from .._warnings import warn_once
from .linalg_rules import float_matrix, kernel_matrix, matrices, no_gradient
from .op import op
from .pointwise_rules import scalar_name, undifferentiable

__all__ = ["geqrf", "householder_product", "linalg_qr", "ormqr", "qr"]


def _vectors(A: Any, k: int) -> Any:
    """The vectors of the reflections: columns below the diagonal, ones on it."""
    return jnp.tril(A[..., :k], -1) + jnp.eye(A.shape[-2], k, dtype=A.dtype)


def _reflect(vectors: Any, tau: Any, x: Any, *, adjoint: bool, first_last: bool) -> Any:
    """Apply the reflections :math:`1 - \\tau_i v_i v_i^H` to the columns of x, one after the other."""
    k = vectors.shape[-1]
    if not k or not x.size:
        return x
    factors = jnp.conj(tau) if adjoint else tau

    def one(y: Any, step: Any) -> Any:
        v, t = step
        inner = jnp.einsum("...m,...mn->...n", jnp.conj(v), y)
        return y - t[..., None, None] * v[..., :, None] * inner[..., None, :], None

    steps = (jnp.moveaxis(vectors, -1, 0), jnp.moveaxis(factors, -1, 0))
    return jax.lax.scan(one, x, steps, reverse=first_last)[0]


def _without_elements(a: Any, tau: Any, *rest: Any) -> tuple[str, ...]:
    """torch's formulas end at once for reflections without elements, and give these no gradient."""
    return ("A", "input", "tau") if 0 in (*a.shape, *tau.shape) else ()


@op(name="linalg_householder_product", saves=("A", "tau", "result"), undefined=_without_elements)
def householder_product(A: Any, tau: Any) -> Any:
    """The first columns of a product of reflections, :math:`\\prod_i (1 - \\tau_i v_i v_i^H)`.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.householder_product.html

    Args:
        A: the vectors, below the diagonal of shape (..., m, n), as :func:`geqrf` gives them.
        tau: the factors, shape (..., k), k not above n.

    Raises:
        RuntimeError: other shapes, or dtypes that differ.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.householder_product(torch.zeros(2, 2), torch.zeros(2))
        tensor([[1., 0.],
                [0., 1.]])
    """
    name = "torch.linalg.householder_product"
    if A.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    m, n = A.shape[-2:]
    if m < n:
        raise RuntimeError(f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if n < tau.shape[-1]:
        raise RuntimeError(f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if A.ndim - tau.ndim != 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.ndim} and "
            f"input.ndim is equal to {A.ndim}"
        )
    if tau.shape[:-1] != A.shape[:-2]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
            f"{list(tau.shape[:-1])}"
        )
    if tau.dtype != A.dtype:
        raise RuntimeError(
            f"{name}: tau dtype {scalar_name(tau)} does not match input dtype {scalar_name(A)}"
        )
    start = jnp.broadcast_to(jnp.eye(m, n, dtype=A.dtype), A.shape)
    return _reflect(_vectors(A, tau.shape[-1]), tau, start, adjoint=False, first_last=True)


@op(saves=("input", "tau", "other", "result"), undefined=_without_elements)
def ormqr(input: Any, tau: Any, other: Any, left: bool = True, transpose: bool = False) -> Any:
    """A matrix times a product of reflections.

    https://docs.pytorch.org/docs/stable/generated/torch.ormqr.html

    Args:
        input: the vectors of the reflections, as :func:`geqrf` gives them.
        tau: their factors.
        other: the matrix.
        left: whether the product of reflections stands on the left.
        transpose: take its conjugate transpose.

    Raises:
        RuntimeError: shapes or dtypes that do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.ormqr(torch.zeros(2, 2), torch.zeros(2), torch.ones(2, 1))
        tensor([[1.],
                [1.]])
    """
    for name, x in (("input", input), ("other", other)):
        if x.ndim < 2:
            raise RuntimeError(f"torch.ormqr: {name} must have at least 2 dimensions.")
    side = -2 if left else -1
    if other.shape[side] < tau.shape[-1]:
        raise RuntimeError(f"torch.ormqr: other.shape[{side}] must be greater than or equal to tau.shape[-1]")
    if other.shape[side] != input.shape[-2]:
        raise RuntimeError(f"torch.ormqr: other.shape[{side}] must be equal to input.shape[-2]")
    if tau.shape[-1] > input.shape[-1] or tau.shape[-1] != min(other.shape[side], input.shape[-1]):
        raise RuntimeError(
            f"torch.ormqr: tau.shape[-1] must be equal to min(other.shape[{side}], input.shape[-1])"
        )
    for name, x in (("tau", tau), ("other", other)):
        if x.dtype != input.dtype:
            raise RuntimeError(
                f"torch.ormqr: Expected input and {name} to have the same dtype, but input has dtype"
                f"{scalar_name(input)} and {name} has dtype {scalar_name(x)}"
            )
    vectors = _vectors(input, tau.shape[-1])
    if left:
        return _reflect(vectors, tau, other, adjoint=transpose, first_last=not transpose)
    turned = jnp.conj(jnp.swapaxes(other, -1, -2))
    result = _reflect(vectors, tau, turned, adjoint=not transpose, first_last=transpose)
    return jnp.conj(jnp.swapaxes(result, -1, -2))


@op(saves=(), refuses=True)
def geqrf(input: Any) -> Any:
    """QR decompositions as LAPACK keeps them: R on and above the diagonal, the reflections of Q below. No gradient.

    https://docs.pytorch.org/docs/stable/generated/torch.geqrf.html

    Args:
        input: shape (..., m, n).

    Returns:
        The named tuple ``(a, tau)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.geqrf(torch.eye(2)).tau
        tensor([0., 0.])
    """
    if input.ndim < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    kernel_matrix("geqrf_cpu", input)
    turned, tau = jnp.linalg.qr(undifferentiable(input, "geqrf"), mode="raw")
    return return_types.geqrf(jnp.swapaxes(turned, -1, -2), tau)


def _qr(A: Any, mode: str) -> tuple[Any, Any]:
    matrices("linalg.qr", A)
    float_matrix("linalg.qr", A)
    kernel_matrix("geqrf_cpu", A)
    m, n = A.shape[-2:]
    if mode == "r":
        A = no_gradient(
            A,
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use "
            "linalg.qr(A, mode='reduced') if you are going to differentiate through linalg.qr.",
        )
        return jnp.zeros((0,), A.dtype), jnp.linalg.qr(A, mode="r")
    if mode == "complete" and m > n:
        A = no_gradient(
            A, "The QR decomposition is not differentiable when mode='complete' and nrows > ncols."
        )
        q, r = jnp.linalg.qr(A, mode="complete")
        return q, r
    if m < n:  # the reflections come from the first columns; only those have a derivative in JAX
        q, r = jnp.linalg.qr(A[..., :m])
        rest = jnp.conj(jnp.swapaxes(q, -1, -2)) @ A[..., m:]
        return q, jnp.concatenate([r, rest], -1)
    q, r = jnp.linalg.qr(A)
    return q, r


@op(grad_name="LinalgQrBackward0", saves=("result", "result1"))
def qr(input: Any, some: bool = True) -> Any:
    """QR decomposition, :math:`A = Q R` with orthonormal columns of Q and an upper triangle R.

    https://docs.pytorch.org/docs/stable/generated/torch.qr.html

    Args:
        input: shape (..., m, n).
        some: Q with min(m, n) columns rather than m.

    Returns:
        The named tuple ``(Q, R)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.qr(torch.eye(2)).R.abs()
        tensor([[1., 0.],
                [0., 1.]])
    """
    warn_once(
        "torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a future PyTorch release.\n"
        "The boolean parameter 'some' has been replaced with a string parameter 'mode'.\n"
        "Q, R = torch.qr(A, some)\nshould be replaced with\n"
        "Q, R = torch.linalg.qr(A, 'reduced' if some else 'complete')"
    )
    return return_types.qr(*_qr(input, "reduced" if some else "complete"))


@op(name="linalg_qr", saves=("result", "result1"), refuses=True)
def linalg_qr(A: Any, mode: str = "reduced") -> Any:
    """QR decomposition, :math:`A = Q R` with orthonormal columns of Q and an upper triangle R.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.qr.html

    Args:
        A: shape (..., m, n).
        mode: ``"reduced"``, ``"complete"`` (Q square) or ``"r"`` (R only).

    Returns:
        The named tuple ``(Q, R)``.

    Raises:
        RuntimeError: no such mode.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.qr(torch.eye(2)).R.abs()
        tensor([[1., 0.],
                [0., 1.]])
    """
    if mode not in ("reduced", "r", "complete"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    return return_types.linalg_qr(*_qr(A, mode))

"""What torch raises for matrices whose values do not allow what was asked for.

torch looks at LAPACK's report at once. So do the functions here: they compute what has been recorded so far, as
``.item()`` does, unless a step is being captured or JAX is tracing. There, a singular matrix gives infinities or NaN.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from .._engine.graph import evaluate
from .._engine.recorder import recorder
from .dispatch import TENSOR_TYPES

__all__ = [
    "LinAlgError",
    "check",
    "convergent",
    "finite_only",
    "not_positive",
    "numbers_only",
    "singular",
    "unsolvable",
    "zero_in_u",
]


class LinAlgError(RuntimeError):
    """Raised for matrices whose values do not allow what was asked for.

    https://docs.pytorch.org/docs/stable/generated/torch.linalg.LinAlgError.html
    """


# torch's class is made in C, and its name shows in tracebacks.
LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"
LinAlgError.__module__ = "torch._C"


def check(info: Any, name: str, describe: Callable[[str, int], Exception]) -> None:
    """Read the report and raise for the first matrix that failed.

    Args:
        info: LAPACK's report, 0 for success; one for each matrix.
        name: the function's name in the message.
        describe: from the beginning of the message and the report to the exception.
    """
    if recorder.capture is not None:
        return
    array = evaluate(info._current())
    if isinstance(array, jax.core.Tracer):
        return
    report = np.asarray(array).reshape(-1)
    failed = np.flatnonzero(report)
    if failed.size:
        place = f"(Batch element {failed[0]}): " if info.dim() else ""
        raise describe(f"{name}: {place}", int(report[failed[0]]))


def singular(head: str, code: int) -> Exception:
    return LinAlgError(
        f"{head}The diagonal element {code} is zero, the inversion could not be completed because the input matrix is "
        "singular."
    )


def unsolvable(head: str, code: int) -> Exception:
    return LinAlgError(f"{head}The solver failed because the input matrix is singular.")


def not_positive(head: str, code: int) -> Exception:
    return LinAlgError(
        f"{head}The factorization could not be completed because the input is not positive-definite (the leading minor "
        f"of order {code} is not positive-definite)."
    )


def zero_in_u(head: str, code: int) -> Exception:
    return RuntimeError(
        f"{head}U[{code},{code}] is zero and using it on lu_solve would result in a division by zero. If you still "
        "want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
    )


def _values(A: Any) -> np.ndarray[Any, Any] | None:
    """The matrices' elements, unless they are of no use now: captured, traced, or no matrices of floats."""
    if type(A) not in TENSOR_TYPES or recorder.capture is not None:
        return None
    value = A._current()
    if len(value.aval.shape) < 2 or value.aval.dtype.kind not in "fc" or value.aval.device.type == "meta":
        return None
    array = evaluate(value)
    return None if isinstance(array, jax.core.Tracer) else np.asarray(array)


def numbers_only(
    function: Callable[..., Any], over: Callable[..., tuple[int, int] | None] = lambda *_, **__: (-2, -1)
) -> Callable[..., Any]:
    """A function made of singular values, which LAPACK does not find where there is a NaN.

    Args:
        function: its first argument holds the matrices.
        over: of the function's arguments, the two dimensions of a matrix; None if they ask for no singular values.
    """

    @functools.wraps(function)
    def checked(A: Any = None, *args: Any, **kwargs: Any) -> Any:
        first = next((kwargs[k] for k in ("A", "input") if k in kwargs), None) if A is None else A
        dims = over(*(() if A is None else (A,)), *args, **kwargs)
        values = None if kwargs.get("hermitian") or dims is None else _values(first)
        if values is not None:
            failed = np.flatnonzero(np.isnan(values).any(dims).reshape(-1))
            if failed.size:
                place = f"(Batch element {failed[0]}): " if values.ndim > 2 else ""
                raise LinAlgError(
                    f"linalg.svd: {place}The algorithm failed to converge because the input matrix contained "
                    "non-finite values."
                )
        return function(*(() if A is None else (A,)), *args, **kwargs)

    return checked


def convergent(function: Callable[..., Any], given_up: int) -> Callable[..., Any]:
    """A function made of eigenvalues of symmetric matrices, which LAPACK gives up for a NaN in three rows or more.

    Args:
        function: its first argument holds the matrices, its second says which triangle is read.
        given_up: how many fewer than the rows LAPACK reports as not found.
    """

    @functools.wraps(function)
    def checked(A: Any, UPLO: str = "L", **kwargs: Any) -> Any:
        values = _values(A)
        if values is not None and values.shape[-1] == values.shape[-2] > 2:
            read = np.triu(values) if UPLO in ("U", "u") else np.tril(values)
            failed = np.flatnonzero(np.isnan(read).any((-2, -1)).reshape(-1))
            if failed.size:
                place = f"(Batch element {failed[0]}): " if values.ndim > 2 else ""
                raise LinAlgError(
                    f"linalg.eigh: {place}The algorithm failed to converge because the input matrix is ill-conditioned "
                    f"or has too many repeated eigenvalues (error code: {values.shape[-1] - given_up})."
                )
        return function(A, UPLO, **kwargs)

    return checked


def finite_only(function: Callable[..., Any]) -> Callable[..., Any]:
    """:func:`jaxlearn.linalg.eig`, which torch refuses for infinities too.

    Args:
        function: its first argument holds the matrices.
    """

    @functools.wraps(function)
    def checked(A: Any, **kwargs: Any) -> Any:
        values = _values(A)
        if values is not None and not np.isfinite(values).all():
            raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
        return function(A, **kwargs)

    return checked

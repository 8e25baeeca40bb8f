"""What torch raises for matrices whose values do not allow what was asked for.

torch looks at LAPACK's report at once. So do the functions here: they compute what has been recorded so far, as
``.item()`` does, unless a step is being captured or JAX is tracing. There, a singular matrix gives infinities or NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from .._engine.graph import evaluate
from .._engine.recorder import recorder

__all__ = ["LinAlgError", "check", "not_positive", "singular", "unsolvable", "zero_in_u"]


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

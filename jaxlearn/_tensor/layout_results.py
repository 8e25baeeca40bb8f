"""Operations whose results torch lays out in an order of their own, whatever the order of their operands.

LAPACK takes and gives matrices by columns; a transform along some dimensions gives these the innermost places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._engine.value import Aval
from ..ops.view_rules import contiguous_strides

__all__ = ["by_columns", "own_strides"]

Strides = tuple[int, ...]
Rule = Callable[[Sequence[Any], Sequence[Aval], Sequence[Strides], Aval, int], Strides | None]
"""Of the arguments, the operands, their strides, one of the results and its number: that one's strides."""

# The most dimensions of one transform of torch's kernel; more are transformed one such after the other.
_MOST = 3


def by_columns(shape: Strides) -> Strides:
    """The strides of matrices whose columns lie together."""
    *batch, rows, columns = shape
    strides = contiguous_strides((*batch, columns, rows))
    return (*strides[:-2], strides[-1], strides[-2])


def _columns(*which: int) -> Rule:
    """Matrices by columns, for the results of these numbers."""

    def rule(args: Any, inputs: Any, given: Any, out: Aval, number: int) -> Strides | None:
        return by_columns(out.shape) if number in which and len(out.shape) > 1 else None

    return rule


def _columns_of_left(place: int) -> Rule:
    """Solutions by columns, unless the unknown stands on the left of the matrix."""

    def rule(args: Any, inputs: Any, given: Any, out: Aval, number: int) -> Strides | None:
        return by_columns(out.shape) if not number and args[place] and len(out.shape) > 1 else None

    return rule


def _least_squares(args: Any, inputs: Any, given: Any, out: Aval, number: int) -> Strides | None:
    """The solutions lie in the memory of the right-hand sides, which has room for the longer of the two."""
    if number or len(out.shape) < 2 or len(inputs[1].shape) < len(inputs[0].shape):
        return None
    room = max(inputs[0].shape[-2:])
    return by_columns((*out.shape[:-2], room, out.shape[-1]))


def _quantiles(args: Any, inputs: Any, given: Any, out: Aval, number: int) -> Strides | None:
    """Several shares are found side by side for each slice."""
    if len(inputs) < 2 or not inputs[1].shape:
        return None
    count, *rest = out.shape
    return (1, *(s * max(count, 1) for s in contiguous_strides(tuple(rest))))


def _within(shape: Strides, dims: Sequence[int], strides: Strides) -> Strides:
    """Strides with these dimensions innermost, the last of them first, and the others around in their order."""
    around = sorted((d for d in range(len(shape)) if d not in dims), key=lambda d: -strides[d])
    found, step = [0] * len(shape), 1
    for d in reversed([*around, *dims]):
        found[d] = step
        step *= max(shape[d], 1)
    return tuple(found)


def _whole_transform(shape: Strides, dims: Sequence[int], strides: Strides) -> Strides:
    """A transform of complex numbers takes the dimensions as they lie in memory, three at a time."""
    left = list(dims)
    while left:
        left.sort(key=lambda d: -strides[d])
        now, left = left[-_MOST:], left[:-_MOST]
        strides = _within(shape, now, strides)
    return strides


def _transform(kind: str) -> Rule:
    """A Fourier transform: ``c2c``, ``r2c``, ``c2r`` or, for the inverse of that of a Hermitian signal, ``ihfft``."""

    def rule(args: Any, inputs: Any, given: Any, out: Aval, number: int) -> Strides | None:
        shape, have, strides = out.shape, inputs[0].shape, given[0]
        sizes, dims = args[1], args[2]
        if dims is None:
            dims = range(len(shape)) if sizes is None else range(len(shape) - len(sizes), len(shape))
        dims = [d % len(shape) for d in ((dims,) if isinstance(dims, int) else dims)]
        if not dims:
            return None
        *first, last = dims
        if sizes is not None:
            sizes = [sizes] if isinstance(sizes, int) else list(sizes)
            if kind == "c2r" and sizes[-1] != -1:
                sizes[-1] = sizes[-1] // 2 + 1  # of the half that is given
            if any(n > have[d] for n, d in zip(sizes, dims, strict=True)):
                strides = contiguous_strides(have)  # with zeros added, the operand is a new tensor
        if kind == "c2c":
            return _whole_transform(shape, dims, strides)
        if kind == "r2c":
            first.sort(key=lambda d: -strides[d])
            return _within(shape, [*first, last], strides)
        if kind == "c2r":
            return _within(shape, [last], _whole_transform(have, first, strides))
        return _whole_transform(shape, first, _within(shape, [last], strides))

    return rule


def _frames(args: Any, inputs: Any, given: Any, out: Aval, number: int) -> Strides | None:
    return by_columns(out.shape)


_RULES: dict[str, Rule] = {
    **{
        name: _columns(0)
        for name in (
            "cholesky_ex", "cholesky_inverse_ex", "cholesky_solve", "geqrf", "linalg_cholesky_ex",
            "linalg_householder_product", "linalg_inv_ex", "linalg_lu_factor_ex", "linalg_solve_triangular", "ormqr",
            "svd",
        )
    },
    **{name: _columns(1) for name in ("linalg_eig", "linalg_eigh")},
    **{name: _columns(0, 1) for name in ("linalg_qr", "qr", "triangular_solve")},
    "linalg_svd": _columns(0, 2),
    "linalg_lu_solve": _columns_of_left(3),
    "linalg_solve_ex": _columns_of_left(2),
    "linalg_lstsq": _least_squares,
    "quantile": _quantiles,
    "nanquantile": _quantiles,
    "stft": _frames,
    "found_in": lambda args, inputs, given, out, number: given[1],
    **{
        f"fft_{name}{end}": _transform(kind)
        for name, kind in (
            ("fft", "c2c"), ("ifft", "c2c"), ("rfft", "r2c"), ("irfft", "c2r"), ("hfft", "c2r"), ("ihfft", "ihfft"),
        )
        for end in ("", "2", "n")
    },
}  # fmt: skip


def own_strides(
    name: str, args: Sequence[Any], inputs: Sequence[Aval], given: Sequence[Strides], out: Sequence[Aval]
) -> list[Strides | None] | None:
    """The strides of an operation's results, None where they are row-major; None for an operation that has no rule.

    Args:
        name: the operation's.
        args: what it is called with.
        inputs: its operands.
        given: their strides.
        out: its results.
    """
    rule = _RULES.get(name)
    return None if rule is None else [rule(args, inputs, given, o, i) for i, o in enumerate(out)]

"""Strides of results that torch lays out in an order of its own: LAPACK's matrices, transforms, indices, copies."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import jaxlearn

from .helper import same, torch


def positive(t: Any, *shape: int) -> Any:
    x = t.arange(1.0, 1.0 + shape[-1] ** 2).sin().reshape(shape[-1], shape[-1])
    return (x @ x.mT + t.eye(shape[-1])).expand(shape).clone()


SQUARE: dict[str, Callable[[Any], Any]] = {
    "one": lambda t: positive(t, 3, 3),
    "transposed": lambda t: positive(t, 2, 3, 3).mT,
    "expanded": lambda t: positive(t, 3, 3).expand(2, 3, 3),
}
OBLONG: dict[str, Callable[[Any], Any]] = {
    "tall": lambda t: t.arange(12.0).cos().reshape(4, 3),
    "wide": lambda t: t.arange(24.0).cos().reshape(2, 3, 4),
    "transposed": lambda t: t.arange(24.0).cos().reshape(2, 3, 4).mT,
}
LINES: dict[str, Callable[[Any], Any]] = {
    "one": lambda t: t.arange(40.0),
    "rows": lambda t: t.arange(120.0).reshape(3, 40),
}


def right(t: Any, x: Any) -> Any:
    return t.ones(*x.shape[:-1], 2)


def below(t: Any, x: Any) -> Any:
    return t.ones(*x.shape[:-2], 2, x.shape[-1])


def reflections(t: Any, x: Any) -> Any:
    scales = t.ones(*x.shape[:-2], x.shape[-1])
    return t.orgqr(x, scales), t.ormqr(x, scales, right(t, x))


def shares(t: Any) -> Any:
    return t.tensor([0.2, 0.5])


OF_SQUARE: dict[str, Callable[[Any, Any], Any]] = {
    "cholesky": lambda t, x: (t.linalg.cholesky(x), t.cholesky(x, upper=True), t.linalg.cholesky_ex(x)),
    "cholesky_solve": lambda t, x: (t.cholesky_solve(right(t, x), x), t.cholesky_inverse(x)),
    "inv": lambda t, x: (t.linalg.inv(x), t.linalg.inv_ex(x), t.linalg.matrix_power(x, -1), t.linalg.pinv(x)),
    "lu": lambda t, x: (t.linalg.lu(x), t.linalg.lu_factor(x), t.lu(x), t.lu_unpack(*t.linalg.lu_factor(x))),
    "lu_solve": lambda t, x: (
        t.linalg.lu_solve(*t.linalg.lu_factor(x), right(t, x)),
        t.linalg.lu_solve(*t.linalg.lu_factor(x), below(t, x), left=False),
    ),
    "solve": lambda t, x: (
        t.linalg.solve(x, right(t, x)),
        t.linalg.solve(x, below(t, x), left=False),
        t.linalg.solve(x, t.ones(x.shape[:-1])),
    ),
    "triangular": lambda t, x: (
        t.linalg.solve_triangular(x, right(t, x), upper=True),
        t.linalg.solve_triangular(x, below(t, x), upper=True, left=False),
        t.triangular_solve(right(t, x), x),
    ),
    "eigen": lambda t, x: (t.linalg.eigh(x), t.linalg.eig(x), t.linalg.eigvals(x)),
    "ldl": lambda t, x: (t.linalg.ldl_factor(x), t.linalg.ldl_solve(*t.linalg.ldl_factor(x), right(t, x))),
}
OF_OBLONG: dict[str, Callable[[Any, Any], Any]] = {
    "svd": lambda t, x: (
        t.linalg.svd(x),
        t.linalg.svd(x, full_matrices=False),
        t.svd(x),
        t.svd(x, some=False),
    ),
    "qr": lambda t, x: (t.linalg.qr(x), t.linalg.qr(x, "complete"), t.linalg.qr(x, "r"), t.qr(x), t.geqrf(x)),
    "lstsq": lambda t, x: t.linalg.lstsq(x, right(t, x)).solution,
    "householder": lambda t, x: reflections(t, x if x.shape[-1] <= x.shape[-2] else x.mT),
    "nonzero": lambda t, x: (t.nonzero(x), t.argwhere(x), x[0].nonzero()),
    "unique": lambda t, x: (t.unique(x, dim=1), t.unique(x, dim=-1), t.unique_consecutive(x, dim=-1)),
    "quantile": lambda t, x: (
        t.quantile(x, shares(t), dim=0),
        t.nanquantile(x, shares(t), dim=1, keepdim=True),
        t.quantile(x, 0.5, dim=-1),
    ),
    "rot90": lambda t, x: (t.rot90(x), t.rot90(x, 2), t.rot90(x, 3, (1, 0)), t.rot90(x, 0)),
    "copies": lambda t, x: (
        t.transpose_copy(x, 0, 1),
        t.diagonal_copy(x, 0, 0, 1),
        t.expand_copy(x, (2, *x.shape)),
        t.unfold_copy(x, 0, 2, 1),
        t.squeeze_copy(x),
    ),
    "expand": lambda t, x: (t.ones(()).expand(1, 1), t.ones(()).expand_as(x), t.ones(1, 1).expand(1, 1)),
    "one dimension": lambda t, x: [
        getattr(t.fft, name)(x, n, dim)
        for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
        for n in (None, 5, 2)
        for dim in (0, 1, -1)
    ],
    "several": lambda t, x: [
        getattr(t.fft, name)(x, dim=dim)
        for name in ("fft2", "ifftn", "rfftn", "irfft2", "hfft2", "ihfftn")
        for dim in ((0, 1), (1, 0), (-1, 0))
    ],
}
OF_LINES: dict[str, Callable[[Any, Any], Any]] = {
    "stft": lambda t, x: (
        t.stft(x, 8, window=t.ones(8), return_complex=True),
        t.stft(x, 8, window=t.ones(8), return_complex=False, onesided=False),
    ),
}
CASES = {
    f"{name} of {layout}": (make, function)
    for operands, functions in ((SQUARE, OF_SQUARE), (OBLONG, OF_OBLONG), (LINES, OF_LINES))
    for name, function in functions.items()
    for layout, make in operands.items()
}


def strides(result: Any) -> list[tuple[int, ...]]:
    if isinstance(result, (tuple, list)):
        return [s for r in result for s in strides(r)]
    return [tuple(result.stride())]


@pytest.mark.parametrize("case", CASES)
def test_strides(case: str) -> None:
    make, function = CASES[case]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of functions that torch has renamed since
        got, expected = (strides(function(library, make(library))) for library in (jaxlearn, torch))
    assert got == expected


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x)), lambda x: x.clone()],
    ids=["copy", "deepcopy", "pickle", "clone"],
)
def test_strides_of_copies(copied: Callable[[Any], Any]) -> None:
    def program(t: Any) -> Any:
        x = t.arange(24.0).reshape(2, 3, 4) + 1
        made = [copied(y) for y in (x, x.permute(2, 0, 1), x.mT.contiguous())]
        return made, [y.stride() for y in made]

    same(program)

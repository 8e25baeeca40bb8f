"""Calls that torch refuses with a text of its own, by family: the same exception and text here."""

from __future__ import annotations

import copy
import functools
import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from .helper import same

Calls = dict[str, Callable[[Any], Any]]


def x(t: Any) -> Any:
    return t.arange(12.0).view(3, 4)


def window(name: str, size: Any, options: dict[str, Any], t: Any) -> Any:
    images = t.nn.functional
    if name == "unfold":
        return images.unfold(t.ones(1, 1, 6, 6), size, **options)
    return images.fold(t.ones(1, 4, 9), 4, size, **options)


def e(t: Any, formula: Any, *operands: Any) -> Any:
    """A sum of products; by default of matrices that fit ``ij,jk``."""
    return t.einsum(formula, *(operands or (t.ones(3, 4), t.ones(4, 5))))


EINSUM: Calls = {
    "no operand": lambda t: t.einsum("ij"),
    "no operand in a list": lambda t: e(t, "ij", []),
    "no formula": lambda t: t.einsum(3, t.ones(2)),
    "a number for an operand": lambda t: e(t, "ij,j", t.ones(2, 2), 3),
    "too few operands": lambda t: e(t, "ij,jk,kl"),
    "too many operands": lambda t: e(t, "ij"),
    "too many of three": lambda t: e(t, "ij", *[t.ones(2, 2)] * 3),
    "too few subscripts": lambda t: e(t, "ij,->"),
    "too many subscripts": lambda t: e(t, "ijk", t.ones(2, 2)),
    "too many beside an ellipsis": lambda t: e(t, "i...jk", t.ones(2, 2)),
    "a number among subscripts": lambda t: e(t, "ij, j1->i"),
    "half an arrow": lambda t: e(t, "ij-", t.ones(2, 2)),
    "another in the result": lambda t: e(t, "ij,jk -> i-k"),
    "two arrows": lambda t: e(t, "ij->i->j", t.ones(2, 2)),
    "two dots": lambda t: e(t, "i..j", t.ones(2, 2)),
    "two ellipses": lambda t: e(t, "......", t.ones(2, 2)),
    "two ellipses in the result": lambda t: e(t, "ij->i...j...", t.ones(2, 2)),
    "two dots in the result": lambda t: e(t, "ij->i..", t.ones(2, 2)),
    "a result's subscript twice": lambda t: e(t, "ij->ii", t.ones(2, 2)),
    "a result's subscript of no operand": lambda t: e(t, "ij->ik", t.ones(2, 2)),
    "sizes that differ": lambda t: e(t, "ij,jk", t.ones(3, 4), t.ones(3, 2)),
    "sizes that differ in three": lambda t: e(t, "ij,jk,kl", t.ones(3, 4), t.ones(4, 2), t.ones(7, 7)),
    "sizes that differ on a diagonal": lambda t: e(t, "ii", t.ones(3, 4)),
    "sizes that differ under an ellipsis": lambda t: e(t, "...i,...i", t.ones(2, 4), t.ones(3, 4)),
    "numbers out of range": lambda t: t.einsum(t.ones(2, 2), [0, 60]),
    "negative numbers": lambda t: t.einsum(t.ones(2, 2), [0, -1]),
    "a number twice in the result": lambda t: t.einsum(t.ones(2, 2), [0, 1], [0, 0]),
    "truth values": lambda t: e(t, "ij,jk", t.ones(3, 4).bool(), t.ones(4, 5).bool()),
}

TENSORDOT: Calls = {
    "text": lambda t: t.tensordot(x(t), x(t), dims="a"),
    "a float": lambda t: t.tensordot(x(t), x(t), dims=2.0),
    "None": lambda t: t.tensordot(x(t), x(t), dims=None),
    "a pair of numbers": lambda t: t.tensordot(x(t), x(t), dims=(1, 1)),
    "out of range": lambda t: t.tensordot(x(t), x(t), dims=([7], [1])),
    "twice": lambda t: t.tensordot(x(t), t.ones(3, 3), dims=([0, 0], [0, 1])),
    "sizes": lambda t: t.tensordot(x(t), x(t), 1),
}

HISTOGRAMS: Calls = {
    "no bins": lambda t: t.histc(x(t), 0),
    "order": lambda t: t.histc(x(t), 4, 3, 1),
    "infinite": lambda t: t.histc(x(t), 4, 0, math.inf),
    "integers": lambda t: t.histc(t.ones(3).long(), 4),
    "values that are infinite": lambda t: t.histc(t.tensor([1.0, math.inf])),
    "no bins of a histogram": lambda t: t.histogram(x(t), 0),
    "one edge": lambda t: t.histogram(x(t), t.ones(1)),
    "no edge": lambda t: t.histogram(x(t), t.ones(0)),
    "edges of two dimensions": lambda t: t.histogram(x(t), t.ones(2, 2)),
    "edges of another dtype": lambda t: t.histogram(x(t), t.ones(3).double()),
    "range": lambda t: t.histogram(x(t), 3, range=(3.5, 1)),
    "half a range": lambda t: t.histogram(x(t), 3, range=(1,)),
    "an infinite range": lambda t: t.histogram(x(t), 3, range=(1, math.inf)),
    "NaN": lambda t: t.histogram(t.tensor([1.0, math.nan]), 3),
    "weights": lambda t: t.histogram(x(t), 3, weight=t.ones(7)),
    "weights of another dtype": lambda t: t.histogram(x(t), 3, weight=t.ones(3, 4).double()),
    "half": lambda t: t.histogram(x(t).half(), 3),
    "integers of a histogram": lambda t: t.histogram(t.ones(3).long(), 3),
    "dimensions": lambda t: t.histogramdd(t.ones(3), [3]),
    "bins of a grid": lambda t: t.histogramdd(t.ones(3, 2), [3, 0]),
    "too few bins": lambda t: t.histogramdd(t.ones(3, 2), [3]),
    "too few edges": lambda t: t.histogramdd(t.ones(3, 2), [t.ones(2)]),
    "the range of a grid": lambda t: t.histogramdd(t.ones(3, 2), [3, 3], range=(1.0, 2.0)),
    "the order of a grid": lambda t: t.histogramdd(t.ones(3, 2), [3, 3], range=(1.0, 2.0, 3.0, 2.0)),
    "NaN in a grid": lambda t: t.histogramdd(t.full((2, 2), math.nan), [3, 3]),
}

SEARCHES: Calls = {
    "sorter's size": lambda t: t.searchsorted(t.ones(4), 3, sorter=t.tensor([1, 3, 2])),
    "sorter's dtype": lambda t: t.searchsorted(t.ones(2), 3, sorter=t.tensor([1.0, 0])),
    "sorter's values": lambda t: t.searchsorted(t.ones(2), 3, sorter=t.tensor([1, 9])),
    "unique of a list": lambda t: t.unique([1, 2]),
    "unique along no dimension": lambda t: t.unique(t.tensor(3), dim=0),
    "unique along half a dimension": lambda t: t.unique(x(t), dim=0.5),
    "consecutive along no dimension": lambda t: t.unique_consecutive(t.tensor(3), dim=0),
    "no such quantile": lambda t: t.ones(3).long().quantile(1.5),
    "no such interpolation": lambda t: t.ones(3).long().quantile(0.5, interpolation="foo"),
    "a matrix of quantiles": lambda t: t.ones(3).long().quantile(t.tensor([[0.5]])),
    "a quantile of integers": lambda t: t.ones(3).long().nanquantile(0.5),
    "a rank of truth values": lambda t: t.tensor([True, False]).kthvalue(1),
    "a median of truth values": lambda t: t.tensor([True, False]).median(),
    "… along a dimension": lambda t: t.tensor([True, False]).median(0),
    "extremes of nothing": lambda t: t.ones(0, 3).aminmax(dim=0),
    "running sums of integers": lambda t: t.tensor([1]).logcumsumexp(0),
}

INDICES: Calls = {
    "reduction": lambda t: x(t).scatter_reduce(0, t.zeros(2, 4).long(), t.ones(2, 4), "foo"),
    "floats": lambda t: x(t).scatter_reduce(0, t.zeros(2, 4), t.ones(2, 4), "sum"),
    "another dtype": lambda t: x(t).scatter_add(0, t.zeros(2, 4).long(), t.ones(2, 4).half()),
    "floats in index_reduce": lambda t: x(t).index_reduce(0, t.tensor([0.0, 1]), t.ones(2, 4), "prod"),
    "a matrix in index_reduce": lambda t: x(t).index_reduce(0, t.tensor([[0]]), t.ones(2, 4), "prod"),
    "another dtype in index_reduce": lambda t: x(t).index_reduce(0, t.tensor([0]), x(t)[:1].half(), "prod"),
    "floats in index_put": lambda t: x(t).index_put((t.tensor([0.0]),), t.tensor(0.0)),
    "a number in index_put": lambda t: x(t).index_put([0], t.ones(1)),
    "a number to put": lambda t: x(t).index_put([t.tensor([0])], 1.0),
    "a tensor for indices": lambda t: x(t).index_put(t.tensor([0]), t.ones(1)),
    "int32 along a dimension": lambda t: t.take_along_dim(x(t), t.zeros(1, 4).int(), 0),
    "floats along none": lambda t: t.take_along_dim(x(t), t.tensor([5.0])),
    "masked_scatter of another dtype": lambda t: x(t).masked_scatter(x(t) > 0, t.ones(12).double()),
}

DISTANCES: Calls = {
    "dtypes": lambda t: t.cdist(t.ones(2, 3).double(), t.ones(2, 3)),
    "half": lambda t: t.cdist(t.ones(2, 3).half(), t.ones(2, 3).half()),
    "NaN": lambda t: t.cdist(t.ones(2, 3), t.ones(2, 3), math.nan),
    "NaN of pairs": lambda t: t.pdist(t.ones(2, 3), math.nan),
    "NaN of parts": lambda t: t.renorm(t.ones(2, 3), math.nan, 0, 1.0),
    "padding": lambda t: t.stft(t.ones(40), 8, window=t.ones(8), pad_mode="foo", return_complex=True),
}


LINALG: Calls = {
    "the largest of nothing": lambda t: t.linalg.vector_norm(t.empty(0), math.inf),
    "a negative order of nothing": lambda t: t.linalg.vector_norm(t.empty(0, 3), -1, dim=0),
    "one dimension twice": lambda t: t.linalg.matrix_norm(x(t), dim=(-1, 1)),
    "one dimension of a matrix": lambda t: t.linalg.matrix_norm(x(t), dim=(-1,)),
    "three dimensions": lambda t: t.linalg.norm(x(t), dim=(0, 1, 2)),
    "integers as dtype": lambda t: t.linalg.norm(x(t), 2, dtype=t.int64),
    "integers": lambda t: t.linalg.norm(t.ones(3, 3).long()),
    "a matrix's order": lambda t: t.linalg.norm(x(t), "fro", 0),
    "no order": lambda t: t.norm(x(t), p="foo"),
    "no condition": lambda t: t.linalg.cond(t.eye(2), 2.5),
    "half a power": lambda t: t.linalg.matrix_power(t.eye(2), 1.5),
    "a vector to solve for": lambda t: t.linalg.lu_solve(*t.linalg.lu_factor(t.eye(2)), t.ones(2)),
    "sizes": lambda t: t.linalg.tensorsolve(t.eye(6).reshape(2, 3, 6), t.ones(4)),
    "the gradient of all of Q": lambda t: (
        t.linalg.qr(t.ones(3, 2, requires_grad=True), mode="complete")[1].sum().backward()
    ),
    "the gradient without Q": lambda t: t.linalg.qr(t.eye(2).requires_grad_(), mode="r")[1].sum().backward(),
}


WINDOWS: Calls = {
    f"{name}({size}, {options})": functools.partial(window, name, size, options)
    for name in ("fold", "unfold")
    for size, options in (
        *((size, {}) for size in (-9, 0, 9, (2, 0), [1], (1, 2, 3))),
        *((2, {"dilation": d}) for d in (0, -1, [1])),
        *((2, {"padding": p}) for p in (-1, (-1, 0), [1])),
        *((2, {"stride": s}) for s in (0, (1, 0), [1])),
    )
}


ARGUMENTS: Calls = {
    "no dimension": lambda t: t.logsumexp(x(t), None),
    "no dimensions": lambda t: t.fft.fft2(x(t), dim=None),
    "a tensor for a truth value": lambda t: t.sum(x(t), 0, t.tensor(True)),
    "… of a method": lambda t: x(t).logsumexp(0, t.tensor(1)),
    "too many beside one that may be left out": lambda t: x(t).logit(0.5, 3),
    "complex numbers compared": lambda t: x(t) + 0j < 1,
    "complex steps": lambda t: t.heaviside(x(t), x(t) + 0j),
    "complex infinities": lambda t: t.isposinf(x(t) + 0j),
    "a complex number to fill in": lambda t: x(t).index_fill(0, t.tensor([0]), 1j),
    "ends of other kinds": lambda t: t.lerp(x(t), x(t).long(), 0.5),
    "weights of another kind": lambda t: t.lerp(x(t), x(t), x(t).half()),
    "out of a method": lambda t: x(t).add(1, out=x(t)),
    "out of a method that takes nothing": lambda t: x(t).exp(out=x(t)),
    "out of a method made of operations": lambda t: x(t).sort(out=(x(t), x(t).long())),
    "out of a function that has none": lambda t: t.roll(x(t), 1, out=x(t)),
    "… or of one of several": lambda t: t.index_fill(x(t), 0, t.tensor([0]), 1.0, out=x(t)),
    "a tensor with a gradient to export": lambda t: t.from_dlpack(x(t).requires_grad_()),
    "a conjugate to export": lambda t: t.from_dlpack((x(t) + 1j).conj()),
    "a number to import": lambda t: t.from_dlpack(3),
    "limits to pickle": lambda t: pickle.dumps(t.finfo(t.float32)),
    "limits to copy": lambda t: copy.deepcopy(t.iinfo(t.int8)),
    "vectors of no matrix": lambda t: t.distributions.constraints.square.check(t.ones(3)),
    "a flag that is none": lambda t: x(t).unique(sorted=3),
    "another name beside one of Python's": lambda t: x(t).uniform_(foo=1),
    "fractions unravelled": lambda t: t.unravel_index(t.tensor([1.0]), (2, 2)),
    "truth unravelled": lambda t: t.unravel_index(t.tensor([True]), (2, 2)),
    "a matrix of indices": lambda t: x(t).index_add(0, t.tensor([[0]]), x(t)[:1]),
}


@pytest.mark.parametrize(
    "calls",
    [EINSUM, TENSORDOT, HISTOGRAMS, SEARCHES, INDICES, DISTANCES, LINALG, ARGUMENTS, WINDOWS],
    ids=lambda calls: next(iter(calls)),
)
def test_exception_and_text(calls: Calls) -> None:
    found = []
    for name, call in calls.items():
        try:
            same(call, message=True)
        except AssertionError as error:
            found.append(f"{name}: {error}")
    assert not found, "\n".join(found)


def test_tensordot_by_a_tensor_of_dimensions() -> None:
    same(lambda t: t.tensordot(x(t), x(t).T, dims=t.tensor(1)))
    same(lambda t: t.tensordot(x(t), x(t), dims=t.tensor([[0, 1], [0, 1]])))


def test_a_quantile_with_nan_has_the_gradient_of_the_nan() -> None:
    def program(t: Any) -> Any:
        values = t.tensor([[1.0, 3, 2, 2], [4, 4, math.nan, 0]], requires_grad=True)
        result = values.quantile(0.3, 1)
        result.sum().backward()
        return result, values.grad

    same(program)


@pytest.mark.parametrize("mode", ["complete", "r"])
def test_what_has_no_gradient_is_computed(mode: str) -> None:
    same(lambda t: t.linalg.qr(x(t).T.contiguous().requires_grad_(), mode=mode)[1].shape)


def test_the_condition_of_nothing() -> None:
    same(lambda t: (t.linalg.cond(t.empty(0, 0)), t.linalg.cond(t.empty(2, 0, 0), 1)))


def test_numbers_of_another_kind_are_taken() -> None:
    same(lambda t: t.lerp(t.zeros(2), t.ones(2), t.tensor(1)))
    same(lambda t: t.zeros(3).index_put((t.tensor([True, False, True]),), t.tensor(1)))


def test_out_of_functions_is_taken() -> None:
    def program(t: Any) -> Any:
        a, out = (x(t), x(t)), {"out": x(t)}
        return t.add(*a, out=x(t)), t.add(*a, **out), t.hstack(a, out=t.empty(3, 8)), t.exp(x(t), out=None)

    same(program)

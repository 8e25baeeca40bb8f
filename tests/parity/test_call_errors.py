"""Calls whose arguments fit no signature: torch's words, from its list of signatures, for functions and methods."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxlearn
from jaxlearn._tensor.call_errors import signatures_of

torch = pytest.importorskip("torch")


def x(t: Any) -> Any:
    return t.ones(2, 3)


CASES: dict[str, Callable[[Any], Any]] = {
    "a list for a tensor": lambda t: t.add([1], 2),
    "an array for a tensor": lambda t: t.mm(x(t), np.ones((3, 2))),
    "a number for a tensor": lambda t: t.exp(2.5),
    "a number for the second tensor": lambda t: t.mm(x(t), 3),
    "… of a method": lambda t: x(t).mm(3),
    "an element that is no tensor": lambda t: t.cat([x(t), 3]),
    "a number for tensors": lambda t: t.cat(3),
    "text for a dimension": lambda t: t.softmax(x(t), "a"),
    "… of several signatures": lambda t: t.sum(x(t), dim="a"),
    "… of a method of several": lambda t: x(t).mean("a"),
    "a float for a dimension": lambda t: x(t).max(1.5),
    "text among integers": lambda t: x(t).permute(1, "a"),
    "text among integers in a list": lambda t: t.zeros((2, "a")),
    "text first in a list": lambda t: t.zeros(["a"]),
    "text for a shape": lambda t: x(t).reshape("a"),
    "an integer for a shape": lambda t: t.reshape(x(t), 3),
    "no shape": lambda t: t.reshape(x(t)),
    "too many": lambda t: t.relu(x(t), 1),
    "too many for any signature": lambda t: x(t).clamp(1, 2, 3),
    "too many for a method without": lambda t: x(t).exp(1),
    "by name for a method without": lambda t: x(t).exp(base=1),
    "too few": lambda t: t.gather(x(t)),
    "too few by one": lambda t: x(t).transpose(0),
    "too few for any signature": lambda t: t.conv2d(x(t)),
    "unknown name": lambda t: t.softmax(x(t), 0, along=1),
    "unknown name among several": lambda t: t.prod(x(t), along=1),
    "twice": lambda t: t.softmax(x(t), 0, dim=1),
    "NumPy's name": lambda t: t.argmax(x(t), axis="a"),
    "out": lambda t: t.exp(x(t), out=3),
    "dtype": lambda t: t.zeros(2, dtype="a"),
    "alpha": lambda t: t.add(x(t), 1, alpha="a"),
    "in place": lambda t: x(t).mul_("a"),
    "in place, several": lambda t: x(t).masked_fill_(3, 1),
    "random in place": lambda t: x(t).normal_("a"),
    "made of operations": lambda t: x(t).chunk(1.5),
    "random": lambda t: t.randint("a", 3),
    "special": lambda t: t.special.zeta(x(t), "a"),
    "a sequence where none is taken": lambda t: x(t).view(["a", "b"]),
}


# What the arguments hold, or their types, rather than how many there are.
REFUSED: dict[str, Callable[[Any], Any]] = {
    "complex numbers in an order": lambda t: t.sort(x(t) + 0j),
    "the largest of complex numbers": lambda t: t.topk(x(t) + 0j, 1),
    "a complex number of a rank": lambda t: t.kthvalue(x(t) + 0j, 1),
    "the commonest complex number": lambda t: t.mode(x(t) + 0j),
    "complex weights": lambda t: t.softmax(x(t) + 0j, 1),
    "complex weights of another dimension": lambda t: t.log_softmax(x(t), 0, dtype=t.complex64),
    "channels of a vector": lambda t: t.nn.functional.dropout2d(t.ones(3)),
    "ends that are no numbers": lambda t: t.linspace(t.ones(1), t.ones(()), 3),
    "one end that is no number": lambda t: t.logspace(0, t.ones(1, 1), 3),
    "a vector of embeddings": lambda t: t.nn.functional.embedding_bag(t.tensor([[0]]), t.ones(3)),
    "means and deviations of other sizes": lambda t: t.normal(t.ones(2), t.ones(3)),
    "a reduction ahead of a target": lambda t: t.nn.functional.multilabel_margin_loss(
        x(t), t.full((2, 3), 7), reduction="some"
    ),
    "a dtype ahead of an index": lambda t: t.ones(2, 2).gather(1, t.tensor([[7.0]])),
    "a shape ahead of an index": lambda t: t.ones(2, 2).gather(1, t.tensor([7])),
    "the largest complex number": lambda t: t.amax(x(t) + 0j),
    "complex bounds": lambda t: t.clamp(x(t), x(t) + 0j),
    "the angle of complex numbers": lambda t: t.atan2(x(t) + 0j, x(t)),
    "complex numbers rounded down": lambda t: t.floor(x(t) + 0j),
    "the remainder of complex numbers": lambda t: (x(t) + 0j) % 2,
    "complex degrees": lambda t: t.deg2rad(x(t) + 0j),
    "products of different numbers": lambda t: t.inner(t.ones(2), t.ones(2).long()),
    "the largest truth": lambda t: t.topk(t.ones(2).bool(), 1),
    "a number for a tensor to scatter": lambda t: t.ones(2).scatter_add(0, t.tensor([0]), 2.5),
    "a place outside": lambda t: t.ones(2).index_reduce(0, t.tensor([9]), t.ones(1), "mean"),
    "numbers that are no index": lambda t: t.index_select(t.ones(2), 0, t.tensor([1j])),
    "nothing to select from": lambda t: t.index_select(t.ones(0), 0, t.tensor([0])),
    "integers of another width": lambda t: t.tensor_split(t.ones(2), t.tensor([1], dtype=t.int32)),
    "a list to write to": lambda t: t.exp(t.ones(2), out=[1]),
    "one tensor for several": lambda t: t.linalg.svd(t.eye(2), out=t.ones(2)),
    "another kind of numbers to write to": lambda t: t.exp(t.ones(2), out=t.zeros(0, dtype=t.int32)),
    "an unknown letter": lambda t: t.einsum("i->j", t.ones(2)),
    "numbers for a grid": lambda t: t.meshgrid(3, 4),
    "a negative place": lambda t: t.as_strided(t.ones(2), (1,), (1,), -1),
    "no reduction": lambda t: t.nn.functional.mse_loss(x(t), x(t), reduction=None),
    "a mode that is no text": lambda t: t.nn.functional.pad(x(t), (1, 1), 1),
    "a size that is no integer": lambda t: t.nn.functional.interpolate(t.ones(1, 1, 2), size=(1.5,)),
    "an index in another form": lambda t: t.index_select(t.ones(2), 0, t.tensor([[7]])),
}


def said(library: Any, call: Callable[[Any], Any]) -> tuple[str, str]:
    with warnings.catch_warnings(), pytest.raises(Exception) as raised:
        warnings.simplefilter("ignore")
        call(library)
    return raised.type.__name__, str(raised.value)


@pytest.mark.parametrize("name", CASES)
def test_same_words(name: str) -> None:
    assert said(jaxlearn, CASES[name]) == said(torch, CASES[name])


@pytest.mark.parametrize("name", REFUSED)
def test_same_refusal(name: str) -> None:
    assert said(jaxlearn, REFUSED[name]) == said(torch, REFUSED[name])


SEVERAL = [
    "all", "any", "arange", "argsort", "bmm", "clamp", "conv2d", "div", "eq", "index_fill", "lerp", "linspace",
    "masked_fill", "max", "mean", "min", "narrow", "normal", "pow", "prod", "quantile", "randint", "scatter", "sort",
    "squeeze", "std", "sum", "tensor_split", "var", "where",
]  # fmt: skip


@pytest.mark.parametrize("name", SEVERAL)
def test_the_list_of_signatures_is_torchs(name: str) -> None:
    """More arguments than any signature takes make torch print all that it has."""
    many = [object()] * 20
    assert said(jaxlearn, lambda t: getattr(t, name)(*many)) == said(torch, lambda t: getattr(t, name)(*many))
    assert len(signatures_of(name)) > 1


def test_an_error_of_another_kind_stays() -> None:
    with pytest.raises(IndexError, match="Dimension out of range"):
        jaxlearn.softmax(jaxlearn.ones(2), 5)


def test_nothing_is_changed() -> None:
    tensor = jaxlearn.ones(3)
    for call in (lambda: tensor.mul_("a"), lambda: tensor.masked_fill_(3, 1), lambda: tensor.normal_(0, "a")):
        with pytest.raises(TypeError):
            call()
    assert tensor.tolist() == [1.0, 1.0, 1.0]

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


def said(library: Any, call: Callable[[Any], Any]) -> tuple[str, str]:
    with warnings.catch_warnings(), pytest.raises(Exception) as raised:
        warnings.simplefilter("ignore")
        call(library)
    return raised.type.__name__, str(raised.value)


@pytest.mark.parametrize("name", CASES)
def test_same_words(name: str) -> None:
    assert said(jaxlearn, CASES[name]) == said(torch, CASES[name])


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

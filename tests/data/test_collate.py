"""Collation against torch: values, dtypes, containers and errors."""

from __future__ import annotations

import collections
import types
from typing import Any

import numpy as np
import pytest

import jaxlearn
from jaxlearn.utils import data as ours
from jaxlearn.utils.data.collate import collate, default_collate_fn_map

torch = pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")

Point = collections.namedtuple("Point", ["x", "y"])


class Tagged(dict):
    """A mapping with an attribute."""

    tag = "none"


class Fixed(dict):
    """A mapping that cannot be updated."""

    def update(self, *args: Any) -> None:
        raise TypeError


def plain(value: Any) -> Any:
    """Tensors as (dtype, list), every container with its type."""
    if isinstance(value, (torch.Tensor, jaxlearn.Tensor)):
        return "tensor", str(value.dtype), tuple(value.shape), value.tolist()
    if isinstance(value, np.ndarray):
        return "array", str(value.dtype), value.tolist()
    if isinstance(value, collections.abc.Mapping):
        return type(value).__name__, {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, collections.UserList)):
        return type(value).__name__, [plain(item) for item in value]
    return type(value).__name__, value


def outcome(function: str, program: Any, library: Any) -> Any:
    try:
        return plain(getattr(library.utils.data, function)(program(library)))
    except Exception as error:
        return type(error).__name__, str(error)


BATCHES = {
    "ints": lambda t: [1, 2, -(2**63)],
    "bools": lambda t: [True, False],
    "bool and int": lambda t: [True, 2],
    "int and float": lambda t: [1, 2.5],
    "floats": lambda t: [1.5, 0.1],
    "float and int": lambda t: [1.5, 2],
    "too large": lambda t: [1, 2**63],
    "int and text": lambda t: [1, "a"],
    "int and None": lambda t: [1, None],
    "float and None": lambda t: [1.0, None],
    "float and text": lambda t: [1.0, "a"],
    "texts": lambda t: ["a", "b"],
    "bytes": lambda t: [b"a", b"b"],
    "None": lambda t: [None],
    "complex": lambda t: [1j],
    "empty": lambda t: [],
    "numpy float64": lambda t: [np.float64(1), np.float64(0.1)],
    "numpy float32": lambda t: [np.float32(0.1)],
    "numpy mixed": lambda t: [np.float16(1), np.float32(2)],
    "numpy int32": lambda t: [np.int32(1), np.int32(4)],
    "numpy bool": lambda t: [np.bool_(True)],
    "numpy complex": lambda t: [np.complex64(1)],
    "numpy date": lambda t: [np.datetime64("2020-01-01")],
    "arrays": lambda t: [np.arange(3), np.arange(3) + 1],
    "arrays of dtypes": lambda t: [np.ones(1), np.ones(1, np.float32)],
    "arrays 0d": lambda t: [np.array(1.5), np.array(2.5)],
    "arrays of shapes": lambda t: [np.ones(2), np.ones(3)],
    "arrays of text": lambda t: [np.array(["a"])],
    "arrays swapped": lambda t: [np.array([1.0], ">f4")],
    "arrays of objects": lambda t: [np.array([None])],
    "tensors": lambda t: [t.arange(6).reshape(2, 3), t.ones(2, 3, dtype=t.int64)],
    "tensors 0d": lambda t: [t.tensor(1), t.tensor(2)],
    "tensors of dtypes": lambda t: [t.ones(2), t.ones(2, dtype=t.int32)],
    "tensors of shapes": lambda t: [t.ones(2), t.ones(3)],
    "tensor and array": lambda t: [t.ones(2), np.ones(2)],
    "empty tensors": lambda t: [t.ones(0, 2), t.ones(0, 2)],
    "bfloat16": lambda t: [t.ones(2, dtype=t.bfloat16)],
    "computed": lambda t: [t.ones(2) * 2, t.ones(2) + 3],
    "tuples": lambda t: [(1, 2.0, "a"), (3, 4.0, "b")],
    "lists": lambda t: [[1, 2], [3, 4]],
    "lists of lengths": lambda t: [[1, 2], [3]],
    "nested": lambda t: [{"x": (t.ones(1), [1, 2])}, {"x": (t.ones(1), [3, 4])}],
    "named tuples": lambda t: [Point(1, t.ones(1)), Point(2, t.ones(1))],
    "dicts": lambda t: [{"a": 1, "b": 2.0}, {"a": 3, "b": 4.0}],
    "dict, more later": lambda t: [{"a": 1}, {"a": 2, "b": 3}],
    "dict, fewer later": lambda t: [{"a": 1, "b": 2}, {"a": 2}],
    "ordered": lambda t: [collections.OrderedDict(a=1), collections.OrderedDict(a=2)],
    "tagged": lambda t: [Tagged(a=1), Tagged(a=2)],
    "fixed": lambda t: [Fixed(a=1), Fixed(a=2)],
    "proxy": lambda t: [types.MappingProxyType({"a": 1})],
    "ranges": lambda t: [range(2), range(2)],
    "user list": lambda t: [collections.UserList([1, 2])],
}


@pytest.mark.parametrize("name", BATCHES)
def test_default_collate(name: str) -> None:
    ours_, theirs = (outcome("default_collate", BATCHES[name], library) for library in (jaxlearn, torch))
    assert ours_ == theirs


SAMPLES = {
    "number": lambda t: 3,
    "text": lambda t: "a",
    "array": lambda t: np.arange(3),
    "array of text": lambda t: np.array(["a"]),
    "numpy number": lambda t: np.float32(2),
    "numpy text": lambda t: np.str_("a"),
    "array 0d": lambda t: np.array(2),
    "tensor": lambda t: t.ones(2),
    "dict": lambda t: {"a": np.ones(1), "b": None},
    "tuple": lambda t: (np.ones(1), 2),
    "list": lambda t: [np.ones(1), "a"],
    "named tuple": lambda t: Point(np.array(0), np.array(1)),
    "range": lambda t: range(3),
    "fixed": lambda t: Fixed(a=np.ones(1)),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_default_convert(name: str) -> None:
    ours_, theirs = (outcome("default_convert", SAMPLES[name], library) for library in (jaxlearn, torch))
    assert ours_ == theirs


def test_the_other_attributes_of_a_mapping_are_kept() -> None:
    first = Tagged(a=1)
    first.tag = "mine"
    assert ours.default_collate([first, Tagged(a=2)]).tag == "mine"


def test_default_convert_shares_memory() -> None:
    array = np.zeros(3)
    tensor = ours.default_convert(array)
    array[1] = 5
    assert tensor.tolist() == [0, 5, 0]


def test_a_batch_of_tensors_that_require_grad_has_a_history() -> None:
    x = jaxlearn.ones(2, requires_grad=True)
    batch = ours.default_collate([x, x])
    batch.sum().backward()
    assert x.grad.tolist() == [2, 2]


def test_map_of_collate_functions_may_be_extended() -> None:
    def total(batch: Any, *, collate_fn_map: Any = None) -> Any:
        return sum(batch)

    assert collate([{"n": 1}, {"n": 2}], collate_fn_map={int: total}) == {"n": 3}
    extended = {**default_collate_fn_map, complex: total}
    assert collate([(1j, 2), (2j, 3)], collate_fn_map=extended)[0] == 3j


def test_the_path_under_which_programs_import_it():
    from jaxlearn.utils.data._utils.collate import default_collate
    from jaxlearn.utils.data._utils.worker import get_worker_info

    assert default_collate is ours._utils.collate.default_collate is ours.default_collate
    assert get_worker_info is ours.get_worker_info

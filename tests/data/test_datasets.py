"""Datasets made of tensors and of other datasets, and splitting, against torch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import jaxlearn
from jaxlearn.utils import data as ours

torch = pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")


def plain(value: Any) -> Any:
    """Tensors as (dtype, list)."""
    if isinstance(value, (torch.Tensor, jaxlearn.Tensor)):
        return str(value.dtype), value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item) for item in value)
    return value


def outcome(program: Any, library: Any) -> Any:
    library.manual_seed(1729)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = plain(program(library, library.utils.data))
        except Exception as error:
            result = type(error).__name__, str(error)
    said = [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
    return result, said, library.rand(2).tolist()


class Letters:
    def __getitem__(self, index: int) -> str:
        return "abcdefgh"[index]

    def __len__(self) -> int:
        return 8


class Batched(Letters):
    def __getitems__(self, indices: list[int]) -> list[str]:
        return [self[i].upper() for i in indices]


class Short(Batched):
    def __getitems__(self, indices: list[int]) -> list[str]:
        return ["x"]


def stream(data: Any, *items: Any) -> Any:
    class Stream(data.IterableDataset):
        def __iter__(self) -> Any:
            return iter(items)

        def __len__(self) -> int:
            return len(items)

    return Stream()


def overriding(data: Any) -> Any:
    class Part(data.Subset):
        def __getitem__(self, index: Any) -> Any:
            return index

    return Part(Letters(), [0])


def tensors(t: Any) -> Any:
    return t.utils.data.TensorDataset(t.arange(6).reshape(3, 2), t.tensor([0.5, 1.5, 2.5]))


PROGRAMS = {
    "tensor dataset": lambda t, d: (len(tensors(t)), tensors(t)[1], tensors(t)[-1], tensors(t)[0:2]),
    "tensor dataset, sizes": lambda t, d: d.TensorDataset(t.ones(2), t.ones(3)),
    "stack": lambda t, d: (d.StackDataset(Letters(), "abcdefgh")[2], len(d.StackDataset(a=Letters()))),
    "stack dict": lambda t, d: d.StackDataset(x=Letters(), y=[1] * 8)[3],
    "stack items": lambda t, d: d.StackDataset(Batched(), Letters()).__getitems__([1, 2]),
    "stack dict items": lambda t, d: d.StackDataset(x=Batched(), y=Letters()).__getitems__([1, 2]),
    "stack short": lambda t, d: d.StackDataset(Short(), Letters()).__getitems__([1, 2]),
    "stack both": lambda t, d: d.StackDataset([1], a=[1]),
    "stack none": lambda t, d: d.StackDataset(),
    "stack sizes": lambda t, d: d.StackDataset([1], [1, 2]),
    "concat": lambda t, d: [
        d.ConcatDataset([Letters(), [1, 2], "xyz"])[i] for i in (0, 7, 8, 9, 10, 12, -1, -13)
    ],
    "concat sizes": lambda t, d: d.ConcatDataset([Letters(), [1, 2], "xyz"]).cumulative_sizes,
    "concat below": lambda t, d: d.ConcatDataset([[1]])[-2],
    "concat above": lambda t, d: d.ConcatDataset([[1]])[1],
    "concat nothing": lambda t, d: d.ConcatDataset([]),
    "concat iterable": lambda t, d: d.ConcatDataset([stream(d, 1)]),
    "sum": lambda t, d: [*(tensors(t) + tensors(t))[4]],
    "chain": lambda t, d: (list(stream(d, 1, 2) + stream(d, 3)), len(d.ChainDataset([stream(d, 1)] * 3))),
    "chain of others": lambda t, d: list(d.ChainDataset([[1]])),
    "subset": lambda t, d: (d.Subset(Letters(), [3, 1])[0], len(d.Subset(Letters(), [3, 1]))),
    "subset items": lambda t, d: d.Subset(Batched(), [3, 1]).__getitems__([1, 0]),
    "subset of tensors": lambda t, d: d.Subset(tensors(t), [2, 0])[[0, 1]],
    "subset overriding": lambda t, d: overriding(d),
    "no getitem": lambda t, d: d.Dataset()[0],
    "split": lambda t, d: [p.indices for p in d.random_split(range(10), [3, 7])],
    "split generator": lambda t, d: [
        p.indices for p in d.random_split(range(10), [5, 5], t.Generator().manual_seed(7))
    ],
    "split fractions": lambda t, d: [p.indices for p in d.random_split(range(30), [0.3, 0.3, 0.4])],
    "split rounding": lambda t, d: [p.indices for p in d.random_split(range(11), [0.5, 0.25, 0.25])],
    "split empty part": lambda t, d: [p.indices for p in d.random_split(range(1), [0.5, 0.5])],
    "split sum": lambda t, d: d.random_split(range(10), [3, 3]),
    "split negative": lambda t, d: d.random_split(range(10), [1.5, -0.5]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_as_torch(name: str) -> None:
    assert outcome(PROGRAMS[name], jaxlearn) == outcome(PROGRAMS[name], torch)


def test_a_batch_is_gathered_at_once_with_the_values_of_single_samples() -> None:
    x = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
    data = ours.TensorDataset(jaxlearn.from_numpy(x), jaxlearn.arange(6))
    images, labels = data._batch([4, 0, -1])
    assert np.array_equal(images, x[[4, 0, -1]])
    assert not np.shares_memory(images, x)
    assert labels.tolist() == [4, 0, 5]
    part = ours.Subset(ours.Subset(data, [5, 3, 1]), [2, 0])
    assert part._batch([0, 1])[1].tolist() == [1, 5]


def test_a_batch_is_not_gathered_where_samples_differ_from_rows() -> None:
    class Scaled(ours.TensorDataset):
        def __getitem__(self, index: Any) -> Any:
            return (super().__getitem__(index)[0] * 2,)

    assert Scaled(jaxlearn.arange(3))._batch([0]) is None
    assert ours.TensorDataset(jaxlearn.ones(3).requires_grad_())._batch([0]) is None
    assert ours.TensorDataset(jaxlearn.ones(3))._batch([3]) is None
    loader = ours.DataLoader(Scaled(jaxlearn.arange(3)), batch_size=3)
    assert [x.tolist() for (x,) in loader] == [[0, 2, 4]]


def test_writes_to_the_tensor_show_in_the_batches() -> None:
    x = jaxlearn.zeros(4)
    loader = ours.DataLoader(ours.TensorDataset(x), batch_size=4)
    x[2] = 5.0
    assert [b.tolist() for (b,) in loader] == [[0.0, 0.0, 5.0, 0.0]]

"""Samplers against torch: the same order, and the default generator at the same place afterwards."""

from __future__ import annotations

from typing import Any

import pytest

import jaxlearn
from jaxlearn.utils import data as ours

torch = pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")

LIBRARIES = ((torch, torch.utils.data), (jaxlearn, ours))


def both(program: Any) -> None:
    """Assert that a program of the library and its data module gives the same twice, and leaves the stream alike."""
    results = []
    for library, data in LIBRARIES:
        library.manual_seed(1729)
        results.append((program(library, data), program(library, data), library.rand(3).tolist()))
    assert results[0] == results[1]


def failure(program: Any, *of: Any) -> tuple[str, str]:
    with pytest.raises(Exception) as caught:
        program(*of)
    return type(caught.value).__name__, str(caught.value)


SAMPLERS = {
    "sequential": lambda t, d: d.SequentialSampler(range(7)),
    "random": lambda t, d: d.RandomSampler(range(7)),
    "random with a generator": lambda t, d: d.RandomSampler(range(7), generator=t.Generator().manual_seed(3)),
    "random, fewer": lambda t, d: d.RandomSampler(range(7), num_samples=5),
    "random, more": lambda t, d: d.RandomSampler(range(7), num_samples=17),
    "replacement": lambda t, d: d.RandomSampler(range(7), replacement=True),
    "replacement, many": lambda t, d: d.RandomSampler(range(7), replacement=True, num_samples=70),
    "replacement, 64": lambda t, d: d.RandomSampler(range(7), replacement=True, num_samples=64),
    "subset": lambda t, d: d.SubsetRandomSampler([5, 3, 8, 1]),
    "weighted": lambda t, d: d.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7, 3.0, 0.6], 5),
    "weighted, no replacement": lambda t, d: d.WeightedRandomSampler(
        [0.9, 0.4, 0.05, 0.2], 4, replacement=False
    ),
    "weighted by a tensor": lambda t, d: d.WeightedRandomSampler(t.tensor([0.5, 0.5, 0.0]), 6),
    "batches": lambda t, d: d.BatchSampler(d.RandomSampler(range(10)), 3, False),
    "full batches": lambda t, d: d.BatchSampler(d.RandomSampler(range(10)), 3, True),
    "distributed": lambda t, d: d.DistributedSampler(range(10), 3, 1),
    "distributed, in order": lambda t, d: d.DistributedSampler(range(10), 3, 2, shuffle=False),
    "distributed, dropping": lambda t, d: d.DistributedSampler(range(10), 3, 0, seed=4, drop_last=True),
    "distributed, few": lambda t, d: d.DistributedSampler(range(2), 5, 4),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_order_is_torchs(name: str) -> None:
    def program(library: Any, data: Any) -> Any:
        sampler = SAMPLERS[name](library, data)
        return len(sampler), [list(sampler) for _ in range(3)]

    both(program)


def test_a_shared_generator_is_where_torchs_is() -> None:
    def program(library: Any, data: Any) -> Any:
        generator = library.Generator().manual_seed(3)
        orders = [list(data.RandomSampler(range(n), generator=generator)) for n in (5, 9)]
        return orders, library.rand(2, generator=generator).tolist()

    both(program)


def test_set_epoch_changes_the_order() -> None:
    def program(library: Any, data: Any) -> Any:
        sampler = data.DistributedSampler(range(12), 2, 0)
        sampler.set_epoch(3)
        return list(sampler)

    both(program)


def test_the_seed_is_drawn_with_the_first_index() -> None:
    def program(library: Any, data: Any) -> Any:
        iterator = iter(data.RandomSampler(range(5)))
        between = library.rand(1).item()
        return between, list(iterator)

    both(program)


ERRORS = {
    "replacement": lambda d: d.RandomSampler(range(3), replacement="yes"),
    "no samples": lambda d: d.RandomSampler([]),
    "num_samples": lambda d: d.RandomSampler(range(3), num_samples=0),
    "weighted num_samples": lambda d: d.WeightedRandomSampler([1.0], True),
    "weighted replacement": lambda d: d.WeightedRandomSampler([1.0], 1, replacement=1),
    "weights": lambda d: d.WeightedRandomSampler([[1.0, 2.0]], 1),
    "batch_size": lambda d: d.BatchSampler(range(3), 0, False),
    "batch_size bool": lambda d: d.BatchSampler(range(3), True, False),
    "drop_last": lambda d: d.BatchSampler(range(3), 1, 0),
    "rank": lambda d: d.DistributedSampler(range(3), 2, 2),
    "base": lambda d: iter(d.Sampler()),
    "batch of unsized": lambda d: len(d.BatchSampler(iter(()), 2, False)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_torchs(name: str) -> None:
    assert failure(ERRORS[name], ours) == failure(ERRORS[name], torch.utils.data)

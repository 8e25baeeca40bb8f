"""The DataLoader against torch: batches, order, the stream of random numbers, arguments and errors."""

from __future__ import annotations

import multiprocessing
import warnings
from typing import Any

import jax
import numpy as np
import pytest

import jaxlearn
from jaxlearn.utils import data as ours
from jaxlearn.utils.data._gather import _take

torch = pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")


def plain(value: Any) -> Any:
    if isinstance(value, (torch.Tensor, jaxlearn.Tensor)):
        return str(value.dtype), value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def rows(t: Any, n: int = 10) -> Any:
    return t.utils.data.TensorDataset(t.arange(n * 2).reshape(n, 2), t.arange(n))


class Noisy:
    """Draws a random number for each sample."""

    def __init__(self, library: Any) -> None:
        self.library = library

    def __getitem__(self, index: int) -> Any:
        return index, self.library.rand(1)

    def __len__(self) -> int:
        return 7


def stream(data: Any, n: int, told: int | None = None) -> Any:
    class Stream(data.IterableDataset):
        def __iter__(self) -> Any:
            return iter(range(n))

    class Sized(Stream):
        def __len__(self) -> int:
            return n if told is None else told

        def __repr__(self) -> str:
            return "Sized"

    return Stream() if told is None else Sized()


LOADERS = {
    "default": lambda t, d: d.DataLoader(rows(t)),
    "batches": lambda t, d: d.DataLoader(rows(t), 4),
    "full batches": lambda t, d: d.DataLoader(rows(t), 4, drop_last=True),
    "shuffled": lambda t, d: d.DataLoader(rows(t), 4, shuffle=True),
    "shuffled full": lambda t, d: d.DataLoader(rows(t), 4, shuffle=True, drop_last=True),
    "generator": lambda t, d: d.DataLoader(rows(t), 4, shuffle=True, generator=t.Generator().manual_seed(5)),
    "unbatched": lambda t, d: d.DataLoader(rows(t), None, shuffle=True),
    "sampler": lambda t, d: d.DataLoader(rows(t), 3, sampler=d.SubsetRandomSampler([1, 5, 7, 9])),
    "sampler of a list": lambda t, d: d.DataLoader(rows(t), 3, sampler=[4, 4, -1]),
    "weighted": lambda t, d: d.DataLoader(rows(t), 3, sampler=d.WeightedRandomSampler([1.0, 2.0, 3.0], 8)),
    "batch sampler": lambda t, d: d.DataLoader(rows(t), batch_sampler=[[0, 1], [5], [2, 3, 4]]),
    "batch sampler, random": lambda t, d: d.DataLoader(
        rows(t), batch_sampler=d.BatchSampler(d.RandomSampler(range(10)), 3, True)
    ),
    "drawing samples": lambda t, d: d.DataLoader(Noisy(t), 3, shuffle=True),
    "collate_fn": lambda t, d: d.DataLoader(
        rows(t), 3, shuffle=True, collate_fn=lambda b: [y.item() for _, y in b]
    ),
    "subset": lambda t, d: d.DataLoader(d.Subset(rows(t), [9, 3, 5]), 2, shuffle=True),
    "split": lambda t, d: d.DataLoader(d.random_split(rows(t), [0.5, 0.5])[1], 2, shuffle=True),
    "concat": lambda t, d: d.DataLoader(rows(t, 3) + rows(t, 4), 3, shuffle=True),
    "stack": lambda t, d: d.DataLoader(d.StackDataset(x=rows(t), y=list(range(10))), 3, shuffle=True),
    "list": lambda t, d: d.DataLoader([{"a": 1.5, "b": "x"}, {"a": 2.5, "b": "y"}], 2),
    "arrays": lambda t, d: d.DataLoader(np.arange(12).reshape(4, 3), 3, shuffle=True),
    "arrays unbatched": lambda t, d: d.DataLoader(np.arange(12).reshape(4, 3), None),
    "stream": lambda t, d: d.DataLoader(stream(d, 7), 3),
    "stream full": lambda t, d: d.DataLoader(stream(d, 7), 3, drop_last=True),
    "stream unbatched": lambda t, d: d.DataLoader(stream(d, 3), None),
    "chain": lambda t, d: d.DataLoader(stream(d, 2) + stream(d, 3), 2),
}


@pytest.mark.parametrize("name", LOADERS)
def test_epochs_are_torchs(name: str) -> None:
    """Three epochs with random numbers drawn before, within and after them."""
    results = []
    for library in (torch, jaxlearn):
        library.manual_seed(1729)
        loader = LOADERS[name](library, library.utils.data)
        seen: list[Any] = []
        for _ in range(3):
            seen.append(library.rand(1).item())
            for batch in loader:
                seen.append(plain(batch))
                seen.append(library.rand(1).item())
        seen.append(library.rand(3).tolist())
        results.append(seen)
    assert results[1] == results[0]


@pytest.mark.parametrize("name", LOADERS)
def test_length_and_attributes_are_torchs(name: str) -> None:
    def told(library: Any) -> Any:
        loader = LOADERS[name](library, library.utils.data)
        try:
            length: Any = len(loader)
        except TypeError as error:
            length = str(error)
        names = (
            "batch_size",
            "drop_last",
            "num_workers",
            "timeout",
            "pin_memory",
            "persistent_workers",
            "in_order",
        )
        shown = [getattr(loader, name) for name in names]
        return length, shown, type(loader.sampler).__name__, type(loader.batch_sampler).__name__

    ours_, theirs = told(jaxlearn), told(torch)
    if name.startswith("stream unbatched") or "_" in str(theirs[2]):  # torch's private sampler of streams
        ours_, theirs = ours_[:2], theirs[:2]
    assert ours_ == theirs


def test_the_stream_is_at_torchs_place_after_each_step_of_a_pass() -> None:
    results = []
    for library in (torch, jaxlearn):
        library.manual_seed(0)
        loader = library.utils.data.DataLoader(rows(library), 4, shuffle=True)
        places = [library.rand(1).item()]
        iterator = iter(loader)
        places.append(library.rand(1).item())
        next(iterator)
        places.append(library.rand(1).item())
        del iterator  # left in the middle
        list(loader)
        places.append(library.rand(1).item())
        results.append(places)
    assert results[1] == results[0]


ARGUMENTS: dict[str, dict[str, Any]] = {
    "workers": {"num_workers": -1},
    "timeout": {"timeout": -1},
    "timeout without workers": {"timeout": 1},
    "prefetch without workers": {"prefetch_factor": 2},
    "prefetch": {"num_workers": 1, "prefetch_factor": -1},
    "persistent": {"persistent_workers": True},
    "sampler and shuffle": {"sampler": [0], "shuffle": True},
    "batch_sampler and batch_size": {"batch_sampler": [[0]], "batch_size": 2},
    "batch_sampler and shuffle": {"batch_sampler": [[0]], "shuffle": True},
    "batch_sampler and drop_last": {"batch_sampler": [[0]], "drop_last": True},
    "no batches and drop_last": {"batch_size": None, "drop_last": True},
    "batch_size": {"batch_size": 0},
    "batch_size float": {"batch_size": 2.0},
    "drop_last": {"drop_last": "no"},
    "context without workers": {"multiprocessing_context": "spawn"},
    "context": {"multiprocessing_context": "threads", "num_workers": 1},
    "context of another type": {"multiprocessing_context": 3, "num_workers": 1},
}


def failure(library: Any, dataset: Any, arguments: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(Exception) as caught:
        iter(library.utils.data.DataLoader(dataset, **arguments))
    return type(caught.value).__name__, str(caught.value)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_argument_errors_are_torchs(name: str) -> None:
    assert failure(jaxlearn, [1, 2], ARGUMENTS[name]) == failure(torch, [1, 2], ARGUMENTS[name])


@pytest.mark.parametrize(
    "arguments", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}], ids=lambda a: next(iter(a))
)
def test_streams_take_no_sampler(arguments: dict[str, Any]) -> None:
    ours_, theirs = (
        failure(library, stream(library.utils.data, 3), arguments) for library in (jaxlearn, torch)
    )
    assert ours_ == theirs


def test_empty_datasets() -> None:
    assert failure(jaxlearn, [], {"shuffle": True}) == failure(torch, [], {"shuffle": True})
    assert list(ours.DataLoader([])) == []


@pytest.mark.parametrize("attribute", ["batch_size", "batch_sampler", "sampler", "drop_last", "dataset"])
def test_what_is_fixed_cannot_be_set(attribute: str) -> None:
    texts = []
    for library in (jaxlearn, torch):
        with pytest.raises(ValueError) as caught:
            setattr(library.utils.data.DataLoader([1]), attribute, None)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


def test_a_context_is_accepted() -> None:
    context = multiprocessing.get_context("spawn")
    loader = ours.DataLoader([1], num_workers=1, multiprocessing_context=context)
    assert [b.tolist() for b in loader] == [[1]]


def said(library: Any, program: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program(library.utils.data)
    return [str(w.message) for w in caught]


def test_a_stream_longer_than_told_is_warned_of() -> None:
    def program(data: Any) -> None:
        loader = data.DataLoader(stream(data, 4, told=2))
        assert len(loader) == 2
        list(loader)

    assert said(jaxlearn, program) == said(torch, program)


def test_pin_memory_without_an_accelerator_is_warned_of() -> None:
    if jaxlearn.cuda.is_available() or torch.accelerator.is_available():
        pytest.skip("there is an accelerator")

    def program(data: Any) -> None:
        list(data.DataLoader([1], pin_memory=True, pin_memory_device="cuda"))

    assert said(jaxlearn, program) == said(torch, program)


def test_a_failing_dataset_raises_its_own_error() -> None:
    class Broken:
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> Any:
            raise KeyError(index)

    with pytest.raises(KeyError, match="0"):
        next(iter(ours.DataLoader(Broken())))


def test_an_iterator_cannot_be_pickled() -> None:
    import pickle

    with pytest.raises(NotImplementedError):
        pickle.dumps(iter(ours.DataLoader([1])))


def test_what_a_step_recorded_is_computed_before_the_next_batch() -> None:
    from jaxlearn._engine.graph import pending

    total = jaxlearn.zeros(2)
    counts = []
    for x, _y in ours.DataLoader(rows(jaxlearn), 2):
        counts.append(pending())
        total = total + x.float().sum(0) * 2
    assert set(counts) == {0}
    assert total.tolist() == [180.0, 200.0]


@pytest.mark.parametrize("workers", [0, 1])
def test_pin_memory_begins_the_transfer(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    accelerator = jaxlearn.device("cuda")
    monkeypatch.setattr("jaxlearn.utils.data._iterators.default_device", lambda: accelerator)
    for x, y in ours.DataLoader(rows(jaxlearn), 5, pin_memory=True, num_workers=workers):
        assert isinstance(x._current().array, jax.Array)
        assert (x.dtype, y.dtype) == (jaxlearn.int64, jaxlearn.int64)


def test_rows_of_tensors_on_an_accelerator_are_gathered_there() -> None:
    table = jaxlearn.arange(2**40, 2**40 + 12).reshape(6, 2).jax()
    for on_host in (True, False):
        taken = _take(table, np.array([5, 0, -1]), on_host)
        assert isinstance(taken, np.ndarray if on_host else jax.Array)
        assert (np.asarray(taken) - 2**40).tolist() == [[10, 11], [0, 1], [10, 11]]

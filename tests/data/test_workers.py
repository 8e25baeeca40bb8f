"""Workers: torch's order, seeds and errors from threads, which end when nobody wants their batches any more."""

from __future__ import annotations

import ast
import gc
import inspect
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

import jaxlearn
from jaxlearn.utils import data as ours
from jaxlearn.utils.data.worker import WorkerInfo


def alive() -> int:
    return sum(thread.name.startswith("jaxlearn-data-worker") for thread in threading.enumerate())


def until(condition: Any, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


@pytest.fixture(autouse=True)
def no_workers_before() -> None:
    """Those of the test before have ended."""
    gc.collect()
    assert until(lambda: alive() == 0)


class Drawing:
    """A sample is its index, a random number, and which worker made it."""

    def __init__(self, library: Any) -> None:
        self.library = library

    def __getitem__(self, index: int) -> Any:
        info = self.library.utils.data.get_worker_info()
        return index, self.library.rand(1).item(), info.id, info.seed, info.num_workers

    def __len__(self) -> int:
        return 13


def epochs(library: Any, **arguments: Any) -> Any:
    library.manual_seed(1729)
    loader = library.utils.data.DataLoader(Drawing(library), batch_size=2, shuffle=True, **arguments)
    seen = [library.rand(1).item()]
    for _ in range(2):
        seen += [[column.tolist() for column in batch] for batch in loader]
        seen.append(library.rand(1).item())
    return seen


def test_batches_and_their_random_numbers_are_torchs() -> None:
    pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")
    # torch's workers are processes, which cannot be forked beside JAX's threads: it runs in another interpreter.
    runs = "[epochs(torch, num_workers=n, persistent_workers=p) for n in (1, 2, 3) for p in (False, True)]"
    lines = ["import torch, warnings", "from typing import Any", "warnings.simplefilter('ignore')"]
    program = "\n".join([*lines, inspect.getsource(Drawing), inspect.getsource(epochs), f"print({runs})"])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    ours_ = [epochs(jaxlearn, num_workers=n, persistent_workers=p) for n in (1, 2, 3) for p in (False, True)]
    assert ours_ == ast.literal_eval(done.stdout)


def test_the_values_are_those_without_workers() -> None:
    x = jaxlearn.arange(200).reshape(50, 4)

    def batches(**arguments: Any) -> Any:
        jaxlearn.manual_seed(7)
        loader = ours.DataLoader(ours.TensorDataset(x), batch_size=8, shuffle=True, **arguments)
        return [b.tolist() for (b,) in loader]

    assert batches(num_workers=3) == batches()
    assert sorted(batches(num_workers=3, in_order=False)) == sorted(batches())


def test_order_is_kept_when_workers_differ_in_speed() -> None:
    class Uneven:
        def __getitem__(self, index: int) -> int:
            time.sleep(0.02 if index % 3 == 0 else 0)
            return index

        def __len__(self) -> int:
            return 12

    loader = ours.DataLoader(Uneven(), num_workers=3, prefetch_factor=2)
    assert [b.item() for b in loader] == list(range(12))


def test_out_of_order_a_slow_batch_does_not_hold_up_the_others() -> None:
    gate = threading.Event()

    class First:
        def __getitem__(self, index: int) -> int:
            if index == 0:
                assert gate.wait(10)
            return index

        def __len__(self) -> int:
            return 4

    iterator = iter(ours.DataLoader(First(), num_workers=2, in_order=False))
    early = [next(iterator).item()]
    early.append(next(iterator).item())
    gate.set()
    assert 0 not in early
    assert sorted(early + [b.item() for b in iterator]) == [0, 1, 2, 3]


class Counting(ours.IterableDataset):
    """Streams the numbers of its own share."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end

    def __iter__(self) -> Any:
        return iter(range(self.start, self.end))


def share(worker_id: int) -> None:
    info = ours.get_worker_info()
    assert isinstance(info, WorkerInfo) and info.id == worker_id
    stream = info.dataset
    length = -(-(stream.end - stream.start) // info.num_workers)
    stream.start, stream.end = (
        stream.start + worker_id * length,
        min(stream.start + (worker_id + 1) * length, stream.end),
    )


def test_worker_init_fn_changes_only_its_workers_copy_of_the_dataset() -> None:
    stream = Counting(3, 10)
    loader = ours.DataLoader(stream, num_workers=2, worker_init_fn=share)
    assert [b.item() for b in loader] == [3, 7, 4, 8, 5, 9, 6]  # torch's order
    assert (stream.start, stream.end) == (3, 10)


def test_each_worker_streams_the_whole_dataset_if_nothing_shares_it_out() -> None:
    loader = ours.DataLoader(Counting(3, 7), num_workers=2)
    assert [b.item() for b in loader] == [3, 3, 4, 4, 5, 5, 6, 6]
    loader = ours.DataLoader(Counting(0, 5), batch_size=2, num_workers=2, drop_last=True)
    assert [b.tolist() for b in loader] == [[0, 1], [0, 1], [2, 3], [2, 3]]


def test_worker_info() -> None:
    seen: list[Any] = []

    class Asking(list):
        def __getitem__(self, index: Any) -> Any:
            seen.append(ours.get_worker_info())
            return super().__getitem__(index)

    data = Asking([1, 2, 3])
    list(ours.DataLoader(data, num_workers=2))
    assert {info.id for info in seen} == {0, 1}
    assert {info.num_workers for info in seen} == {2}
    assert {info.seed - info.id for info in seen} == {seen[0].seed - seen[0].id}
    assert all(info.dataset is not data and info.worker_method == "thread" for info in seen)
    assert all(info.rng.torch_generator.initial_seed() == info.seed for info in seen)
    assert ours.get_worker_info() is None


class Broken:
    def __init__(self, error: type[BaseException], *arguments: Any) -> None:
        self.error, self.arguments = error, arguments

    def __getitem__(self, index: int) -> int:
        if index == 1:
            raise self.error(*self.arguments)
        return index

    def __len__(self) -> int:
        return 3


class Peculiar(Exception):
    def __init__(self, a: int, b: int) -> None:
        super().__init__(a, b)


@pytest.mark.parametrize(
    ("error", "arguments", "raised"),
    [
        (ValueError, ("bad",), ValueError),
        (KeyError, ("key",), KeyError),
        (StopIteration, (), StopIteration),
        (Peculiar, (1, 2), RuntimeError),
        (SystemExit, (1,), RuntimeError),
    ],
)
def test_errors_are_raised_again_with_the_workers_traceback(error: Any, arguments: Any, raised: Any) -> None:
    iterator = iter(ours.DataLoader(Broken(error, *arguments), num_workers=2))
    assert next(iterator).item() == 0
    with pytest.raises(raised) as caught:
        next(iterator)
    text = str(caught.value)
    where = f"Caught {error.__name__} in DataLoader worker process 1.\nOriginal Traceback (most recent call last):\n"
    assert text.startswith(where)
    assert "in __getitem__" in text
    if raised is not StopIteration:
        assert next(iterator).item() == 2


def test_a_failing_worker_init_fn_is_told() -> None:
    def fail(worker_id: int) -> None:
        raise ValueError("no init")

    with pytest.raises(ValueError, match=r"Caught ValueError in DataLoader worker process 0\.[\s\S]*no init"):
        next(iter(ours.DataLoader([1], num_workers=1, worker_init_fn=fail)))


def test_a_slow_worker_times_out() -> None:
    gate = threading.Event()

    class Waiting(list):
        def __getitem__(self, index: Any) -> Any:
            gate.wait(10)
            return 0

    with pytest.raises(RuntimeError, match=r"^DataLoader timed out after 0.05 seconds$"):
        next(iter(ours.DataLoader(Waiting([1]), num_workers=1, timeout=0.05)))
    gate.set()


def test_threads_end_with_the_pass() -> None:
    list(ours.DataLoader(range(10), num_workers=2))
    assert until(lambda: alive() == 0)


def test_threads_end_when_the_iterator_is_dropped() -> None:
    iterator = iter(ours.DataLoader(range(1000), num_workers=2))
    next(iterator)
    assert alive() == 2
    del iterator
    assert until(lambda: alive() == 0)


def test_persistent_workers_stay_until_the_loader_is_dropped() -> None:
    loader = ours.DataLoader(range(10), num_workers=2, persistent_workers=True)
    assert [b.item() for b in loader] == list(range(10))
    names = {thread.ident for thread in threading.enumerate()}
    for batch in loader:  # left in the middle
        assert batch.item() == 0
        break
    assert [b.item() for b in loader] == list(range(10))
    assert {thread.ident for thread in threading.enumerate()} == names
    del loader
    gc.collect()  # the loader and its iterator refer to each other
    assert until(lambda: alive() == 0)


def test_workers_load_ahead_no_more_than_they_may() -> None:
    asked: list[int] = []

    class Watched:
        def __getitem__(self, index: int) -> int:
            asked.append(index)
            return index

        def __len__(self) -> int:
            return 100

    iterator = iter(ours.DataLoader(Watched(), num_workers=2, prefetch_factor=3))
    assert until(lambda: len(asked) == 6)
    time.sleep(0.02)
    assert sorted(asked) == list(range(6))
    next(iterator)
    assert until(lambda: len(asked) == 7)


def test_batches_of_workers_are_computed() -> None:
    class Lazy:
        def __getitem__(self, index: int) -> Any:
            return jaxlearn.ones(2) * index

        def __len__(self) -> int:
            return 4

    loader = ours.DataLoader(Lazy(), num_workers=1, batch_size=2, collate_fn=lambda b: {"sum": b[0] + b[1]})
    for k, batch in enumerate(loader):
        assert batch["sum"]._current().array is not None
        assert batch["sum"].tolist() == [4 * k + 1] * 2


def test_a_program_ends_while_workers_are_busy() -> None:
    program = (
        "import numpy as np, jaxlearn\n"
        "from jaxlearn.utils.data import DataLoader\n"
        "loader = DataLoader(np.zeros((10000, 200, 200)), batch_size=16, num_workers=2)\n"
        "iterator = iter(loader); next(iterator)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

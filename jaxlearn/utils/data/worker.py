"""What runs in a DataLoader's worker threads, and what it can ask about itself."""

from __future__ import annotations

import copy
import queue
import random
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..._random import use_generator
from ..._tensor.core import TensorBase
from ..._tensor.generator import Generator
from .collate import map_tensors

__all__ = ["WorkerInfo", "WorkerRNG", "get_worker_info"]

_thread = threading.local()


@dataclass(frozen=True, slots=True)
class WorkerRNG:
    """A worker's own streams of random numbers, seeded by its seed.

    The modules ``random`` and ``numpy.random`` keep one stream for all threads; use these instead in a worker.

    Args:
        random_generator: as the functions of ``random``.
        torch_generator: what ``torch.rand`` and its like draw from in this worker.
        numpy_generator: as the functions of ``numpy.random``.
    """

    random_generator: random.Random
    torch_generator: Generator
    numpy_generator: np.random.Generator


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What :func:`get_worker_info` tells in a worker.

    Args:
        id: number of the worker, from 0.
        num_workers: how many there are.
        seed: what this worker's default generator started from.
        dataset: this worker's shallow copy of the dataset.
        rng: this worker's own streams of random numbers.
        worker_method: ``"thread"``.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: WorkerRNG
    worker_method: str = "thread"


def get_worker_info() -> WorkerInfo | None:
    """What the calling thread is as a DataLoader's worker; None in any other thread.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.get_worker_info

    Example::

        >>> from jaxlearn.utils.data import get_worker_info
        >>> get_worker_info() is None
        True
    """
    info: WorkerInfo | None = getattr(_thread, "info", None)
    return info


class Exhausted:
    """Sent in place of a batch by a worker whose IterableDataset has ended."""


class Restart:
    """Sent to a persistent worker to begin another pass."""


class Failure:
    """An exception of a worker, kept as text, since the exception itself would keep its frames alive.

    Args:
        error: what was raised.
        worker_id: where.
    """

    def __init__(self, error: BaseException, worker_id: int) -> None:
        self.kind = type(error)
        self.text = (
            f"Caught {self.kind.__name__} in DataLoader worker process {worker_id}.\n"
            f"Original {''.join(traceback.format_exception(error))}"
        )

    def reraise(self) -> None:
        """Raise an exception of the same type whose message tells where, with the worker's traceback."""
        if not issubclass(self.kind, Exception):
            raise RuntimeError(self.text)
        if self.kind is KeyError:
            raise KeyError(_Verbatim(self.text))
        try:
            if getattr(self.kind, "message", None):
                error = self.kind(message=self.text)  # type: ignore[call-arg]
            else:
                error = self.kind(self.text)
        except Exception:
            # A type whose constructor wants something else than a message.
            raise RuntimeError(self.text) from None
        raise error


class _Verbatim(str):
    """A message that KeyError, which shows the repr of its argument, shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass
class WorkerPlan:
    """What all workers of a loader share.

    Args:
        dataset: of which each worker takes a shallow copy.
        make_fetch: makes the function from indices to a batch for a dataset.
        init_fn: called with the worker's id before anything is loaded.
        num_workers: how many workers there are.
        base_seed: the seed of worker 0.
        finish: applied to every tensor of a batch.
        iterable: whether the dataset is an IterableDataset, whose StopIteration is its end and no error.
        pass_number: of the pass now wanted; tasks of an earlier one are skipped.
        results: where batches go, as (pass, task, batch).
        stopped: set when nothing is to be loaded any more.
    """

    dataset: Any
    make_fetch: Callable[[Any], Callable[[Any], Any]]
    init_fn: Callable[[int], None] | None
    num_workers: int
    base_seed: int
    finish: Callable[[Any], Any]
    iterable: bool
    pass_number: int = 0
    results: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    stopped: threading.Event = field(default_factory=threading.Event)


def run_worker(plan: WorkerPlan, worker_id: int, tasks: queue.SimpleQueue[Any]) -> None:
    """The life of a worker: load what comes in ``tasks`` until None comes."""
    dataset = _own_copy(plan.dataset)
    seed = plan.base_seed + worker_id
    rng = WorkerRNG(
        random.Random(seed),
        Generator().manual_seed(seed),
        np.random.default_rng([plan.base_seed, worker_id]),
    )
    _thread.info = WorkerInfo(worker_id, plan.num_workers, seed, dataset, rng)
    with use_generator(rng.torch_generator.stream):
        _load(plan, worker_id, tasks, dataset)


def _own_copy(dataset: Any) -> Any:
    """A shallow copy for a worker to set attributes on; arrays, which would copy their data, are shared."""
    if not hasattr(dataset, "__dict__") or isinstance(dataset, (np.ndarray, TensorBase)):
        return dataset
    try:
        return copy.copy(dataset)
    except TypeError:  # it refuses, such as a module or what holds a lock and copies by pickling
        return dataset


def _load(plan: WorkerPlan, worker_id: int, tasks: queue.SimpleQueue[Any], dataset: Any) -> None:
    fetch: Any = None
    broken: Failure | None = None
    ended = False
    try:
        if plan.init_fn is not None:
            plan.init_fn(worker_id)
    except BaseException as error:
        broken = Failure(error, worker_id)
    while (message := tasks.get()) is not None:
        if plan.stopped.is_set():
            return
        if isinstance(message, Restart):
            fetch, ended = None, False
            continue
        number, task, indices = message
        if ended or number != plan.pass_number:
            continue
        try:
            fetch = fetch or plan.make_fetch(dataset)
            # The consumer must not find operations that only this thread can compute.
            result: Any = broken or map_tensors(plan.finish, fetch(indices))
        except BaseException as error:
            ended = plan.iterable and isinstance(error, StopIteration)
            result = Exhausted() if ended else Failure(error, worker_id)
        plan.results.put((number, task, result))
        del message, result, indices

"""Loading in worker threads: tasks go round the workers, and their batches come back in the order of the tasks."""

from __future__ import annotations

import atexit
import itertools
import queue
import threading
import weakref
from typing import TYPE_CHECKING, Any

from ._fetch import fetch_maker
from ._iterators import LoaderIterator
from .collate import computed, sent
from .dataset import IterableDataset
from .worker import Exhausted, Failure, Restart, WorkerPlan, run_worker

if TYPE_CHECKING:
    from .dataloader import DataLoader

# How long the end of the program waits for a worker that is loading.
_EXIT_SECONDS = 5.0


class WorkerPool:
    """The threads of one iterator, and a queue of tasks for each. It does not refer to the iterator.

    Args:
        plan: what the workers share.
    """

    def __init__(self, plan: WorkerPlan) -> None:
        self.plan = plan
        self.tasks: list[queue.SimpleQueue[Any]] = [queue.SimpleQueue() for _ in range(plan.num_workers)]
        self.threads = [
            threading.Thread(
                target=run_worker, args=(plan, i, tasks), name=f"jaxlearn-data-worker-{i}", daemon=True
            )
            for i, tasks in enumerate(self.tasks)
        ]
        for thread in self.threads:
            thread.start()
        _pools.add(self)

    def stop(self) -> None:
        """Let the threads end after what they are doing; nothing waits for them."""
        self.plan.stopped.set()
        for tasks in self.tasks:
            tasks.put(None)


_pools: weakref.WeakSet[WorkerPool] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    # A thread inside NumPy or JAX while the interpreter goes away would take the process down with it.
    pools = list(_pools)
    for pool in pools:
        pool.stop()
    for pool in pools:
        for thread in pool.threads:
            thread.join(_EXIT_SECONDS)


class ThreadedIterator(LoaderIterator):
    """A pass whose batches are loaded ahead by worker threads.

    Task ``i`` goes to worker ``i % num_workers`` as in torch, so that a worker's random numbers meet the same samples.

    Args:
        loader: has workers.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        # The threads keep the plan alive: nothing in it may refer to this iterator or to the loader.
        plan = WorkerPlan(
            dataset=loader.dataset,
            make_fetch=fetch_maker(loader),
            init_fn=loader.worker_init_fn,
            num_workers=loader.num_workers,
            base_seed=self._base_seed,
            finish=sent if self._pins else computed,
            iterable=isinstance(loader.dataset, IterableDataset),
        )
        self._pool = WorkerPool(plan)
        self._stop = weakref.finalize(self, self._pool.stop)
        self._stop.atexit = False
        self._begin()
        self._prime()

    def restart(self) -> None:
        """Begin another pass with the same workers; what is left of this one is dropped."""
        self._begin()
        self._pool.plan.pass_number += 1
        for tasks in self._pool.tasks:
            tasks.put(Restart())
        self._prime()

    def _prime(self) -> None:
        n = self._loader.num_workers
        self._tasks: dict[int, int] = {}  # worker of each task whose batch is still to be given, in order
        self._arrived: dict[int, Any] = {}
        self._active = [True] * n  # workers whose dataset has not ended
        self._load = [0] * n  # tasks per worker
        self._numbers = itertools.count()
        self._turn = itertools.cycle(range(n))
        self._capacity = (self._loader.prefetch_factor or 0) * n
        for _ in range(self._capacity):
            self._assign()

    def _assign(self) -> None:
        """Give the next indices to the worker whose turn it is."""
        indices = next(self._indices, self)
        if indices is self:
            return
        for _ in self._active:
            worker = next(self._turn)
            if self._active[worker] and (
                self._loader.in_order or self._load[worker] < self._capacity // sum(self._active)
            ):
                break
        else:
            return
        number = next(self._numbers)
        self._tasks[number] = worker
        self._load[worker] += 1
        self._pool.tasks[worker].put((self._pool.plan.pass_number, number, indices))

    def _receive(self) -> None:
        try:
            pass_number, number, result = self._pool.plan.results.get(timeout=self._loader.timeout or None)
        except queue.Empty:
            raise RuntimeError(f"DataLoader timed out after {self._loader.timeout} seconds") from None
        if pass_number == self._pool.plan.pass_number:
            self._arrived[number] = result

    def _next_batch(self) -> Any:
        while self._tasks:
            wanted = next(iter(self._tasks)) if self._loader.in_order else None
            while not (self._arrived if wanted is None else wanted in self._arrived):
                self._receive()
            number = next(iter(self._arrived)) if wanted is None else wanted
            result = self._arrived.pop(number)
            worker = self._tasks.pop(number)
            self._load[worker] -= 1
            if isinstance(result, Exhausted):
                self._active[worker] = False
                # The rest of what it was asked for never comes.
                self._tasks = {n: w for n, w in self._tasks.items() if w != worker}
                self._assign()
                continue
            self._assign()
            if isinstance(result, Failure):
                result.reraise()
            return result
        if not self._loader.persistent_workers:
            self._stop()
        raise StopIteration

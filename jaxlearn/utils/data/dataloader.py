"""The DataLoader: batches of a dataset, in the order of a sampler, perhaps loaded ahead by workers."""

from __future__ import annotations

import itertools
import math
import multiprocessing
import multiprocessing.context
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from ..._tensor.generator import Generator
from ._iterators import LoaderIterator, SingleIterator
from ._threaded import ThreadedIterator
from .collate import default_collate, default_convert
from .dataset import IterableDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler
from .worker import get_worker_info

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

T_co = TypeVar("T_co", covariant=True)

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class DataLoader(Generic[T_co]):
    """Batches of a dataset, in the order of a sampler, perhaps loaded ahead by workers.

    The same seed gives torch's batches in torch's order, and leaves the default generator where torch leaves it: each
    pass draws one number for the workers' seeds, and shuffling draws one more when the first batch is loaded.

    A dataset that offers ``_batch(indices)`` (:class:`TensorDataset`, the vision datasets) is read by one indexing
    operation per batch, if ``collate_fn`` is the default; the values are the same.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader

    Args:
        dataset: map-style or iterable.
        batch_size: samples per batch; None gives the samples one by one, without a batch dimension.
        shuffle: take the samples in random order.
        sampler: an iterable of indices, instead of ``shuffle``.
        batch_sampler: an iterable of lists of indices, instead of ``batch_size``, ``shuffle``, ``sampler`` and
            ``drop_last``.
        num_workers: threads that load ahead; 0 loads each batch when it is asked for.
        collate_fn: makes a batch of a list of samples, by default :func:`default_collate`.
        pin_memory: on an accelerator, begin a batch's transfer when it is loaded.
        drop_last: leave out a last batch that is not full.
        timeout: seconds to wait for a batch of the workers; 0 waits forever.
        worker_init_fn: called in each worker with its number, after seeding.
        multiprocessing_context: checked, and without effect, as workers are threads.
        generator: the stream for the workers' seeds and for shuffling, by default the default generator.
        prefetch_factor: batches that each worker loads ahead, by default 2.
        persistent_workers: keep the workers, and their copies of the dataset, from pass to pass.
        pin_memory_device: deprecated in torch and without effect.
        in_order: give the batches in the sampler's order rather than as they come from the workers.

    Raises:
        ValueError: arguments exclude each other or are out of range.

    Example::

        >>> from jaxlearn.utils.data import DataLoader
        >>> list(DataLoader([0.5, 1.5, 2.5], batch_size=2))
        [tensor([0.5000, 1.5000], dtype=torch.float64), tensor([2.5000], dtype=torch.float64)]
    """

    _initialized = False

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler[Any] | Iterable[Any] | None = None,
        batch_sampler: Sampler[list[Any]] | Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        if isinstance(dataset, IterableDataset):
            _check_iterable(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with drop_last"
            )
        if sampler is None:
            sampler = _default_sampler(dataset, bool(shuffle), generator)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        self.collate_fn: Callable[[Any], Any] = collate_fn or (
            default_convert if batch_sampler is None else default_collate
        )
        self.persistent_workers = persistent_workers
        self._announced_length: int | None = None
        self._iterator: ThreadedIterator | None = None
        self._initialized = True

    @property
    def multiprocessing_context(self) -> Any:
        """As given; without effect."""
        return self._multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        if context is not None:
            _check_context(context, self.num_workers)
        self._multiprocessing_context = context

    def __setattr__(self, name: str, value: Any) -> None:
        if self._initialized and name in _FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def __iter__(self) -> LoaderIterator:
        if self.num_workers == 0:
            return SingleIterator(self)
        if not self.persistent_workers:
            return ThreadedIterator(self)
        if self._iterator is None:
            self._iterator = ThreadedIterator(self)
        else:
            self._iterator.restart()
        return self._iterator

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __len__(self) -> int:
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)
        length = self._announced_length = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else math.ceil(length / self.batch_size)


class _Endless(Sampler[None]):
    """The sampler of an IterableDataset: it gives None for as long as it is asked."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


def _default_sampler(dataset: Any, shuffle: bool, generator: Generator | None) -> Sampler[Any]:
    if isinstance(dataset, IterableDataset):
        return _Endless()
    return RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)


def _check_workers(
    num_workers: int, timeout: float, prefetch_factor: int | None, persistent_workers: bool
) -> None:
    if num_workers < 0:
        raise ValueError(
            "num_workers option should be non-negative; use num_workers=0 to disable multiprocessing."
        )
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing."
            "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_iterable(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    if shuffle not in (False, None):
        option, value = "shuffle", shuffle
    elif sampler is not None:
        option, value = "sampler", sampler
    elif batch_sampler is not None:
        option, value = "batch_sampler", batch_sampler
    else:
        return
    raise ValueError(
        f"DataLoader with IterableDataset: expected unspecified {option} option, but got {option}={value}"
    )


def _check_context(context: Any, num_workers: int) -> None:
    if num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
            f"num_workers={num_workers}"
        )
    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            raise ValueError(
                f"multiprocessing_context option should specify a valid start method in {methods!r}, but got "
                f"multiprocessing_context={context!r}"
            )
    elif not isinstance(context, multiprocessing.context.BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string specifying the start method, "
            f"but got multiprocessing_context={context}"
        )

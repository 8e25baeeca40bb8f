"""Fetching: from the indices of a batch (or of one sample) to what the loader gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ._gather import plain_indices
from .collate import default_collate, tensors_of
from .dataset import IterableDataset

if TYPE_CHECKING:
    from .dataloader import DataLoader


Fetch = Callable[[Any], Any]


def fetch_maker(loader: DataLoader[Any]) -> Callable[[Any], Fetch]:
    """What makes the fetch of a loader's dataset, or of a worker's copy of it. It does not refer to the loader."""
    batched, collate_fn, drop_last = loader._auto_collation, loader.collate_fn, loader.drop_last
    if isinstance(loader.dataset, IterableDataset):
        return lambda dataset: IterableFetch(dataset, batched, collate_fn, drop_last)
    return lambda dataset: map_fetch(dataset, batched, collate_fn)


def map_fetch(dataset: Any, batched: bool, collate_fn: Callable[[Any], Any]) -> Fetch:
    """The fetch of a map-style dataset.

    Args:
        dataset: has ``__getitem__``, perhaps ``__getitems__``, perhaps ``_batch(indices)``, which is
            given integers and returns all elements of the batch as a tuple of new arrays, or None if it cannot.
        batched: whether what comes from the sampler is a list of indices.
        collate_fn: makes the batch of a list of samples (not batched: of one sample).
    """
    if not batched:
        return lambda index: collate_fn(dataset[index])
    whole = getattr(dataset, "_batch", None) if collate_fn is default_collate else None
    many = getattr(dataset, "__getitems__", None)

    def fetch(indices: Any) -> Any:
        if whole is not None and plain_indices(indices):
            arrays = whole(indices)
            if arrays is not None:
                return tensors_of(arrays)
        return collate_fn(many(indices) if many else [dataset[index] for index in indices])

    return fetch


class IterableFetch:
    """The fetch of an iterable dataset, from its start to its end.

    Args:
        dataset: iterable over samples.
        batched: whether a list (of batch size) comes from the sampler.
        collate_fn: makes the batch of a list of samples (not batched: of one sample).
        drop_last: whether a last list that is too short is dropped.
    """

    def __init__(
        self, dataset: Any, batched: bool, collate_fn: Callable[[Any], Any], drop_last: bool
    ) -> None:
        self._samples: Iterator[Any] = iter(dataset)
        self._batched = batched
        self._collate_fn = collate_fn
        self._drop_last = drop_last
        self._ended = False

    def __call__(self, slots: Any) -> Any:
        if self._ended:
            raise StopIteration
        if not self._batched:
            return self._collate_fn(next(self._samples))
        samples = []
        for _ in slots:
            try:
                samples.append(next(self._samples))
            except StopIteration:
                self._ended = True
                break
        if not samples or (self._drop_last and len(samples) < len(slots)):
            raise StopIteration
        return self._collate_fn(samples)

"""A pass over a loader's batches: what both ways of loading share, and loading in the calling thread."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from ..._engine.device import default_device
from ..._engine.graph import flush
from ..._engine.recorder import recorder
from ._fetch import fetch_maker
from .collate import map_tensors, sent
from .sampler import draw_seed

if TYPE_CHECKING:
    from .dataloader import DataLoader


class LoaderIterator:
    """One pass over a DataLoader; ``next`` gives a batch.

    Args:
        loader: whose settings count as they are now.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader
        self._pins = loader.pin_memory and default_device().type != "cpu"
        if loader.pin_memory and loader.pin_memory_device:
            warnings.warn(
                "pin_memory_device is deprecated, the current accelerator will be used as the device,"
                f"ignore pin_memory_device='{loader.pin_memory_device}'.",
                stacklevel=3,
            )
        if loader.pin_memory and not self._pins:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be "
                "used.",
                stacklevel=3,
            )
        self._begin()
        # Drawn here whether it is used or not, because torch does.
        self._base_seed = draw_seed(loader.generator)

    def _begin(self) -> None:
        """Start the sampler, and the counting of samples."""
        self._indices: Iterator[Any] = iter(self._loader._index_sampler)
        self._yielded = 0
        self._announced = self._loader._announced_length

    def _next_batch(self) -> Any:
        raise NotImplementedError

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        if recorder.capture is not None:
            recorder.capture.give_up("it loads a batch, which is another in each call")
        elif recorder.nodes:
            # What the last step recorded and nobody has read starts now, and runs while the batch is loaded.
            flush()
        batch = self._next_batch()
        self._yielded += 1
        if self._announced is not None and self._yielded > self._announced:
            self._warn_of_length()
        return batch

    def __len__(self) -> int:
        return len(self._loader._index_sampler)

    def _warn_of_length(self) -> None:
        text = (
            f"Length of IterableDataset {self._loader.dataset} was reported to be {self._announced}"
            f"(when accessing len(dataloader)), but {self._yielded} samples have been fetched. "
        )
        if self._loader.num_workers > 0:
            text += (
                "For multiprocessing data-loading, this could be caused by not properly configuring the "
                "IterableDataset replica at each worker. Please see "
                "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for examples."
            )
        warnings.warn(text, stacklevel=3)

    def __getstate__(self) -> Any:
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)


class SingleIterator(LoaderIterator):
    """A pass that loads each batch in the calling thread when it is asked for.

    Args:
        loader: has no workers.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._fetch = fetch_maker(loader)(loader.dataset)

    def _next_batch(self) -> Any:
        batch = self._fetch(next(self._indices))
        return map_tensors(sent, batch) if self._pins else batch

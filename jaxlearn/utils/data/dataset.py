"""Datasets: the base classes, datasets made of tensors or of other datasets, and splitting."""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from ..._random import randperm
from ..._tensor.generator import Generator, stream_of
from ..._warnings import warn
from ._gather import gather

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Base of map-style datasets: a subclass defines ``__getitem__`` and, for most samplers, ``__len__``.

    ``__getitems__(indices)``, if defined, gives the samples of a whole batch as a list.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Dataset

    Example::

        >>> from jaxlearn.utils.data import Dataset
        >>> class Squares(Dataset):
        ...     def __getitem__(self, index):
        ...         return index**2
        ...     def __len__(self):
        ...         return 10
        >>> Squares()[3], len(Squares() + Squares())
        (9, 20)
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Base of iterable datasets: a subclass defines ``__iter__``, which gives the samples one after the other.

    With several workers each iterates over a copy of its own; :func:`get_worker_info` tells which part is its share.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset

    Example::

        >>> from jaxlearn.utils.data import DataLoader, IterableDataset
        >>> class Stream(IterableDataset):
        ...     def __iter__(self):
        ...         return iter(range(3))
        >>> list(DataLoader(Stream(), batch_size=2))
        [tensor([0, 1]), tensor([2])]
    """

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Any, ...]]):
    """Samples that are slices of tensors along their first dimension.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.TensorDataset

    Args:
        *tensors: of the same size in their first dimension.

    Raises:
        AssertionError: the sizes differ.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.utils.data import TensorDataset
        >>> data = TensorDataset(torch.arange(6).reshape(3, 2), torch.tensor([0, 1, 2]))
        >>> len(data), data[1]
        (3, (tensor([2, 3]), tensor(1)))
    """

    def __init__(self, *tensors: Any) -> None:
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].size(0))

    def _batch(self, indices: Sequence[int]) -> tuple[Any, ...] | None:
        if type(self).__getitem__ is not TensorDataset.__getitem__ or hasattr(self, "__getitems__"):
            return None
        return gather(self.tensors, indices)


class StackDataset(Dataset[Any]):
    """Several datasets side by side: a sample is the tuple, or the dict, of their samples.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.StackDataset

    Args:
        *args: datasets for tuples.
        **kwargs: datasets for dicts.

    Raises:
        ValueError: both kinds or none are given, or lengths differ.

    Example::

        >>> from jaxlearn.utils.data import StackDataset
        >>> StackDataset(x=[1, 2], y=["a", "b"])[1]
        {'x': 2, 'y': 'b'}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or"
                "``dict``- (via ``kwargs``) like input/output, but both types are given."
            )
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        members = args or tuple(kwargs.values())
        self._length = len(members[0])
        if any(len(dataset) != self._length for dataset in members):
            raise ValueError("Size mismatch between datasets")
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices: list[Any]) -> list[Any]:
        """The samples of a batch, from datasets that offer it by their own ``__getitems__``."""
        members = self.datasets.values() if isinstance(self.datasets, dict) else self.datasets
        samples = zip(*(_samples(dataset, indices) for dataset in members), strict=True)
        if isinstance(self.datasets, dict):
            return [dict(zip(self.datasets, sample, strict=True)) for sample in samples]
        return list(samples)

    def __len__(self) -> int:
        return self._length


def _samples(dataset: Any, indices: list[Any]) -> list[Any]:
    if not callable(getattr(dataset, "__getitems__", None)):
        return [dataset[index] for index in indices]
    items: list[Any] = dataset.__getitems__(indices)
    if len(items) != len(indices):
        raise ValueError(f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(items)}")
    return items


class ConcatDataset(Dataset[T_co]):
    """Several datasets one after the other.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.ConcatDataset

    Args:
        datasets: map-style datasets with lengths.

    Raises:
        AssertionError: there are none, or one is an IterableDataset.

    Example::

        >>> from jaxlearn.utils.data import ConcatDataset
        >>> both = ConcatDataset(["ab", "cde"])
        >>> both[2], both[-1], len(both)
        ('c', 'e', 5)
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = list(itertools.accumulate(len(dataset) for dataset in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    @property
    def cummulative_sizes(self) -> list[int]:
        """The older name of ``cumulative_sizes``."""
        warn("`cummulative_sizes` attribute is renamed to `cumulative_sizes`", FutureWarning)
        return self.cumulative_sizes

    def __getitem__(self, idx: int) -> Any:
        if idx < 0:
            if -idx > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            idx += len(self)
        which = bisect.bisect_right(self.cumulative_sizes, idx)
        return self.datasets[which][idx - (self.cumulative_sizes[which - 1] if which else 0)]


class ChainDataset(IterableDataset[Any]):
    """Several iterable datasets one after the other.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.ChainDataset

    Args:
        datasets: iterable datasets; looked at when iterated over.

    Raises:
        AssertionError: on iteration, where one is no IterableDataset.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def _checked(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield dataset

    def __iter__(self) -> Iterator[Any]:
        for dataset in self._checked():
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self._checked())


class Subset(Dataset[T_co]):
    """The samples of a dataset at some of its indices.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Subset

    Args:
        dataset: the whole.
        indices: which samples, in which order.

    Raises:
        NotImplementedError: a subclass overrides ``__getitem__`` alone.

    Example::

        >>> from jaxlearn.utils.data import Subset
        >>> list(Subset("abcd", [3, 0]))
        ['d', 'a']
    """

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices
        own = type(self)
        if own.__getitem__ is not Subset.__getitem__ and own.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{own.__name__} overrides __getitem__ but not __getitems__. "
                "When subclassing Subset and overriding __getitem__, you must also override "
                "__getitems__ to ensure DataLoader works correctly with your custom logic. "
                "A simple implementation:\n\n"
                "def __getitems__(self, indices):\n"
                "    return [self.__getitem__(idx) for idx in indices]"
            )

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, list):
            return self.dataset[[self.indices[i] for i in idx]]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        """The samples of a batch, by the whole dataset's ``__getitems__`` if it has one."""
        wanted = [self.indices[i] for i in indices]
        if callable(getattr(self.dataset, "__getitems__", None)):
            items: list[Any] = self.dataset.__getitems__(wanted)  # type: ignore[attr-defined]
            return items
        return [self.dataset[i] for i in wanted]

    def __len__(self) -> int:
        return len(self.indices)

    def _batch(self, indices: Sequence[int]) -> tuple[Any, ...] | None:
        own = type(self)
        if own.__getitem__ is not Subset.__getitem__ or own.__getitems__ is not Subset.__getitems__:
            return None
        whole = getattr(self.dataset, "_batch", None)
        if whole is None:
            return None
        batch: tuple[Any, ...] | None = whole([self.indices[i] for i in indices])
        return batch


def random_split(
    dataset: Dataset[T_co], lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset[T_co]]:
    """Split a dataset at random into parts of given lengths.

    Fractions that sum to 1 are taken of the dataset's length and rounded down; what is left over goes to the parts in
    turn, one each.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.random_split

    Args:
        dataset: the whole.
        lengths: of the parts, or fractions.
        generator: the stream to draw from, by default the default generator.

    Raises:
        ValueError: a fraction is not in [0, 1], or the lengths do not sum to the dataset's.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.utils.data import random_split
        >>> a, b = random_split(range(5), [0.6, 0.4], torch.Generator().manual_seed(0))
        >>> list(a), list(b)
        ([4, 0, 1], [3, 2])
    """
    total = len(dataset)  # type: ignore[arg-type]
    sizes = list(lengths)
    if math.isclose(sum(sizes), 1) and sum(sizes) <= 1:
        for i, fraction in enumerate(sizes):
            if not 0 <= fraction <= 1:
                raise ValueError(f"Fraction at index {i} is not between 0 and 1")
        sizes = [math.floor(total * fraction) for fraction in sizes]
        for i in range(int(total - sum(sizes))):
            sizes[i % len(sizes)] += 1
        for i, size in enumerate(sizes):
            if size == 0:
                warnings.warn(
                    f"Length of split at index {i} is 0. This might result in an empty dataset.", stacklevel=2
                )
    if sum(sizes) != total:
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order = randperm(stream_of(generator), total).tolist()
    ends = itertools.accumulate(sizes)
    return [Subset(dataset, order[end - size : end]) for end, size in zip(ends, sizes, strict=True)]

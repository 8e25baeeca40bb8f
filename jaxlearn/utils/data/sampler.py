"""Samplers: in which order, and in which batches, the examples of a dataset come."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import numpy as np

from ..._random import multinomial, randint, random, randperm
from ..._tensor.core import TensorBase, tensor_from_array
from ..._tensor.generator import Generator, stream_of

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

T_co = TypeVar("T_co", covariant=True)

# With replacement, torch draws this many indices at a time.
_CHUNK = 32


def draw_seed(generator: Generator | None = None) -> int:
    """A seed from the stream, as ``torch.empty((), dtype=torch.int64).random_()`` draws it."""
    return int(random(stream_of(generator), ()))


class Sampler(Generic[T_co]):
    """Base of all samplers: a subclass defines ``__iter__`` over indices or lists of indices, and ``__len__`` if known.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Sampler

    Example::

        >>> from jaxlearn.utils.data import Sampler
        >>> class Backwards(Sampler):
        ...     def __init__(self, n):
        ...         self.n = n
        ...     def __iter__(self):
        ...         return iter(range(self.n - 1, -1, -1))
        >>> list(Backwards(3))
        [2, 1, 0]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """The indices 0, 1, 2, ... in this order.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.SequentialSampler

    Args:
        data_source: a dataset with a length.

    Example::

        >>> from jaxlearn.utils.data import SequentialSampler
        >>> list(SequentialSampler("abc"))
        [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """The indices in random order, with or without replacement.

    Without a generator, each pass draws one seed from the default generator when its first index is asked for, and
    shuffles with a generator of that seed.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.RandomSampler

    Args:
        data_source: a dataset with a length.
        replacement: whether an index may come again.
        num_samples: how many indices a pass gives, by default the dataset's length.
        generator: draw from this stream itself.

    Raises:
        TypeError: ``replacement`` is not a bool.
        ValueError: ``num_samples`` is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.utils.data import RandomSampler
        >>> list(RandomSampler(range(5), generator=torch.Generator().manual_seed(0)))
        [4, 0, 1, 3, 2]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(
                f"num_samples should be a positive integer value, but got num_samples={self.num_samples}"
            )

    @property
    def num_samples(self) -> int:
        """How many indices a pass gives; without a number of its own, the dataset's length now."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        stream = stream_of(self.generator or Generator().manual_seed(draw_seed()))
        wanted = self.num_samples
        if self.replacement:
            for _ in range(wanted // _CHUNK):
                yield from randint(stream, 0, n, (_CHUNK,)).tolist()
            yield from randint(stream, 0, n, (wanted % _CHUNK,)).tolist()
        else:
            for _ in range(wanted // n):
                yield from randperm(stream, n).tolist()
            # torch draws one permutation more than it needs; a shared generator must be where torch's is.
            yield from randperm(stream, n).tolist()[: wanted % n]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order, without replacement.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.SubsetRandomSampler

    Args:
        indices: the indices to shuffle.
        generator: the stream to draw from, by default the default generator.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.utils.data import SubsetRandomSampler
        >>> list(SubsetRandomSampler([10, 20, 30, 40, 50], torch.Generator().manual_seed(0)))
        [50, 10, 20, 40, 30]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in randperm(stream_of(self.generator), len(self.indices)).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with given weights.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.WeightedRandomSampler

    Args:
        weights: one non-negative weight per example; they need not sum to one.
        num_samples: how many indices a pass gives.
        replacement: whether an index may come again.
        generator: the stream to draw from, by default the default generator.

    Raises:
        ValueError: ``num_samples`` is not a positive int, ``replacement`` not a bool, or ``weights`` not 1-dimensional.

    Example::

        >>> from jaxlearn.utils.data import WeightedRandomSampler
        >>> list(WeightedRandomSampler([0.0, 1.0], 3))
        [1, 1, 1]
    """

    def __init__(
        self,
        weights: Sequence[float] | TensorBase,
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(
                f"num_samples should be a positive integer value, but got num_samples={num_samples}"
            )
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        array = np.asarray(weights._array() if isinstance(weights, TensorBase) else weights, dtype=np.float64)
        if array.ndim != 1:
            raise ValueError(f"weights should be a 1d sequence but given weights have shape {array.shape}")
        self.weights: Any = tensor_from_array(array)
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        weights = np.asarray(self.weights._array())
        yield from multinomial(
            stream_of(self.generator), weights, self.num_samples, self.replacement
        ).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler in lists of ``batch_size``.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.BatchSampler

    Args:
        sampler: any iterable of indices.
        batch_size: length of the lists.
        drop_last: leave out a last list that would be shorter.

    Raises:
        ValueError: ``batch_size`` is not a positive int or ``drop_last`` not a bool.

    Example::

        >>> from jaxlearn.utils.data import BatchSampler
        >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
        [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Sampler[int] | Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        full, rest = divmod(len(self.sampler), self.batch_size)  # type: ignore[arg-type]
        return full + (rest > 0 and not self.drop_last)

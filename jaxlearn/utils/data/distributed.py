"""Sampling for several processes that train together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized
from typing import Any

import jax

from ..._random import Generator, randperm
from .sampler import Sampler, T_co

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[T_co]):
    """The share of the indices that one of several processes takes; all shares have the same length.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.distributed.DistributedSampler

    Args:
        dataset: a dataset with a length.
        num_replicas: how many processes there are, by default ``jax.process_count()``.
        rank: which of them this is, by default ``jax.process_index()``.
        shuffle: whether to shuffle, in an order made of ``seed`` and the epoch.
        seed: the same in all processes.
        drop_last: drop what does not divide evenly, instead of repeating examples.

    Raises:
        ValueError: ``rank`` is not in [0, ``num_replicas``).

    Example::

        >>> from jaxlearn.utils.data import DistributedSampler
        >>> list(DistributedSampler(range(5), num_replicas=2, rank=1, shuffle=False))
        [1, 3, 0]
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        num_replicas = jax.process_count() if num_replicas is None else num_replicas
        rank = jax.process_index() if rank is None else rank
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        self.num_samples = (
            len(dataset) // num_replicas if drop_last else math.ceil(len(dataset) / num_replicas)
        )
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[Any]:
        n = len(self.dataset)
        if self.shuffle:
            order = randperm(Generator().manual_seed(self.seed + self.epoch), n).tolist()
        else:
            order = list(range(n))
        # Repeated from the start as often as it takes.
        order *= max(1, math.ceil(self.total_size / max(n, 1)))
        return iter(order[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass; call it with a new number before each epoch.

        Args:
            epoch: number of the epoch.
        """
        self.epoch = epoch

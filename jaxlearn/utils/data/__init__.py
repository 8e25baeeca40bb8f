"""Datasets, samplers and the DataLoader, with torch's names, order of examples and use of the random stream.

https://docs.pytorch.org/docs/stable/data.html

Workers (``num_workers > 0``) are threads of this process, not processes: JAX does not survive a fork, and a script
without a main guard cannot be spawned. Order, seeds, errors and :func:`get_worker_info` are torch's; different is:

- each worker has a *shallow* copy of the dataset, so attributes set on it stay in that worker, while objects that it
  refers to are shared;
- each worker draws from its own generator (``torch.rand`` and its like), seeded as torch seeds its workers; the
  modules ``random`` and ``numpy.random`` are the process's own and are not seeded: use ``get_worker_info().rng``;
- nothing is pickled, and ``multiprocessing_context`` is checked but has no effect.
"""

from __future__ import annotations

from . import _utils as _utils
from .collate import default_collate as default_collate
from .collate import default_convert as default_convert
from .dataloader import DataLoader as DataLoader
from .dataset import ChainDataset as ChainDataset
from .dataset import ConcatDataset as ConcatDataset
from .dataset import Dataset as Dataset
from .dataset import IterableDataset as IterableDataset
from .dataset import StackDataset as StackDataset
from .dataset import Subset as Subset
from .dataset import TensorDataset as TensorDataset
from .dataset import random_split as random_split
from .distributed import DistributedSampler as DistributedSampler
from .sampler import BatchSampler as BatchSampler
from .sampler import RandomSampler as RandomSampler
from .sampler import Sampler as Sampler
from .sampler import SequentialSampler as SequentialSampler
from .sampler import SubsetRandomSampler as SubsetRandomSampler
from .sampler import WeightedRandomSampler as WeightedRandomSampler
from .worker import WorkerInfo as WorkerInfo
from .worker import get_worker_info as get_worker_info

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "WorkerInfo",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]

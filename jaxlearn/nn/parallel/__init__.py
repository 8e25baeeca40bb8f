"""Wrappers of models for several devices; names as in ``torch.nn.parallel``.

A tensor has one device here, so a wrapped model runs on the device where its parameters are: the wrappers keep programs
and their states working, and cost nothing. One process drives all local devices, so there is nothing to exchange.
"""

from __future__ import annotations

from .data_parallel import DataParallel as DataParallel
from .data_parallel import data_parallel as data_parallel
from .distributed import DistributedDataParallel as DistributedDataParallel
from .parallel_apply import parallel_apply as parallel_apply
from .replicate import replicate as replicate
from .scatter_gather import gather as gather
from .scatter_gather import scatter as scatter

__all__ = [
    "DataParallel",
    "DistributedDataParallel",
    "data_parallel",
    "gather",
    "parallel_apply",
    "replicate",
    "scatter",
]

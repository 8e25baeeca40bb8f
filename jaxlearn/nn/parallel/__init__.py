"""Wrappers of models for several devices; names as in ``torch.nn.parallel``.

A tensor has one device here, so a wrapped model runs on the device where its parameters are: the wrappers keep programs
and their states working, and cost nothing. One process drives all local devices, so there is nothing to exchange.
"""

from __future__ import annotations

from .data_parallel import DataParallel as DataParallel
from .data_parallel import data_parallel as data_parallel
from .distributed import DistributedDataParallel as DistributedDataParallel

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]

"""What a worker is told; as ``torch.utils.data._utils.worker``."""

from __future__ import annotations

from ..worker import WorkerInfo as WorkerInfo
from ..worker import get_worker_info as get_worker_info

__all__ = ["WorkerInfo", "get_worker_info"]

"""The paths under which programs import the parts of a DataLoader, as ``torch.utils.data._utils``."""

from __future__ import annotations

from . import collate as collate
from . import worker as worker

__all__ = ["collate", "worker"]

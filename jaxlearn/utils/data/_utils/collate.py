"""What puts samples together; as ``torch.utils.data._utils.collate``."""

from __future__ import annotations

from ..collate import collate as collate
from ..collate import default_collate as default_collate
from ..collate import default_collate_fn_map as default_collate_fn_map
from ..collate import default_convert as default_convert

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

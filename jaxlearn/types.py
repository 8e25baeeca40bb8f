"""Types for annotations: https://docs.pytorch.org/docs/stable/"""

from __future__ import annotations

import os
from typing import IO

from ._engine.device import Device as _Device

__all__ = ["Device", "FileLike", "Number"]

Number = int | float | bool
FileLike = str | os.PathLike[str] | IO[bytes]
Device = _Device | str | int | None

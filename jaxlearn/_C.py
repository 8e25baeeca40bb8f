"""What programs import from torch's C module, ``torch._C``: the exception of singular matrices."""

from __future__ import annotations

from ._tensor.linalg_errors import LinAlgError as _LinAlgError

__all__ = ["_LinAlgError"]

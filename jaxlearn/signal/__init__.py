"""Signal processing under torch's names: ``torch.signal``.

https://docs.pytorch.org/docs/stable/signal.html
"""

from __future__ import annotations

from . import windows as windows

__all__ = ["windows"]

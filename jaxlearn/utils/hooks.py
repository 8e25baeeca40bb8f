"""Hooks: https://docs.pytorch.org/docs/stable/utils.html"""

from __future__ import annotations

from .._autograd.handles import RemovableHandle as RemovableHandle
from .._naming import publish

__all__ = ["RemovableHandle"]

publish(__name__, __all__)

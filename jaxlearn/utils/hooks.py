"""Hooks: https://docs.pytorch.org/docs/stable/utils.html"""

from __future__ import annotations

from .._autograd.handles import RemovableHandle as RemovableHandle

__all__ = ["RemovableHandle"]

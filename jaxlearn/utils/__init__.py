"""Utilities beside the library's core: loading data, checkpoints, hooks."""

from __future__ import annotations

from . import checkpoint as checkpoint
from . import data as data
from . import hooks as hooks

__all__ = ["checkpoint", "data", "hooks"]

"""Utilities beside the library's core: loading data, checkpoints, hooks, sharing arrays."""

from __future__ import annotations

from . import _pytree as _pytree
from . import checkpoint as checkpoint
from . import data as data
from . import dlpack as dlpack
from . import hooks as hooks

__all__ = ["checkpoint", "data", "dlpack", "hooks"]

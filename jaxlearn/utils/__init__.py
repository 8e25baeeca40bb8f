"""Utilities beside the library's core: loading data, checkpoints, hooks, sharing arrays."""

from __future__ import annotations

from .._tensor.swapping import swap_tensors as swap_tensors
from . import _pytree as _pytree
from . import checkpoint as checkpoint
from . import collect_env as collect_env
from . import data as data
from . import dlpack as dlpack
from . import hooks as hooks

__all__ = ["checkpoint", "collect_env", "data", "dlpack", "hooks", "swap_tensors"]

"""Checkpoint files: torch's `.pth`, read and written without torch."""

from __future__ import annotations

from jaxlearn.io._adapter import Adapter as Adapter
from jaxlearn.io._adapter import TensorRecord as TensorRecord
from jaxlearn.io._adapter import register_adapter as register_adapter
from jaxlearn.io.pth import load as load
from jaxlearn.io.pth import save as save
from jaxlearn.io.pth_safe import add_safe_globals as add_safe_globals
from jaxlearn.io.pth_safe import clear_safe_globals as clear_safe_globals
from jaxlearn.io.pth_safe import get_safe_globals as get_safe_globals
from jaxlearn.io.pth_safe import safe_globals as safe_globals
from jaxlearn.io.pth_storage import Storage as Storage

__all__ = [
    "Adapter",
    "Storage",
    "TensorRecord",
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "load",
    "register_adapter",
    "safe_globals",
    "save",
]

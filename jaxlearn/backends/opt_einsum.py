"""``torch.backends.opt_einsum``: JAX's einsum finds the order of its products with opt_einsum, always."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["enabled", "get_opt_einsum", "is_available", "strategy"]

enabled: bool = True
strategy: str = "auto"


def is_available() -> bool:
    """True: JAX needs the package."""
    return True


def get_opt_einsum() -> Any:
    """The package."""
    return importlib.import_module("opt_einsum")

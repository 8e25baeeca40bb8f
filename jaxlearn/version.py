"""Versions: of the library, and of the PyTorch whose behaviour it follows."""

from __future__ import annotations

__all__ = ["__version__", "cuda", "torch_version"]

__version__ = "0.1.0"
torch_version: str = "2.13.0"
cuda: str | None = None

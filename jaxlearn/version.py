"""Versions: of the PyTorch whose behaviour the library follows, and of the library."""

from __future__ import annotations

from .torch_version import TorchVersion

__all__ = ["__version__", "cuda", "debug", "hip", "jaxlearn_version", "torch_version", "xpu"]

torch_version: str = "2.13.0"
jaxlearn_version: str = "0.1.0"
# Programs written for PyTorch decide by it what they may call. The library's own version stands where PyTorch has the
# kind of its build ("+cpu").
__version__ = TorchVersion(f"{torch_version}+jaxlearn.{jaxlearn_version}")
cuda: str | None = None
hip: str | None = None
xpu: str | None = None
debug: bool = False

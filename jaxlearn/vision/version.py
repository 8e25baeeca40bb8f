"""The version of torchvision whose names the package has; see :mod:`jaxlearn.version`."""

from __future__ import annotations

from ..version import jaxlearn_version

__all__ = ["__version__", "torchvision_version"]

torchvision_version: str = "0.28.0"
__version__: str = f"{torchvision_version}+jaxlearn.{jaxlearn_version}"

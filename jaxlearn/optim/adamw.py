"""AdamW under the name of PyTorch's module."""

from .._naming import publish
from .adam import AdamW as AdamW

__all__ = ["AdamW"]

publish(__name__, __all__)

"""AdamW under the name of PyTorch's module."""

from .adam import AdamW as AdamW

__all__ = ["AdamW"]

"""Curves, histograms, images and texts as files that TensorBoard shows.

https://docs.pytorch.org/docs/stable/tensorboard.html
"""

from __future__ import annotations

from .writer import SummaryWriter as SummaryWriter

__all__ = ["SummaryWriter"]

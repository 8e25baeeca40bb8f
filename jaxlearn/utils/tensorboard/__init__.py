"""Curves, histograms, images, sounds, tables and texts as files that TensorBoard shows.

The files are written by TensorBoard's own package: ``pip install 'jaxlearn[tensorboard]'``. Only this module needs it.
https://docs.pytorch.org/docs/stable/tensorboard.html
"""

from __future__ import annotations

try:
    from tensorboard.summary.writer.record_writer import RecordWriter as RecordWriter
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "jaxlearn.utils.tensorboard needs the package of TensorBoard: pip install 'jaxlearn[tensorboard]'",
        name=error.name,
    ) from error

from .writer import FileWriter as FileWriter
from .writer import SummaryWriter as SummaryWriter

__all__ = ["FileWriter", "RecordWriter", "SummaryWriter"]

"""The switches of ``torch.backends`` that programs set: https://docs.pytorch.org/docs/stable/backends.html

XLA chooses its algorithms at compile time and is deterministic on CPU and TPU, so the switches are kept as they are
set and have no effect.
"""

from . import cudnn as cudnn
from . import mps as mps

__all__ = ["cudnn", "mps"]

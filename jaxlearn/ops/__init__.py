"""The operations, pure functions on jax arrays; and PyTorch's names below its functions, ``torch.ops.aten``."""

from .overloads import aten as aten
from .overloads import prim as prim

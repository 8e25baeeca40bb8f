"""``torch._dynamo.eval_frame``: where programs import the class of compiled modules from."""

from __future__ import annotations

from ..compiler import OptimizedModule as OptimizedModule

__all__ = ["OptimizedModule"]

"""Functions with a backward of one's own: https://docs.pytorch.org/docs/stable/autograd.html#function"""

from __future__ import annotations

from .._autograd.function import Function as Function
from .._autograd.function import FunctionMeta as FunctionMeta
from .._autograd.function import once_differentiable as once_differentiable
from .._autograd.function_context import BackwardCFunction as BackwardCFunction
from .._autograd.function_context import FunctionCtx as FunctionCtx
from .._autograd.function_traced import VmapInfo as VmapInfo
from .._naming import publish

__all__ = [
    "BackwardCFunction",
    "Function",
    "FunctionCtx",
    "FunctionMeta",
    "InplaceFunction",
    "VmapInfo",
    "once_differentiable",
]

publish(__name__, ("BackwardCFunction", "Function", "FunctionCtx", "FunctionMeta", "VmapInfo"))


class InplaceFunction(Function):
    """A :class:`Function` that may write to its inputs; kept for programs that name it, as any Function may.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.function.InplaceFunction.html
    """

"""The public names of PyTorch, by namespace, and which of them are not here."""

from __future__ import annotations

import importlib
import types
from typing import Any

import torch

NAMESPACES = (
    "", "Tensor", "amp", "autograd", "autograd.forward_ad", "autograd.function", "autograd.graph", "backends",
    "compiler", "cuda", "cuda.amp", "fft", "func", "linalg", "nn", "nn.init", "nn.utils", "optim", "random",
    "signal.windows", "special", "testing", "utils", "utils._pytree", "utils.checkpoint", "utils.data", "utils.dlpack",
    "utils.hooks", "version",
)  # fmt: skip


def _found(library: Any, namespace: str) -> Any:
    if namespace == "Tensor":
        return library.Tensor
    return importlib.import_module(".".join(filter(None, (library.__name__, namespace))))


def missing(library: Any, namespace: str) -> list[str]:
    """The public names of one of torch's namespaces that the library lacks: no private ones, no modules that torch
    imported for itself, and none of the standard library's."""
    theirs, ours = _found(torch, namespace), _found(library, namespace)
    listed = getattr(theirs, "__all__", None) if namespace else None
    names = listed or [n for n in dir(theirs) if not n.startswith("_")]
    return sorted(n for n in names if not hasattr(ours, n) and _torchs_own(getattr(theirs, n, None)))


def _torchs_own(x: Any) -> bool:
    if isinstance(x, types.ModuleType):
        return x.__name__.startswith("torch.")
    module = getattr(x, "__module__", None)
    return not isinstance(module, str) or module.split(".")[0] in ("torch", "builtins")

"""The public names of PyTorch, by namespace, and which of them are not here."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import pkgutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

NAMESPACES = (
    "", "Tensor", "accelerator", "amp", "autograd", "autograd.forward_ad", "autograd.function",
    "autograd.functional", "autograd.grad_mode", "autograd.graph", "autograd.profiler", "backends",
    "backends.cuda", "backends.cudnn", "compiler", "cpu", "cuda", "cuda.amp", "cuda.memory", "cuda.nvtx",
    "cuda.random", "cuda.streams", "distributed", "distributions", "fft", "func", "functional", "futures", "hub",
    "jit", "library", "linalg", "masked", "mps", "multiprocessing", "nn", "nn.init", "nn.parallel", "nn.utils",
    "optim", "optim.lr_scheduler", "optim.swa_utils", "profiler", "quasirandom", "random", "serialization",
    "signal.windows", "special", "testing", "types", "utils", "utils._pytree", "utils.benchmark",
    "utils.checkpoint", "utils.data", "utils.dlpack", "utils.hooks", "version", "xpu",
)  # fmt: skip
# Whose modules are looked for, beside those of torch itself.
PACKAGES = ("amp", "autograd", "backends", "cuda", "distributed", "distributions", "func", "nn", "nn.attention",
    "nn.utils", "optim", "utils", "utils.data")  # fmt: skip


def _found(library: Any, namespace: str) -> Any:
    if namespace == "Tensor":
        return library.Tensor
    return importlib.import_module(".".join(filter(None, (library.__name__, namespace))))


def missing(library: Any, namespace: str) -> list[str]:
    """The public names of one of torch's namespaces that the library lacks."""
    ours = _found(library, namespace)
    return [n for n in _torchs_names()[namespace] if not hasattr(ours, n)]


def missing_modules(library: Any) -> list[str]:
    """The public modules of torch, and of its packages, that the library lacks."""
    lacking = []
    for package in ("", *PACKAGES):
        theirs = _found(importlib.import_module("torch"), package)
        for module in pkgutil.iter_modules(theirs.__path__):
            name = f"{package}.{module.name}".strip(".")
            if module.name.startswith("_"):
                continue
            if importlib.util.find_spec(f"{library.__name__}.{name}") is None:
                lacking.append(name)
    return lacking


@functools.cache
def _torchs_names() -> dict[str, list[str]]:
    """torch's names by namespace, in an interpreter of their own: modules that other tests import become names too."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.parity.names"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def _public(theirs: Any, whole: bool) -> list[str]:
    """No private names, no modules that torch imported for itself, and none of the standard library's."""
    names = (None if whole else getattr(theirs, "__all__", None)) or [
        n for n in dir(theirs) if not n.startswith("_")
    ]
    return sorted(n for n in names if _torchs_own(getattr(theirs, n, None)))


def _torchs_own(x: Any) -> bool:
    if isinstance(x, types.ModuleType):
        return x.__name__.startswith("torch.")
    module = getattr(x, "__module__", None)
    return not isinstance(module, str) or module.split(".")[0] in ("torch", "builtins")


if __name__ == "__main__":
    import torch

    before = {"": _public(torch, True)}  # importing the others adds to it
    print(json.dumps(before | {n: _public(_found(torch, n), False) for n in NAMESPACES if n}))

"""The options of ``compile``, checked as PyTorch checks them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._engine.capture import TorchDynamoException

__all__ = ["BACKENDS", "InvalidBackend", "check_options", "default_backend"]

# Those that torch lists; all mean XLA here.
BACKENDS = ("cudagraphs", "inductor", "openxla", "tvm")
# Torch's for looking for faults. They compute what the others compute.
_DEBUGGING = ("aot_eager", "aot_eager_decomp_partition", "aot_ts", "eager", "eager_debug", "ts")
_MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")


class InvalidBackend(TorchDynamoException):
    """``compile`` was given the name of a backend that does not exist."""


class _Default:
    name: str | Callable[..., Any] = "inductor"


default_backend = _Default()


def check_options(backend: Any = None, mode: Any = None, options: Any = None) -> None:
    """Refuse options that torch refuses.

    Args:
        backend: a name.
        mode: a name, with the default backend only.
        options: a dictionary, instead of a mode.

    Raises:
        RuntimeError: mode and options are both given, or there is no such mode, no such option, or not of that type.
        InvalidBackend: there is no such backend.
        TypeError: the backend is a function: it would be given a ``torch.fx`` graph, which does not exist here.
    """
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at the same time."
        )
    backend = default_backend.name if backend is None else backend
    if callable(backend):
        raise TypeError(
            "compile() takes the name of a backend here: a function as backend expects a torch.fx graph, and "
            "functions are compiled from their JAX operations instead"
        )
    if backend not in BACKENDS and backend not in _DEBUGGING:
        raise InvalidBackend(
            f"Invalid backend: {backend!r}, see `torch._dynamo.list_backends()` for available backends."
        )
    if backend == "inductor" and mode is not None and mode not in _MODES:
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(_MODES)}")
    if backend == "inductor":
        _check_each({name: value for name, value in (options or {}).items() if name != "guard_filter_fn"})


@functools.cache
def _known() -> dict[str, str]:
    """The options of torch's compiler, each with the type that its value must be of, or "any"."""
    words = (Path(__file__).parent / "compile_options.txt").read_text().split()
    return dict([word.split(":") for word in words])


def _check_each(options: dict[str, Any]) -> None:
    """Refuse an option that torch's compiler does not have, or a value that it does not take; none has an effect."""
    for key, value in options.items():
        name = key.replace("-", "_")
        if name not in _known():
            raise RuntimeError(f"Unexpected optimization option {key}, known options are {list(_known())}")
        kind = _known()[name]
        # a truth value is an integer too
        if kind not in ("any", *[base.__name__ for base in type(value).__mro__]):
            raise RuntimeError(f"Unexpected type of attr {key}, got {type(value).__name__} should be {kind}")

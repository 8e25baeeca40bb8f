"""What programs tell ``torch._dynamo`` about tensors and places in a function."""

from __future__ import annotations

from typing import Any

from .._engine.recorder import recorder
from ..compiler import disable

__all__ = [
    "disallow_in_graph",
    "graph_break",
    "mark_dynamic",
    "mark_static",
    "mark_static_address",
    "maybe_mark_dynamic",
]


def graph_break(msg: str = "") -> None:
    """Let a compiled function that comes here be called as it is, from here on and in later calls.

    Args:
        msg: the reason, for ``jaxlearn.stats()["called"]``.
    """
    if recorder.capture is not None:
        recorder.capture.give_up(msg or "it asks for a graph break")


def disallow_in_graph(fn: Any) -> Any:
    """Keep a function out of compiled ones: those that call it are called as they are.

    Args:
        fn: the function.

    Example::

        >>> import jaxlearn as torch
        >>> torch._dynamo.disallow_in_graph(lambda x: x.item())(torch.ones(1))
        1.0
    """
    return disable(fn)


def mark_dynamic(t: Any, index: Any, **bounds: Any) -> None:
    """Nothing to do: each shape has a program of its own, compiled when it first comes.

    Args:
        t: the tensor.
        index: the dimension, or several.
        bounds: accepted.
    """


def maybe_mark_dynamic(t: Any, index: Any) -> None:
    """As :func:`mark_dynamic`.

    Args:
        t: the tensor.
        index: the dimension, or several.
    """


def mark_static(t: Any, index: Any = None) -> None:
    """Nothing to do: all dimensions are static.

    Args:
        t: the tensor.
        index: the dimension, several, or None for all.
    """


def mark_static_address(t: Any, guard: bool = True) -> None:
    """Nothing to do: a compiled function reads a tensor where it is.

    Args:
        t: the tensor.
        guard: accepted.
    """

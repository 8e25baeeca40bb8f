"""``torch._dynamo``: what programs commonly use of it. The functions are those of :mod:`jaxlearn.compiler`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .._engine.recorder import recorder
from .._engine.stats import counters
from .._tensor.compile_options import InvalidBackend as InvalidBackend
from ..compiler import OptimizedModule as OptimizedModule
from ..compiler import allow_in_graph as allow_in_graph
from ..compiler import assume_constant_result as assume_constant_result
from ..compiler import compile
from ..compiler import disable as disable
from ..compiler import is_compiling as is_compiling
from ..compiler import list_backends as list_backends
from ..compiler import reset as reset
from . import config as config
from . import eval_frame as eval_frame

__all__ = [
    "ExplainOutput",
    "InvalidBackend",
    "OptimizedModule",
    "allow_in_graph",
    "assume_constant_result",
    "config",
    "disable",
    "eval_frame",
    "explain",
    "graph_break",
    "is_compiling",
    "list_backends",
    "mark_dynamic",
    "mark_static",
    "maybe_mark_dynamic",
    "optimize",
    "reset",
]


class ExplainOutput(NamedTuple):
    """What :func:`explain` tells: how many programs a function became, and why it became none.

    Args:
        graph_count: 1, or 0 for a function that is called as it is.
        graph_break_count: 0: a compiled function is one program.
        break_reasons: why it is called as it is.
    """

    graph_count: int
    graph_break_count: int
    break_reasons: list[str]


def explain(f: Callable[..., Any]) -> Callable[..., ExplainOutput]:
    """Compile a function, call it, and tell what became of it.

    Args:
        f: the function.

    Returns:
        A function of its arguments that gives an :class:`ExplainOutput`.

    Example::

        >>> import jaxlearn as torch
        >>> torch._dynamo.explain(lambda x: x * 2)(torch.ones(2)).graph_count
        1
    """

    def explained(*args: Any, **kwargs: Any) -> ExplainOutput:
        before = len(counters.called)
        compile(f)(*args, **kwargs)
        reasons = list(counters.called)[before:]
        return ExplainOutput(0 if reasons else 1, 0, reasons)

    return explained


def graph_break(msg: str = "") -> None:
    """Let a compiled function that comes here be called as it is, from here on and in later calls.

    Args:
        msg: the reason, for ``jaxlearn.stats()["called"]``.
    """
    if recorder.capture is not None:
        recorder.capture.give_up(msg or "it asks for a graph break")


def optimize(backend: Any = "inductor", *, nopython: bool = False, **options: Any) -> Callable[..., Any]:
    """A decorator that compiles a function: the older spelling of ``compile``.

    Args:
        backend: see :func:`jaxlearn.compile`.
        nopython: as ``fullgraph`` there.
        options: accepted.

    Example::

        >>> import jaxlearn as torch
        >>> torch._dynamo.optimize("eager")(lambda x: x * 2)(torch.ones(1))
        tensor([2.])
    """
    return lambda model: compile(model, backend=backend, fullgraph=nopython)


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

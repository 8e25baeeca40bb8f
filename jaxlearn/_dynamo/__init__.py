"""``torch._dynamo``: what programs commonly use of it. The functions are those of :mod:`jaxlearn.compiler`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

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
from . import decorators as decorators
from . import eval_frame as eval_frame
from . import exc as exc
from . import utils as utils
from .marks import disallow_in_graph as disallow_in_graph
from .marks import graph_break as graph_break
from .marks import mark_dynamic as mark_dynamic
from .marks import mark_static as mark_static
from .marks import mark_static_address as mark_static_address
from .marks import maybe_mark_dynamic as maybe_mark_dynamic

__all__ = [
    "ExplainOutput",
    "InvalidBackend",
    "OptimizedModule",
    "allow_in_graph",
    "assume_constant_result",
    "config",
    "decorators",
    "disable",
    "disallow_in_graph",
    "eval_frame",
    "exc",
    "explain",
    "graph_break",
    "is_compiling",
    "list_backends",
    "mark_dynamic",
    "mark_static",
    "mark_static_address",
    "maybe_mark_dynamic",
    "optimize",
    "reset",
    "utils",
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

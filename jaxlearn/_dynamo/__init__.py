"""``torch._dynamo``: what programs commonly use of it. The functions are those of :mod:`jaxlearn.compiler`."""

from __future__ import annotations

from typing import Any

from .._tensor.compile_options import InvalidBackend as InvalidBackend
from ..compiler import allow_in_graph as allow_in_graph
from ..compiler import assume_constant_result as assume_constant_result
from ..compiler import disable as disable
from ..compiler import is_compiling as is_compiling
from ..compiler import list_backends as list_backends
from ..compiler import reset as reset
from . import config as config

__all__ = [
    "InvalidBackend",
    "allow_in_graph",
    "assume_constant_result",
    "config",
    "disable",
    "is_compiling",
    "list_backends",
    "mark_dynamic",
    "mark_static",
    "maybe_mark_dynamic",
    "reset",
]


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

"""Watching what is recorded: a function is told of each operation of the calling thread's graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .recorder import recorder
from .value import Value

__all__ = ["watching"]

# What is told: the operation's signature and its operands' values.
Told = Callable[[Any, tuple[Value, ...]], None]


class _Watched(list[Value]):
    """The nodes of a graph that is watched. The bodies of branches, loops and vmaps are graphs of their own."""

    def append(self, node: Value) -> None:
        super().append(node)
        if recorder.watch is not None and node.signature is not None:
            recorder.watch(node.signature, node.inputs)


@contextmanager
def watching(told: Told) -> Iterator[None]:
    """Call ``told(signature, operands)`` for each operation recorded inside, on the meta device too.

    Nothing is computed at once on the host meanwhile, without being recorded.
    """
    before = recorder.watch, recorder.fresh
    recorder.watch, recorder.fresh = told, _Watched
    recorder.nodes = _Watched(recorder.nodes)
    try:
        yield
    finally:
        recorder.watch, recorder.fresh = before
        if recorder.watch is None:
            recorder.nodes = list(recorder.nodes)

"""Streams: what gives something else each time it is asked, such as iterators and generators of random numbers."""

from __future__ import annotations

import builtins
import datetime
import itertools
import operator
import os
import random
import time
import types
import warnings
from collections.abc import Collection
from typing import Any

import numpy as np

__all__ = ["Frame", "asks_outside", "position", "went_on"]

_ITERABLES: list[Any] = [[], (), {}, {}.values(), {}.items(), set(), "", b"", range(0), range(1 << 70)]
_REVERSIBLES: list[Any] = [[], {}, {}.values(), {}.items()]
_ITERATORS = frozenset(
    [type(iter(x)) for x in _ITERABLES]
    + [type(reversed(x)) for x in _REVERSIBLES]
    + [x for x in vars(itertools).values() if isinstance(x, type)]
    + [enumerate, filter, map, reversed, zip]
)
# Functions whose results have nothing to do with their arguments.
_OUTSIDE = frozenset(
    [getattr(time, f"{name}{unit}") for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time")
     for unit in ("", "_ns")] + [os.urandom, builtins.input]
)  # fmt: skip


class Frame(int):
    """The id of a generator's frame, which does not tell by itself that it has gone on."""


def went_on(before: Any, now: Any, resumed: Collection[int]) -> bool:
    """Whether a stream is at another position.

    Args:
        before: where it was.
        now: where it is.
        resumed: the ids of frames that have gone on.
    """
    if isinstance(before, tuple) and isinstance(now, tuple) and len(before) == len(now):
        return any(went_on(b, n, resumed) for b, n in zip(before, now, strict=True))
    return bool(before != now) or (isinstance(before, Frame) and before in resumed)


def asks_outside(function: types.BuiltinFunctionType) -> bool:
    """Whether a function written in C reads the clock, or what is typed."""
    if function.__name__ in ("now", "today", "utcnow"):
        kind = getattr(function, "__self__", None)
        return isinstance(kind, type) and issubclass(kind, datetime.date)
    return function in _OUTSIDE


def position(x: Any) -> Any:
    """Where a stream is, to be compared; None for what is no stream, or does not tell."""
    kind = type(x)
    if kind is types.GeneratorType:
        return () if x.gi_frame is None else Frame(id(x.gi_frame))
    if kind in _ITERATORS:
        return _position(x)
    if isinstance(x, random.Random):
        return x.getstate()
    if isinstance(x, np.random.Generator):
        return _frozen(x.bit_generator.state)
    if isinstance(x, np.random.RandomState):
        return _frozen(x.get_state(legacy=False))
    return None


def _position(x: Any) -> Any:
    if type(x) is itertools.count:
        return repr(x)
    left = operator.length_hint(x, -1)
    if left >= 0:
        return left
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 and 3.13 say that 3.14 has it no more
        try:
            parts = x.__reduce__()[1:]
        except (AttributeError, TypeError):
            return None
    return tuple(_parts(parts))


def _parts(parts: Any) -> Any:
    """The positions of what an iterator consists of."""
    for part in parts:
        if isinstance(part, tuple):
            yield from _parts(part)
        elif isinstance(part, int):
            yield part
        else:
            yield position(part)


def _frozen(state: Any) -> Any:
    if isinstance(state, dict):
        return tuple([(k, _frozen(v)) for k, v in state.items()])
    return state.tobytes() if isinstance(state, np.ndarray) else state

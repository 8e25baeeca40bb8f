"""Keys for masks drawn inside a step (dropout and the like).

torch draws such masks on the host; here they are drawn inside the program, by JAX, from a key that takes two numbers
of the default generator: fresh in each step, the same for the same seed on all devices, and part of the generator's
state, so that a resumed run continues with the same masks. All operations of one step share the key and fold their
ordinal into it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from .._engine.recorder import recorder
from .._engine.value import concrete
from .._random.generator import current_generator
from .dispatch import wrap

__all__ = ["forget_key", "remembered_key", "repeated_key", "step_key"]


class _Step(threading.local):
    number = -1  # the recorder's step in which the key was drawn
    key: Any = None
    ordinal = 0


_step = _Step()


def step_key() -> tuple[Any, int]:
    """The key of the present step as a tensor of two uint32 words, and an ordinal that no other call in it gets."""
    if _step.number != recorder.step:
        _step.number = recorder.step
        _step.ordinal = 0
        if recorder.capture is not None:
            _step.key = wrap(recorder.capture.draw(_draw))
        else:
            _step.key = wrap(concrete(_draw()))
    _step.ordinal += 1
    return _step.key, _step.ordinal - 1


def _draw() -> np.ndarray[Any, Any]:
    return np.asarray(current_generator().engine.draw32(2), np.uint32)


def forget_key() -> None:
    """The generator was set anew: the next mask takes a key drawn from it, also in a step that has one."""
    _step.number = -1


def remembered_key() -> tuple[Any, int]:
    """The key of the present step (None if none was drawn yet) and the ordinal that the next call gets."""
    return (_step.key, _step.ordinal) if _step.number == recorder.step else (None, 0)


@contextlib.contextmanager
def repeated_key(remembered: tuple[Any, int]) -> Iterator[None]:
    """Give out the keys again that followed a remembered one."""
    before = (_step.number, _step.key, _step.ordinal)
    key, ordinal = remembered
    _step.number, _step.key, _step.ordinal = (-1 if key is None else recorder.step), key, ordinal
    try:
        yield
    finally:
        _step.number, _step.key, _step.ordinal = before

"""Keys for masks drawn inside a step (dropout and the like).

torch draws such masks on the host; here they are drawn inside the program, by JAX, from a key that takes two numbers
of the default generator: fresh in each step, the same for the same seed on all devices, and part of the generator's
state, so that a resumed run continues with the same masks. All operations of one step share the key and fold their
ordinal into it.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from .._engine.recorder import recorder
from .._engine.value import concrete
from .._random.generator import current_generator
from .dispatch import wrap

__all__ = ["step_key"]


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

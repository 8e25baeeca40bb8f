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

import jax
import numpy as np

from .._engine.outside import is_staged
from .._engine.recorder import recorder
from .._engine.value import concrete
from .._random.generator import current_generator
from .dispatch import wrap

__all__ = ["forget_key", "has_own_key", "remembered_key", "repeated_key", "step_key", "use_key"]


class _Step(threading.local):
    number = -1  # the recorder's step in which the key was drawn
    key: Any = None
    ordinal = 0
    given = False  # by the user: see use_key


_step = _Step()


def step_key() -> tuple[Any, int]:
    """The key of the present step as a tensor of two uint32 words, and an ordinal that no other call in it gets."""
    if not _step.given and _step.number != recorder.step:
        if is_staged():
            raise RuntimeError(
                "a random mask (dropout and the like) would be drawn once, while JAX traces the function, and be the "
                "same in each call. Give the function a key as an argument and call the model under "
                "`with jaxlearn.use_key(key):`"
            )
        _step.number = recorder.step
        _step.ordinal = 0
        if recorder.capture is not None:
            _step.key = wrap(recorder.capture.draw(_draw))
        else:
            _step.key = wrap(concrete(_draw()))
    _step.ordinal += 1
    return _step.key, _step.ordinal - 1


def has_own_key() -> bool:
    """Whether the user gave a key (see :class:`use_key`), from which everything random in the step is to follow."""
    return _step.given


def _draw() -> np.ndarray[Any, Any]:
    return np.asarray(current_generator().engine.draw32(2), np.uint32)


def forget_key() -> None:
    """The generator was set anew: the next mask takes a key drawn from it, also in a step that has one."""
    _step.number = -1


def remembered_key() -> tuple[Any, int]:
    """The key of the present step (None if none was drawn yet) and the ordinal that the next call gets."""
    known = _step.given or _step.number == recorder.step
    return (_step.key, _step.ordinal) if known else (None, 0)


@contextlib.contextmanager
def use_key(key: Any) -> Iterator[None]:
    """A context in which masks (dropout and the like) follow from a JAX key instead of the generator's seed.

    Inside ``jax.jit``, ``nnx.jit`` and ``jax.lax.scan`` it is how each call gets masks of its own: the key is an
    argument of the function. Without it drawing a mask there is an error, as it would be the same in all calls.

    Args:
        key: a JAX key, as ``jax.random.key`` makes it, or its data of two uint32 words.

    Example::

        >>> import jax
        >>> import jaxlearn as torch
        >>> drop = torch.nn.Dropout(0.5)
        >>> @jax.jit
        ... def f(key, x):
        ...     with torch.use_key(key):
        ...         return drop(x)
        >>> a, b = [f(jax.random.key(seed), torch.ones(100)) for seed in (0, 1)]
        >>> torch.equal(a, b)
        False
    """
    if jax.numpy.issubdtype(key.dtype, jax.dtypes.prng_key):
        key = jax.random.key_data(key)
    before = (_step.number, _step.key, _step.ordinal, _step.given)
    words = jax.numpy.tile(
        jax.numpy.asarray(key), 2
    )  # twice: how the operations tell it from a key drawn here
    _step.key, _step.ordinal, _step.given = wrap(concrete(words)), 0, True
    try:
        yield
    finally:
        _step.number, _step.key, _step.ordinal, _step.given = before


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

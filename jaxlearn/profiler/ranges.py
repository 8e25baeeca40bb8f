"""Named ranges of a program."""

from __future__ import annotations

import contextlib
from typing import Any

import jax

from .._engine.graph import synchronize
from .._engine.recorder import recorder

__all__ = ["HASH", "MARK", "Recording", "record_function"]

# Tells a range of the program's own from what XLA and JAX put into the same timeline.
MARK = "program_range"
# In a timeline's names, which cannot hold "#".
HASH = "♯"


class Recording:
    """Whether a profiler records now, or warms up for it."""

    on: bool = False


class record_function(contextlib.ContextDecorator):
    """Context, or decorator, that is a range of that name in a profile.

    While a profiler records or warms up, what the block recorded is computed at its end, in the range's time.
    https://docs.pytorch.org/docs/stable/generated/torch.autograd.profiler.record_function.html

    Args:
        name: the range's name.
        args: kept with it.

    Example::

        >>> import jaxlearn as torch
        >>> with torch.profiler.profile() as prof:
        ...     with torch.profiler.record_function("squares"):
        ...         y = torch.arange(3.0).square()
        >>> [event.key for event in prof.key_averages() if event.key == "squares"]
        ['squares']
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self.args = args
        self._open: list[Any] = []

    def __enter__(self) -> record_function:
        described = {MARK: 1} if self.args is None else {MARK: 1, "args": self.args}
        annotation = jax.profiler.TraceAnnotation(self.name.replace("#", HASH), **described)
        annotation.__enter__()
        self._open.append(annotation)
        return self

    def __exit__(self, *exc: object) -> None:
        if Recording.on and recorder.capture is None:
            synchronize()
        self._open.pop().__exit__(None, None, None)

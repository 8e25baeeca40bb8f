"""Uniforms for samplers that cannot tell how many they need."""

from __future__ import annotations

from collections.abc import Iterator

from .continuous import unit64
from .generator import Generator

__all__ = ["OneByOne"]


class OneByOne(Iterator[float]):
    """Uniforms drawn in batches for a loop that takes one at a time; the unused ones are given back.

    Args:
        generator: the stream to draw from, which nobody else may use before :meth:`give_back`.
    """

    _BATCH = 1024

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._batch: list[float] = []
        self._used = 0
        self._before = generator.get_state()

    def __next__(self) -> float:
        if self._used == len(self._batch):
            self._before = self._generator.get_state()
            self._batch = unit64(self._generator, self._BATCH).tolist()
            self._used = 0
        self._used += 1
        return self._batch[self._used - 1]

    def give_back(self) -> None:
        """Put the generator where drawing one by one would have left it."""
        self._generator.set_state(self._before)
        self._generator.engine.skip(2 * self._used)

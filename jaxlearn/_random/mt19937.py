"""The Mersenne Twister engine: raw 32- and 64-bit numbers in the order torch's CPU generator draws them.

Reference: M. Matsumoto, T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random
number generator", ACM TOMACS 8(1), 1998.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["MT19937", "STATE_SIZE"]

STATE_SIZE = 624

_NONE = np.empty(0, np.uint32)
# What is made ahead, from where in the block on, and the items; None where it would be made the next time.
_NOTHING_MADE: tuple[Any, int, np.ndarray | None] = (None, -1, None)
_BITS_24, _STEP_24 = np.uint32(0xFFFFFF), np.float32(2.0**-24)


class MT19937:
    """MT19937 seeded by Knuth's multiplicative recurrence (the 1998 reference's ``init_genrand``).

    The words and the position are those of NumPy's engine; ``fresh`` tells a seeded engine that has drawn nothing from
    one that has drawn a whole block, which torch's byte layout distinguishes and NumPy's does not.

    Few numbers are cut from the rest of a block of 624, drawn ahead: a call of NumPy's costs more than they do.

    Args:
        seed: an unsigned 64-bit seed, of which the low 32 bits are used.
    """

    def __init__(self, seed: int) -> None:
        self._bits = np.random.MT19937()
        self._stream = np.random.Generator(self._bits)
        self._lock = threading.Lock()
        self._ahead = _NONE
        self._units: np.ndarray | None = None
        self._made = _NOTHING_MADE
        self._next = 0
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Restart the stream from ``seed``."""
        words = np.random.RandomState(seed & 0xFFFFFFFF).get_state(legacy=False)["state"]["key"]
        self.set_words(words, STATE_SIZE, fresh=True)

    def draw32(self, count: int) -> np.ndarray:
        """Draw ``count`` numbers, uniform over [0, 2**32), as ``uint32``, which nobody else holds."""
        with self._lock:
            return self._draw(count)

    def _draw(self, count: int) -> np.ndarray:
        start = self._next
        end = start + count
        if end <= len(self._ahead):
            self._next = end
            if count:
                self.fresh = False
            return self._ahead[start:end]
        self.fresh = False
        if count >= STATE_SIZE:
            self._give_back()
            self._at_end = False
            return self._stream.integers(0, 1 << 32, size=count, dtype=np.uint32)
        rest = self._ahead[start:]
        self._draw_ahead()
        more = self._draw(count - len(rest))
        return np.concatenate([rest, more]) if len(rest) else more

    def unit32(self, count: int) -> np.ndarray:
        """Draw ``count`` multiples of 2**-24 in [0, 1), as ``float32``, which nobody else holds."""
        with self._lock:
            start = self._next
            end = start + count
            if end <= len(self._ahead):  # made of all of them at once
                if self._units is None:
                    self._units = _units(self._ahead)
                self._next = end
                if count:
                    self.fresh = False
                return self._units[start:end]
            return _units(self._draw(count))

    def made(self, count: int, width: int, make: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Draw ``count`` times ``width`` 32-bit numbers and make something of each time's.

        What is asked for again, right behind the last time, is made of the whole rest of the block at once: NumPy's
        calls take longer than their arithmetic on few numbers.

        Args:
            count: how many times.
            width: how many numbers each time.
            make: the same object each time; of a multiple of ``width`` numbers it gives one item per time, each
                following from its own numbers alone.

        Returns:
            The items, which nobody else holds.
        """
        with self._lock:
            start = self._next
            end = start + count * width
            if end > len(self._ahead):
                words = self._draw(count * width)
                self._made = make, self._next, None
            else:
                kind, begin, items = self._made
                if kind is make and items is None and start == begin:
                    items = make(self._ahead[start : len(self._ahead) - (len(self._ahead) - start) % width])
                    self._made = make, begin, items
                self._next = end
                self.fresh = False
                if kind is make and items is not None and start >= begin and (start - begin) % width == 0:
                    return items[(start - begin) // width : (end - begin) // width]
                words = self._ahead[start:end]
                self._made = make, end, None
        return make(words)

    def _draw_ahead(self) -> None:
        """Draw the rest of the block that the stream is in, or the next one."""
        drawn = 0 if self._at_end else int(self._bits.state["state"]["pos"]) % STATE_SIZE
        self._ahead = self._bits.random_raw(STATE_SIZE - drawn).astype(np.uint32)
        self._at_end = True
        self._units, self._made = None, _NOTHING_MADE
        self._next = 0

    def _give_back(self) -> None:
        """Set the stream back to where it would be without drawing ahead."""
        rest = len(self._ahead) - self._next
        self._ahead, self._units, self._next = _NONE, None, 0
        self._made = _NOTHING_MADE
        if rest:
            state = self._bits.state
            state["state"]["pos"] -= rest
            self._bits.state = state
            self._at_end = False

    def draw64(self, count: int) -> np.ndarray:
        """Draw ``count`` numbers, uniform over [0, 2**64), as ``uint64``; the first half drawn is the high one."""
        halves = self.draw32(2 * count)
        return (halves[0::2].astype(np.uint64) << np.uint64(32)) | halves[1::2]

    def skip(self, count: int) -> None:
        """Advance the stream by ``count`` 32-bit numbers."""
        self.draw32(count)

    def words(self) -> tuple[np.ndarray, int]:
        """The 624 state words (``uint32``) and how many of them are already drawn (0 to 624)."""
        state = self._bits.state["state"]
        return state["key"], int(state["pos"]) - (len(self._ahead) - self._next)

    def set_words(self, words: np.ndarray, position: int, fresh: bool) -> None:
        """Continue from 624 state words of which ``position`` are already drawn."""
        key = np.ascontiguousarray(words, np.uint32)
        self._ahead, self._units, self._next = _NONE, None, 0
        self._made = _NOTHING_MADE
        self._at_end = position == STATE_SIZE  # asking NumPy's engine costs more than a block
        self._bits.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}
        self.fresh = fresh


def _units(bits: np.ndarray) -> np.ndarray:
    values: np.ndarray = (bits & _BITS_24).astype(np.float32)
    values *= _STEP_24
    return values

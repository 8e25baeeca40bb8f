"""The Mersenne Twister engine: raw 32- and 64-bit numbers in the order torch's CPU generator draws them.

Reference: M. Matsumoto, T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random
number generator", ACM TOMACS 8(1), 1998.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["FAR", "MT19937", "STATE_SIZE", "joined"]

STATE_SIZE = 624

_NONE = np.empty(0, np.uint32)
# What is made ahead, from where in the words on, and the items; None where it would be made the next time.
_NOTHING_MADE: tuple[Any, int, np.ndarray | None] = (None, -1, None)
_BITS_24, _STEP_24 = np.uint32(0xFFFFFF), np.float32(2.0**-24)

# Blocks of 624 drawn ahead at most: of few numbers at a time, and where something is made of them, for which NumPy's
# calls pay over thousands of numbers; those fill half of the processor's first cache.
_NEAR, FAR = 4, 26
# Blocks drawn at once where many numbers are asked for.
_PIECE = 105


def joined(halves: np.ndarray) -> np.ndarray:
    """64-bit numbers of every two 32-bit ones, the high half first."""
    whole = halves[0::2].astype(np.uint64) << np.uint64(32)
    whole |= halves[1::2]
    return whole


class MT19937:
    """MT19937 seeded by Knuth's multiplicative recurrence (the 1998 reference's ``init_genrand``).

    NumPy's engine draws whole blocks of 624, one after the other; few numbers are cut from blocks drawn ahead, as a
    call of NumPy's costs more than they do. Where the stream is follows from the block: a state's words are the
    block's numbers, tempered. ``fresh`` tells a seeded engine that has drawn nothing from one that has drawn a whole
    block, which torch's byte layout distinguishes and NumPy's does not.

    Args:
        seed: an unsigned 64-bit seed, of which the low 32 bits are used.
    """

    def __init__(self, seed: int) -> None:
        self._bits = np.random.MT19937()
        self._seeder = np.random.RandomState(self._bits)
        self._lock = threading.Lock()
        self._forget()
        self.seed(seed)

    def _forget(self) -> None:
        self._ahead = _NONE  # whole blocks, or nothing
        self._next = 0
        self._blocks = 1  # how many are drawn the next time
        self._units: np.ndarray | None = None
        self._made = _NOTHING_MADE

    def seed(self, seed: int) -> None:
        """Restart the stream from ``seed``."""
        self._forget()
        self._seeder.seed(seed & 0xFFFFFFFF)
        self.fresh = True

    def draw32(self, count: int) -> np.ndarray:
        """Draw ``count`` numbers, uniform over [0, 2**32), as ``uint32``, to be read only."""
        with self._lock:
            return self._draw(count)

    def _draw(self, count: int) -> np.ndarray:
        start = self._next
        end = start + count
        if end > len(self._ahead):
            if count >= STATE_SIZE:
                return self._draw_many(count)
            self._draw_ahead(count, _NEAR)
            start = self._next
            end = start + count
        if count:
            self.fresh = False
        self._next = end
        return self._ahead[start:end]

    def _draw_many(self, count: int) -> np.ndarray:
        """Draw more than what is left of the blocks ahead."""
        numbers = np.empty(count, np.uint32)
        place = len(self._ahead) - self._next
        numbers[:place] = self._ahead[self._next :]
        while place < count:
            words = self._bits.random_raw(min(-(-(count - place) // STATE_SIZE), _PIECE) * STATE_SIZE)
            used = min(len(words), count - place)
            numbers[place : place + used] = words[:used]
            place += used
        self._ahead = _block(words[-STATE_SIZE:])
        self._next = STATE_SIZE - (len(words) - used)
        self._units, self._made = None, _NOTHING_MADE
        self.fresh = False
        return numbers

    def _draw_ahead(self, count: int, most: int) -> None:
        """Draw blocks so that ``count`` numbers are there: the more, up to ``most`` of them, the more often."""
        start, ahead = self._next, self._ahead
        rest = len(ahead) - start
        blocks = max(-(-(count - rest) // STATE_SIZE), min(self._blocks, most))
        self._blocks = 2 * blocks
        words = self._bits.random_raw(blocks * STATE_SIZE)
        if rest:
            kept = (start - 1) // STATE_SIZE * STATE_SIZE  # the block that the stream is in
            words = np.concatenate([ahead[kept:], words], dtype=np.uint32, casting="same_kind")
            self._next = start - kept
        else:
            self._next = 0
        self._ahead = _block(words)
        self._units, self._made = None, _NOTHING_MADE

    def unit32(self, count: int) -> np.ndarray:
        """Draw ``count`` multiples of 2**-24 in [0, 1), as ``float32``, which nobody else holds."""
        with self._lock:
            start = self._next
            end = start + count
            if end > len(self._ahead):
                if count >= STATE_SIZE:
                    return _units(self._draw_many(count))
                self._draw_ahead(count, _NEAR)
                start = self._next
                end = start + count
            if self._units is None:  # made of all of them at once
                self._units = _units(self._ahead)
            self._next = end
            if count:
                self.fresh = False
            units = self._units[start:end]
            return units if len(self._ahead) <= _NEAR * STATE_SIZE else units.copy()

    def made(
        self, count: int, width: int, make: Callable[[np.ndarray], np.ndarray], most: int = FAR
    ) -> np.ndarray:
        """Draw ``count`` times ``width`` 32-bit numbers and make something of each time's.

        What is asked for again, right behind the last time, is made of all that is drawn ahead at once: NumPy's calls
        take longer than their arithmetic on few numbers.

        Args:
            count: how many times.
            width: how many numbers each time.
            make: the same object each time; of a multiple of ``width`` numbers it gives one item per time, each
                following from its own numbers alone.
            most: blocks drawn ahead at most.

        Returns:
            The items, which nobody else holds.
        """
        self._lock.acquire()
        try:
            start, drawn = self._next, count * width
            kind, begin, items = self._made
            again = kind is make and (start == begin or (items is not None and (start - begin) % width == 0))
            if again and start + drawn > len(self._ahead) and 2 * drawn <= most * STATE_SIZE:
                self._draw_ahead(drawn, most)
                begin, items, start = self._next, None, self._next
            end = start + drawn
            if again and end <= len(self._ahead):
                if items is None:
                    whole = (len(self._ahead) - start) // width * width
                    items = make(self._ahead[start : start + whole])
                    self._made = make, begin, items
                self._next = end
                if drawn:
                    self.fresh = False
                items = items[(start - begin) // width : (end - begin) // width]
                # A part is not to keep many times its own memory.
                return items if len(self._ahead) <= _NEAR * STATE_SIZE else items.copy()
            words = self._draw(drawn)
            self._made = make, self._next, None
        finally:
            self._lock.release()
        return make(words)

    def draw64(self, count: int) -> np.ndarray:
        """Draw ``count`` numbers, uniform over [0, 2**64), as ``uint64``; the first half drawn is the high one."""
        return joined(self.draw32(2 * count))

    def skip(self, count: int) -> None:
        """Advance the stream by ``count`` 32-bit numbers."""
        self.draw32(count)

    def words(self) -> tuple[np.ndarray, int]:
        """The 624 state words (``uint32``) and how many of them are already drawn (0 to 624)."""
        with self._lock:
            if not len(self._ahead):
                state = self._bits.state["state"]
                return state["key"], int(state["pos"])
            block = max(self._next - 1, 0) // STATE_SIZE * STATE_SIZE
            return _untempered(self._ahead[block : block + STATE_SIZE]), self._next - block

    def set_words(self, words: np.ndarray, position: int, fresh: bool) -> None:
        """Continue from 624 state words of which ``position`` are already drawn."""
        self._forget()
        whole = position == STATE_SIZE
        key = np.ascontiguousarray(words, np.uint32)
        self._bits.state = {
            "bit_generator": "MT19937",
            "state": {"key": key, "pos": STATE_SIZE if whole else 0},
        }
        if not whole:
            self._ahead = _block(self._bits.random_raw(STATE_SIZE))
            self._next = position
        self.fresh = fresh


def _block(words: np.ndarray) -> np.ndarray:
    """Numbers drawn ahead, which tell the state too: nobody may change them."""
    numbers: np.ndarray = words.astype(np.uint32, copy=False)
    numbers.flags.writeable = False
    return numbers


def _untempered(numbers: np.ndarray) -> np.ndarray:
    """The state words that the engine made the numbers of, by its four invertible steps backwards."""
    words = numbers ^ (numbers >> 18)
    words ^= (words << 15) & np.uint32(0xEFC60000)
    known = words
    for _ in range(4):  # each time 7 more of the low bits are right
        known = words ^ ((known << 7) & np.uint32(0x9D2C5680))
    high = known
    for _ in range(2):  # and here 11 more of the high ones
        high = known ^ (high >> 11)
    return high


def _units(bits: np.ndarray) -> np.ndarray:
    values: np.ndarray = (bits & _BITS_24).astype(np.float32)
    values *= _STEP_24
    return values

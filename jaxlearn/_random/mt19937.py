"""The Mersenne Twister engine: raw 32- and 64-bit numbers in the order torch's CPU generator draws them.

Reference: M. Matsumoto, T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random
number generator", ACM TOMACS 8(1), 1998.
"""

from __future__ import annotations

import numpy as np

__all__ = ["MT19937", "STATE_SIZE"]

STATE_SIZE = 624

# Below this many numbers the plain bit generator's call is cheaper than Generator's argument handling.
_SMALL_DRAW = 2048


class MT19937:
    """MT19937 seeded by Knuth's multiplicative recurrence (the 1998 reference's ``init_genrand``).

    The words and the position are those of NumPy's engine; ``fresh`` tells a seeded engine that has drawn nothing from
    one that has drawn a whole block, which torch's byte layout distinguishes and NumPy's does not.

    Args:
        seed: an unsigned 64-bit seed, of which the low 32 bits are used.
    """

    def __init__(self, seed: int) -> None:
        self._bits = np.random.MT19937()
        self._stream = np.random.Generator(self._bits)
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Restart the stream from ``seed``."""
        words = np.random.RandomState(seed & 0xFFFFFFFF).get_state(legacy=False)["state"]["key"]
        self.set_words(words, STATE_SIZE, fresh=True)

    def draw32(self, count: int) -> np.ndarray:
        """Draw ``count`` numbers, uniform over [0, 2**32), as ``uint32``."""
        if count <= 0:
            return np.empty(0, np.uint32)
        self.fresh = False
        if count < _SMALL_DRAW:
            return self._bits.random_raw(count).astype(np.uint32)
        return self._stream.integers(0, 1 << 32, size=count, dtype=np.uint32)

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
        return state["key"], int(state["pos"])

    def set_words(self, words: np.ndarray, position: int, fresh: bool) -> None:
        """Continue from 624 state words of which ``position`` are already drawn."""
        key = np.ascontiguousarray(words, np.uint32)
        self._bits.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}
        self.fresh = fresh

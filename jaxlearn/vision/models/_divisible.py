"""Numbers of channels that hardware likes."""

from __future__ import annotations


def divisible(value: float, divisor: int = 8) -> int:
    """The multiple of ``divisor`` nearest to a number of channels, but none below nine tenths of it.

    Args:
        value: the number of channels.
        divisor: what the result is a multiple of, and at least.
    """
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * value else nearest

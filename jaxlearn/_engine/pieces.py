"""Where to cut a graph that nobody reads: so that its pieces are the same, and one small program serves them all.

A loop records the same operations over and over. Cut anywhere, each piece would begin at another point of the loop's
body, and each would be a program of its own; and XLA needs far longer for one program of 2,000 operations than for a
small one that is run often.
"""

from __future__ import annotations

from collections.abc import Sequence

from .value import Value

__all__ = ["PIECE", "piece_length", "piece_start"]

# About how many operations a piece has.
PIECE = 250
# How often a sequence of operations must have come last for it to be taken for a loop's body.
_TIMES = 3


def piece_length(nodes: Sequence[Value]) -> int:
    """The length of the pieces: whole rounds of the loop that recorded the last nodes; 0 if there is none."""
    codes = [node.code for node in nodes]
    for period in range(1, len(codes) // _TIMES + 1):
        body = codes[-period:]
        if all(
            codes[len(codes) - (k + 1) * period : len(codes) - k * period] == body for k in range(1, _TIMES)
        ):
            return period * max(1, PIECE // period)
    return 0


def piece_start(nodes: Sequence[Value], length: int) -> int:
    """Where the first piece ends: at ``length`` or the next operation after it, never between one and its results."""
    while length < len(nodes) and nodes[length].signature is None:
        length += 1
    return length

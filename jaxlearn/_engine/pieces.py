"""Where to cut a graph that nobody reads: so that its pieces are the same, and one small program serves them all.

A loop records the same operations over and over. Cut anywhere, each piece would begin at another point of the loop's
body, and each would be a program of its own; and XLA needs far longer for one program of 2,000 operations than for a
small one that is run often.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .value import Value

__all__ = ["PIECE", "Loop", "find_loop", "piece_start"]

# About how many operations a piece has.
PIECE = 250


class Loop:
    """A loop that recorded the last operations of a graph.

    Args:
        start: where its first whole round begins.
        codes: of the operations of a piece, which is some whole rounds.
    """

    __slots__ = ("codes", "start")

    def __init__(self, start: int, codes: list[int]) -> None:
        self.start = start
        self.codes = codes

    def leads(self, nodes: Sequence[Value]) -> bool:
        """Whether the nodes begin with a piece, and go on."""
        length = len(self.codes)
        return len(nodes) > length and [node.code for node in nodes[:length]] == self.codes


def find_loop(nodes: Sequence[Value]) -> Loop | None:
    """The loop that recorded the last nodes, three rounds of it at least.

    Of the periods it is the one that reaches back furthest: the loop rather than one inside it. A round is taken to
    begin at the same of its operations wherever the graph was cut, so that pieces of another call are these again.
    """
    codes = np.array([node.code for node in nodes])
    best, period = 0, 0
    for p in range(1, len(codes) // 3 + 1):
        other = np.flatnonzero(codes[p:] != codes[:-p])
        run = len(codes) - p - (int(other[-1]) + 1 if len(other) else 0)
        if run >= 2 * p and run + p > best + period:
            best, period = run, p
    if not period:
        return None
    first = len(codes) - best - period
    body = codes[first : first + period].tolist() * 2
    begins = [i for i in range(period) if nodes[first + i].signature is not None]
    start = min(begins, key=lambda i: body[i : i + period])
    return Loop(first + start, body[start : start + period] * max(1, PIECE // period))


def piece_start(nodes: Sequence[Value], length: int) -> int:
    """Where the first piece ends: at ``length`` or the next operation after it, never between one and its results."""
    while length < len(nodes) and nodes[length].signature is None:
        length += 1
    return length

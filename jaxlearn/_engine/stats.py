"""What the engine did: compiles and why, cache hits, flushes."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["Counters", "counters", "reset_stats", "stats"]

# A program that compiles for every step would otherwise fill memory with reasons.
_KEPT_REASONS = 1000


@dataclasses.dataclass
class Counters:
    """The engine's counters; see :func:`stats`."""

    compiles: int = 0
    op_compiles: int = 0
    hits: int = 0
    flushes: int = 0
    op_by_op: int = 0
    replays: int = 0
    recordings: int = 0
    reasons: list[str] = dataclasses.field(default_factory=list)
    called: list[str] = dataclasses.field(default_factory=list)

    def explain(self, reason: str) -> None:
        """Note why a program was compiled."""
        self.compiles += 1
        if len(self.reasons) < _KEPT_REASONS:
            self.reasons.append(reason)

    def explain_call(self, reason: str) -> None:
        """Note why a compiled function was called as it is."""
        if len(self.called) < _KEPT_REASONS:
            self.called.append(reason)


counters = Counters()


def stats() -> dict[str, Any]:
    """What the engine has done since the start or the last :func:`reset_stats`.

    Returns:
        ``compiles``: whole-graph programs compiled, one reason for each in ``reasons``; ``op_compiles``: single
        operations compiled; ``hits``: flushes served by a cached program; ``flushes``: times the recorded graph
        was computed; ``op_by_op``: flushes that ran operation by operation because the graph was new and had no
        backward; ``replays``: calls of :func:`compile`-d functions without recording; ``recordings``: how often one
        was recorded (a recording that another value of a Python number asks for needs no compile); ``called``: why
        compiled functions were called as they are instead, once for each kind of arguments.

    Example::

        >>> import jaxlearn as torch
        >>> torch.reset_stats()
        >>> x = torch.ones(3, 170, 290)
        >>> for _ in range(4):
        ...     y = (x * 2).sum().item()
        >>> torch.stats()["compiles"]
        1
    """
    return dataclasses.asdict(counters)


def reset_stats() -> None:
    """Set all counters of :func:`stats` to zero; compiled programs are kept."""
    for field in dataclasses.fields(Counters):
        setattr(counters, field.name, [] if field.default is dataclasses.MISSING else 0)

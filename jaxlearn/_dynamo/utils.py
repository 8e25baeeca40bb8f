"""``torch._dynamo.utils``: the counters that programs print and clear."""

from __future__ import annotations

import collections

__all__ = ["counters"]

# Nothing counts here: ``jaxlearn.stats()`` tells what was compiled and why.
counters: collections.defaultdict[str, collections.Counter[str]] = collections.defaultdict(
    collections.Counter
)

"""Python's garbage collector while the library is imported: it collects seldom.

An import makes some 150,000 objects and hardly any garbage. At the usual thresholds the collector goes through all of
them a hundred times, three times through everything that the program has, which is a tenth of the import's time.
"""

from __future__ import annotations

import gc

__all__ = ["collect_as_before"]

# So many new objects begin a collection meanwhile. It is not switched off: should the import fail, it stays like this.
_SELDOM = 50_000

_before = gc.get_threshold()
if 0 < _before[0] < _SELDOM:
    gc.set_threshold(_SELDOM, *_before[1:])


def collect_as_before() -> None:
    """Set the thresholds back to what they were, unless somebody else set them meanwhile."""
    if gc.get_threshold() == (_SELDOM, *_before[1:]):
        gc.set_threshold(*_before)

"""What an interruption must not leave half done.

Ctrl-C and timeouts raise an exception between any two steps of Python. Most of the engine does not mind: a graph that
was not computed is computed later. Where a graph changes its form or gets its results, all of it has to, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["completed"]


def completed(change: Callable[[], None]) -> None:
    """Make a change, and all of it even if an exception comes while it is made, which goes on after that.

    Args:
        change: what to do; doing it again from the start must come to the same.
    """
    try:
        change()
    except BaseException:
        change()
        raise

"""Which steps of a program are recorded."""

from __future__ import annotations

import enum
import warnings
from collections.abc import Callable

__all__ = ["ProfilerAction", "schedule"]


class ProfilerAction(enum.Enum):
    """What a profiler does in a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def schedule(
    *,
    wait: int,
    warmup: int,
    active: int,
    repeat: int = 0,
    skip_first: int = 0,
    skip_first_wait: int = 0,
) -> Callable[[int], ProfilerAction]:
    """What to do in each step: wait, warm up and record, over and over.

    https://docs.pytorch.org/docs/stable/profiler.html#torch.profiler.schedule

    Args:
        wait: steps of a cycle in which nothing happens.
        warmup: steps after them that are not recorded either.
        active: steps after those that are recorded.
        repeat: how many cycles; 0 for as many as there are steps for.
        skip_first: steps before the first cycle.
        skip_first_wait: other than 0, the first cycle begins without its waiting.

    Raises:
        AssertionError: a negative number of steps, or none to record.

    Warns:
        UserWarning: ``warmup`` is 0.

    Example::

        >>> import jaxlearn as torch
        >>> what = torch.profiler.schedule(wait=1, warmup=1, active=2)
        >>> [what(step).name for step in range(5)]
        ['NONE', 'WARMUP', 'RECORD', 'RECORD_AND_SAVE', 'NONE']
    """
    if min(wait, warmup, repeat, skip_first) < 0 or active <= 0:
        raise AssertionError(
            f"Invalid profiler schedule arguments. Got wait={wait} (need >= 0), warmup={warmup} (need >= 0), "
            f"active={active} (need > 0), repeat={repeat} (need >= 0), skip_first={skip_first} (need >= 0)."
        )
    if not warmup:
        warnings.warn("Profiler won't be using warmup, this can skew profiler results", stacklevel=2)
    length = wait + warmup + active

    def action(step: int) -> ProfilerAction:
        if step < 0:
            raise AssertionError(f"Step must be non-negative. Got {step}.")
        if step < skip_first:
            return ProfilerAction.NONE
        cycle, place = divmod(step - skip_first + (wait if skip_first_wait else 0), length)
        if (repeat and cycle >= repeat) or place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if place < length - 1 else ProfilerAction.RECORD_AND_SAVE

    return action

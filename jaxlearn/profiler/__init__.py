"""What a program spends its time on, by JAX's profiler: https://docs.pytorch.org/docs/stable/profiler.html

The rows are the program's own ranges (:class:`record_function`, the steps) and the operations that XLA made of it; most
are fusions of several of PyTorch's.
"""

from __future__ import annotations

from .events import EventList as EventList
from .events import FunctionEvent as FunctionEvent
from .events import FunctionEventAvg as FunctionEventAvg
from .ranges import record_function as record_function
from .schedules import ProfilerAction as ProfilerAction
from .schedules import schedule as schedule
from .session import ProfilerActivity as ProfilerActivity
from .session import profile as profile
from .session import supported_activities as supported_activities
from .session import tensorboard_trace_handler as tensorboard_trace_handler

__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "kineto_available",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]


def kineto_available() -> bool:
    """False: it is JAX's profiler that records, which is always there."""
    return False

"""The profiler around a program."""

from __future__ import annotations

import enum
import os
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

from .._engine.device import default_device
from .events import EventList
from .ranges import Recording, record_function
from .schedules import ProfilerAction
from .trace import Trace

__all__ = ["ProfilerActivity", "profile", "supported_activities", "tensorboard_trace_handler"]


class ProfilerActivity(enum.Enum):
    """Where work is recorded; JAX's profiler records all of it together."""

    CPU = 0
    XPU = 1
    MTIA = 2
    CUDA = 3
    HPU = 4
    PrivateUse1 = 5


def supported_activities() -> set[ProfilerActivity]:
    """The CPU, and a GPU if JAX computes on one."""
    gpu = default_device().type == "cuda"
    return {ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if gpu else [])}


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False, use_python_export: bool = False
) -> Callable[[profile], None]:
    """A function for ``on_trace_ready`` that writes each recording's timeline into a folder.

    https://docs.pytorch.org/docs/stable/profiler.html#torch.profiler.tensorboard_trace_handler

    Args:
        dir_name: the folder, made if it is missing.
        worker_name: the beginning of the files' names; default the machine's name and the process's number.
        use_gzip: compress the files.
        use_python_export: accepted for torch's sake.
    """
    worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"

    def handler(prof: profile) -> None:
        os.makedirs(dir_name, exist_ok=True)
        name = f"{worker}.{time.time_ns()}.pt.trace.json" + (".gz" if use_gzip else "")
        prof.export_chrome_trace(os.path.join(dir_name, name))

    return handler


class profile:
    """Record what the program does inside, by JAX's profiler.

    Rows are the program's ranges and XLA's operations, by their names in the compiled programs. The time of a range
    includes computing what was recorded in it; see :class:`record_function`.
    https://docs.pytorch.org/docs/stable/profiler.html#torch.profiler.profile

    Args:
        activities: accepted for torch's sake: JAX records the CPU's and the accelerator's work together.
        schedule: from :func:`schedule`; then :meth:`step` ends a step. Default: everything is recorded.
        on_trace_ready: called with the profiler after each recording.
        record_shapes: accepted for torch's sake: XLA's operations have shapes of their own.
        profile_memory: accepted for torch's sake: XLA plans memory when it compiles; see ``torch.cuda.memory_stats``.
        with_stack: record Python's calls too, for the timeline.
        with_flops: accepted for torch's sake.
        with_modules: accepted for torch's sake.
        experimental_config: accepted for torch's sake.
        execution_trace_observer: accepted for torch's sake.
        acc_events: keep the events of all recordings instead of the last one's.
        use_cuda: accepted for torch's sake.

    Raises:
        RuntimeError: another profiler records.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.ones(64, 64)
        >>> with torch.profiler.profile() as prof:
        ...     for _ in range(3):
        ...         print((x @ x).sum().item())
        262144.0
        262144.0
        262144.0
        >>> print(prof.key_averages().table(sort_by="cpu_time_total", row_limit=5))  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        activities: Iterable[Any] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[[profile], Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        experimental_config: Any = None,
        execution_trace_observer: Any = None,
        acc_events: bool = False,
        use_cuda: bool | None = None,
    ) -> None:
        self.schedule = schedule
        self.on_trace_ready = on_trace_ready
        self.with_stack = with_stack
        self.acc_events = acc_events
        self.step_num = 0
        self.current_action = ProfilerAction.NONE
        self._trace: Trace | None = None
        self._last: Trace | None = None
        self._events = EventList()
        self._step: record_function | None = None

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin with the first step."""
        self._begin(self._action())

    def stop(self) -> None:
        """End the recording, if one runs, and hand it to ``on_trace_ready``."""
        self._end_step()
        Recording.on = False
        if self._trace is not None:
            self._finish()

    def step(self) -> None:
        """End a step and begin the next one."""
        self._end_step()
        before = self.current_action
        self.step_num += 1
        action = self._action()
        wanted = action in _RECORDS
        if self._trace is not None and (before is ProfilerAction.RECORD_AND_SAVE or not wanted):
            self._finish()
        self._begin(action)

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """The events of the last recording, summed up by name; print its ``table()``.

        Args:
            group_by_input_shape: accepted for torch's sake: XLA's operations are told apart by name alone.
            group_by_stack_n: accepted for torch's sake, likewise.

        Raises:
            AssertionError: nothing was recorded yet.
        """
        return self.events().key_averages(group_by_input_shape, group_by_stack_n)

    def events(self) -> EventList:
        """The events of the last recording.

        Raises:
            AssertionError: nothing was recorded yet.
        """
        if self._last is None:
            raise AssertionError("Profiler is not initialized: nothing was recorded yet")
        return self._events

    def export_chrome_trace(self, path: str, use_python_export: bool = False) -> None:
        """Write the last recording's timeline for ``chrome://tracing`` and Perfetto.

        Args:
            path: the file; compressed if its name ends in ``.gz``.
            use_python_export: accepted for torch's sake.

        Raises:
            AssertionError: nothing was recorded yet.
        """
        self.events()
        assert self._last is not None
        self._last.export(path)

    def _action(self) -> ProfilerAction:
        return ProfilerAction.RECORD if self.schedule is None else self.schedule(self.step_num)

    def _begin(self, action: ProfilerAction) -> None:
        self.current_action = action
        Recording.on = action is not ProfilerAction.NONE
        if action in _RECORDS and self._trace is None:
            self._trace = Trace(self.with_stack)
        if self.schedule is not None:
            self._step = record_function(f"ProfilerStep#{self.step_num}")
            self._step.__enter__()

    def _end_step(self) -> None:
        if self._step is not None:
            self._step.__exit__()
            self._step = None

    def _finish(self) -> None:
        assert self._trace is not None
        trace, self._trace = self._trace, None
        trace.stop()
        self._last = trace
        self._events = EventList([*(self._events if self.acc_events else ()), *trace.events])
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)


_RECORDS = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)

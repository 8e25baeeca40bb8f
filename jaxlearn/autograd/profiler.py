"""The older form of the profiler: https://docs.pytorch.org/docs/stable/autograd.html#profiler"""

from __future__ import annotations

from typing import Any

from ..profiler import EventList as EventList
from ..profiler import FunctionEvent as FunctionEvent
from ..profiler import record_function as record_function
from ..profiler.session import profile as _Session

__all__ = ["EventList", "FunctionEvent", "profile", "record_function"]


class profile:
    """Record what the program does inside; see :class:`jaxlearn.profiler.profile`.

    Args:
        enabled: False to do nothing.
        use_cuda: accepted for torch's sake: JAX records all devices.
        use_device: accepted for torch's sake, likewise.
        record_shapes: accepted for torch's sake.
        with_flops: accepted for torch's sake.
        profile_memory: accepted for torch's sake.
        with_stack: record Python's calls too, for the timeline.
        with_modules: accepted for torch's sake.
        use_kineto: accepted for torch's sake.
        use_cpu: accepted for torch's sake.
        experimental_config: accepted for torch's sake.
        acc_events: accepted for torch's sake: there is one recording.

    Raises:
        RuntimeError: another profiler records.

    Example::

        >>> import jaxlearn as torch
        >>> with torch.autograd.profiler.profile() as prof:
        ...     with torch.autograd.profiler.record_function("sum"):
        ...         total = torch.ones(3).sum().item()
        >>> "sum" in prof.key_averages().table()
        True
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        experimental_config: Any = None,
        acc_events: bool = False,
    ) -> None:
        self.enabled = enabled
        self._session = _Session(with_stack=with_stack)

    def __enter__(self) -> profile:
        if self.enabled:
            self._session.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self.enabled:
            self._session.stop()

    @property
    def function_events(self) -> EventList:
        """The events.

        Raises:
            RuntimeError: nothing was recorded.
        """
        try:
            return self._session.events()
        except AssertionError:
            raise RuntimeError("Profiler didn't finish running") from None

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """The events, summed up by name.

        Args:
            group_by_input_shape: accepted for torch's sake.
            group_by_stack_n: accepted for torch's sake.
        """
        return self.function_events.key_averages(group_by_input_shape, group_by_stack_n)

    def table(self, sort_by: str | None = None, row_limit: int = 100, **options: Any) -> str:
        """A table of all events.

        Args:
            sort_by: the column.
            row_limit: at most so many rows.
            options: as in ``EventList.table``.
        """
        return self.function_events.table(sort_by, row_limit, **options)

    def total_average(self) -> Any:
        """The sum of all events."""
        return self.function_events.total_average()

    @property
    def self_cpu_time_total(self) -> float:
        """The time on the CPU of all events, in microseconds."""
        return self.function_events.self_cpu_time_total

    def export_chrome_trace(self, path: str) -> None:
        """Write the timeline for ``chrome://tracing`` and Perfetto.

        Args:
            path: the file.
        """
        self._session.export_chrome_trace(path)

    def __repr__(self) -> str:
        return (
            "<unfinished torch.autograd.profile>" if not self._session._last else repr(self.function_events)
        )

    def __str__(self) -> str:
        return "<unfinished torch.autograd.profile>" if not self._session._last else str(self.function_events)

"""What a profile consists of, summed up by name and printed as a table."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg"]


@dataclasses.dataclass(eq=False)
class FunctionEvent:
    """A range of the program, or one run of an operation of XLA's; all times in microseconds.

    Args:
        name: its name.
        start: when it began, since the recording did.
        end: when it ended.
        on_device: whether it ran on an accelerator rather than the CPU; None tells a range of the program.
    """

    name: str
    start: float
    end: float
    on_device: bool | None = None
    children: list[FunctionEvent] = dataclasses.field(default_factory=list, repr=False)
    self_time: float = 0.0
    device_time: float = 0.0
    count: int = 1

    @property
    def key(self) -> str:
        """The name under which it is summed up: all steps are one."""
        return re.sub(r"^ProfilerStep#\d+$", "ProfilerStep*", self.name)

    @property
    def is_range(self) -> bool:
        """Whether the program named it."""
        return self.on_device is None

    @property
    def duration(self) -> float:
        """How long it took."""
        return self.end - self.start

    @property
    def cpu_time_total(self) -> float:
        """Its time on the CPU."""
        return 0.0 if self.on_device else self.duration

    @property
    def self_cpu_time_total(self) -> float:
        """Its time on the CPU without what ran inside it."""
        return 0.0 if self.on_device else self.self_time

    @property
    def device_time_total(self) -> float:
        """Its time on accelerators."""
        return self.duration if self.on_device else self.device_time

    @property
    def self_device_time_total(self) -> float:
        """Its time on accelerators without what ran inside it."""
        return self.self_time if self.on_device else 0.0


@dataclasses.dataclass(eq=False)
class FunctionEventAvg:
    """The events of one name together; all times in microseconds.

    Args:
        key: the name.
    """

    key: str
    count: int = 0
    cpu_time_total: float = 0.0
    self_cpu_time_total: float = 0.0
    device_time_total: float = 0.0
    self_device_time_total: float = 0.0

    def add(self, event: Any) -> FunctionEventAvg:
        """Count another event in.

        Args:
            event: of the same name.
        """
        self.count += event.count
        self.cpu_time_total += event.cpu_time_total
        self.self_cpu_time_total += event.self_cpu_time_total
        self.device_time_total += event.device_time_total
        self.self_device_time_total += event.self_device_time_total
        return self

    @property
    def cpu_time(self) -> float:
        """The time on the CPU of one event."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def device_time(self) -> float:
        """The time on accelerators of one event."""
        return self.device_time_total / self.count if self.count else 0.0


class EventList(list[Any]):
    """Events, or their sums by name.

    Args:
        iterable: the events.
    """

    @property
    def self_cpu_time_total(self) -> float:
        """The time on the CPU of all of them, in microseconds."""
        return float(sum(e.self_cpu_time_total for e in self))

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """The sums by name.

        Args:
            group_by_input_shape: accepted for torch's sake: XLA's operations are told apart by name alone.
            group_by_stack_n: accepted for torch's sake, likewise.
        """
        sums: dict[str, FunctionEventAvg] = {}
        for event in self:
            sums.setdefault(event.key, FunctionEventAvg(event.key)).add(event)
        return EventList(sums.values())

    def total_average(self) -> FunctionEventAvg:
        """The sum of all of them."""
        total = FunctionEventAvg("Total")
        for event in self:
            total.add(event)
        return total

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int | None = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        time_unit: str | None = None,
    ) -> str:
        """A table with a row for each.

        Args:
            sort_by: ``"cpu_time_total"``, ``"self_cpu_time_total"``, ``"cpu_time"``, ``"count"``, or the same of
                ``device``, which may be called ``cuda`` too; the largest comes first. None keeps the order.
            row_limit: at most so many rows; -1 for all.
            max_src_column_width: accepted for torch's sake: no column tells sources.
            max_name_column_width: longer names are cut.
            max_shapes_column_width: accepted for torch's sake: no column tells shapes.
            header: a line above the table.
            top_level_events_only: only those that the program named and none of the others holds.
            time_unit: ``"s"``, ``"ms"`` or ``"us"`` for all times; default what suits each.

        Raises:
            AttributeError: there is no such column to sort by.
        """
        if not self:
            return ""
        events: Sequence[Any] = self
        if top_level_events_only:
            inner = {id(child) for e in self for child in getattr(e, "children", ())}
            events = [e for e in self if id(e) not in inner]
        if sort_by is not None:
            name = re.sub("cuda|xpu", "device", sort_by)
            events = sorted(events, key=lambda e: getattr(e, name), reverse=True)
        return _table(events, row_limit, max_name_column_width, header, time_unit)

    def __str__(self) -> str:
        return self.table()


def _table(
    events: Sequence[Any], limit: int, name_width: int | None, header: str | None, unit: str | None
) -> str:
    cpu = sum(e.self_cpu_time_total for e in events)
    device = sum(e.self_device_time_total for e in events)
    titles = ["Name", "Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg"]
    if device:
        titles += ["Self CUDA", "Self CUDA %", "CUDA total", "CUDA time avg"]
    titles.append("# of Calls")
    width = max(len(e.key) for e in events) + 4
    width = width if name_width is None else min(width, name_width)
    rows = [_row(e, cpu, device, width, name_width, unit) for e in events[: None if limit < 0 else limit]]
    widths = [width] + [12] * (len(titles) - 1)
    rule = "  ".join("-" * w for w in widths)
    lines = [] if header is None else ["=" * len(rule), header]
    lines += [f"{rule}  ", _line(titles, widths), f"{rule}  ", *(_line(r, widths) for r in rows), f"{rule}  "]
    lines.append(f"Self CPU time total: {_time(cpu, unit)}")
    if device:
        lines.append(f"Self CUDA time total: {_time(device, unit)}")
    return "\n".join([*lines, ""])


def _row(event: Any, cpu: float, device: float, width: int, cut: int | None, unit: str | None) -> list[str]:
    name = event.key
    if cut is not None and len(name) >= cut - 3:
        name = name[: cut - 3] + "..."
    count = max(event.count, 1)
    row = [
        name,
        _share(event.self_cpu_time_total, cpu),
        _time(event.self_cpu_time_total, unit),
        _share(event.cpu_time_total, cpu),
        _time(event.cpu_time_total, unit),
        _time(event.cpu_time_total / count, unit),
    ]
    if device:
        row += [
            _time(event.self_device_time_total, unit),
            _share(event.self_device_time_total, device),
            _time(event.device_time_total, unit),
            _time(event.device_time_total / count, unit),
        ]
    return [*row, str(event.count)]


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "".join(f"{c:>{w}}  " for c, w in zip(cells, widths, strict=True))


def _time(microseconds: float, unit: str | None) -> str:
    if unit is None:
        unit = "s" if microseconds >= 1e6 else "ms" if microseconds >= 1e3 else "us"
    return f"{microseconds / {'s': 1e6, 'ms': 1e3, 'us': 1.0}[unit]:.3f}{unit}"


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "NaN"

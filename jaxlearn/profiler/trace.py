"""One recording by JAX's profiler: the events in it, and the timeline that Chrome and Perfetto show."""

from __future__ import annotations

import gzip
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jax

from .._engine.graph import synchronize
from .events import FunctionEvent
from .ranges import HASH, MARK

__all__ = ["Trace"]


class Trace:
    """A recording that runs from its making to :meth:`stop`.

    Args:
        with_stack: record Python's calls too, for the timeline.

    Raises:
        RuntimeError: JAX's profiler is recording already.
    """

    def __init__(self, with_stack: bool = False) -> None:
        self.events: list[FunctionEvent] = []
        self.timeline = b"{}"
        self._folder = tempfile.mkdtemp(prefix="jaxlearn-profile-")
        synchronize()  # what was recorded before is not part of it
        options = jax.profiler.ProfileOptions()
        options.python_tracer_level = int(with_stack)
        try:
            jax.profiler.start_trace(self._folder, profiler_options=options)
        except BaseException:
            shutil.rmtree(self._folder)
            raise

    def stop(self) -> None:
        """End the recording and read it."""
        try:
            synchronize()
            jax.profiler.stop_trace()
            for file in Path(self._folder).rglob("*.xplane.pb"):
                self.events += _events(jax.profiler.ProfileData.from_file(str(file)))
            for file in Path(self._folder).rglob("*.trace.json.gz"):
                text = gzip.decompress(file.read_bytes()).decode()
                self.timeline = text.replace(HASH, "#").replace(f"\\u{ord(HASH):04x}", "#").encode()
        finally:
            shutil.rmtree(self._folder)

    def export(self, path: str) -> None:
        """Write the timeline, compressed if the name ends in ``.gz``.

        Args:
            path: the file.
        """
        Path(path).write_bytes(gzip.compress(self.timeline) if path.endswith(".gz") else self.timeline)


def _events(data: Any) -> list[FunctionEvent]:
    ranges: list[FunctionEvent] = []
    operations: list[FunctionEvent] = []
    for plane in data.planes:
        on_device = plane.name.startswith("/device:")
        for line in plane.lines:
            found = []
            for event in line.events:
                facts = dict(event.stats)
                start, end = event.start_ns / 1e3, (event.start_ns + event.duration_ns) / 1e3
                if MARK in facts:
                    ranges.append(FunctionEvent(event.name.replace(HASH, "#"), start, end))
                elif "hlo_op" in facts:
                    # dot_general.7 is the seventh of its kind in its program.
                    kind = re.sub(r"(\.\d+)+$", "", str(facts["hlo_op"]))
                    found.append(FunctionEvent(kind, start, end, on_device))
            _nest(found)
            operations += found
    _nest(ranges)
    _share(ranges, operations)
    return sorted(ranges + operations, key=lambda e: e.start)


def _nest(events: list[FunctionEvent]) -> None:
    """Take from each event's own time what the events inside it took, all of one thread."""
    events.sort(key=lambda e: (e.start, -e.end))
    outer: list[FunctionEvent] = []
    for event in events:
        while outer and outer[-1].end <= event.start:
            outer.pop()
        if outer:
            outer[-1].children.append(event)
        outer.append(event)
    for event in events:
        event.self_time = max(0.0, event.duration - _covered(event.children))


def _share(ranges: Iterable[FunctionEvent], operations: list[FunctionEvent]) -> None:
    """Let the innermost range in whose time an operation ran hold it, on whatever thread it did."""
    for one in ranges:
        inside = [o for o in operations if one.start <= o.start and o.end <= one.end]
        deeper = [r for r in one.children if r.is_range]
        own = [o for o in inside if not any(r.start <= o.start and o.end <= r.end for r in deeper)]
        here = [o for o in own if not o.on_device]
        one.device_time = sum(o.self_time for o in inside if o.on_device)
        one.self_time = max(0.0, one.duration - _covered(one.children + here))


def _covered(events: Iterable[FunctionEvent]) -> float:
    """The time in which at least one of them ran."""
    total, reached = 0.0, float("-inf")
    for event in sorted(events, key=lambda e: e.start):
        total += max(0.0, event.end - max(event.start, reached))
        reached = max(reached, event.end)
    return total

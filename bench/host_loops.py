"""Small tensors on the host in Python loops, as datasets use them, against torch; and flushes beside many tensors."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from .host_programs import FAMILIES, Programs, by_programs
from .report import Row

__all__ = ["rows"]

_LIMIT = 3.0
# A measurement takes about so long, and so many calls at most.
_SECONDS = 0.003
_CALLS = 300


def rows(quick: bool = False) -> Iterator[Row]:
    """Ratios of jaxlearn's time to torch's, each program in turn with the other library's.

    Args:
        quick: fewer repetitions.
    """
    import torch

    import jaxlearn

    found: list[Row] = []
    for make in FAMILIES.values():
        for row in _compared(make(torch), make(jaxlearn), quick, _LIMIT):
            found.append(row)
            yield row
    ratios = [row.measured for row in found]
    worst = max(found, key=lambda row: row.measured)
    detail = {
        "operations": len(found),
        "above the limit": sum(r > _LIMIT for r in ratios),
        "worst": worst.what,
    }
    yield Row(
        "small tensors on the host, median ÷ torch", round(statistics.median(ratios), 3), "×", 2.0, detail
    )
    yield Row("small tensors on the host, worst ÷ torch", worst.measured, "×", None, detail)
    yield from _compared(by_programs(torch), by_programs(jaxlearn), quick, None)
    yield _flush_beside_many(jaxlearn, 10 if quick else 40)


def _compared(theirs: Programs, ours: Programs, quick: bool, limit: float | None) -> Iterator[Row]:
    """A row for each program, timed in turn with the other library's."""
    for name, program in ours.items():
        reference = theirs[name]
        _seconds(program, 3), _seconds(reference, 3)
        calls = max(5, min(_CALLS, int(_SECONDS / _seconds(program, 5))))
        ratios, times = [], []
        for _ in range(5 if quick else 20):
            own, other = _seconds(program, calls), _seconds(reference, calls)
            ratios.append(own / other)
            times.append(own)
        microseconds = round(statistics.median(times) * 1e6, 2)
        ratio = round(statistics.median(ratios), 3)
        yield Row(f"{name} on the host ÷ torch", ratio, "×", limit, {"microseconds": microseconds})


def _seconds(program: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        program()
    return (time.perf_counter() - start) / calls


def _flush_beside_many(torch: Any, rounds: int) -> Row:
    x = torch.ones(64, 64) @ torch.ones(64, 64)

    def step() -> float:
        start = time.perf_counter()
        (x @ x).sum().item()
        return time.perf_counter() - start

    def median() -> float:
        return statistics.median(step() for _ in range(100))

    for _ in range(20):
        step()
    ratios = []
    for _ in range(rounds):
        alone = median()
        held = [torch.zeros(2) for _ in range(50_000)]
        ratios.append(median() / alone)
        held.clear()
    return Row("a flush beside 50,000 live tensors ÷ without", round(statistics.median(ratios), 3), "×", 1.1)

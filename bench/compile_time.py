"""From the first call of ResNet-18's training step to its end, without the step itself: tracing and compiling it."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator

from .contenders import CONTENDERS, Case
from .measure import in_child, summary
from .report import Row

__all__ = ["rows"]

_CASE = Case("resnet18", "sgd", 8)
_LIMIT = 1.3
_OURS = ("imperative", "compiled")


def rows(quick: bool = False) -> Iterator[Row]:
    """The ratio to the hand-written step, each in fresh processes that take turns and find nothing compiled before.

    Args:
        quick: one pair.
    """
    environment = {**os.environ, "JAX_ENABLE_COMPILATION_CACHE": "0"}
    times: dict[str, list[float]] = {name: [] for name in ("hand-written", *_OURS)}
    for _ in range(1 if quick else 5):
        for name in times:
            times[name].append(float(in_child("-m", "bench.compile_time", name, environment=environment)))
    hand = times["hand-written"]
    for name in _OURS:
        measured, detail = summary([a / b for a, b in zip(times[name], hand, strict=True)])
        detail["seconds"] = [round(statistics.median(t), 2) for t in (times[name], hand)]
        yield Row(f"compiling {_CASE}: {name} ÷ hand-written", round(measured, 4), "×", _LIMIT, detail)


def main() -> None:
    """Print by how many seconds a contender's first step takes longer than a later one."""
    run = CONTENDERS[sys.argv[1]](_CASE)
    times = []
    for _ in range(4):
        start = time.perf_counter()
        run(1)
        times.append(time.perf_counter() - start)
    print(times[0] - statistics.median(times[1:]))


if __name__ == "__main__":
    main()

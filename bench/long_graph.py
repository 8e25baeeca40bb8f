"""A graph of 20,000 operations that nobody reads until its backward has run; in a fresh process."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

import jaxlearn as torch

from .measure import in_child, resident_megabytes
from .report import Row

__all__ = ["rows"]

_OPERATIONS = 20_000


def rows(quick: bool = False) -> Iterator[Row]:
    """Seconds, programs and memory.

    Args:
        quick: changes nothing here.
    """
    seen = json.loads(in_child("-m", "bench.long_graph"))
    what = f"{_OPERATIONS:,} operations and their backward, unread"
    yield Row(f"{what}: time", round(seen["seconds"], 1), "s", 60, seen)
    yield Row(f"{what}: programs", seen["compiles"], "programs", 8)
    yield Row(f"{what}: growth of memory", round(seen["megabytes"]), "MB", 1000)


def main() -> None:
    """Run and print what was seen."""
    start = resident_megabytes()
    begin = time.perf_counter()
    w = torch.full((100,), 0.5, requires_grad=True)
    x = w
    for _ in range(_OPERATIONS // 4):
        x = torch.sin(x * 1.0001) + w
        x = x - 0.1
    x.sum().backward()
    assert w.grad is not None
    w.grad.sum().item()
    seen = torch.stats()
    json.dump(
        {
            "seconds": time.perf_counter() - begin,
            "megabytes": resident_megabytes() - start,
            "compiles": seen["compiles"],
            "reasons": seen["reasons"],
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()

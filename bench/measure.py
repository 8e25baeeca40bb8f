"""Measuring in pairs: reference and contender take turns, and each ratio is between neighbours in time."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = [
    "Block",
    "Worker",
    "hold_workers",
    "in_child",
    "interleaved",
    "repository",
    "resident_megabytes",
    "summary",
    "timed",
]

# Runs a number of steps and returns the seconds that one took.
Block = Callable[[int], float]

repository = Path(__file__).resolve().parent.parent


def timed(run: Callable[[int], object]) -> Block:
    """A block of a function that runs a number of steps."""

    def block(steps: int) -> float:
        start = time.perf_counter()
        run(steps)
        return (time.perf_counter() - start) / steps

    return block


def hold_workers() -> None:
    """Keep each of XLA's worker threads on a core of its own, where Linux lets threads be told.

    On two cores the scheduler otherwise puts both workers on one in 3 to 25 % of the steps, of the reference as of the
    contenders, and leaves the other core idle for 2 to 3 ms: blocks of steps would be compared by their luck.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    held = 0
    for task in sorted(Path("/proc/self/task").iterdir(), key=lambda path: int(path.name)):
        with contextlib.suppress(OSError):  # a thread that has ended
            if (task / "comm").read_text().strip() == "tf_XLAEigen":
                os.sched_setaffinity(int(task.name), {cores[held % len(cores)]})
                held += 1


def interleaved(
    reference: Block, contenders: Mapping[str, Block], *, rounds: int, seconds: float, hold: bool = True
) -> tuple[list[float], dict[str, list[float]]]:
    """Blocks in the order R A R B R C R A ...; each contender's block against the mean of its two neighbours.

    Args:
        reference: what the ratios are to.
        contenders: blocks by name; all warmed up, as the reference is.
        rounds: pairs per contender.
        seconds: about how long one block shall take.
        hold: keep XLA's workers where they are, see :func:`hold_workers`.

    Returns:
        The reference's seconds per step, and by contender its ratios.
    """
    if hold:
        hold_workers()
    steps = max(1, round(seconds / reference(max(1, min(10, round(seconds / reference(1)))))))
    before = reference(steps)
    times = [before]
    ratios: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, block in contenders.items():
            own = block(steps)
            after = reference(steps)
            ratios[name].append(own / ((before + after) / 2))
            times.append(after)
            before = after
    return times, ratios


def summary(ratios: list[float]) -> tuple[float, dict[str, object]]:
    """The median, and the quartiles that tell how far to trust it."""
    low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return middle, {"quartiles": [round(low, 4), round(high, 4)], "pairs": len(ratios)}


class Worker:
    """A contender in a process of its own, for a framework whose threads would disturb the others'.

    Args:
        arguments: what follows ``python -m bench.worker``.
    """

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "bench.worker", *arguments]
        self._process = subprocess.Popen(
            command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.losses = [float(number) for number in self._answer().split()]

    def __call__(self, steps: int) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"the benchmark's worker {self._process.args!r} ended with {self._process.wait()}"
            )
        return line

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def in_child(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What a fresh interpreter prints.

    Args:
        arguments: of the interpreter.
        environment: its environment variables, where not this process's.
    """
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command} failed:\n{done.stderr}")
    return done.stdout


def resident_megabytes() -> float:
    """The process's resident memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    import resource

    return pages * resource.getpagesize() / 2**20

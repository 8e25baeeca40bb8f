"""Measuring a statement."""

from __future__ import annotations

import ast
import enum
import textwrap
import time
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np

from ..._engine.graph import evaluate, synchronize
from ..._tensor.dispatch import TENSOR_TYPES
from .._pytree import tree_leaves
from .measurement import Measurement, TaskSpec

__all__ = ["Language", "Timer", "timer"]

_COMPUTE = "__jaxlearn_compute"
_WARM = 3  # runs until what repeats is compiled


def timer() -> float:
    """Seconds, when everything recorded so far is computed."""
    synchronize()
    return time.perf_counter()


class Language(enum.Enum):
    """The language of a statement: Python's only."""

    PYTHON = 0
    CPP = 1


def _compute(*results: Any) -> None:
    for leaf in tree_leaves(results):
        if type(leaf) in TENSOR_TYPES:
            evaluate(leaf._current())


def _computing(stmt: str) -> str:
    """The statement with the computing of what its last line makes."""
    try:
        tree = ast.parse(stmt)
    except SyntaxError:
        return stmt  # timeit names the place
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        last.value = ast.Call(ast.Name(_COMPUTE, ast.Load()), [last.value], [])
    elif isinstance(last, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = last.targets if isinstance(last, ast.Assign) else [last.target]
        names = [
            n.id
            for t in targets
            for n in ast.walk(t)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        ]
        tree.body += ast.parse(f"{_COMPUTE}({', '.join(names)})").body
    return ast.unparse(ast.fix_missing_locations(tree))


class Timer:
    """Measure a statement; the tensors that its last line makes are computed in each run.

    https://docs.pytorch.org/docs/stable/benchmark_utils.html#torch.utils.benchmark.Timer

    Args:
        stmt: the statement.
        setup: what runs once before.
        global_setup: kept: for C++ only.
        timer: tells the time, in seconds.
        globals: the names that the statement sees; ``torch`` is this library unless given.
        label: what the statement is about, for tables.
        sub_label: tells statements with the same label apart.
        description: tells measurements of the same statement apart.
        env: where it is measured.
        num_threads: kept: XLA has its own threads.
        language: Python.

    Raises:
        ValueError: another language.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.utils.benchmark import Timer
        >>> measured = Timer("x.sum()", globals={"x": torch.ones(8)}).timeit(20)
        >>> measured.number_per_run, measured.median > 0
        (20, True)
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Language | str = Language.PYTHON,
    ) -> None:
        if language not in (Language.PYTHON, "py", "python"):
            raise ValueError(f"only Python's statements are measured here, not {language!r}")
        import jaxlearn

        names = {"torch": jaxlearn, **(globals or {}), _COMPUTE: _compute}
        stmt, setup = textwrap.dedent(stmt).strip() or "pass", textwrap.dedent(setup).strip() or "pass"
        self._timer = timeit.Timer(_computing(stmt), setup, timer, names)
        self._task = TaskSpec(stmt, setup, global_setup, label, sub_label, description, env, num_threads)

    def _seconds(self, number: int) -> float:
        return max(self._timer.timeit(number), 1e-9)

    def timeit(self, number: int = 1000000) -> Measurement:
        """Run the statement so often, after a few runs to warm up.

        Args:
            number: how often.
        """
        self._seconds(max(number // 100, _WARM))
        return Measurement(number, [self._seconds(number)], self._task)

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Run the statement in blocks, large enough for the clock not to count, for some time.

        Args:
            callback: called with each block's size and time.
            min_run_time: seconds in all.
        """
        number = self._block(min_run_time)
        return self._loop(number, min_run_time, callback, lambda times: True, min_run_time)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """As :meth:`blocked_autorange`, until the times vary little.

        Args:
            threshold: the interquartile range as a share of the median that is small enough.
            min_run_time: at least so many seconds.
            max_run_time: at most so many.
            callback: called with each block's size and time.
        """
        number = self._block(0.05)

        def settled(times: list[float]) -> bool:
            return len(times) > 3 and Measurement(number, times, self._task).meets_confidence(threshold)

        return self._loop(number, min_run_time, callback, settled, max_run_time)

    def _block(self, min_run_time: float) -> int:
        self._seconds(_WARM)
        overhead = float(np.median([self._seconds(0) for _ in range(5)]))
        number = 1
        while True:
            taken = self._seconds(number)
            if overhead / taken <= 1e-4 and taken >= min_run_time / 1000:
                return number
            if taken > min_run_time or number >= 2**31 // 10:
                return number
            number *= 10

    def _loop(
        self,
        number: int,
        least: float,
        callback: Callable[[int, float], Any] | None,
        enough: Callable[[list[float]], bool],
        most: float,
    ) -> Measurement:
        times: list[float] = []
        while not times or sum(times) < least or (not enough(times) and sum(times) < most):
            times.append(self._seconds(number))
            if callback is not None:
                callback(number, times[-1])
        return Measurement(number, times, self._task)

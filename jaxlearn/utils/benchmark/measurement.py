"""What was measured, and of what."""

from __future__ import annotations

import dataclasses
import math
import textwrap
from collections.abc import Iterable
from typing import Any

import numpy as np

__all__ = ["Measurement", "TaskSpec", "ordered_unique", "select_unit", "trim_sigfig", "unit_to_english"]

_DIGITS = 4
# A spread below this is taken for the clock's.
_CLOCK = 25e-9
# From these shares of the median on an interquartile range is remarkable.
_FLUCTUATION, _DISTURBANCE = 0.1, 0.25
_UNITS = {
    "ns": ("nanosecond", 1e-9),
    "us": ("microsecond", 1e-6),
    "ms": ("millisecond", 1e-3),
    "s": ("second", 1.0),
}


def select_unit(t: float) -> tuple[str, float]:
    """The unit that suits a time, and its length in seconds.

    Args:
        t: seconds.

    Example::

        >>> from jaxlearn.utils.benchmark import select_unit
        >>> select_unit(0.002)
        ('ms', 0.001)
    """
    power = max(min(math.floor(math.log10(t) / 3), 0), -3) if t > 0 else -3
    return {0: "s", -1: "ms", -2: "us", -3: "ns"}[power], 10.0 ** (3 * power) if power else 1.0


def unit_to_english(u: str) -> str:
    """The name of a unit.

    Args:
        u: ``"ns"``, ``"us"``, ``"ms"`` or ``"s"``.
    """
    return _UNITS[u][0]


def trim_sigfig(x: float, n: int) -> float:
    """A number rounded to some significant digits.

    Args:
        x: the number, not 0.
        n: how many.

    Example::

        >>> from jaxlearn.utils.benchmark import trim_sigfig
        >>> trim_sigfig(123456.0, 3)
        123000.0
    """
    scale = 10.0 ** (math.ceil(math.log10(abs(x))) - n)
    return round(x / scale) * scale


def ordered_unique(elements: Iterable[Any]) -> list[Any]:
    """The elements in their order, each once.

    Args:
        elements: hashable ones.
    """
    return list(dict.fromkeys(elements))


@dataclasses.dataclass(frozen=True, repr=False)
class TaskSpec:
    """What is measured.

    Args:
        stmt: the statement.
        setup: what runs once before it.
        global_setup: kept.
        label: what the statement is about.
        sub_label: tells statements with the same label apart.
        description: tells measurements of the same statement apart.
        env: where it was measured.
        num_threads: kept: XLA has its own threads.
    """

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """Label and sub-label, or the statement itself."""
        if self.label is None and "\n" in self.stmt:
            told = f" ({self.sub_label})" if self.sub_label else ""
            return f"stmt:{told}\n{textwrap.indent(self.stmt, '  ')}"
        told = f": {self.sub_label}" if self.sub_label else ""
        return (self.stmt if self.label is None else self.label) + told

    def setup_str(self) -> str:
        """The setup with a heading; empty without one."""
        if self.setup in ("", "pass"):
            return ""
        return (
            f"setup:\n{textwrap.indent(self.setup, '  ')}" if "\n" in self.setup else f"setup: {self.setup}"
        )

    def summarize(self) -> str:
        """Title, description and setup."""
        parts = [part for part in (self.title, self.description or "", self.setup_str()) if part]
        return "\n".join(f"{part}\n" if "\n" in part else part for part in parts)


@dataclasses.dataclass(repr=False)
class Measurement:
    """The times of some runs of a statement.

    https://docs.pytorch.org/docs/stable/benchmark_utils.html#torch.utils.benchmark.Measurement

    Args:
        number_per_run: how often the statement ran in each.
        raw_times: the time of each, in seconds.
        task_spec: what was measured.
        metadata: the user's.

    Example::

        >>> from jaxlearn.utils.benchmark import Measurement, TaskSpec
        >>> m = Measurement(4, [1.0, 2.0, 3.0], TaskSpec("x + 1", "pass"))
        >>> m.median, m.mean
        (0.5, 0.5)
    """

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict[Any, Any] | None = None

    @property
    def times(self) -> list[float]:
        """Seconds for one run of the statement."""
        return [t / self.number_per_run for t in self.raw_times]

    def _quantile(self, q: float) -> float:
        return float(np.quantile(self.times, q))

    @property
    def median(self) -> float:
        """The median of the times."""
        return self._quantile(0.5)

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(np.mean(self.times))

    @property
    def iqr(self) -> float:
        """Their interquartile range."""
        return self._quantile(0.75) - self._quantile(0.25)

    @property
    def significant_figures(self) -> int:
        """How many digits of the median mean something: from a confidence interval of the middle half."""
        ordered = sorted(self.times)
        middle = ordered[len(ordered) // 4 : math.ceil(3 * len(ordered) / 4)]
        interval = max(1.645 * float(np.std(middle)) / math.sqrt(len(middle)), _CLOCK)
        return min(max(math.floor(math.log10(self.median / interval)), 1), _DIGITS)

    def meets_confidence(self, threshold: float = _FLUCTUATION) -> bool:
        """Whether the interquartile range is below a share of the median.

        Args:
            threshold: the share.
        """
        return self.iqr / self.median < threshold

    @property
    def has_warnings(self) -> bool:
        """Whether the times vary remarkably."""
        return not self.meets_confidence()

    @property
    def title(self) -> str:
        """What was measured, in a line."""
        return self.task_spec.title

    @property
    def stmt(self) -> str:
        """The statement."""
        return self.task_spec.stmt

    @property
    def setup(self) -> str:
        """What ran before it."""
        return self.task_spec.setup

    @property
    def label(self) -> str | None:
        """What the statement is about."""
        return self.task_spec.label

    @property
    def sub_label(self) -> str | None:
        """What tells statements with the same label apart."""
        return self.task_spec.sub_label

    @property
    def description(self) -> str | None:
        """What tells measurements of the same statement apart."""
        return self.task_spec.description

    @property
    def env(self) -> str | None:
        """Where it was measured."""
        return self.task_spec.env

    @property
    def num_threads(self) -> int:
        """As it was given."""
        return self.task_spec.num_threads

    @property
    def as_row_name(self) -> str:
        """Its name in a table."""
        return self.sub_label or self.stmt or "[Unknown]"

    def __repr__(self) -> str:
        unit, scale = select_unit(self.median)
        n, threads = len(self.times), self.num_threads
        lines = [f"<{type(self).__module__}.{type(self).__qualname__} object at {id(self):#x}>"]
        lines.append(self.task_spec.summarize())
        lines.append(f"  {'Median: ' if n > 1 else ''}{self.median / scale:.2f} {unit}")
        if n >= 4:
            low, high = self._quantile(0.25) / scale, self._quantile(0.75) / scale
            lines.append(f"  IQR:    {self.iqr / scale:.2f} {unit} ({low:.2f} to {high:.2f})")
        several = f"{n} measurements" if n > 1 else f"{n} measurement"
        each = " per measurement," if n > 1 else " ,"
        lines.append(
            f"  {several}, {self.number_per_run} runs{each} {threads} thread{'s' if threads > 1 else ''}"
        )
        if n > 1 and self.has_warnings:
            strong = not self.meets_confidence(_DISTURBANCE)
            why = (
                "suggests significant environmental influence"
                if strong
                else "could indicate system fluctuation"
            )
            lines.append(
                f"  WARNING: Interquartile range is {self.iqr / self.median:.1%} of the median measurement.\n"
                f"           This {why}."
            )
        return "\n".join(lines)

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """One for each statement, with the times of all its measurements.

        Args:
            measurements: of any statements.
        """
        groups: dict[TaskSpec, list[float]] = {}
        for m in measurements:
            groups.setdefault(m.task_spec, []).extend(m.times)
        return [Measurement(1, times, task) for task, times in groups.items()]

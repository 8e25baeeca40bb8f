"""Measurements side by side."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from typing import Any

from .measurement import Measurement, ordered_unique, select_unit, trim_sigfig, unit_to_english

__all__ = ["Colorize", "Compare"]


class Colorize(enum.Enum):
    """Among which cells of a table the best ones are coloured."""

    NONE = "none"
    COLUMNWISE = "columnwise"
    ROWWISE = "rowwise"


class Compare:
    """Tables of measurements, one for each label: a row for each sub-label, a column for each description.

    https://docs.pytorch.org/docs/stable/benchmark_utils.html#torch.utils.benchmark.Compare

    Args:
        results: the measurements.

    Raises:
        ValueError: one of them is none.

    Example::

        >>> from jaxlearn.utils.benchmark import Compare, Measurement, TaskSpec
        >>> task = TaskSpec("x + 1", "pass", label="sums", description="here")
        >>> text = str(Compare([Measurement(1, [2e-6] * 4, task)]))
        >>> for line in text.splitlines():
        ...     print(line.rstrip())
        [------ sums ------]
                     |  here
        1 threads: ---------
              x + 1  |  2.0
        <BLANKLINE>
        Times are in microseconds (us).
    """

    def __init__(self, results: Iterable[Measurement]) -> None:
        self._results: list[Measurement] = []
        self._trim = False
        self._colors = Colorize.NONE
        self._warn = False
        self.extend_results(results)

    def extend_results(self, results: Iterable[Measurement]) -> None:
        """Take more measurements in.

        Args:
            results: the measurements.

        Raises:
            ValueError: one of them is none.
        """
        given = list(results)
        for r in given:
            if not isinstance(r, Measurement):
                raise ValueError(f"Expected an instance of `Measurement`, got {type(r)} instead.")
        self._results += given

    def trim_significant_figures(self) -> None:
        """Show only the digits that mean something."""
        self._trim = True

    def colorize(self, rowwise: bool = False) -> None:
        """Colour the best times, and those many times as long.

        Args:
            rowwise: among the times of a row, not of a column.
        """
        self._colors = Colorize.ROWWISE if rowwise else Colorize.COLUMNWISE

    def highlight_warnings(self) -> None:
        """Tell which times vary much."""
        self._warn = True

    def print(self) -> None:
        """Print the tables."""
        print(str(self))

    def __str__(self) -> str:
        groups: dict[str | None, list[Measurement]] = {}
        for m in Measurement.merge(self._results):
            groups.setdefault(m.label, []).append(m)
        return "\n".join(map(self._table, groups.values()))

    def _table(self, results: list[Measurement]) -> str:
        unit, scale = select_unit(min(m.median for m in results))
        columns = ordered_unique(m.description for m in results)
        keys = ordered_unique((m.num_threads, m.env, m.as_row_name) for m in results)
        keys.sort(key=lambda k: (k[0], k[1] or ""))
        found = {((m.num_threads, m.env, m.as_row_name), m.description): m for m in results}
        several = len({m.env for m in results}) > 1
        names = [f"  ({k[1]})    {k[2]}" if several else f"      {k[2]}" for k in keys]
        cells = list(
            zip(*(self._cells([found.get((k, c)) for k in keys], scale) for c in columns), strict=True)
        )
        widths = [max(map(len, names))]
        widths += [max(len(c or ""), *(len(row[i]) for row in cells)) for i, c in enumerate(columns)]
        head = "  |  ".join(
            title.center(w) for title, w in zip(["", *(c or "" for c in columns)], widths, strict=True)
        )
        lines = [f"[{f' {results[0].label or str()} '.center(len(head) - 2, '-')}]", head]
        threads = None
        for k, name, row in zip(keys, names, cells, strict=True):
            if k[0] != threads:
                threads = k[0]
                lines.append(f"{threads} threads: ".ljust(len(head), "-"))
            parts = [text.center(w) for text, w in zip(row, widths[1:], strict=True)]
            parts = [
                self._colored(part, found.get((k, c)), k, c, keys, columns, found)
                for part, c in zip(parts, columns, strict=True)
            ]
            lines.append("  |  ".join([name.ljust(widths[0]), *parts]))
        lines += ["", f"Times are in {unit_to_english(unit)}s ({unit}).", ""]
        if self._warn and any(m.has_warnings for m in results):
            lines[-1:] = ["(! XX%) Measurement has high variance, where XX is the IQR / median * 100.", ""]
        return "\n".join(lines)

    def _cells(self, column: list[Measurement | None], scale: float) -> list[str]:
        """The times of a column, of the same width and with the same number of decimals."""
        there = [m for m in column if m is not None]
        leading = [math.ceil(math.log10(m.median / scale)) for m in there]
        decimals = 1
        if self._trim:
            decimals = min(max(m.significant_figures - n, 0) for m, n in zip(there, leading, strict=True))
        width = max(leading) + decimals + (1 if decimals else 0)
        warn = self._warn and any(m.has_warnings for m in there)
        texts = []
        for m in column:
            spread = (
                f" (! {m.iqr / m.median * 100:.0f}%)" if warn and m is not None and m.has_warnings else ""
            )
            value = 1.0 if m is None else m.median / scale
            if self._trim and m is not None:
                value = trim_sigfig(value, m.significant_figures)
            text = f"{value:>{width}.{decimals}f}{spread:>{7 if warn else 0}}"
            texts.append(" " * len(text) if m is None else text)
        return texts

    def _colored(
        self,
        text: str,
        m: Measurement | None,
        key: Any,
        column: Any,
        keys: list[Any],
        columns: list[Any],
        found: dict[Any, Measurement],
    ) -> str:
        if self._colors is Colorize.NONE or m is None:
            return text
        along = (
            [(key, c) for c in columns] if self._colors is Colorize.ROWWISE else [(k, column) for k in keys]
        )
        best = min(found[place].median for place in along if place in found)
        if m.median <= max(best * 1.01, best + 100e-9):
            return f"\033[92m\033[1m{text}\033[0m\033[0m"
        if m.median <= best * 1.1:
            return f"\033[34m\033[1m{text}\033[0m\033[0m"
        if m.median >= best * 5:
            return f"\033[31m\033[1m{text}\033[0m\033[0m"
        return f"\033[2m\033[91m{text}\033[0m\033[0m" if m.median >= best * 2 else text

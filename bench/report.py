"""Rows of the result: measured value, limit, verdict; as a table and as JSON."""

from __future__ import annotations

import dataclasses
import datetime
import importlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["Row", "rows_of", "table", "write_json"]

_PACKAGES = ("jaxlearn", "jax", "jaxlib", "flax", "optax", "numpy", "torch", "equinox")


@dataclasses.dataclass(frozen=True)
class Row:
    """One measured figure.

    Args:
        what: what was measured, in words.
        measured: the figure.
        unit: what it counts; "×" for a ratio.
        limit: the most it may be; None for a figure that is only shown.
        detail: what else a reader needs to judge it: medians, quartiles, reasons.
    """

    what: str
    measured: float
    unit: str
    limit: float | None = None
    detail: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """``ok`` or ``MISS``; empty without a limit."""
        if self.limit is None:
            return ""
        return "ok" if self.measured <= self.limit else "MISS"


def rows_of(section: str, quick: bool) -> list[Row]:
    """Measure: a section's rows, each printed as soon as it is there.

    Args:
        section: the name of its module.
        quick: fewer repetitions.
    """
    rows = []
    for row in importlib.import_module(f"bench.{section}").rows(quick=quick):
        print(f"{row.what}: {row.measured:g} {row.unit} {row.verdict}", file=sys.stderr, flush=True)
        rows.append(row)
    return rows


def _number(value: float, unit: str) -> str:
    return f"{value:.0f}" if unit == "programs" else f"{value:.2f}"


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table, aligned for a terminal too."""
    cells = [("what", "measured", "at most", "")]
    for row in rows:
        limit = "" if row.limit is None else _number(row.limit, row.unit)
        cells.append((row.what, f"{_number(row.measured, row.unit)} {row.unit}", limit, row.verdict))
    widths = [max(len(line[i]) for line in cells) for i in range(4)]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def write_json(rows: Sequence[Row], path: Path) -> None:
    """Write the rows with the machine, the versions and the date."""
    versions = {package: _version(package) for package in _PACKAGES}
    document = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": {
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "versions": {package: version for package, version in versions.items() if version},
        "rows": [{**dataclasses.asdict(row), "verdict": row.verdict} for row in rows],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")

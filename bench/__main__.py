"""Run the benchmarks: ``python -m bench [--quick] [section ...]``."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from .measure import repository
from .report import table, write_json

_SECTIONS = (
    "import_time",
    "recording",
    "host_loops",
    "compiles",
    "long_graph",
    "step_time",
    "compile_time",
    "build_time",
    "host_reads",
    "double_backward",
    "memory",
    "optimizers",
)


def main() -> int:
    """Run the sections, print one table, write it as JSON; 1 if a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(_SECTIONS)}; all without a choice")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: a look, not a figure")
    parser.add_argument(
        "--json", type=Path, help="where to write the result; bench/results/latest.json for a whole run"
    )
    options = parser.parse_args()
    unknown = set(options.sections) - set(_SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(_SECTIONS)}")

    rows = []
    for section in options.sections or _SECTIONS:
        for row in importlib.import_module(f"bench.{section}").rows(quick=options.quick):
            rows.append(row)
            print(f"{row.what}: {row.measured:g} {row.unit} {row.verdict}", file=sys.stderr, flush=True)
    print(table(rows))

    path = options.json
    if path is None and not options.quick and not options.sections:
        path = repository / "bench" / "results" / "latest.json"
    if path is not None:
        write_json(rows, path)
        print(f"\nwritten to {path}")
    return int(any(row.verdict == "MISS" for row in rows))


if __name__ == "__main__":
    sys.exit(main())

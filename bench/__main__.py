"""Run the benchmarks: ``python -m bench [--quick] [section ...]``."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from .measure import repository
from .report import rows_of, table, write_json

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

    # Each section in a process of its own: what one has compiled and allocated is in no other's way.
    alone = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=alone, max_tasks_per_child=1) as process:
        rows = [
            row
            for section in options.sections or _SECTIONS
            for row in process.submit(rows_of, section, options.quick).result()
        ]
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

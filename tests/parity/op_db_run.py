"""See what fails: ``python -m tests.parity.op_db_run NAME... [--part PART] [--samples N] [--summary] [--record]``.

A name is one of the database's, with its variant or without, or a prefix that ends in ``*``; ``ALL`` is everything.
"""

from __future__ import annotations

import argparse
import gc
import time
from pathlib import Path

import jax

import jaxlearn

from .op_db_check import failures
from .op_db_entries import PARTS, database, missing, parts_of
from .op_db_record import write

MAPS = Path("/proc/self/maps")


def chosen(names: list[str]) -> list[str]:
    """The keys that the names on the command line mean."""
    keys = []
    for key in database():
        name = key.split(" ")[0]
        if any(n in (key, name, "ALL") or (n.endswith("*") and key.startswith(n[:-1])) for n in names):
            keys.append(key)
    return keys


def room() -> None:
    """Let go of compiled programs before there are too many for the process."""
    if MAPS.exists() and MAPS.read_bytes().count(b"\n") > 30_000:
        jaxlearn.clear_cache()
        gc.collect()
        jax.clear_caches()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--part", action="append", choices=list(PARTS))
    parser.add_argument("--samples", type=int, default=None, help="samples of each part; all if not given")
    parser.add_argument("--summary", action="store_true", help="one line for each failure")
    parser.add_argument("--skip-listed", action="store_true", help="leave out what NOT_YET lists")
    parser.add_argument("--record", action="store_true", help="write what passes into op_db_record.json")
    options = parser.parse_args()
    if options.record and options.samples is not None:
        parser.error("what is recorded is a run over all samples")
    passed = failed = 0
    for key in chosen(options.names):
        op = database()[key]
        start = time.perf_counter()
        wanted = [p for p in parts_of(op) if not options.part or p in options.part]
        if options.skip_listed:
            wanted = [p for p in wanted if missing(key, p) is None]
        jaxlearn.manual_seed(0)
        for part, difference, (done, total) in failures(op, wanted, options.samples):
            room()
            if options.record:
                write({(key, part): None if difference else (done, total)})
            listed = " (listed)" if missing(key, part) else ""
            if difference is None:
                passed += 1
                if not options.summary:
                    print(f"ok    {key} | {part} | {done} of {total}{listed}")
            else:
                failed += 1
                text = difference.replace("\n", " ") if options.summary else difference
                print(f"FAIL  {key} | {part}{listed} | {text}", flush=True)
        if not options.summary:
            print(f"      {time.perf_counter() - start:.1f} s", flush=True)
    print(f"{passed} parts pass, {failed} fail")


if __name__ == "__main__":
    main()

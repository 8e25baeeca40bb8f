"""What ran over all samples, and how much of it: ``op_db_record.json``, written by ``op_db_run --record``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

__all__ = ["FILE", "read", "write"]

FILE = Path(__file__).with_name("op_db_record.json")

# Operator -> part -> [samples that were compared and pass, samples there are]. Those that torch itself refuses are
# among the second and not the first.
Record = dict[str, dict[str, list[int]]]


def read() -> Record:
    """What was recorded; nothing where there is no file."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def write(found: Mapping[tuple[str, str], tuple[int, int] | None]) -> None:
    """Put results in place of those recorded for the same operators and parts.

    Args:
        found: (operator, part) -> (passed, total), or None where a sample differs, which leaves nothing recorded.
    """
    record = read()
    for (key, part), counts in found.items():
        parts = record.setdefault(key, {})
        parts.pop(part, None)
        if counts is not None:
            parts[part] = list(counts)
    lines = [
        f"{json.dumps(key)}: {json.dumps(dict(sorted(parts.items())))}"
        for key, parts in sorted(record.items())
        if parts
    ]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")

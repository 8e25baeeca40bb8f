"""The documentation's table of the operator database, written by ``python -m tests.parity.op_db_table``."""

from __future__ import annotations

from pathlib import Path

from .op_db_entries import (
    DRAWN,
    LEFT_OUT,
    PARTS,
    PHASES,
    ROUNDING,
    STRUCTURE_ONLY,
    TIES,
    database,
    main_dtype,
    missing,
    parts_of,
)
from .op_db_faults import FAULTS
from .op_db_record import read

__all__ = ["DOCUMENT", "text"]

DOCUMENT = Path(__file__).with_name("OP_DB.md")

HEAD = """# PyTorch's operator database

Written by `python -m tests.parity.op_db_table` from the tables that `tests/parity/test_op_db.py` holds to; do not edit.
`python -m tests.parity.op_db_run NAME` shows an operator's differences.
"""


def text() -> str:
    """The document."""
    operators = database()
    parts = {key: list(parts_of(op)) for key, op in operators.items()}
    reasons = {(key, p): missing(key, p) for key, ps in parts.items() for p in ps}
    whole = sum(all(reasons[key, p] is None for p in ps) for key, ps in parts.items())
    passing = sum(reason is None for reason in reasons.values())
    lines = [HEAD]
    lines.append(
        f"{len(operators)} operators; {whole} pass in every part, {passing} of {len(reasons)} parts pass. "
        f"{len(LEFT_OUT)} names are left out.\n"
    )
    lines += ["| part | what is compared with torch | operators | pass |", "|---|---|---|---|"]
    for part, meaning in PARTS.items():
        having = [key for key in operators if part in parts[key]]
        good = sum(reasons[key, part] is None for key in having)
        lines.append(f"| {part} | {meaning} | {len(having)} | {good} |")
    record = read()
    compared = sum(passed for done in record.values() for passed, _ in done.values())
    lines += ["", "## Operators", "", "✓ passes, – the database has no such part, ✗ not yet."]
    lines += [
        "A number after ✓ tells how many samples passed when the part last ran over all of them, and `of` how many "
        f"there are where torch refuses some or the run was cut: {compared} samples in "
        f"{sum(map(len, record.values()))} parts. Parts without a number ran over two to twelve samples.",
        "",
    ]
    lines += ["| operator | " + " | ".join(PARTS) + " |", "|---" * (len(PARTS) + 1) + "|"]
    for key, op in sorted(operators.items(), key=lambda item: item[0].lower()):
        marks = [
            "–" if p not in parts[key] else "✗" if reasons[key, p] else passed(record.get(key, {}).get(p))
            for p in PARTS
        ]
        main = str(main_dtype(op)).removeprefix("torch.")
        if main != "float32":
            marks[0] += f" ({main})"
        lines.append(f"| `{key}` | " + " | ".join(marks) + " |")
    lines += section("Not yet", {f"{k}: {p}": r for (k, p), r in reasons.items() if r is not None})
    lines += section("Structure, shape and dtype only", STRUCTURE_ONLY)
    lines += section(
        "Structure, shape and dtype only where the option is set",
        {f"{key}: {option}": STRUCTURE_ONLY["nn.functional.dropout"] for key, option in DRAWN.items()},
    )
    lines += section("Vectors up to their sign or phase", PHASES)
    rounding = {f"{key}: {part}": why for key, entry in ROUNDING.items() for part, why in entry.items()}
    lines += section("torch's own rounding is the whole difference, as a float64 run shows", rounding)
    faults = {f"{key}: {part}": why for key, entry in FAULTS.items() for part, why in entry.items()}
    lines += section("torch's own answer is at fault", faults)
    lines += section(
        "Indices of equal elements, which torch leaves open", {k: page for k, (_, page) in TIES.items()}
    )
    lines += section("Left out", LEFT_OUT)
    return "\n".join(lines) + "\n"


def passed(counts: list[int] | None) -> str:
    """The mark of a part that passes, with what is recorded of it."""
    if counts is None:
        return "✓"
    done, total = counts
    return f"✓ {done}" if done == total else f"✓ {done} of {total}"


def section(title: str, table: dict[str, str]) -> list[str]:
    if not table:
        return []
    rows = [f"| `{name}` | {reason} |" for name, reason in sorted(table.items())]
    return ["", f"## {title}", "", "| what | why |", "|---|---|", *rows]


if __name__ == "__main__":
    DOCUMENT.write_text(text())

"""The README's tables of measured figures, from a result: ``python -m bench.readme [file]``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .measure import repository

__all__ = ["step_table", "table"]

_COLUMNS = ("imperative", "compiled", "Trainer.fit", "flax nnx", "torch eager")
_OTHERS = (
    "import jaxlearn ÷ import jax, flax.nnx, optax",
    "compiling ResNet-18 batch 8, sgd: imperative ÷ hand-written",
    "compiling ResNet-18 batch 8, sgd: compiled ÷ hand-written",
    "building ResNet-50 ÷ torch",
    "programs compiled by 3 epochs with a smaller last batch",
    "recording one operation, with gradient",
    "small tensors on the host, median ÷ torch",
    "small tensors on the host, worst ÷ torch",
)


def step_table(rows: list[dict[str, Any]]) -> str:
    """Step times as ratios to the hand-written step: a line for each case, a column for each contender.

    Args:
        rows: of the result's JSON.
    """
    cases: dict[str, dict[str, float]] = {}
    for row in rows:
        case, _, contender = row["what"].removesuffix(" ÷ hand-written").partition(": ")
        if row["detail"].get("hand-written step, ms"):
            cases.setdefault(case, {})[contender] = row["measured"]
    lines = ["| step time ÷ hand-written `jax.jit` + Optax | " + " | ".join(_COLUMNS) + " |"]
    lines.append("|---" * (len(_COLUMNS) + 1) + "|")
    for case, found in cases.items():
        cells = [f"{found[name]:.2f}" if name in found else "–" for name in _COLUMNS]
        lines.append("| " + " | ".join([case, *cells]) + " |")
    return "\n".join(lines)


def table(rows: list[dict[str, Any]]) -> str:
    """The other figures that the README shows.

    Args:
        rows: of the result's JSON.
    """
    by_name = {row["what"]: row for row in rows}
    lines = ["| | measured |", "|---|---|"]
    for name in _OTHERS:
        row = by_name.get(name)
        if row is not None:
            unit = "" if row["unit"] in ("×", "programs") else f" {row['unit']}"
            digits = 0 if row["unit"] == "programs" else 1 if unit else 2
            lines.append(f"| {name} | {row['measured']:.{digits}f}{unit} |")
    return "\n".join(lines)


def main() -> None:
    """Print both tables."""
    default = repository / "bench" / "results" / "latest.json"
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    rows = json.loads(path.read_text())["rows"]
    print(step_table(rows), table(rows), sep="\n\n")


if __name__ == "__main__":
    main()

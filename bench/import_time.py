"""``import jaxlearn`` against importing what it stands on, in fresh processes that take turns."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator

from .measure import in_child, summary
from .report import Row

__all__ = ["rows"]

_PROGRAM = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def rows(quick: bool = False) -> Iterator[Row]:
    """The ratio, and by how much ``import jaxlearn`` takes longer.

    Args:
        quick: fewer pairs.
    """
    ours, base = "jaxlearn", "jax, flax.nnx, optax"
    with tempfile.TemporaryDirectory() as bytecode:
        # An installed package has its bytecode beside it; a checkout in an environment that writes none has not.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for modules in (ours, base):
            _seconds(modules, environment)
        times = [
            (_seconds(ours, environment), _seconds(base, environment)) for _ in range(3 if quick else 15)
        ]
    measured, detail = summary([a / b for a, b in times])
    detail["seconds"] = [round(statistics.median(column), 3) for column in zip(*times, strict=True)]
    yield Row(f"import {ours} ÷ import {base}", round(measured, 4), "×", 1.3, detail)


def _seconds(modules: str, environment: dict[str, str]) -> float:
    return float(in_child("-c", _PROGRAM.format(modules), environment=environment))

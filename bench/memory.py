"""Does resident memory grow while a model trains? Measured in a fresh process."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from .contenders import CONTENDERS, Case
from .measure import in_child, resident_megabytes
from .report import Row

__all__ = ["rows"]

_STEPS = 20_000
_WARM_UP = 500


def rows(quick: bool = False) -> Iterator[Row]:
    """LeNet at batch 4 by the imperative loop: memory after 20,000 more steps than the warm-up.

    Args:
        quick: a tenth of the steps.
    """
    steps = _STEPS // 10 if quick else _STEPS
    start, *samples = [float(number) for number in in_child("-m", "bench.memory", str(steps)).split()]
    detail = {"start, MB": start, "samples, MB": samples}
    growth = round(samples[-1] - start, 2)
    yield Row(f"growth of resident memory over {steps:,} LeNet steps", growth, "MB", 20, detail)


def main() -> None:
    """Print the resident memory after the warm-up, then ten times while training."""
    steps = int(sys.argv[1])
    run = CONTENDERS["imperative"](Case("lenet", "sgd", 4))
    run(_WARM_UP)
    print(round(resident_megabytes(), 2))
    for _ in range(10):
        run(steps // 10)
        print(round(resident_megabytes(), 2))


if __name__ == "__main__":
    main()

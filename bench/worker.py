"""One contender in its own process: prints its first losses, then for each line with a number of steps their time."""

from __future__ import annotations

import sys

from .contenders import CONTENDERS, Case
from .measure import timed
from .step_time import CHECKED_STEPS


def main() -> None:
    """Serve blocks until the input ends."""
    name, model, optimizer, batch = sys.argv[1:]
    run = CONTENDERS[name](Case(model, optimizer, int(batch)))
    print(*run(CHECKED_STEPS), flush=True)
    block = timed(run)
    for line in sys.stdin:
        print(block(int(line)), flush=True)


if __name__ == "__main__":
    main()

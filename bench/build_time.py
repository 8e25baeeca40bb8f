"""Building ResNet-50, 25.6 million numbers drawn as the layers draw them, against torch."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import statistics
import sys
import time
from collections.abc import Iterator

from .measure import in_child, summary
from .report import Row
from .resnet import torch_style_resnet18, torch_style_resnet50

__all__ = ["rows"]


def rows(quick: bool = False) -> Iterator[Row]:
    """The ratio of first builds, in fresh processes that take turns; nothing without torch.

    Args:
        quick: fewer pairs.
    """
    if importlib.util.find_spec("torch") is None:
        return
    pairs = [(_seconds("jaxlearn"), _seconds("torch")) for _ in range(3 if quick else 7)]
    measured, detail = summary([ours / theirs for ours, theirs in pairs])
    detail["seconds"] = [round(statistics.median(column), 3) for column in zip(*pairs, strict=True)]
    yield Row("building ResNet-50 ÷ torch", round(measured, 4), "×", 1.5, detail)


def _seconds(library: str) -> float:
    return float(in_child("-m", "bench.build_time", library))


def main() -> None:
    """Print the seconds of the first build, after a smaller network's and a collection of the importing's garbage."""
    torch = importlib.import_module(sys.argv[1])
    torch_style_resnet18(torch)
    gc.collect()
    start = time.perf_counter()
    torch_style_resnet50(torch)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()

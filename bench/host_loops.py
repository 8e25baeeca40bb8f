"""Small tensors on the host in Python loops, as datasets use them, against torch; and flushes beside many tensors."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .report import Row

__all__ = ["rows"]

_CALLS = 300


def _programs(torch: Any) -> dict[str, Callable[[], Any]]:
    functional = torch.nn.functional
    x, y = torch.arange(12.0).reshape(3, 4), torch.ones(3, 4)
    samples = torch.arange(60000.0).reshape(1000, 60)
    chosen = torch.tensor([0, 2])
    image = torch.zeros(3, 32, 32)
    rows = [torch.ones(3, 8, 8) for _ in range(16)]
    pixels, array = torch.zeros(28, 28, 3, dtype=torch.uint8), np.ones((28, 28), np.float32)
    labels, written = torch.arange(100), torch.zeros(3, 4)
    return {
        "x + y": lambda: x + y,
        "x * 2": lambda: x * 2,
        "(image - 0.5) / 0.25": lambda: (image - 0.5) / 0.25,
        "samples[7]": lambda: samples[7],
        "samples[3:9]": lambda: samples[3:9],
        "x[1, 2].item()": lambda: x[1, 2].item(),
        "x[indices]": lambda: x[chosen],
        "stack of 16": lambda: torch.stack(rows),
        "cat of 16": lambda: torch.cat(rows),
        "torch.tensor([1., 2., 3.])": lambda: torch.tensor([1.0, 2.0, 3.0]),
        "torch.tensor(3)": lambda: torch.tensor(3),
        "from_numpy": lambda: torch.from_numpy(array),
        "pixels.float() / 255": lambda: pixels.float() / 255,
        "pixels.permute(2, 0, 1)": lambda: pixels.permute(2, 0, 1),
        "x.unsqueeze(0)": lambda: x.unsqueeze(0),
        "x.view(-1)": lambda: x.view(-1),
        "pad of an image": lambda: functional.pad(image, (4, 4, 4, 4)),
        "crop of an image": lambda: image[:, 2:30, 3:31],
        "flip of an image": lambda: image.flip(-1),
        "randperm(100)": lambda: torch.randperm(100),
        "rand(1).item()": lambda: torch.rand(1).item(),
        "x.clone()": lambda: x.clone(),
        "x.numpy()": lambda: x.numpy(),
        "x.tolist()": lambda: x.tolist(),
        "labels == 5": lambda: labels == 5,
        "x.sum().item()": lambda: x.sum().item(),
        "x.argmax().item()": lambda: x.argmax().item(),
        "x[x > 3]": lambda: x[x > 3],
        "x[0] = 1": lambda: written.__setitem__(0, 1),
        "rows of x": lambda: list(x),
    }


def rows(quick: bool = False) -> Iterator[Row]:
    """Ratios of jaxlearn's time to torch's, each program in turn with the other library's.

    Args:
        quick: fewer repetitions.
    """
    import torch

    import jaxlearn

    rounds = 5 if quick else 20
    theirs, ours = _programs(torch), _programs(jaxlearn)
    for name, program in ours.items():
        reference = theirs[name]
        _seconds(program), _seconds(reference)
        ratios, times = [], []
        for _ in range(rounds):
            own, other = _seconds(program), _seconds(reference)
            ratios.append(own / other)
            times.append(own)
        microseconds = round(statistics.median(times) * 1e6, 2)
        yield Row(
            f"{name} on the host ÷ torch",
            round(statistics.median(ratios), 3),
            "×",
            3.0,
            {"microseconds": microseconds},
        )
    yield _flush_beside_many(jaxlearn, 10 if quick else 40)


def _seconds(program: Callable[[], Any]) -> float:
    start = time.perf_counter()
    for _ in range(_CALLS):
        program()
    return (time.perf_counter() - start) / _CALLS


def _flush_beside_many(torch: Any, rounds: int) -> Row:
    x = torch.ones(64, 64) @ torch.ones(64, 64)

    def step() -> float:
        start = time.perf_counter()
        (x @ x).sum().item()
        return time.perf_counter() - start

    def median() -> float:
        return statistics.median(step() for _ in range(100))

    for _ in range(20):
        step()
    ratios = []
    for _ in range(rounds):
        alone = median()
        held = [torch.zeros(2) for _ in range(50_000)]
        ratios.append(median() / alone)
        held.clear()
    return Row("a flush beside 50,000 live tensors ÷ without", round(statistics.median(ratios), 3), "×", 1.1)

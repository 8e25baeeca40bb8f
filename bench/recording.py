"""What recording costs in Python, before anything is computed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import jaxlearn as torch

from .contenders import Case, torch_style_parts
from .report import Row

__all__ = ["rows"]

_CHAIN = 100


def rows(quick: bool = False) -> Iterator[Row]:
    """Microseconds per recorded operation, and for LeNet's forward, loss and backward together.

    Args:
        quick: fewer repetitions.
    """
    repetitions = 20 if quick else 100
    # A product is computed by the device, so that what follows is recorded; host arrays are worked on at once.
    x = torch.ones(8, 8) @ torch.ones(8, 8)
    x.sum().item()
    weight = torch.ones(8, 8, requires_grad=True)

    def chain(start: Any) -> Any:
        y = start
        for _ in range(_CHAIN // 2):
            y = torch.relu(y * x)
        return y

    yield Row(
        "recording one operation, no gradient",
        _microseconds(lambda: chain(x), repetitions) / _CHAIN,
        "µs",
        6.0,
    )
    yield Row(
        "recording one operation, with gradient",
        _microseconds(lambda: chain(weight), repetitions) / _CHAIN,
        "µs",
        6.0,
    )

    net, criterion, optimizer, data = torch_style_parts(torch, Case("lenet", "sgd", 4))
    images, labels = data[0]

    def forward_and_backward() -> Any:
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        return loss

    yield Row(
        "recording LeNet's forward, loss and backward", _microseconds(forward_and_backward, repetitions), "µs"
    )


def _microseconds(record: Callable[[], Any], repetitions: int) -> float:
    """Median time of recording; what was recorded is computed outside of it."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        result = record()
        times.append(time.perf_counter() - start)
        result.sum().item()
    return round(statistics.median(times[repetitions // 5 :]) * 1e6, 3)

"""How many programs loops compile: with a smaller last batch, over rows, with a number that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import jaxlearn as torch
from jaxlearn.utils.data import DataLoader, TensorDataset

from .models import torch_style_model
from .report import Row

__all__ = ["rows"]


def rows(quick: bool = False) -> Iterator[Row]:
    """Three epochs of ten batches of 64 and one of 32, shuffled; then loops of 50 steps. The loss is read each step.

    Args:
        quick: changes nothing here.
    """
    yield from _epochs()
    for what, loop in {
        "a loop over x[i]": _over_rows,
        "a loop with an annealed float": lambda: _with_a_number(lambda i: 0.97**i),
        "a loop with a growing int": lambda: _with_a_number(lambda i: i),
    }.items():
        torch.clear_cache()
        torch.reset_stats()
        loop()
        seen = torch.stats()
        yield Row(f"programs compiled by {what}", seen["compiles"], "programs", 2, seen)


_STEPS = 50


def _over_rows() -> None:
    data = torch.sqrt(torch.from_numpy(np.random.default_rng(0).random((_STEPS, 4096), dtype=np.float32)))
    data.sum().item()
    torch.reset_stats()
    w = torch.nn.Parameter(torch.ones(4096))
    optimizer = torch.optim.SGD([w], lr=0.01)
    for i in range(_STEPS):
        optimizer.zero_grad()
        loss = (w * data[i]).pow(2).mean()
        loss.backward()
        optimizer.step()
        loss.item()


def _with_a_number(number: Callable[[int], Any]) -> None:
    w = torch.nn.Parameter(torch.ones(4096))
    optimizer = torch.optim.SGD([w], lr=0.01)
    for i in range(_STEPS):
        optimizer.zero_grad()
        loss = (w * w).mean() * number(i) + w.sum()
        loss.backward()
        optimizer.step()
        loss.item()


def _epochs() -> Iterator[Row]:
    draw = np.random.default_rng(0)
    images = torch.from_numpy(draw.random((672, 1, 28, 28), dtype=np.float32))
    labels = torch.from_numpy(draw.integers(0, 10, 672))
    net = torch_style_model(torch, "lenet")
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    criterion = torch.nn.CrossEntropyLoss()

    torch.reset_stats()
    for _ in range(3):
        for x, y in DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True):
            optimizer.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            optimizer.step()
            loss.item()
    seen = torch.stats()
    yield Row(
        "programs compiled by 3 epochs with a smaller last batch", seen["compiles"], "programs", 2, seen
    )

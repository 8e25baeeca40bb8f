"""How many programs a training loop compiles whose last batch is smaller."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import jaxlearn as torch
from jaxlearn.utils.data import DataLoader, TensorDataset

from .models import torch_style_model
from .report import Row

__all__ = ["rows"]


def rows(quick: bool = False) -> Iterator[Row]:
    """Three epochs of ten batches of 64 and one of 32, shuffled; the loss is read each step.

    Args:
        quick: changes nothing here.
    """
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

"""A small classifier with dropout and batch norm on synthetic digits, and what a training of it left behind."""

from __future__ import annotations

from typing import Any

import numpy as np

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.train import Callback, Trainer
from jaxlearn.utils.data import DataLoader, TensorDataset

SAMPLES = 40
BATCH = 16  # two whole batches and one of 8


class Losses(Callback):
    """Collects the loss of every step."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def on_step(self, trainer: Trainer, step: int, loss: float) -> None:
        self.values.append(loss)


def dataset() -> TensorDataset:
    draw = np.random.default_rng(0)
    images = draw.random((SAMPLES, 1, 6, 6), dtype=np.float32)
    return TensorDataset(torch.from_numpy(images), torch.from_numpy(draw.integers(0, 3, SAMPLES)))


def model(hidden: int = 8) -> nn.Module:
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(36, hidden),
        nn.BatchNorm1d(hidden),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(hidden, 3),
    )


def loaders() -> tuple[DataLoader, DataLoader]:
    data = dataset()
    return DataLoader(data, batch_size=BATCH, shuffle=True), DataLoader(data, batch_size=BATCH)


def make(optimizer: str = "Adam", seed: int = 0, **options: Any) -> Trainer:
    """A seeded trainer."""
    torch.manual_seed(seed)
    net = model()
    rule = (
        torch.optim.Adam(net.parameters(), lr=0.01)
        if optimizer == "Adam"
        else torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    )
    return Trainer(net, nn.CrossEntropyLoss(), rule, **{"progress": False, **options})


def weights(trainer: Trainer) -> dict[str, np.ndarray]:
    """Copies of all parameters and buffers."""
    return {name: np.array(t.numpy()) for name, t in trainer.model.state_dict().items()}


def assert_same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    """Equal bit for bit."""
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)

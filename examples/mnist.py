"""Train a small CNN on MNIST with the Trainer: about 99.3 % test accuracy after 3 epochs.

    python examples/mnist.py [--epochs 3] [--batch-size 64] [--lr 0.005] [--root data] [--output runs/mnist]

Leaves an Orbax checkpoint of each epoch in OUTPUT/checkpoints and a picture of test digits with the model's
predictions in OUTPUT/predictions.png.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import jaxlearn as torch
from jaxlearn import nn, optim
from jaxlearn.train import Trainer
from jaxlearn.utils.data import DataLoader
from jaxlearn.vision import datasets, transforms, utils

# What MNIST's mean and standard deviation are.
NORMALIZE = transforms.Normalize((0.1307,), (0.3081,))

TRAINING_IMAGES = 60_000
REQUIRED_ACCURACY = 0.988


class Net(nn.Module):
    """Two convolutions and two linear layers, 73,674 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(1, 8, 5), nn.MaxPool2d(2), nn.BatchNorm2d(8), nn.ReLU()),
            *(nn.Conv2d(8, 32, 5), nn.MaxPool2d(2), nn.BatchNorm2d(32), nn.ReLU()),
        )
        self.classifier = nn.Sequential(
            *(nn.Flatten(), nn.Dropout(0.25), nn.Linear(512, 128), nn.ReLU()),
            *(nn.Dropout(0.25), nn.Linear(128, 10)),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x))


def draw_predictions(test_set: Any, predicted: np.ndarray, path: Path) -> None:
    """A picture of 64 test digits: up to 16 that the model took for others, and the first that it recognised."""
    targets = test_set.targets.numpy()
    wrong, right = np.flatnonzero(predicted != targets)[:16], np.flatnonzero(predicted == targets)
    chosen = np.concatenate([wrong, right])[:64]
    images = torch.from_numpy(test_set.data.numpy()[chosen])
    utils.save_predictions(images, predicted[chosen], targets[chosen], path)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, evaluate, save.

    Args:
        argv: the command line.
    """
    parser = argparse.ArgumentParser(description="Train a small CNN on MNIST.")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument(
        "--lr", type=float, default=0.005, help="learning rate at the start; it goes down to zero"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--root", default="data", help="where the dataset is or will be")
    parser.add_argument("--output", type=Path, default=Path("runs/mnist"), help="where the results go")
    args = parser.parse_args(argv)

    torch.manual_seed(args.seed)
    transform = transforms.Compose([transforms.ToTensor(), NORMALIZE])
    train_set = datasets.MNIST(args.root, train=True, transform=transform, download=True)
    test_set = datasets.MNIST(args.root, train=False, transform=transform, download=True)
    train_loader: DataLoader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True)
    test_loader: DataLoader = DataLoader(test_set, batch_size=1000)

    model = Net()
    optimizer = optim.Adam(model.parameters(), lr=args.lr)
    checkpoints = args.output / "checkpoints"
    shutil.rmtree(checkpoints, ignore_errors=True)  # of an earlier run
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        scheduler=optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, args.epochs * len(train_loader)),
        scheduler_interval="step",
        checkpoint_dir=checkpoints,
    )
    history = trainer.fit(train_loader, test_loader, epochs=args.epochs)

    draw_predictions(
        test_set, trainer.predict(test_loader).argmax(1).numpy(), args.output / "predictions.png"
    )
    accuracy = history[-1]["val_accuracy"]
    print(f"test accuracy {100 * accuracy:.2f} % after {args.epochs} epochs")
    print(f"checkpoint:  {trainer.latest_checkpoint()}")
    print(f"predictions: {args.output / 'predictions.png'}")
    if args.epochs >= 3 and len(train_set) == TRAINING_IMAGES and accuracy < REQUIRED_ACCURACY:
        raise SystemExit(f"expected at least {100 * REQUIRED_ACCURACY:.1f} %")


if __name__ == "__main__":
    main()

"""LeNet on MNIST by the plain PyTorch loop.

Nothing here is jaxlearn's own: with ``import torch`` and ``import torchvision`` in the imports below, PyTorch runs it.

    python examples/mnist_loop.py [--epochs 3] [--batch-size 64] [--lr 0.01] [--root data] [--output runs/mnist_loop]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

import jaxlearn as torch
import jaxlearn.nn as nn
import jaxlearn.nn.functional as F
import jaxlearn.optim as optim
import jaxlearn.vision as torchvision
from jaxlearn.utils.data import DataLoader


class LeNet(nn.Module):
    """LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(256, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def train(model: nn.Module, loader: DataLoader, criterion: nn.Module, optimizer: optim.Optimizer) -> float:
    """One epoch; returns the mean loss."""
    model.train()
    running_loss = 0.0
    for i, (images, labels) in enumerate(loader):
        optimizer.zero_grad()
        outputs = model(images)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        if (i + 1) % 200 == 0:
            print(f"  batch {i + 1}/{len(loader)}: loss {running_loss / (i + 1):.4f}")
    return running_loss / len(loader)


def test(model: nn.Module, loader: DataLoader) -> float:
    """The share of images that the model recognises."""
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for images, labels in loader:
            outputs = model(images)
            _, predicted = torch.max(outputs, 1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    return correct / total


def main(argv: Sequence[str] | None = None) -> None:
    """Train, evaluate, save the weights and load them again.

    Args:
        argv: the command line.
    """
    parser = argparse.ArgumentParser(description="Train LeNet on MNIST by a plain loop.")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--root", default="data", help="where the dataset is or will be")
    parser.add_argument("--output", default="runs/mnist_loop", help="where the weights go")
    args = parser.parse_args(argv)

    torch.manual_seed(args.seed)
    transform = torchvision.transforms.Compose(
        [torchvision.transforms.ToTensor(), torchvision.transforms.Normalize((0.1307,), (0.3081,))]
    )
    train_set = torchvision.datasets.MNIST(args.root, train=True, transform=transform, download=True)
    test_set = torchvision.datasets.MNIST(args.root, train=False, transform=transform, download=True)
    train_loader: DataLoader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True)
    test_loader: DataLoader = DataLoader(test_set, batch_size=1000)

    model = LeNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    accuracy = 0.0
    for epoch in range(args.epochs):
        loss = train(model, train_loader, criterion, optimizer)
        accuracy = test(model, test_loader)
        print(f"epoch {epoch + 1}/{args.epochs}: loss {loss:.4f}, test accuracy {100 * accuracy:.2f} %")

    os.makedirs(args.output, exist_ok=True)
    path = os.path.join(args.output, "lenet.pth")
    torch.save(model.state_dict(), path)
    loaded = LeNet()
    loaded.load_state_dict(torch.load(path))
    assert test(loaded, test_loader) == accuracy
    print(f"weights: {path}")


if __name__ == "__main__":
    main()

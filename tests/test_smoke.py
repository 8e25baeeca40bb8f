"""In seconds: does an ordinary PyTorch program run and give PyTorch's numbers? Runs before everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

import jaxlearn as torch
import jaxlearn.nn as nn
import jaxlearn.nn.functional as F
import jaxlearn.optim as optim

# Made by this same program with torch 2.13.0.
LOSSES = [2.29781413, 2.28470492, 2.26048994, 2.22754002, 2.18589163, 2.13576937]


class LeNet(nn.Module):
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


def train(steps: int) -> tuple[LeNet, torch.Tensor, list[float]]:
    """A seeded LeNet after some steps on one batch, the batch's images, and the losses."""
    torch.manual_seed(1729)
    net = LeNet()
    images = torch.rand(8, 1, 28, 28)
    labels = torch.randint(0, 10, (8,))
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return net, images, losses


def test_torchs_numbers_and_text() -> None:
    torch.manual_seed(1729)
    assert repr(torch.rand(2, 2)) == "tensor([[0.3126, 0.3791],\n        [0.3087, 0.0736]])"
    x = torch.ones(2, requires_grad=True)
    assert repr((x * 3).sum()) == "tensor(6., grad_fn=<SumBackward0>)"


def test_lenet_trains_with_torchs_losses() -> None:
    torch.reset_stats()
    _, _, losses = train(6)
    assert losses == pytest.approx(LOSSES, rel=1e-5)
    assert torch.stats()["compiles"] <= 2, torch.stats()["reasons"]


def test_a_saved_model_predicts_the_same(tmp_path: Path) -> None:
    net, images, _ = train(2)
    torch.save(net.state_dict(), tmp_path / "lenet.pth")

    copy = LeNet()
    copy.load_state_dict(torch.load(tmp_path / "lenet.pth"))
    with torch.no_grad():
        expected, got = net(images), copy(images)
    assert torch.equal(expected, got)
    _, predicted = torch.max(got, 1)
    assert 0 <= (predicted == expected.argmax(1)).sum().item() == 8


def test_a_wrong_shape_is_reported_at_its_line() -> None:
    with pytest.raises(RuntimeError, match=r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 4x5\)"):
        nn.Linear(4, 5)(torch.ones(2, 3))

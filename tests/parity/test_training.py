"""The same script from the same seed gives PyTorch's losses, and compiles no more programs than it must."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

import jaxlearn

from .training_programs import GOLDEN, PROGRAMS, image_batches, lenet, mlp, train

pytestmark = pytest.mark.unoptimized

# The project's promise for the first 20 losses; it holds for the counts and sums returned beside them too.
RELATIVE = 1e-5

TORCH_LOSSES: dict[str, list[float]] = json.loads(GOLDEN.read_text())


def assert_losses(got: list[float], expected: list[float]) -> None:
    assert len(got) == len(expected)
    for i, (g, e) in enumerate(zip(got, expected, strict=True)):
        assert isinstance(g, float)
        assert math.isclose(g, e, rel_tol=RELATIVE, abs_tol=1e-7), f"value {i}: {g}, torch's {e}"


def test_every_program_has_golden_losses() -> None:
    assert list(TORCH_LOSSES) == list(PROGRAMS)
    assert all(len(losses) >= 20 for losses in TORCH_LOSSES.values())


@pytest.mark.parametrize("name", PROGRAMS)
def test_losses(name: str) -> None:
    assert_losses(PROGRAMS[name](jaxlearn), TORCH_LOSSES[name])


@pytest.mark.slow  # of torch alone, and its version is pinned
@pytest.mark.parametrize("name", PROGRAMS)
def test_golden_losses_are_those_of_torch(name: str) -> None:
    torch = pytest.importorskip("torch")
    assert_losses(PROGRAMS[name](torch), TORCH_LOSSES[name])


@pytest.mark.parametrize("model", ["lenet", "mlp", "batchnorm"])
def test_after_training_weights_gradients_and_optimizer_state_are_those_of_torch(model: str) -> None:
    pytest.importorskip("torch")
    from .helper import same

    def program(torch: Any) -> Any:
        torch.manual_seed(14)
        loader = image_batches(torch, 28 if model == "lenet" else 8)
        net = (
            lenet(torch)
            if model == "lenet"
            else mlp(torch, torch.nn.BatchNorm1d if model == "batchnorm" else None)
        )
        optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
        train(torch, net, optimizer, loader, 1)
        return net.state_dict(), [p.grad for p in net.parameters()], optimizer.state_dict()

    # Five steps of float32 rounding; the losses' own tolerance.
    same(program, rtol=RELATIVE, atol=1e-6)


@pytest.mark.parametrize("model", ["lenet", "mlp", "batchnorm"])
@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW"])
def test_three_epochs_with_a_smaller_last_batch_compile_two_programs(model: str, optimizer: str) -> None:
    torch = jaxlearn
    torch.manual_seed(0)
    torch.clear_cache()
    loader = image_batches(torch, 28 if model == "lenet" else 8, batch=6)
    net = (
        lenet(torch)
        if model == "lenet"
        else mlp(torch, torch.nn.BatchNorm1d if model == "batchnorm" else None)
    )
    options = {"momentum": 0.9} if optimizer == "SGD" else {}
    chosen = getattr(torch.optim, optimizer)(net.parameters(), lr=0.01, **options)
    torch.reset_stats()
    train(torch, net, chosen, loader, 3)
    stats = torch.stats()
    assert stats["compiles"] <= 2, stats["reasons"]


def test_changing_the_learning_rate_every_step_compiles_at_most_two_programs() -> None:
    torch = jaxlearn
    torch.manual_seed(0)
    torch.clear_cache()
    loader = image_batches(torch, 8)
    net = mlp(torch)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    torch.reset_stats()
    for epoch in range(3):
        for step, (inputs, labels) in enumerate(loader):
            optimizer.param_groups[0]["lr"] = 0.1 / (1 + step + 5 * epoch)
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(inputs), labels)
            loss.backward()
            optimizer.step()
            loss.item()
    stats = torch.stats()
    assert stats["compiles"] <= 2, stats["reasons"]


def test_reading_the_loss_only_now_and_then_compiles_a_bounded_number_of_programs() -> None:
    torch = jaxlearn
    torch.manual_seed(0)
    torch.clear_cache()
    loader = image_batches(torch, 8)
    net = mlp(torch)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    torch.reset_stats()
    total = 0.0
    for epoch in range(6):
        for step, (inputs, labels) in enumerate(loader):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(inputs), labels)
            loss.backward()
            optimizer.step()
            if (step + epoch) % 3 == 2:
                total += loss.item()
    assert total > 0
    assert torch.stats()["compiles"] <= 4, torch.stats()["reasons"]


def test_dropout_draws_a_new_mask_every_step_and_the_same_from_the_same_seed() -> None:
    torch = jaxlearn

    def losses() -> list[float]:
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(4, 64), torch.nn.Dropout(0.5), torch.nn.Linear(64, 1))
        x = torch.ones(2, 4)
        net.train()
        return [net(x).sum().item() for _ in range(6)]

    first = losses()
    assert len(set(first)) == 6
    assert losses() == first

"""Programs in two stages: the update of large parameters, after what hands out the loss and the gradients."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn._engine import program

SIZE = 600  # of the weight: an update of fewer elements is no stage


def make(size=SIZE, **options):
    torch.manual_seed(0)
    net = torch.nn.Linear(size, size)
    return net, torch.optim.SGD(net.parameters(), lr=0.1, **options)


def train(net, optimizer, *, steps=3, between=None):
    losses = []
    for i in range(steps):
        optimizer.zero_grad()
        loss = net(torch.full((2, net.in_features), 0.01 * (i + 1))).pow(2).sum()
        loss.backward()
        if between is not None:
            between(net)
        optimizer.step()
        losses.append(loss.item())
    return losses


def train_without_gradients(net, optimizer, *, steps=3):
    """Gradients that nobody can look at afterwards."""

    @torch.compile
    def step(x):
        loss = net(x).pow(2).sum()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    return [step(torch.full((2, net.in_features), 0.01 * (i + 1))).item() for i in range(steps)]


def stages():
    return len(max(program._programs.values(), key=lambda p: p.used).parts)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "weight_decay": 0.1}], ids=["plain", "momentum"])
def test_the_same_numbers_as_in_one_stage(options):
    apart, together = make(**options), make(**options)
    losses = train(*apart)
    assert stages() == 2
    np.testing.assert_allclose(losses, train_without_gradients(*together), rtol=1e-6)
    assert stages() == 1
    for a, b in zip(apart[0].parameters(), together[0].parameters(), strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-5, atol=1e-7)


def test_a_small_update_is_no_stage():
    train(*make(100))
    assert stages() == 1


def test_what_is_done_to_the_gradients_first():
    net, optimizer = make()
    norms = []
    train(
        net, optimizer, between=lambda n: norms.append(torch.nn.utils.clip_grad_norm_(n.parameters(), 0.01))
    )
    assert stages() == 2
    clipped = torch.cat([p.grad.flatten() for p in net.parameters()])
    assert clipped.norm().item() == pytest.approx(0.01, rel=1e-4)
    assert norms[-1].item() > 0.01


def test_parameters_that_are_read_after_the_update():
    net, optimizer = make()
    for _ in range(2):
        optimizer.zero_grad()
        net(torch.ones(2, SIZE)).sum().backward()
        optimizer.step()
        after = net(torch.ones(2, SIZE)).sum()
        expected = sum(p.detach().numpy().sum(dtype=np.float64) * 2 for p in net.parameters())
        assert after.item() == pytest.approx(expected, rel=1e-4)


def test_two_updates_one_of_which_a_forward_needs():
    """As in a GAN: the generator's loss sees the updated critic, in the same program."""
    (first, one), (second, two) = make(), make()

    @torch.compile
    def step(x):
        one.zero_grad()
        first(x).pow(2).sum().backward()
        one.step()
        two.zero_grad()
        loss = first(second(x)).pow(2).sum()
        loss.backward()
        two.step()
        return loss

    def eager(x):
        return step.__wrapped__(x)

    x = torch.full((2, SIZE), 0.01)
    losses = [step(x).item() for _ in range(3)]
    state = [p.detach().numpy().copy() for p in (*first.parameters(), *second.parameters())]
    (first, one), (second, two) = make(), make()
    np.testing.assert_allclose([eager(x).item() for _ in range(3)], losses, rtol=1e-5)
    for a, b in zip((*first.parameters(), *second.parameters()), state, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b, rtol=1e-5, atol=1e-7)


def test_a_compiled_step_in_two_stages_compiles_once():
    net, optimizer = make()

    @torch.compile
    def step(x):
        optimizer.zero_grad()
        loss = net(x).pow(2).sum()
        loss.backward()
        optimizer.step()
        return loss

    torch.reset_stats()
    losses = [step(torch.full((2, SIZE), 0.01)).item() for _ in range(4)]
    assert torch.stats()["compiles"] <= 2
    assert stages() == 2
    assert losses == sorted(losses, reverse=True)


def test_batches_of_other_sizes_share_the_update(caplog):
    net, optimizer = make()
    torch.clear_cache()
    with jax.log_compiles():
        for rows in (2, 3, 2, 3, 2):
            optimizer.zero_grad()
            net(torch.ones(rows, SIZE)).sum().backward()
            optimizer.step()
    assert stages() == 2
    # Forward and backward for each of the two sizes, and one update.
    assert caplog.text.count("Finished XLA compilation of jit(trace)") == 3
    torch.clear_cache()

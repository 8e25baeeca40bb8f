"""Backwards that go as an earlier one went: recorded as one node, computed as if nothing had been folded."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch as theirs

import jaxlearn as ours
from jaxlearn._autograd import plain, route
from jaxlearn._engine.folding import Folded
from jaxlearn._engine.graph import flush
from jaxlearn._engine.recorder import recorder

pytestmark = pytest.mark.unoptimized


@pytest.fixture(autouse=True)
def no_routes():
    """Each test begins with no way known."""
    ours.compiler.reset()
    route._routes.clear()


def folded():
    """How many nodes recorded and not computed are folded."""
    return sum(isinstance(node.signature, Folded) for node in recorder.nodes)


def network(torch=ours):
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2))


def inputs(torch, step):
    return torch.full((3, 6), 0.1 * (step + 1))


def train(torch, *, steps=6, loss_of=None, before=None):
    net = network(torch)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    losses, folds = [], []
    for step in range(steps):
        if before is not None:
            before(net, step)
        optimizer.zero_grad()
        out = net(inputs(torch, step))
        loss = (0.5 * out.pow(2)).mean() if loss_of is None else loss_of(out, step)
        loss.backward()
        folds.append(folded())
        optimizer.step()
        losses.append(loss.item())
    return losses, folds


def test_later_steps_are_folded_and_give_the_same_numbers():
    losses, folds = train(ours)
    assert folds[0] == 0
    assert folds[2:] == [1, 1, 1, 1]
    np.testing.assert_allclose(losses, train(theirs)[0], rtol=1e-5)


def test_bitwise_as_without_routes(monkeypatch):
    with_routes, _ = train(ours)
    monkeypatch.setattr(plain, "learn", lambda *way: None)
    route._routes.clear()
    without, folds = train(ours)
    assert folds == [0] * 6
    assert with_routes == without


def test_no_further_program_is_compiled():
    train(ours, steps=2)
    before = ours.stats()["compiles"]
    train(ours, steps=5)
    assert ours.stats()["compiles"] == before


def test_numbers_that_change():
    def loss_of(out, step):
        return (0.1 * (step + 1) * out.pow(2)).mean()

    losses, folds = train(ours, loss_of=loss_of)
    assert folds[-1] == 1
    np.testing.assert_allclose(losses, train(theirs, loss_of=loss_of)[0], rtol=1e-5)


def test_a_gradient_that_nobody_keeps_is_not_computed():
    def before(net, step):
        net[0].weight.requires_grad_(step < 3)

    np.testing.assert_allclose(train(ours, before=before)[0], train(theirs, before=before)[0], rtol=1e-5)


def test_a_hook_is_called_on_a_known_way():
    seen = []

    def before(net, step):
        if step == 4:
            net[2].weight.register_hook(lambda g: seen.append(float(g.sum())))

    losses, folds = train(ours, before=before)
    assert folds[3] == 1
    assert folds[4] == 0
    assert len(seen) == 2
    np.testing.assert_allclose(losses, train(theirs)[0], rtol=1e-5)


def test_a_value_overwritten_is_found_on_a_known_way():
    w = ours.ones(3, requires_grad=True)
    for step in range(4):
        flush()
        x = ours.full((3,), 2.0)
        loss = (w * x).exp().sum()
        if step == 3:
            x.add_(1)
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                loss.backward()
        else:
            loss.backward()
            assert folded() == 1 or step < 2
            w.grad = None


def test_twice_through_a_known_way():
    w = ours.ones(3, requires_grad=True)
    for _ in range(4):
        loss = w.exp().sum()
        loss.backward()
    assert folded() > 0
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        loss.backward()


def test_gradients_add_up():
    def grads(torch):
        w = torch.ones(3, requires_grad=True)
        for step in range(5):
            (w * (step + 1)).exp().sum().backward()
        return w.grad.numpy()

    np.testing.assert_allclose(grads(ours), grads(theirs), rtol=1e-6)


def test_read_from_another_thread():
    import threading

    w, v = ours.ones(3, requires_grad=True), ours.ones(3, requires_grad=True)
    for _ in range(3):
        flush()  # the gradients of the round before, which may be folded already
        w.grad = v.grad = None
        (w * v * 2.0).exp().sum().backward()
    assert folded() == 1
    found = []
    thread = threading.Thread(target=lambda: found.append(w.grad.tolist()))
    thread.start()
    thread.join()
    np.testing.assert_allclose(found[0], [2 * np.exp(2.0)] * 3, rtol=1e-6)
    other = (w * 3.0).sum()  # what is recorded here is computed all the same
    np.testing.assert_allclose(other.item(), 9.0)
    np.testing.assert_allclose([w.grad.tolist(), v.grad.tolist()], found * 2, rtol=1e-6)


def tangled(torch, draw):
    """A graph of a few operations on a few leaves: another one is like it but for one edge, or the order of its
    operations."""
    leaves = [torch.full((2, 2), 0.3 * (i + 1)).requires_grad_(draw.random() < 0.8) for i in range(3)]
    leaves[0].requires_grad_(True)
    values = [leaves[0] * 1.0, *leaves]
    for _ in range(draw.choice([3, 4])):
        a, b = draw.choice(values), draw.choice(values)
        values.append(draw.choice([torch.mul, torch.add, torch.maximum])(a, b).tanh())
    total = values[-1] + values[0]
    if draw.random() < 0.5:
        total = total * draw.choice([2.0, 3.0])
    total.sum().backward()
    return [None if leaf.grad is None else leaf.grad.numpy() for leaf in leaves]


def test_ways_that_are_alike():
    followed = 0
    for seed in range(80):
        expected = tangled(theirs, random.Random(seed % 40))
        found = tangled(ours, random.Random(seed % 40))
        for ours_, theirs_ in zip(found, expected, strict=True):
            assert (ours_ is None) == (theirs_ is None)
            if ours_ is not None:
                np.testing.assert_allclose(ours_, theirs_, rtol=1e-5, atol=1e-7)
        followed += sum(not known.misses for known in route._routes._from.values())
    assert followed > 0

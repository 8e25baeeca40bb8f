"""compile: results that need a backward outside, and losses returned after the backward inside."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.nn import functional as F

pytestmark = pytest.mark.unoptimized


@pytest.fixture(autouse=True)
def no_programs():
    torch.compiler.reset()
    torch.reset_stats()


def make(norm=False):
    torch.manual_seed(0)
    middle = [nn.BatchNorm1d(8)] if norm else []
    net = nn.Sequential(nn.Linear(4, 8), *middle, nn.Tanh(), nn.Linear(8, 3))
    return net, torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)


def batches(n):
    rng = np.random.RandomState(0)
    return [(torch.tensor(rng.rand(6, 4).astype("f")), torch.tensor(rng.randint(0, 3, 6))) for _ in range(n)]


def train(model, optimizer, n=6, early=False):
    losses = []
    for x, y in batches(n):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        if early:
            losses.append(loss.item())
        loss.backward()
        optimizer.step()
        if not early:
            losses.append(loss.item())
    return losses


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("norm", [False, True])
def test_a_compiled_module_is_trained_from_outside(norm, early):
    net, optimizer = make(norm)
    expected = train(net, optimizer, early=early)
    torch.reset_stats()
    net2, optimizer2 = make(norm)
    np.testing.assert_allclose(train(torch.compile(net2), optimizer2, early=early), expected, rtol=1e-6)
    told = torch.stats()
    assert told["called"] == []
    assert told["recordings"] == 1 and told["replays"] == 6
    assert told["compiles"] <= (6 if early else 3)  # the first steps have no momentum and no gradients
    for a, b in zip(net.state_dict().values(), net2.state_dict().values(), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6)


def test_the_result_has_a_history_like_any_other():
    net, _ = make()
    twin = copy.deepcopy(net)
    run = torch.compile(net)
    x = torch.rand(5, 4, requires_grad=True)
    for _ in range(2):
        y, z = run(x), twin(x)
        assert y.requires_grad and y.grad_fn.name() == "CompiledFunctionBackward"
        (g,) = torch.autograd.grad(y.pow(2).sum(), x, create_graph=True)
        (h,) = torch.autograd.grad(z.pow(2).sum(), x, create_graph=True)
        np.testing.assert_allclose(g.detach().numpy(), h.detach().numpy(), rtol=1e-5)
        for a, b in zip(
            torch.autograd.grad(g.sum(), net.parameters(), allow_unused=True),
            torch.autograd.grad(h.sum(), twin.parameters(), allow_unused=True),
            strict=True,
        ):
            if b is not None:
                np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-6)
    y = run(x)
    y.sum().backward()
    with pytest.raises(RuntimeError, match="a second time"):
        y.sum().backward()


def test_gradients_go_on_to_what_came_before():
    net, _ = make()
    before = nn.Linear(2, 4)
    run = torch.compile(net)
    for x in (torch.ones(3, 2), torch.rand(3, 2)):
        seen = []
        for model in (net, run):
            for p in [*net.parameters(), *before.parameters()]:
                p.grad = None
            model(before(x)).sum().backward()
            seen.append([p.grad.numpy() for p in [*net.parameters(), *before.parameters()]])
        for a, b in zip(*seen, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert torch.stats()["called"] == []


def test_parameters_written_between_forward_and_backward_are_refused():
    net, _ = make()
    y = torch.compile(net)(torch.rand(5, 4, requires_grad=True))
    with torch.no_grad():
        net[2].weight.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_dropout_is_fresh_and_its_gradient_belongs_to_its_mask():
    run = torch.compile(nn.Dropout(0.5))
    x = torch.ones(200, requires_grad=True)
    masks = []
    for _ in range(3):
        x.grad = None
        y = run(x)
        y.sum().backward()
        assert torch.equal(x.grad, y.detach())
        masks.append(y.detach())
    assert not torch.equal(masks[0], masks[1]) and not torch.equal(masks[1], masks[2])


def test_a_step_may_return_the_loss_itself():
    def stepped(net, optimizer):
        def step(x, y):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step

    plain, compiled = stepped(*make()), torch.compile(stepped(*make()))
    for x, y in batches(4):
        a, b = plain(x, y), compiled(x, y)
        assert a.item() == pytest.approx(b.item(), rel=1e-6)
        assert b.requires_grad and b.grad_fn.name() == a.grad_fn.name()
        for loss in (a, b, b * 2):
            with pytest.raises(RuntimeError, match="a second time"):
                loss.backward()
    assert torch.stats()["recordings"] == 1 and torch.stats()["called"] == []


def test_what_is_no_single_operation_is_called():
    net, _ = make()

    @torch.compile
    def hooked(x):
        y = net(x)
        y.register_hook(lambda g: g * 2)
        return y

    hooked(torch.rand(2, 4)).sum().backward()
    assert "hooks" in torch.stats()["called"][0]


def test_layers_that_are_copies_of_each_other():
    def model():
        torch.manual_seed(0)
        layer = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.LayerNorm(8))
        net = nn.Sequential(layer, copy.deepcopy(layer))
        return net, torch.optim.SGD(net.parameters(), 0.5)

    x = torch.rand(2, 3, 8)

    def losses(wrap_model, wrap_step):
        net, optimizer = model()
        run = wrap_model(net)

        def step():
            optimizer.zero_grad()
            loss = run(x).pow(2).mean()
            loss.backward()
            optimizer.step()
            return loss

        step = wrap_step(step)
        return [step().item() for _ in range(4)]

    same = lambda f: f  # noqa: E731
    expected = losses(same, same)
    np.testing.assert_allclose(losses(torch.compile, same), expected, rtol=1e-4)
    np.testing.assert_allclose(losses(same, torch.compile), expected, rtol=1e-4)
    assert torch.stats()["called"] == []


def test_two_parameters_that_hold_one_value():
    a, b = nn.Parameter(torch.ones(3)), nn.Parameter(torch.zeros(3))
    b.data.copy_(a.data)
    optimizer = torch.optim.SGD([a, b], 0.1)

    @torch.compile
    def step():
        optimizer.zero_grad()
        (a.sum() - b.sum()).backward()
        optimizer.step()

    for n in range(1, 4):
        step()
        np.testing.assert_allclose(a.detach().numpy(), np.full(3, 1 - 0.1 * n), rtol=1e-6)
        np.testing.assert_allclose(b.detach().numpy(), np.full(3, 1 + 0.1 * n), rtol=1e-6)


def test_a_hook_on_a_tensor_from_outside_is_added_in_each_call():
    w = torch.ones(2, requires_grad=True)

    @torch.compile
    def step(x):
        w.register_hook(lambda g: g * 2)
        (w * x).sum().backward()
        return x + 1

    seen = []
    for _ in range(3):
        step(torch.ones(2))
        seen.append(w.grad.tolist())
    assert seen == [[2.0, 2.0], [6.0, 6.0], [14.0, 14.0]]  # 2, then 4, then 8 more


def test_a_history_that_begins_inside_is_kept_by_calling():
    @torch.compile
    def weighed(x):
        w = torch.ones(3, requires_grad=True)
        return (x * w).sum(), w

    for _ in range(2):
        loss, w = weighed(torch.arange(3.0))
        loss.backward()
        assert w.grad.tolist() == [0, 1, 2]
    assert "begins at a tensor that is made inside" in torch.stats()["called"][0]


def test_a_history_that_begins_inside_a_branch_is_refused():
    x = torch.arange(3.0)
    with pytest.raises(
        RuntimeError, match="history begins at a tensor that requires grad and is made inside"
    ):
        torch.cond(x.sum() > 0, lambda x: x * torch.ones(3, requires_grad=True), torch.sin, (x,))


def test_a_penalty_on_a_gradient_inside_is_one_operation():
    net = nn.Linear(3, 1)

    @torch.compile
    def penalty(x):
        x = x.detach().requires_grad_()
        (grad,) = torch.autograd.grad(net(x).sum(), x, create_graph=True)
        return (grad**2).sum()

    for _ in range(2):
        net.zero_grad()
        penalty(torch.ones(2, 3)).backward()
        np.testing.assert_allclose(net.weight.grad.numpy(), 4 * net.weight.detach().numpy(), rtol=1e-6)
    assert torch.stats()["called"] == []

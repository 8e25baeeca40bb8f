"""Compiled functions follow what is around them: modules, optimizers, gradients, variables, generators."""

from __future__ import annotations

import copy
import types

import numpy as np
import pytest
import torch as reference

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()
    torch.reset_stats()
    torch.manual_seed(0)


def recordings() -> int:
    return torch.stats()["recordings"]


def trained(wrapper, change=lambda i, net, optimizer: None, steps=6, make=torch.optim.SGD, **options):
    """Parameters after some steps, with a change between them."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    optimizer = make(net.parameters(), lr=0.1, **options)
    x = torch.rand(5, 3)

    def step(x):
        optimizer.zero_grad()
        loss = net(x).pow(2).sum()
        loss.backward()
        optimizer.step()
        return loss.detach()

    step = wrapper(step)
    for i in range(steps):
        change(i, net, optimizer)
        step(x)
    return [p.detach().numpy() for p in net.parameters()]


def freeze(i, net, optimizer):
    net[0].requires_grad_(i not in (2, 3))


def anneal(i, net, optimizer):
    for group in optimizer.param_groups:
        group.update(lr=0.1 / (i + 1), momentum=0.5 + 0.05 * i, weight_decay=0.01 * (i + 1))


def new_data(i, net, optimizer):
    if i == 3:
        net[0].weight.data = torch.full((4, 3), 0.5)


def drop_gradients(i, net, optimizer):
    if i % 2:
        net[2].weight.grad = None


@pytest.mark.parametrize("change", [freeze, anneal, new_data, drop_gradients])
def test_changes_between_calls_are_followed(change):
    options = {"momentum": 0.5, "weight_decay": 0.01}
    plain = trained(lambda f: f, change, **options)
    for a, b in zip(plain, trained(torch.compile, change, **options), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-6)


def test_rates_momentum_and_decay_need_no_recording():
    trained(torch.compile, anneal, momentum=0.5, weight_decay=0.01)
    assert recordings() == 1


def test_several_optimizers_with_schedules():
    results = []
    for wrapper in (lambda f: f, torch.compile):
        torch.manual_seed(0)
        a, b = nn.Linear(2, 2), nn.Linear(2, 2)
        first, second = (
            torch.optim.Adam(a.parameters(), 0.01),
            torch.optim.SGD(b.parameters(), 0.1, momentum=0.9),
        )
        schedule = torch.optim.lr_scheduler.StepLR(first, 2, 0.1)

        def step(x, a=a, b=b, first=first, second=second):
            first.zero_grad()
            second.zero_grad()
            loss = b(a(x)).pow(2).sum()
            loss.backward()
            first.step()
            second.step()
            return loss.detach()

        step = wrapper(step)
        results.append([])
        for _ in range(6):
            results[-1].append(step(torch.ones(4, 2)).item())
            schedule.step()
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6)
    assert recordings() == 1


def test_gradients_accumulate_over_calls_and_are_cleared_by_another_program():
    results = []
    for wrapper in (lambda f: f, torch.compile):
        torch.manual_seed(0)
        net = nn.Linear(2, 2)
        optimizer = torch.optim.Adam(net.parameters(), 0.01)

        def add(x, net=net):
            (net(x).pow(2).sum() / 2).backward()

        def update(optimizer=optimizer):
            optimizer.step()
            optimizer.zero_grad()

        add, update = wrapper(add), wrapper(update)
        for i in range(6):
            add(torch.full((4, 2), float(i)))
            if i % 2:
                update()
        assert net.weight.grad is None
        results.append(net.weight.detach().numpy())
    np.testing.assert_allclose(*results, rtol=1e-6)
    assert recordings() == 3  # without and with gradients, and the update


def test_modes_are_followed_and_set():
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))

    @torch.compile
    @torch.no_grad()
    def evaluate(x):
        net.eval()
        return net(x)

    @torch.compile
    @torch.no_grad()
    def train(x):
        net.train()
        return net(x)

    x = torch.ones(50, 2)
    for _ in range(3):
        assert not (evaluate(x) == 0).any().item() and not net.training and not net[1].training
        assert (train(x) == 0).any().item() and net.training and net[1].training
    assert recordings() == 2


def test_a_module_is_compiled_in_place():
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    x = torch.rand(5, 3)
    assert net.compile() is None
    with torch.no_grad():
        for _ in range(3):
            net(x)
        assert net[1].num_batches_tracked.item() == 3
        net.eval()
        assert torch.equal(net(x), net(x))
    assert torch.stats()["replays"] == 5 and recordings() == 2
    net(x).sum().backward()
    assert net[0].weight.grad is not None
    copied = copy.deepcopy(net)
    assert copied._compiled_call_impl is None


def test_a_compiled_module_wraps_the_module():
    import torch as reference

    net = nn.Linear(2, 2)
    compiled = torch.compile(net)
    expected = reference.compile(reference.nn.Linear(2, 2))
    assert repr(compiled) == repr(expected)
    assert list(compiled.state_dict()) == list(expected.state_dict())
    assert compiled._orig_mod is net and compiled.weight is net.weight
    compiled.eval()
    assert not net.training
    compiled.train()
    compiled.scale = 3
    assert net.scale == 3 and net.training
    optimizer = torch.optim.SGD(compiled.parameters(), lr=0.1)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = compiled(torch.ones(3, 2)).pow(2).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > losses[1] > losses[2]
    with torch.no_grad():
        before = torch.stats()["replays"]
        assert torch.equal(compiled(torch.ones(1, 2)), compiled(torch.ones(1, 2)))
        assert torch.stats()["replays"] == before + 2
    assert copy.deepcopy(compiled)._orig_mod is not net
    assert torch.compile(compiled)._orig_mod is net


def test_variables_globals_and_attributes_are_followed():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = 2.0

        def forward(self, x):
            return x * self.scale

    net, x = Scaled(), torch.ones(1)
    compiled = torch.compile(net)
    factor, table, given = 2.0, {"f": 1.0}, torch.ones(1)
    closed = torch.compile(lambda x: x * factor + table["f"] + given)
    named = torch.compile(lambda x: x + GLOBAL)
    seen = []
    for i in range(3):
        net.scale = factor = table["f"] = float(i)
        given = torch.full((1,), float(i))
        globals()["GLOBAL"] = i
        seen.append([compiled(x).item(), closed(x).item(), named(x).item()])
        assert [compiled(x).item(), closed(x).item(), named(x).item()] == seen[-1]
    assert seen == [[0, 0, 1], [1, 3, 2], [2, 6, 3]]
    assert recordings() == 9 and torch.stats()["compiles"] <= 6 + 1


GLOBAL = 0


def test_replaced_modules_and_hooks_are_followed():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    run = torch.compile(net)
    x = torch.ones(1, 3)
    with torch.no_grad():
        assert run(x).shape == (1, 3)
        net[1] = nn.Linear(3, 5)
        assert run(x).shape == (1, 5)
        before = run(x)
        handle = net[0].register_forward_hook(lambda module, args, out: out * 0)
        np.testing.assert_allclose(run(x).numpy(), net[1].bias.detach().numpy()[None])
        handle.remove()
        assert torch.equal(run(x), before)


def test_why_a_function_is_called_as_it_is_is_told():
    net = nn.Linear(2, 1)

    @torch.compile
    def run(x, scale):
        y = net(x) * scale
        y.register_hook(lambda grad: grad)
        return y

    for i in range(5):
        assert run(torch.ones(1, 2), 0.5 * i).requires_grad
    told = torch.stats()["called"]
    assert len(told) == recordings() == 2
    assert "a result needs a backward with hooks" in told[0]


def test_leaves_made_inside_are_forgotten():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(net.parameters(), 0.1)

    def step(x):
        optimizer.zero_grad()
        between = (x * 0.5).requires_grad_()
        (slopes,) = torch.autograd.grad(net(between).sum(), between, create_graph=True)
        loss = (slopes.pow(2).sum(1).sqrt() - 1).pow(2).mean() + net(between).mean()
        loss.backward()
        optimizer.step()
        return loss.detach()

    start = copy.deepcopy(net.state_dict())
    x = torch.rand(5, 3)
    expected = [step(x).item() for _ in range(4)]
    net.load_state_dict(start)
    compiled = torch.compile(step)
    np.testing.assert_allclose([compiled(x).item() for _ in range(4)], expected, rtol=1e-5)
    assert recordings() == 1


def test_hooks_on_parameters_are_followed():
    w = nn.Parameter(torch.ones(2))

    @torch.compile
    def step():
        w.grad = None
        w.sum().backward()

    step()
    assert w.grad.tolist() == [1, 1]
    handle = w.register_hook(lambda grad: grad * 3)
    for expected in (3, 3):
        step()
        assert w.grad.tolist() == [expected] * 2
    handle.remove()
    step()
    assert w.grad.tolist() == [1, 1]


def test_backward_through_what_was_made_outside():
    net = nn.Linear(2, 2)

    @torch.compile
    def backward(y):
        loss = y.pow(2).sum()
        loss.backward()
        return loss.detach()

    seen = []
    for i in range(3):
        net.zero_grad()
        backward(net(torch.full((1, 2), float(i))))
        seen.append(net.weight.grad.sum().item())
    expected = []
    for i in range(3):
        net.zero_grad()
        net(torch.full((1, 2), float(i))).pow(2).sum().backward()
        expected.append(net.weight.grad.sum().item())
    np.testing.assert_allclose(seen, expected, rtol=1e-6)


def test_generators_of_ones_own_and_seeds_set_inside():
    mine, other = torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)
    draw = torch.compile(lambda: torch.rand(2, generator=mine) + 0)
    for _ in range(3):
        assert torch.equal(draw(), torch.rand(2, generator=other))

    @torch.compile
    def seeded():
        torch.manual_seed(5)
        return torch.rand(2)

    first = seeded()
    torch.rand(3)
    assert torch.equal(seeded(), first)


def test_an_exception_leaves_everything_as_it_was():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.5))
    optimizer = torch.optim.Adam(net.parameters(), 0.1)
    mine = torch.Generator().manual_seed(3)
    before = copy.deepcopy(net.state_dict())
    states = torch.get_rng_state(), mine.get_state()

    @torch.compile
    def step(x):
        net.train()
        optimizer.zero_grad()
        loss = net(x).sum() + torch.rand((), generator=mine)
        loss.backward()
        optimizer.step()
        raise KeyError("x")

    net.eval()
    with pytest.raises(KeyError):
        step(torch.ones(3, 2))
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name].numpy())
    assert net[0].weight.grad is None and not net.training
    assert torch.equal(torch.get_rng_state(), states[0]) and torch.equal(mine.get_state(), states[1])


def test_what_the_garbage_collector_calls_is_no_side_effect():
    import gc

    calls = []
    gc.callbacks.append(lambda phase, info: calls.append(phase))
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        double = torch.compile(lambda x: (x + x).relu() * 1.0)
        assert double(torch.ones(2)).tolist() == [2.0, 2.0]
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.pop()
    assert calls


def test_an_optimizer_that_the_function_makes_is_not_kept():
    def descent(x):
        w = x.detach().clone().requires_grad_()
        optimizer = torch.optim.SGD([w], lr=0.5)
        for _ in range(3):
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()
        return w.detach()

    compiled = torch.compile(descent)
    for scale in (1.0, 3.0):
        x = torch.arange(4.0) * scale + 0.25
        assert compiled(x).tolist() == descent(x).tolist()


@pytest.mark.parametrize(
    "make",
    [
        lambda params: torch.optim.SGD(params, 0.1, momentum=0.5),
        lambda params: torch.optim.AdamW(params, 0.1, amsgrad=True),
        lambda params: torch.optim.Rprop(params, 0.1),
        lambda params: torch.optim.Muon(params, 0.1),
    ],
    ids=["SGD", "AdamW", "Rprop", "Muon"],
)
def test_an_optimizer_that_the_function_makes_starts_afresh_in_each_call(make):
    def descend(x):
        w = torch.ones(2, 3, requires_grad=True)
        optimizer = make([w])
        for _ in range(3):
            optimizer.zero_grad()
            (w * x).pow(2).sum().backward()
            optimizer.step()
        return w.detach()

    compiled = torch.compile(descend)
    for scale in (1.0, 2.0, 1.0, -3.0):
        x = torch.arange(6.0).reshape(2, 3) * scale
        torch.testing.assert_close(compiled(x), descend(x))
    assert recordings() == 1


class Config:
    scale = 1.0


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = {"a": {"b": [1.0]}}
        self.config = Config()
        self.config.shift = 0.0
        self.history = []

    def forward(self, x):
        return x * self.table["a"]["b"][0] * self.config.scale + self.config.shift


CHANGES = {
    "an element": lambda m: m.table["a"]["b"].__setitem__(0, 3.0),
    "a list": lambda m: m.table["a"].__setitem__("b", [3.0]),
    "a dictionary": lambda m: setattr(m, "table", {"a": {"b": [3.0]}}),
    "an attribute": lambda m: setattr(m.config, "shift", 2.0),
    "an object": lambda m: setattr(m, "config", type("Other", (), {"scale": 3.0, "shift": 0.0})()),
    "an attribute that hides the class's": lambda m: setattr(m.config, "scale", 3.0),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_containers_and_objects_inside_of_a_module_hold(name):
    model = Nested()
    compiled = torch.compile(model)
    assert compiled(torch.ones(1)).item() == 1
    torch.reset_stats()
    CHANGES[name](model)
    assert compiled(torch.ones(1)).item() == 3
    model.history.append(1)  # which the function does not mention
    assert compiled(torch.ones(1)).item() == 3
    assert torch.stats()["recordings"] == 1


SETTINGS = types.ModuleType("settings")
SETTINGS.sub = types.SimpleNamespace(factor=1.0)


def test_what_the_users_classes_and_python_modules_hold():
    compiled = torch.compile(lambda x: x * SETTINGS.sub.factor * Config.scale)
    assert compiled(torch.ones(1)).item() == 1
    Config.scale = 2.0
    try:
        assert compiled(torch.ones(1)).item() == 2
    finally:
        Config.scale = 1.0
    SETTINGS.sub = type("Holder", (), {"factor": 5.0})()
    assert compiled(torch.ones(1)).item() == 5


def test_a_tensor_that_leaves_its_views_behind():
    found = []
    for library in (reference, torch):
        base = library.tensor([1, 0, 2, 1])
        view = base[1:3]

        def step(x, base=base, view=view):
            view.add_(1)
            base[1] = (base[1] + 1) % 3
            return x + 1

        step = torch.compile(step) if library is torch else step
        for i in range(3):
            step(library.ones(1))
            found.append((base.tolist(), view.tolist()))
            if i == 1:
                base.data = base + 0
    assert found[:3] == found[3:]

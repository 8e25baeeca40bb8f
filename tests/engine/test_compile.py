"""compile: one recording, then replays that follow the state of the program around them."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


@pytest.fixture(autouse=True)
def no_programs():
    """Equal functions share their program, whichever test made it."""
    torch.compiler.reset()


def net_and_optimizer(lr=0.1):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    return net, torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)


def batches(n, size=5):
    rng = np.random.RandomState(0)
    return [
        (torch.tensor(rng.rand(size, 4).astype("f")), torch.tensor(rng.randint(0, 2, size))) for _ in range(n)
    ]


def plain_step(net, optimizer):
    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def test_a_step_gives_the_imperative_numbers_and_is_recorded_once():
    net, optimizer = net_and_optimizer()
    step = plain_step(net, optimizer)
    expected = [step(x, y).item() for x, y in batches(6)]
    net2, optimizer2 = net_and_optimizer()
    compiled = torch.compile(plain_step(net2, optimizer2))
    torch.reset_stats()
    assert [compiled(x, y).item() for x, y in batches(6)] == expected
    assert torch.stats()["recordings"] == torch.stats()["compiles"] == 1
    for a, b in zip(net.parameters(), net2.parameters(), strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
        np.testing.assert_array_equal(a.grad.numpy(), b.grad.numpy())


def test_a_new_rate_needs_no_new_program():
    net, optimizer = net_and_optimizer()
    step = torch.compile(plain_step(net, optimizer))
    (x, y), (x2, y2) = batches(2)
    step(x, y)
    torch.reset_stats()
    optimizer.param_groups[0]["lr"] = 0.0
    optimizer.param_groups[0]["momentum"] = 0.5
    before = net[0].weight.detach().numpy()
    step(x2, y2)
    np.testing.assert_array_equal(net[0].weight.detach().numpy(), before)
    assert torch.stats()["compiles"] == 0


def test_adam_counts_its_steps_in_replays():
    results = []
    for wrapper in (lambda f: f, torch.compile):
        net, _ = net_and_optimizer()
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        step = wrapper(plain_step(net, optimizer))
        for x, y in batches(5):
            step(x, y)
        results.append([p.detach().numpy() for p in net.parameters()])
        assert float(optimizer.state[net[0].weight]["step"]) == 5
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


def test_another_shape_is_another_recording():
    net, optimizer = net_and_optimizer()
    step = torch.compile(plain_step(net, optimizer))
    torch.reset_stats()
    for size in (5, 5, 3, 5, 3):
        ((x, y),) = batches(1, size)
        step(x, y)
    assert torch.stats()["compiles"] == 2


def test_gradients_accumulate_across_calls():
    net, _ = net_and_optimizer()

    @torch.compile
    def add(x, y):
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        return loss.detach()

    ((x, y),) = batches(1)
    add(x, y)
    one = net[0].weight.grad.numpy()
    for _ in range(3):
        add(x, y)
    np.testing.assert_allclose(net[0].weight.grad.numpy(), 4 * one, rtol=1e-6)


def test_dropout_is_fresh_in_each_call_and_follows_the_mode():
    drop = nn.Dropout(0.5)

    @torch.compile
    @torch.no_grad()
    def run(x):
        return drop(x)

    x = torch.ones(1000)
    first, second = run(x).numpy(), run(x).numpy()
    assert (first != second).any() and set(np.unique(first)) == {0.0, 2.0}
    drop.eval()
    np.testing.assert_array_equal(run(x).numpy(), np.ones(1000, np.float32))
    drop.train()
    assert (run(x).numpy() == 0).any()


def test_running_statistics_are_written():
    norm = nn.BatchNorm1d(3)

    @torch.compile
    @torch.no_grad()
    def run(x):
        return norm(x)

    x = torch.tensor(np.random.RandomState(0).rand(10, 3).astype("f"))
    for _ in range(3):
        run(x)
    other = nn.BatchNorm1d(3)
    with torch.no_grad():
        for _ in range(3):
            other(x)
    np.testing.assert_allclose(norm.running_mean.numpy(), other.running_mean.numpy(), rtol=1e-6)
    assert norm.num_batches_tracked.item() == 3


def test_random_numbers_are_drawn_anew_from_torchs_stream():
    @torch.compile
    def draw():
        return torch.rand(3) + 0

    torch.manual_seed(3)
    expected = [torch.rand(3).tolist() for _ in range(3)]
    torch.manual_seed(3)
    assert [draw().tolist() for _ in range(3)] == expected


def test_writes_to_arguments_reach_the_caller():
    @torch.compile
    def double_(x):
        x.mul_(2)
        return x.sum()

    a, b = torch.ones(3), torch.full((3,), 5.0)
    assert double_(a).item() == 6 and double_(b).item() == 30
    assert a.tolist() == [2, 2, 2] and b.tolist() == [10, 10, 10]


def test_a_host_read_is_refused_and_changes_nothing():
    net, optimizer = net_and_optimizer()
    before = [p.detach().numpy() for p in net.parameters()]

    @torch.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    ((x, y),) = batches(1)
    with pytest.raises(RuntimeError, match="read on the host inside a compiled function"):
        step(x, y)
    for p, b in zip(net.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), b)
        assert p.grad is None


def test_an_argument_read_on_the_host_is_refused():
    @torch.compile
    @torch.no_grad()
    def f(x):
        return x * 2 if x.sum() > 0 else x

    @torch.compile
    @torch.no_grad()
    def g(x):
        return x * x[0].item()

    for function in (f, g):
        with pytest.raises(RuntimeError, match=r"torch\.where"):
            function(torch.ones(3))


def test_results_that_need_backward_are_part_of_the_step_around():
    net, optimizer = net_and_optimizer()
    forward = torch.compile(lambda x: net(x))
    net2, optimizer2 = net_and_optimizer()
    for x, y in batches(4):
        losses = []
        for model, opt in ((forward, optimizer), (net2, optimizer2)):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            opt.step()
            losses.append(loss.item())
        assert losses[0] == losses[1]


def test_decorator_with_options_nested_arguments_and_results():
    @torch.compile(fullgraph=True, dynamic=False)
    @torch.no_grad()
    def f(batch, *, scale):
        return {"y": batch["x"] * scale, "n": [batch["x"].sum(), "text"]}

    for scale in (2.0, 3.0):
        out = f({"x": torch.ones(2)}, scale=scale)
        assert out["y"].tolist() == [scale, scale] and out["n"][1] == "text"
    with pytest.raises(TypeError, match="unexpected keyword argument 'speed'"):
        torch.compile(f, speed=1)


def test_two_arguments_may_be_the_same_tensor():
    @torch.compile
    @torch.no_grad()
    def f(a, b):
        return a - b

    x, y = torch.ones(3), torch.full((3,), 2.0)
    assert f(x, x).tolist() == [0, 0, 0]
    assert f(x, y).tolist() == [-1, -1, -1]
    assert f(y, y).tolist() == [0, 0, 0]


def test_a_loaded_optimizer_state_is_used_by_a_compiled_step():
    results = []
    for wrapper in (lambda f: f, torch.compile):
        w = nn.Parameter(torch.ones(3))
        optimizer = torch.optim.SGD([w], lr=1.0, momentum=0.9)

        def step(w=w, optimizer=optimizer):
            optimizer.zero_grad()
            (w * 1.0).sum().backward()
            optimizer.step()

        step = wrapper(step)
        step()
        step()
        saved = copy.deepcopy(optimizer.state_dict())
        step()
        optimizer.load_state_dict(saved)
        optimizer.param_groups[0]["lr"] = 0.5
        step()
        optimizer.param_groups[0]["weight_decay"] = 0.1
        step()
        results.append(w.tolist())
    assert results[0] == results[1]

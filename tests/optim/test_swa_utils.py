"""Weight averaging against torch."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

X = np.random.RandomState(0).randn(12, 3).astype(np.float32)


def network(library):
    library.manual_seed(0)
    return library.nn.Sequential(library.nn.Linear(3, 4), library.nn.BatchNorm1d(4), library.nn.Linear(4, 2))


def train(library, net, optimizer, steps, after):
    for i in range(steps):
        optimizer.zero_grad()
        (net(library.tensor(X) * (1 + 0.1 * i)) ** 2).mean().backward()
        optimizer.step()
        after()


AVERAGES = {
    "equal": lambda swa: {},
    "ema": lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.9)},
    "ema, the newer half": lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.3)},
    "ema one by one": lambda swa: {"avg_fn": swa.get_ema_avg_fn(0.9)},
    "swa one by one": lambda swa: {"avg_fn": swa.get_swa_avg_fn()},
    "swa together": lambda swa: {"multi_avg_fn": swa.get_swa_multi_avg_fn()},
    "own": lambda swa: {"avg_fn": lambda a, c, n: a + (c - a) * 0.5 / (n + 1)},
}


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("how", AVERAGES)
def test_averaged_model(how, use_buffers):
    def program(library):
        swa = library.optim.swa_utils
        net = network(library)
        average = swa.AveragedModel(net, use_buffers=use_buffers, **AVERAGES[how](swa))
        optimizer = library.optim.SGD(net.parameters(), lr=0.1)
        train(library, net, optimizer, 5, lambda: average.update_parameters(net))
        average.eval()
        state = average.state_dict()
        copied = copy.deepcopy(average)
        return state, average(library.tensor(X)).detach(), copied.state_dict()

    same(program, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("how", ["ema", "swa one by one"])
def test_in_a_compiled_step(how):
    """Whether it is the first time is known where the program runs."""

    def program(library):
        swa = library.optim.swa_utils
        net = network(library)
        average = swa.AveragedModel(net, use_buffers=True, **AVERAGES[how](swa))
        optimizer = library.optim.SGD(net.parameters(), lr=0.1)

        def step(x):
            optimizer.zero_grad()
            (net(x) ** 2).mean().backward()
            optimizer.step()
            average.update_parameters(net)

        if library is jaxlearn:
            step = library.compile(step)
        for i in range(4):
            step(library.tensor(X) * (1 + 0.1 * i))
        return average.state_dict()

    same(program, rtol=1e-5, atol=1e-6)


def test_update_bn():
    def program(library):
        net = network(library)
        net[1].momentum = 0.3
        net.eval()
        loader = [[library.tensor(X[i : i + 4]), "label"] for i in range(0, 12, 4)]
        library.optim.swa_utils.update_bn(loader, net)
        return net.state_dict(), net.training, net[1].momentum

    same(program, rtol=1e-5, atol=1e-6)


def test_averaging_compiles_nothing_more():
    swa = jaxlearn.optim.swa_utils
    net = network(jaxlearn)
    average = swa.AveragedModel(net)
    optimizer = jaxlearn.optim.SGD(net.parameters(), lr=0.1)
    train(jaxlearn, net, optimizer, 4, lambda: average.update_parameters(net))
    jaxlearn.reset_stats()
    train(jaxlearn, net, optimizer, 4, lambda: average.update_parameters(net))
    assert jaxlearn.stats()["compiles"] == 0
    assert jaxlearn.stats()["flushes"] == 4


@pytest.mark.parametrize(
    "options",
    [{"swa_lr": 0.05}, {"swa_lr": [0.05, 0.01], "anneal_epochs": 4}, {"swa_lr": 0.05, "anneal_strategy": "linear"},
     {"swa_lr": 0.05, "anneal_epochs": 0}],
    ids=str,
)  # fmt: skip
def test_swalr(options):
    def program(library):
        groups = [{"params": [library.nn.Parameter(library.ones(2))], "lr": rate} for rate in (0.1, 0.037)]
        optimizer = library.optim.SGD(groups, lr=0.5)
        before = library.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 0.9)
        scheduler = library.optim.swa_utils.SWALR(optimizer, **options)
        trace = [scheduler.get_last_lr()]
        for i in range(14):
            optimizer.step()
            (before if i < 3 else scheduler).step()
            trace.append([g["lr"] for g in optimizer.param_groups])
            if i == 8:
                state = copy.deepcopy(scheduler.state_dict())
                scheduler = library.optim.swa_utils.SWALR(optimizer, swa_lr=9.0)
                for group, rate in zip(optimizer.param_groups, trace[-1], strict=True):
                    group["lr"] = rate
                scheduler.load_state_dict(state)
        return trace, scheduler.state_dict()

    same(program)


ERRORS = {
    "two functions": lambda swa, o: swa.AveragedModel(None, avg_fn=max, multi_avg_fn=max),
    "decay": lambda swa, o: swa.get_ema_avg_fn(1.5),
    "decay of several": lambda swa, o: swa.get_ema_multi_avg_fn(-0.1),
    "strategy": lambda swa, o: swa.SWALR(o, 0.1, anneal_strategy="square"),
    "epochs": lambda swa, o: swa.SWALR(o, 0.1, anneal_epochs=-1),
    "fractions of epochs": lambda swa, o: swa.SWALR(o, 0.1, anneal_epochs=1.5),
    "rates": lambda swa, o: swa.SWALR(o, [0.1, 0.2]),
}


@pytest.mark.parametrize("what", ERRORS)
def test_same_error_as_torch(what):
    def program(library):
        optimizer = library.optim.SGD([library.nn.Parameter(library.ones(2))], lr=0.1)
        return ERRORS[what](library.optim.swa_utils, optimizer)

    same(program, message=True)

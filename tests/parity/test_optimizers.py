"""Optimizers against torch: parameters and state after each step, state_dicts across, groups, and errors."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import compare, same, torch

pytestmark = pytest.mark.unoptimized

RNG = np.random.RandomState(0)
W = RNG.randn(4, 3).astype(np.float32)
B = RNG.randn(3).astype(np.float32)
X = RNG.randn(6, 4).astype(np.float32)

SAMPLES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.01, "betas": (0.5, 0.9), "eps": 1e-4}),
    ("Adam", {"lr": 0.01, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "amsgrad": True}),
    ("Adam", {"lr": 0.01, "weight_decay": 0.1, "maximize": True}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.3, "amsgrad": True}),
]
IDS = [f"{name}-{'-'.join(options)}" for name, options in SAMPLES]


def parameters(library):
    return [library.tensor(W, requires_grad=True), library.tensor(B, requires_grad=True)]


def one_step(library, params, optimizer, i):
    optimizer.zero_grad()
    w, b = params
    loss = ((library.tensor(X) @ w + b) * (1 + 0.1 * i)).pow(2).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@pytest.mark.parametrize(("name", "options"), SAMPLES, ids=IDS)
def test_ten_steps(name, options):
    def program(library):
        params = parameters(library)
        optimizer = getattr(library.optim, name)(params, **options)
        trace = []
        for i in range(10):
            one_step(library, params, optimizer, i)
            trace.append([p.detach().clone() for p in params])
        state = optimizer.state_dict()
        return trace, state, repr(optimizer)

    same(program, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("name", "options"), SAMPLES, ids=IDS)
@pytest.mark.parametrize("direction", ["from_torch", "to_torch"])
def test_a_run_continues_on_the_other_side(name, options, direction, tmp_path):
    first, second = (torch, jaxlearn) if direction == "from_torch" else (jaxlearn, torch)
    params = parameters(first)
    optimizer = getattr(first.optim, name)(params, **options)
    for i in range(3):
        one_step(first, params, optimizer, i)
    first.save(
        {"params": [p.detach() for p in params], "optimizer": optimizer.state_dict()}, tmp_path / "state.pth"
    )
    loaded = second.load(tmp_path / "state.pth")
    others = [p.clone().requires_grad_() for p in loaded["params"]]
    other = getattr(second.optim, name)(others, lr=99.0)
    other.load_state_dict(loaded["optimizer"])
    for i in range(3, 6):
        one_step(first, params, optimizer, i)
        one_step(second, others, other, i)
    ours, theirs = (others, params) if second is jaxlearn else (params, others)
    for a, b in zip(ours, theirs, strict=True):
        compare(a, b, rtol=1e-6, atol=1e-6)


def test_groups_and_rate_changes():
    def program(library):
        w, b = parameters(library)
        optimizer = library.optim.SGD([{"params": [w], "lr": 0.5}, {"params": b, "momentum": 0.9}], lr=0.1)
        extra = library.tensor(B, requires_grad=True)
        trace = []
        for i in range(6):
            if i == 3:
                optimizer.add_param_group({"params": [extra], "lr": 1.0})
            for group in optimizer.param_groups:
                group["lr"] *= 0.7
            optimizer.zero_grad(set_to_none=i % 2 == 0)
            ((library.tensor(X) @ w + b) * extra).pow(2).mean().backward()
            optimizer.step()
            trace.append((w.detach().clone(), b.detach().clone(), extra.detach().clone()))
        return trace, [g["lr"] for g in optimizer.param_groups]

    same(program, rtol=1e-6, atol=1e-6)


def test_a_closure_and_parameters_without_gradient():
    def program(library):
        w, b = parameters(library)
        unused = library.tensor(B, requires_grad=True)
        optimizer = library.optim.Adam([w, b, unused], lr=0.1)

        def closure():
            optimizer.zero_grad()
            loss = (library.tensor(X) @ w + b).pow(2).mean()
            loss.backward()
            return loss

        losses = [optimizer.step(closure).item() for _ in range(3)]
        return losses, w.detach(), unused.detach(), len(optimizer.state)

    same(program, rtol=1e-6, atol=1e-6)


def test_a_schedule_compiles_nothing():
    params = parameters(jaxlearn)
    optimizer = jaxlearn.optim.SGD(params, lr=0.1, momentum=0.9)
    x = jaxlearn.tensor(X)

    def step():
        optimizer.zero_grad()
        (x @ params[0] + params[1]).pow(2).mean().backward()
        optimizer.step()

    step()
    step()
    jaxlearn.reset_stats()
    for i in range(5):
        optimizer.param_groups[0]["lr"] = 0.1 / (i + 2)
        optimizer.param_groups[0]["momentum"] = 0.5 + 0.01 * i
        step()
    assert jaxlearn.stats()["compiles"] == 0


ERRORS = {
    "no parameters": lambda library: library.optim.SGD([], lr=0.1),
    "a tensor": lambda library: library.optim.SGD(library.ones(2, requires_grad=True), lr=0.1),
    "not a tensor": lambda library: library.optim.SGD([1.0], lr=0.1),
    "negative rate": lambda library: library.optim.SGD(parameters(library), lr=-1.0),
    "NaN rate": lambda library: library.optim.Adam(parameters(library), lr=float("nan")),
    "negative momentum": lambda library: library.optim.SGD(parameters(library), momentum=-0.1),
    "negative decay": lambda library: library.optim.AdamW(parameters(library), weight_decay=-0.1),
    "nesterov": lambda library: library.optim.SGD(parameters(library), nesterov=True),
    "beta": lambda library: library.optim.Adam(parameters(library), betas=(1.0, 0.9)),
    "eps": lambda library: library.optim.Adam(parameters(library), eps=-1.0),
    "twice in two groups": lambda library: (lambda p: library.optim.SGD([{"params": p}, {"params": p[:1]}]))(
        parameters(library)
    ),
    "no leaf": lambda library: library.optim.SGD([parameters(library)[0] * 2]),
    "state of another size": lambda library: library.optim.SGD(parameters(library)).load_state_dict(
        library.optim.SGD(parameters(library)[:1]).state_dict()
    ),
    "state of other groups": lambda library: library.optim.SGD(parameters(library)).load_state_dict(
        library.optim.SGD([{"params": [p]} for p in parameters(library)]).state_dict()
    ),
}


@pytest.mark.parametrize("what", ERRORS)
def test_same_error_as_torch(what):
    same(ERRORS[what], message=True)

"""Optimizers written for PyTorch by users: the same numbers as there, and one program a step."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

import jaxlearn
from jaxlearn.ops.op import Op
from tests.optim.users_own import OPTIMIZERS
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized


def train(library, name, steps, closure=True):
    """Losses and weights of a small network, the loss read in each step; a schedule changes the rate."""
    rng = np.random.RandomState(0)
    arrays = [rng.randn(*s).astype(np.float32) for s in ((6, 8), (8,), (8, 3))]
    params = [library.tensor(a, requires_grad=True) for a in arrays]
    x, y = (
        library.tensor(rng.randn(5, 6).astype(np.float32)),
        library.tensor(rng.randn(5, 3).astype(np.float32)),
    )

    def loss_of():
        return ((library.tanh(x @ params[0] + params[1]) @ params[2] - y) ** 2).mean()

    optimizer = OPTIMIZERS[name](library, params)
    scheduler = library.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    losses = []
    for _ in range(steps):

        def evaluate():
            optimizer.zero_grad()
            loss = loss_of()
            loss.backward()
            return loss

        if name == "SAM":
            loss = evaluate()
            optimizer.step(evaluate)
            optimizer.zero_grad()
        elif closure:
            loss = optimizer.step(evaluate)
        else:
            loss = evaluate()
            optimizer.step()
        losses.append(loss.item())
        scheduler.step()
    return losses, [p.detach() for p in params], optimizer


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_same_as_in_torch(name):
    same(lambda library: train(library, name, 8)[:2], rtol=1e-5, atol=1e-5)


# What a step that reads its loss may cost: one program a step, and one more for the first, which makes the state.
# Lookahead has a third kind of step, the first that meets the slow weights; Ranger one that moves them; the old RAdam
# one before its mean is long enough to be rectified.
COMPILES = {
    "Lion": 2,
    "LAMB": 2,
    "SAM": 2,
    "Lookahead": 3,
    "RAdamOld": 3,
    "AdaBelief": 2,
    "Ranger": 3,
    "LARS": 2,
}


@pytest.mark.parametrize("closure", [False, True])
@pytest.mark.parametrize("name", COMPILES)
def test_one_program_a_step(name, closure):
    jaxlearn.reset_stats()
    train(jaxlearn, name, 8, closure)
    stats = jaxlearn.stats()
    assert stats["compiles"] <= COMPILES[name]
    assert stats["flushes"] == 8
    assert stats["op_by_op"] == 0


@pytest.mark.parametrize("name", ["Lion", "LAMB"])
def test_inside_a_compiled_function(name):
    """Its Python counts steps and reads the rate, so that the function is called rather than replayed."""

    def program(library):
        p = library.tensor(np.arange(1.0, 4.0, dtype=np.float32), requires_grad=True)
        optimizer = OPTIMIZERS[name](library, [p])

        def step(x):
            optimizer.zero_grad()
            loss = (p * x).pow(2).sum()
            loss.backward()
            optimizer.step()
            return loss.detach()

        run = library.compile(step) if library is jaxlearn else step
        losses = []
        for i in range(6):
            losses.append(run(library.tensor([1.0, 2.0, 3.0])))
            optimizer.param_groups[0]["lr"] = 0.1 / (i + 1)
        return losses, p.detach()

    same(program, rtol=1e-5, atol=1e-5)


G, V = (2, 2), (2,)
OLDER = {
    "add_": lambda t, p, g, v: p.add_(-0.1, g),
    "add": lambda t, p, g, v: t.add(p, 2, g),
    "add two numbers": lambda t, p, g, v: p.add(0.5, 2.0),
    "add by a tensor": lambda t, p, g, v: p.add_(t.tensor(0.5), g),
    "sub_": lambda t, p, g, v: p.sub_(0.5, g),
    "addcmul_": lambda t, p, g, v: p.addcmul_(0.5, g, g),
    "addcdiv": lambda t, p, g, v: t.addcdiv(p, -0.1, g, p),
    "addmm": lambda t, p, g, v: p.addmm(0.5, g, g),
    "addmm_": lambda t, p, g, v: p.addmm_(0.5, 0.25, g, g),
    "addmm, function": lambda t, p, g, v: t.addmm(0.5, p, g, g),
    "addmm, both": lambda t, p, g, v: t.addmm(0.5, p, 0.25, g, g),
    "addmv": lambda t, p, g, v: v.addmv(0.5, 0.25, g, v),
    "addr": lambda t, p, g, v: p.addr(0.5, v, v),
    "baddbmm": lambda t, p, g, v: p[None].baddbmm(0.5, g[None], g[None]),
    "a matrix in place of the number": lambda t, p, g, v: p.add(g, g),
    "too many": lambda t, p, g, v: p.addcmul(0.5, 0.5, g, g),
}


@pytest.mark.parametrize("name", OLDER)
def test_arguments_in_an_order_of_old(name):
    """Numbers in front of what they multiply, as optimizers were written before 2020: PyTorch still takes them."""

    def program(library):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return OLDER[name](library, library.full(G, 2.0), library.full(G, 3.0), library.full(V, 4.0))

    same(program)


def test_the_order_of_old_warns_once(monkeypatch):
    monkeypatch.setattr(Op, "warned_of_older", False)
    p = jaxlearn.ones(2)
    with pytest.warns(UserWarning, match=r"deprecated:\n\tadd\(Number alpha, Tensor other\)\nConsider"):
        p.add_(-0.5, jaxlearn.ones(2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p.add_(-0.5, jaxlearn.ones(2))
    assert p.tolist() == [0.0, 0.0]


def test_hooks_copies_and_dictionaries():
    def program(library):
        losses, params, optimizer = train(library, "LAMB", 3)
        calls = []
        optimizer.register_step_pre_hook(lambda o, args, kwargs: calls.append("before"))
        optimizer.register_step_post_hook(lambda o, args, kwargs: calls.append("after"))
        for p in optimizer.param_groups[0]["params"]:
            p.grad = library.ones_like(p)
        state = copy.deepcopy(optimizer.state_dict())
        optimizer.step()
        other = OPTIMIZERS["LAMB"](library, [p.clone().requires_grad_() for p in params])
        other.load_state_dict(state)
        for p in other.param_groups[0]["params"]:
            p.grad = library.ones_like(p)
        other.step()
        return (
            losses,
            calls,
            state,
            repr(optimizer),
            [p.detach() for o in (optimizer, other) for p in o.param_groups[0]["params"]],
        )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(program, rtol=1e-5, atol=1e-5)

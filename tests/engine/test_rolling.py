"""Loops that Python unrolled into a graph: rolled up in its program, with the numbers of PyTorch."""

import numpy as np
import pytest
import torch

import jaxlearn
from jaxlearn._engine import instructions
from jaxlearn._engine.program import clear_cache

pytestmark = pytest.mark.unoptimized


def recurrent(t, x, w, v, optimizer):
    h = t.zeros(x.shape[0], w.shape[0], dtype=w.dtype)
    outputs = []
    for i in range(x.shape[1]):
        h = t.tanh(x[:, i] @ v + h @ w)
        outputs.append(h)
    (t.stack(outputs, 1).pow(2).mean() + h.sum()).backward()
    return h


def two_back(t, x, w, v, optimizer):
    a, b = x[:, 0] @ v, x[:, 1] @ v
    for _ in range(70):
        a, b = b, t.sin(a @ w) + b * 0.3
    b.sum().backward()
    return a, b


def with_numbers(t, x, w, v, optimizer):
    h = x[:, 0] @ v
    for i in range(60):
        h = t.relu(h @ w) * (1 / (i + 1)) + h
    h.sum().backward()
    return h


def written_one_by_one(t, x, w, v, optimizer):
    kept = t.zeros(60, x.shape[0], w.shape[0], dtype=w.dtype)
    h = x[:, 0] @ v
    for i in range(60):
        h = t.tanh(h @ w)
        kept[i] = h
    (kept * kept).sum().backward()
    return kept


def inner_steps(t, x, w, v, optimizer):
    start = t.zeros_like(v, requires_grad=True)
    y = x[:, 0]
    for _ in range(30):
        loss = ((y @ start @ w - y @ v) ** 2).mean()
        (g,) = t.autograd.grad(loss, start, create_graph=True)
        start = start - 0.1 * g
    loss = ((y @ start - 1) ** 2).mean()
    loss.backward()
    return loss


def training(t, x, w, v, optimizer):
    for _ in range(50):
        optimizer.zero_grad()
        loss = ((x @ v @ w).tanh() - 0.3).pow(2).mean()
        loss.backward()
        optimizer.step()
    return loss


def training_on_parts(t, x, w, v, optimizer):
    h = t.zeros(x.shape[0], w.shape[0], dtype=w.dtype)
    for begin in range(0, x.shape[1], 4):  # ten rounds, each with a backward through four steps
        loss = 0.0
        for i in range(begin, begin + 4):
            h = t.tanh(x[:, i] @ v + h @ w)
            loss = loss + h.pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        h = h.detach()
    return h


def gradients_by_sample(t, x, w, v, optimizer):
    def loss(w, x):
        h = x @ v.detach()
        for _ in range(80):
            h = t.tanh(h @ w)
        return h.pow(2).sum()

    return t.func.vmap(t.func.grad(loss), in_dims=(None, 0))(w.detach(), x)


def epochs(t, x, w, v, optimizer):
    for _ in range(20):
        h = x[:, 0] @ v
        for _ in range(20):
            h = t.tanh(h @ w)
        h.sum().backward()
        with t.no_grad():
            w -= 0.01 * w.grad
            w.grad.zero_()
    return h


PROGRAMS = [
    recurrent,
    two_back,
    with_numbers,
    written_one_by_one,
    inner_steps,
    training,
    training_on_parts,
    epochs,
]


def run(t, program, compiled):
    # In float64: float32's rounding grows over the rounds, and could hide a mistake.
    rng = np.random.RandomState(0)
    w, v = (t.tensor(rng.randn(*s) * 0.4, requires_grad=True) for s in [(5, 5), (3, 5)])
    x = rng.randn(4, 40, 3)
    optimizer = t.optim.SGD([w, v], lr=0.01, momentum=0.9)

    def step(x):
        return program(t, x, w, v, optimizer)

    step = t.compile(step) if compiled else step
    found = []
    for k in range(3):  # the second call adds to gradients
        before = jaxlearn.stats()["compiles"]
        out = step(t.tensor(x + 0.1 * k))
        found += [r.detach().numpy() for r in (out if isinstance(out, tuple) else (out,))]
        found += [p.grad.numpy().copy() for p in (w, v) if p.grad is not None]
    return found, jaxlearn.stats()["compiles"] - before


# Optimizer steps are computed one by one in the imperative mode, and so are writes to leaves.
@pytest.mark.parametrize(
    "program, compiled", [(recurrent, False), (gradients_by_sample, False), *[(f, True) for f in PROGRAMS]]
)
def test_unrolled_loops_are_rolled_up(program, compiled, monkeypatch):
    rolled = []
    roll = instructions.roll
    monkeypatch.setattr(instructions, "roll", lambda *a: rolled.append(roll(*a)) or rolled[-1])
    clear_cache()
    expected, _ = run(torch, program, False)
    found, compiles = run(jaxlearn, program, compiled)
    assert any(rolled)
    assert compiles == 0  # by the third call
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-12)

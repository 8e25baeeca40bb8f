"""Long chains of elementwise operations whose results are all used: XLA must not compute each from the first one on."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn._engine import program, stage
from jaxlearn._engine.signature import x64

pytestmark = pytest.mark.unoptimized


def averaged(x, a):
    s, states = x[0], []
    for row in x:
        s = a * s + (1 - a) * row
        states.append(s)
    return torch.stack(states)


def pendulum(x, a):
    angle, speed, states = x[0], x[1], []
    for _ in range(len(x)):
        speed = speed - 0.1 * torch.sin(angle) * a
        angle = angle + 0.1 * speed
        states.append(angle)
    return torch.stack(states)


def program_lines(f, *args) -> list[int]:
    """How long the computations of a compiled function's program are, in XLA's text."""
    program.clear_cache()
    torch.compiler.reset()
    torch.compile(f)(*args)
    (made,) = program._programs.values()
    (part,) = made.parts
    with x64():
        operands = [made.leaf_avals[i].struct for i in made.kept]
        text = part.stage.jitted.lower([], [], operands, None, None).compile().as_text()
    return [len(computation.splitlines()) for computation in text.split("\n\n")]


@pytest.mark.parametrize("simulate", [averaged, pendulum])
def test_a_program_grows_with_its_loop_and_no_faster(simulate):
    a = torch.tensor(0.9)
    short, long = (sum(program_lines(simulate, torch.rand(n, 4), a)) for n in (40, 80))
    assert long < 3 * short
    assert long < 2500  # 7,000 and more without cuts


@pytest.mark.parametrize("simulate", [averaged, pendulum])
def test_gradients_of_what_is_cut(simulate):
    x = torch.rand(30, 4)
    results = []
    for run in (simulate, torch.compile(simulate)):
        for leaves in ((x.clone().requires_grad_(), torch.tensor(0.9, requires_grad=True)),):
            out = run(*leaves)
            out.pow(2).sum().backward()
            results.append([out.detach().numpy(), *[leaf.grad.numpy() for leaf in leaves]])
    double = [t.double().requires_grad_() for t in (x, torch.tensor(0.9))]
    out = simulate(*double)
    expected = [out.detach().numpy(), *[g.numpy() for g in torch.autograd.grad(out.pow(2).sum(), double)]]
    for found in results:
        for value, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(value, other, rtol=1e-4, atol=1e-5)


def test_a_network_is_not_cut(monkeypatch):
    found = []
    original = stage.execute

    def execute(instructions, *args, **kwargs):
        from jaxlearn._engine.cuts import cuts

        found.append(cuts(instructions, (), ()))
        return original(instructions, *args, **kwargs)

    monkeypatch.setattr(stage, "execute", execute)
    model = nn.Sequential(
        *[nn.Sequential(nn.Linear(4, 4), nn.GELU(), nn.Dropout(0.1), nn.LayerNorm(4)) for _ in range(8)]
    )
    optimizer = torch.optim.AdamW(model.parameters())

    @torch.compile
    def step(x):
        optimizer.zero_grad()
        loss = model(x).pow(2).mean()
        loss.backward()
        optimizer.step()
        return loss.detach()

    step(torch.rand(3, 4))
    assert found and not any(found)

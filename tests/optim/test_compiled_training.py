"""Training steps as people write them, compiled as a whole: PyTorch's losses and state, whatever changes between."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

RNG = np.random.RandomState(0)
X, Y = RNG.randn(24, 6).astype(np.float32), RNG.randint(0, 3, 24)


def split(model, **decayed):
    """Biases in a group of their own, without decay."""
    weights = [p for p in model.parameters() if p.ndim > 1]
    biases = [p for p in model.parameters() if p.ndim == 1]
    return [{"params": weights, **decayed}, {"params": biases, "weight_decay": 0.0}]


def frozen(torch, model):
    for p in model[0].parameters():
        p.requires_grad_(False)
    return torch.optim.AdamW(model[2].parameters(), lr=1e-2)


def unfreeze(i, torch, optimizer, model, kept):
    if i == 2:
        for p in model[0].parameters():
            p.requires_grad_(True)
        optimizer.add_param_group({"params": list(model[0].parameters()), "lr": 1e-3})


def go_back(i, torch, optimizer, model, kept):
    if i == 1:
        kept.update(copy.deepcopy({"optimizer": optimizer.state_dict(), "model": model.state_dict()}))
    if i == 3:
        optimizer.load_state_dict(kept["optimizer"])
        model.load_state_dict(kept["model"])


def new_memory(i, torch, optimizer, model, kept):
    for p in model.parameters():
        p.data = p.data * 0.9


def switch(i, torch, optimizer, model, kept):
    optimizer.param_groups[0]["momentum"] = 0.0 if i % 3 else 0.9


def cosine(torch, optimizer):
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 6)


def one_cycle(torch, optimizer):
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.3, total_steps=8)


PROGRAMS = {
    "AdamW, clipped, cosine": (lambda t, m: t.optim.AdamW(m.parameters(), lr=1e-2), cosine, None, True),
    "groups": (lambda t, m: t.optim.AdamW(split(m, weight_decay=0.1), lr=1e-2), cosine, None, False),
    "one cycle": (lambda t, m: t.optim.SGD(m.parameters(), 0.1, 0.9, nesterov=True), one_cycle, None, False),
    "dampened": (lambda t, m: t.optim.SGD(m.parameters(), 0.1, 0.9, dampening=0.5), None, None, False),
    "unfreezing": (frozen, None, unfreeze, False),
    "from a checkpoint": (
        lambda t, m: t.optim.Adam(m.parameters(), 1e-2, amsgrad=True),
        None,
        go_back,
        False,
    ),
    "other memory": (lambda t, m: t.optim.SGD(m.parameters(), 0.1, 0.9), None, new_memory, False),
    "momentum on and off": (lambda t, m: t.optim.SGD(m.parameters(), 0.1), None, switch, False),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_losses_and_state(name):
    make, schedule, change, clip = PROGRAMS[name]

    def program(torch):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
        optimizer = make(torch, model)
        scheduler = None if schedule is None else schedule(torch, optimizer)
        kept: dict = {}

        def step(x, y):
            optimizer.zero_grad(set_to_none=True)
            loss = torch.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            if clip:
                torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            return loss.detach()

        run = torch.compile(step) if torch is jaxlearn else step
        losses = []
        for i in range(6):
            losses.append(run(torch.tensor(X), torch.tensor(Y)))
            if scheduler is not None:
                scheduler.step()
            if change is not None:
                change(i, torch, optimizer, model, kept)
        return losses, [p.detach() for p in model.parameters()], optimizer.state_dict()["state"]

    same(program)

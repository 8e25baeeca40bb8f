"""An optimizer's state lies packed between the steps; whoever can look at it sees what PyTorch shows."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

RNG = np.random.RandomState(0)
ARRAYS = [RNG.randn(3, 2).astype(np.float32), RNG.randn(2).astype(np.float32)]


def begun(library, steps=2, compiled=False, **options):
    """Parameters, an AdamW over them after some steps, and what makes one more step; jaxlearn compiles it if asked."""
    params = [library.nn.Parameter(library.tensor(a)) for a in ARRAYS]
    optimizer = library.optim.AdamW(params, lr=0.1, **options)

    def step(factor=1.0):
        optimizer.zero_grad()
        loss = sum(((p - factor) ** 2).sum() for p in params)
        loss.backward()
        optimizer.step()
        return loss.detach()

    if compiled and library is jaxlearn:
        step = library.compile(step)
    for _ in range(steps):
        step()
    return params, optimizer, step


HOLDERS = {
    "a tensor": lambda o, p: o.state[p]["exp_avg"],
    "an alias": lambda o, p: o.state[p]["exp_avg"].detach(),
    "a view": lambda o, p: o.state[p]["exp_avg"][1:],
    "a dictionary": lambda o, p: o.state[p],
    "all": lambda o, p: o.state,
    "saved": lambda o, p: o.state_dict(),
}


def seen(held):
    if hasattr(held, "items"):
        found = [seen(v) for v in held.values()]
        return [f for f in found if f is not None]
    if isinstance(held, list):
        return [seen(v) for v in held]
    return held.clone() if hasattr(held, "clone") else None


@pytest.mark.parametrize("compiled", [False, True], ids=["imperative", "compiled"])
@pytest.mark.parametrize("what", HOLDERS)
def test_who_holds_a_part_of_the_state_sees_each_step(what, compiled):
    def program(library):
        params, optimizer, step = begun(library, compiled=compiled)
        held = HOLDERS[what](optimizer, params[0])
        out = [seen(held)]
        for _ in range(3):
            step()
            out.append(seen(held))
        held = None
        step()
        return out, [optimizer.state[p]["exp_avg_sq"] for p in params]

    same(program)


@pytest.mark.parametrize("compiled", [False, True], ids=["imperative", "compiled"])
def test_reading_the_state_compiles_nothing(compiled):
    _, optimizer, step = begun(jaxlearn, compiled=compiled)
    jaxlearn.reset_stats()
    held = []
    for _ in range(4):
        step()
        held.append(optimizer.state_dict())
        step()
    held.clear()
    step()
    assert jaxlearn.stats()["compiles"] == 0
    assert jaxlearn.stats()["replays" if compiled else "flushes"] == 9


def test_what_is_written_to_the_state_counts():
    def program(library):
        params, optimizer, step = begun(library)
        out = []
        for i in range(3):
            entry = optimizer.state[params[i % 2]]
            entry["exp_avg"].mul_(0.5)
            entry["exp_avg_sq"] = entry["exp_avg_sq"] + 1
            del entry
            step()
            out.append([p.detach().clone() for p in params])
        optimizer.state.clear()
        step()
        return out, [p.detach() for p in params], optimizer.state_dict()["state"]

    same(program)


def test_a_value_computed_from_the_state_stays():
    def program(library):
        params, optimizer, step = begun(library)
        norm = optimizer.state[params[0]]["exp_avg"].norm()
        copied = optimizer.state[params[0]]["exp_avg"].clone()
        numbers = float(optimizer.state[params[0]]["exp_avg"].numpy().sum())
        step()
        return norm, copied, numbers, optimizer.state[params[0]]["exp_avg"]

    same(program)


@pytest.mark.parametrize("how", ["copy.copy", "deepcopy", "pickle", "load"])
def test_copies(how):
    def program(library):
        params, optimizer, step = begun(library)
        if how == "load":
            other_params, other, other_step = begun(library, 1)
            before = other.state[other_params[0]]["exp_avg"]
            other.load_state_dict(optimizer.state_dict())
            other_step()
            step()
            return before, [p.detach() for p in other_params], other.state[other_params[0]]["exp_avg"]
        if how == "copy.copy":
            other = copy.copy(optimizer)
        elif how == "deepcopy":
            other = copy.deepcopy(optimizer)
        else:
            other = pickle.loads(pickle.dumps(optimizer))
        step()
        own = other.param_groups[0]["params"]
        for p in own:
            p.grad = library.ones_like(p)
        other.step()
        return [p.detach() for p in [*params, *own]], [other.state[p]["exp_avg"] for p in own]

    same(program)


def test_parameters_without_gradients_and_new_groups_in_between():
    def program(library):
        params, optimizer, step = begun(library)
        out = []
        for i in range(4):
            step()
            params[1].grad = None if i % 2 else library.ones(2)
            optimizer.step()
            out.append([p.detach().clone() for p in params])
        more = library.nn.Parameter(library.ones(2))
        optimizer.add_param_group({"params": [more], "lr": 0.5})
        for _ in range(2):
            more.grad = library.ones(2)
            optimizer.step()
            step()
        return out, [p.detach() for p in [*params, more]], [len(optimizer.state[p]) for p in params]

    same(program)


def test_compiled_and_imperative_steps_in_turn():
    def program(library):
        params, optimizer, step = begun(library)

        def train(x):
            optimizer.zero_grad()
            loss = sum(((p - x) ** 2).sum() for p in params)
            loss.backward()
            optimizer.step()
            return loss.detach()

        run = library.compile(train) if library is jaxlearn else train
        losses = []
        for i in range(3):
            losses += [run(library.tensor(float(i))), run(library.tensor(2.0)), step(), step()]
        return losses, [p.detach() for p in params], [optimizer.state[p]["exp_avg"] for p in params]

    same(program)


def test_an_optimizer_inside_another_and_alone():
    def program(library):
        params, inner, step = begun(library)

        class Outer(library.optim.Optimizer):
            def __init__(self):
                self.state = inner.state
                self.param_groups = inner.param_groups
                self.defaults = inner.defaults
                self._make_own()

            def _make_own(self):
                base = library.optim.SGD([library.nn.Parameter(library.ones(1))], lr=0.1)
                self.__dict__.update({k: v for k, v in vars(base).items() if k.startswith("_optimizer")})
                self._patch_step_function()

            def step(self, closure=None):
                inner.step()
                with library.no_grad():
                    for p in params:
                        p.add_(self.state[p]["exp_avg"], alpha=-0.1)

        outer = Outer()
        for _ in range(2):
            for p in params:
                p.grad = p.detach() * 2
            outer.step()
            step()
        return [p.detach() for p in params]

    same(program)


def test_an_interrupted_step_is_not_lost(monkeypatch):
    from jaxlearn._engine import program as engine

    params, optimizer, _ = begun(jaxlearn)
    expected, reference, reference_step = begun(jaxlearn)
    for p in params:
        p.grad = 2 * (p.detach() - 1)
    run, interrupted = engine.run, []

    def interrupt(*args):
        if not interrupted:
            interrupted.append(True)
            raise KeyboardInterrupt
        return run(*args)

    monkeypatch.setattr(engine, "run", interrupt)
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    reference_step()
    for p, q in zip(params, expected, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-6)
        for name in ("exp_avg", "exp_avg_sq", "step"):
            ours, theirs = optimizer.state[p][name], reference.state[q][name]
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6)

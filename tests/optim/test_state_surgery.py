"""What programs do to an optimizer's state between the steps: the same as in PyTorch, compiled steps too."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

RNG = np.random.RandomState(0)
ARRAYS = [RNG.randn(3, 2).astype(np.float32), RNG.randn(2).astype(np.float32)]
X = RNG.randn(5, 3).astype(np.float32)


def begun(library, name, compiled, **options):
    params = [library.nn.Parameter(library.tensor(a)) for a in ARRAYS]
    optimizer = getattr(library.optim, name)(params, lr=0.05, **options)
    x = library.tensor(X)

    def step():
        optimizer.zero_grad()
        loss = (x @ params[0] + params[1]).tanh().pow(2).mean()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return params, optimizer, library.compile(step) if compiled and library is jaxlearn else step


def count_back_all(optimizer, params):
    for entry in optimizer.state.values():
        entry["step"] -= 1


def count_back_one(optimizer, params):
    optimizer.state[params[1]]["step"].sub_(2)


def halve(optimizer, params):
    for entry in optimizer.state.values():
        entry["exp_avg"].mul_(0.5)


def replace(optimizer, params):
    entry = optimizer.state[params[0]]
    entry["exp_avg"] = entry["exp_avg"].clone().zero_()


def forget_one(optimizer, params):
    del optimizer.state[params[0]]


def forget_all(optimizer, params):
    optimizer.state.clear()


SURGERY = [count_back_all, count_back_one, halve, replace, forget_one, forget_all]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("change", SURGERY)
def test_the_state_is_changed_between_steps(change, compiled):
    def program(library):
        params, optimizer, step = begun(library, "Adam", compiled)
        losses = [step() for _ in range(3)]
        change(optimizer, params)
        losses += [step() for _ in range(3)]
        change(optimizer, params)
        losses.append(step())
        return losses, [p.detach() for p in params], [optimizer.state[p] for p in params]

    same(program)


@pytest.mark.parametrize("compiled", [False, True])
def test_each_parameter_has_a_step_count_of_its_own(compiled):
    def program(library):
        params, optimizer, step = begun(library, "NAdam", compiled)
        step()
        counts = [optimizer.state[p]["step"] for p in params]
        products = [optimizer.state[p]["mu_product"] for p in params]
        trace = []
        for _ in range(3):
            step()
            trace.append([t.clone() for t in counts + products])
        saved = optimizer.state_dict()["state"]
        return trace, counts[0] is counts[1], saved[0]["step"] is counts[0]

    same(program)


def test_equal_step_counts_cost_one_program():
    params, optimizer, step = begun(jaxlearn, "Adam", False)
    step()
    state = optimizer.state_dict()
    for entry in state["state"].values():
        entry["step"] = jaxlearn.tensor(7.0)
    optimizer.load_state_dict(state)
    step()
    for turn in range(6):
        if turn == 3:
            jaxlearn.reset_stats()
        count_back_all(optimizer, params)
        step()
    assert jaxlearn.stats()["compiles"] == 0


LATER = [
    ("RMSprop", {}, {"momentum": 0.9}),
    ("RMSprop", {}, {"centered": True}),
    ("Adam", {}, {"amsgrad": True}),
    ("SGD", {}, {"momentum": 0.9}),
    ("SGD", {}, {"momentum": 0.9, "dampening": 0.5}),
    ("Adam", {"amsgrad": True}, {"amsgrad": False}),
]


@pytest.mark.parametrize(("name", "options", "later"), LATER)
def test_an_option_switched_on_later(name, options, later):
    """torch finds no state for it and says KeyError, but for SGD."""

    def program(library):
        params, optimizer, step = begun(library, name, False, **options)
        step()
        optimizer.param_groups[0].update(later)
        try:
            step()
            step()
        except KeyError as error:
            return str(error), [p.detach() for p in params], optimizer.state_dict()["state"]
        return [p.detach() for p in params], optimizer.state_dict()["state"]

    same(program)


def test_rows_are_added_and_taken_away():
    """As for the points of a scene: parameters are replaced by longer and shorter ones, with their state."""

    def program(library):
        points = library.nn.Parameter(library.arange(6.0).reshape(3, 2))
        optimizer = library.optim.Adam([{"params": [points], "lr": 0.1, "name": "xyz"}], lr=0.0, eps=1e-15)
        group = optimizer.param_groups[0]

        def train(n):
            found = []
            for _ in range(n):
                loss = (group["params"][0] ** 2).sum()
                loss.backward()
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
                found.append(loss.detach())
            return found

        def exchange(function):
            old = group["params"][0]
            state = optimizer.state.get(old)
            state["exp_avg"], state["exp_avg_sq"] = function(state["exp_avg"]), function(state["exp_avg_sq"])
            del optimizer.state[old]
            group["params"][0] = library.nn.Parameter(function(old.detach()).requires_grad_(True))
            optimizer.state[group["params"][0]] = state

        losses = train(2)
        exchange(lambda t: library.cat((t, library.zeros(2, 2))))
        losses += train(2)
        keep = library.tensor([True, False, True, True, False])
        exchange(lambda t: t[keep])
        losses += train(2)
        return losses, group["params"][0], optimizer.state_dict()["state"]

    same(program)


@pytest.mark.parametrize(
    "options", [{"dampening": 0.5}, {"dampening": 0.5, "weight_decay": 0.1}, {"nesterov": True}]
)
def test_momentum_begins_in_a_compiled_step(options):
    """The first gradient enters undamped, those of replays damped."""

    def program(library):
        params, _, step = begun(library, "SGD", True, momentum=0.9, **options)
        return [step() for _ in range(5)], [p.detach() for p in params]

    jaxlearn.reset_stats()
    same(program)
    assert jaxlearn.stats()["recordings"] <= 2

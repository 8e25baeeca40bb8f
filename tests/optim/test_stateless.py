"""An optimizer with other parameters and state for a while."""

from __future__ import annotations

import copy

import pytest

from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized


def begun(library, name="AdamW"):
    params = [library.nn.Parameter(library.ones(3)), library.nn.Parameter(library.full((2,), 2.0))]
    optimizer = getattr(library.optim, name)(
        [{"params": params[:1]}, {"params": params[1:], "lr": 0.5}], lr=0.1
    )
    for p in params:
        p.grad = p.detach() * 2
    optimizer.step()
    return params, optimizer


@pytest.mark.parametrize("name", ["AdamW", "SGD", "Adagrad"])
def test_swapped_and_back(name):
    def program(library):
        params, optimizer = begun(library, name)
        before = [p.detach().clone() for p in params]
        others = {"a": library.full((3,), 5.0), "b": library.full((2,), -1.0)}
        for p in others.values():
            p.grad = library.ones_like(p)
        state = copy.deepcopy(optimizer.state_dict())
        if name != "SGD":
            state["state"][0]["step"].fill_(7.0)
        state["param_groups"][0]["lr"] = 1.0
        groups, lists = optimizer.param_groups, [g["params"] for g in optimizer.param_groups]
        with library.optim.swap_in_optimizer_params_and_state(optimizer, others, state):
            optimizer.step()
            optimizer.step()
            inside = [g["lr"] for g in optimizer.param_groups]
        same_lists = all(g["params"] is own for g, own in zip(groups, lists, strict=True))
        assert all((p == q).all() for p, q in zip(params, before, strict=True))
        optimizer.step()
        return (
            others,
            state["state"],
            inside,
            same_lists,
            [p.detach() for p in params],
            optimizer.state_dict(),
        )

    same(program)


def test_an_error_inside_restores():
    def program(library):
        params, optimizer = begun(library)
        state = optimizer.state_dict()
        others = {"a": library.ones(3), "b": library.ones(2)}
        try:
            with library.optim.swap_in_optimizer_params_and_state(optimizer, others, state):
                raise KeyError("x")
        except KeyError:
            pass
        optimizer.step()
        return [p.detach() for p in params]

    same(program)


MISTAKES = {
    "no state": lambda s: None,
    "no dictionary": lambda s: 3,
    "state": lambda s: {**s, "state": 3},
    "entries": lambda s: {**s, "state": {0: 3}},
    "groups": lambda s: {**s, "param_groups": 3},
    "fewer groups": lambda s: {**s, "param_groups": s["param_groups"][:1]},
    "a group": lambda s: {**s, "param_groups": [3, 3]},
    "numbers": lambda s: {**s, "param_groups": [{**g, "params": ["a"]} for g in s["param_groups"]]},
    "size": lambda s: {**s, "param_groups": [{**g, "params": [0, 1]} for g in s["param_groups"]]},
    "options": lambda s: {**s, "param_groups": [{**g, "more": 1} for g in s["param_groups"]]},
    "keys": lambda s: {**s, "state": {**s["state"], 9: {}}},
    "parameters": lambda s: s,
}


@pytest.mark.parametrize("what", MISTAKES)
def test_mistakes(what):
    def program(library):
        params, optimizer = begun(library)
        if what == "no state":
            optimizer = library.optim.SGD(params, lr=0.1)
        state = MISTAKES[what](optimizer.state_dict())
        others = {"a": library.ones(3)}
        with library.optim.swap_in_optimizer_params_and_state(optimizer, others, state):
            pass

    same(program, message=True)

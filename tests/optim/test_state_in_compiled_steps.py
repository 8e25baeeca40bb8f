"""A compiled function has an optimizer's state as one value, as long as it does nothing but step."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

ARRAY = np.random.RandomState(1).randn(3, 2).astype(np.float32)


def compiled(library, function):
    return jaxlearn.compile(function) if library is jaxlearn else function


def parts(library):
    p = library.nn.Parameter(library.tensor(ARRAY))
    return p, library.optim.AdamW([p], lr=0.1)


def shown(optimizer, p):
    return {name: value.clone() for name, value in optimizer.state[p].items()}


@pytest.mark.parametrize("before", [False, True], ids=["after the step", "before the step"])
def test_the_state_is_read_in_the_function(before):
    def program(library):
        p, optimizer = parts(library)

        def step(factor):
            seen = optimizer.state[p]["exp_avg"].sum() if before else None
            optimizer.zero_grad()
            ((p - factor) ** 2).sum().backward()
            optimizer.step()
            return optimizer.state[p]["exp_avg"].sum() if seen is None else seen

        def first():
            optimizer.zero_grad()
            (p**2).sum().backward()
            optimizer.step()

        first()
        run = compiled(library, step)
        seen = [run(library.tensor(f)).clone() for f in (1.0, 0.5, 0.0, -1.0)]
        return seen, shown(optimizer, p), p

    same(program)


def test_two_steps_in_one_call():
    def program(library):
        p, optimizer = parts(library)

        def step(factor):
            for f in (factor, factor * 2):
                optimizer.zero_grad()
                ((p - f) ** 2).sum().backward()
                optimizer.step()

        run = compiled(library, step)
        for f in (1.0, 0.5, 0.0):
            run(library.tensor(f))
        return shown(optimizer, p), p, p.grad, optimizer.state[p]["exp_avg"]._version

    same(program)


def test_the_result_needs_a_backward_of_its_own():
    def program(library):
        p, optimizer = parts(library)

        def step(factor):
            optimizer.zero_grad()
            ((p - factor) ** 2).sum().backward()
            optimizer.step()
            return (p * factor).sum()

        run = compiled(library, step)
        found = []
        for f in (1.0, 0.5, 0.25):
            loss = run(library.tensor(f))
            loss.backward()
            found.append(p.grad.clone())
        return found, shown(optimizer, p), p

    same(program)


def test_an_error_after_the_step_undoes_it():
    p, optimizer = parts(jaxlearn)
    held = []

    @jaxlearn.compile
    def step(factor, bad):
        optimizer.zero_grad()
        ((p - factor) ** 2).sum().backward()
        optimizer.step()
        if bad:
            raise ValueError("stop")

    step(jaxlearn.tensor(1.0), False)
    held = optimizer.state[p]["exp_avg"]
    before = [held.tolist(), p.tolist()]
    with pytest.raises(ValueError, match="stop"):
        step(jaxlearn.tensor(0.5), True)
    assert [held.tolist(), p.tolist()] == before
    step(jaxlearn.tensor(0.5), False)
    assert held.tolist() != before[0]
    assert optimizer.state[p]["step"].item() == 2


def test_replaced_state_is_gone_on_from():
    def program(library):
        p, optimizer = parts(library)

        def step(factor):
            optimizer.zero_grad()
            ((p - factor) ** 2).sum().backward()
            optimizer.step()

        run = compiled(library, step)
        run(library.tensor(1.0))
        saved = optimizer.state_dict()
        saved = {**saved, "state": {0: {k: v.clone() for k, v in saved["state"][0].items()}}}
        run(library.tensor(0.5))
        optimizer.load_state_dict(saved)
        run(library.tensor(0.5))
        optimizer.state[p]["exp_avg"] = library.ones(3, 2)
        run(library.tensor(0.25))
        with library.no_grad():
            optimizer.state[p]["exp_avg_sq"].mul_(4)
        run(library.tensor(0.25))
        optimizer.state.clear()
        run(library.tensor(0.25))
        return shown(optimizer, p), p

    same(program)


def test_a_group_given_another_parameter():
    def program(library):
        p, optimizer = parts(library)
        q = library.nn.Parameter(library.ones(3, 2))

        def step(factor):
            optimizer.zero_grad()
            (((p - factor) ** 2).sum() + (q * factor).sum()).backward()
            optimizer.step()

        run = compiled(library, step)
        run(library.tensor(1.0))
        run(library.tensor(0.5))
        optimizer.param_groups[0]["params"][0] = q
        run(library.tensor(0.5))
        run(library.tensor(0.5))
        return p, q, shown(optimizer, q)

    same(program)


def test_one_program_serves_all_steps():
    p, optimizer = parts(jaxlearn)

    @jaxlearn.compile
    def step(factor):
        optimizer.zero_grad()
        ((p - factor) ** 2).sum().backward()
        optimizer.step()

    step(jaxlearn.tensor(1.0))
    jaxlearn.reset_stats()
    for i in range(4):
        step(jaxlearn.tensor(0.5))
        if i == 1:
            optimizer.state_dict()  # given to the tensors, and taken back
        if i == 2:
            optimizer.param_groups[0]["lr"] = 0.01
    assert jaxlearn.stats()["compiles"] == 0
    assert jaxlearn.stats()["replays"] == 4

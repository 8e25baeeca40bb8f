"""Ctrl-C, a timeout: whatever line of a training step an exception from outside comes at, training can go on."""

from __future__ import annotations

import sys
from typing import Any

import jax
import pytest

import jaxlearn as torch

pytestmark = pytest.mark.unoptimized

nn = torch.nn
PLACES = 150  # of one step, to be interrupted at one after the other


class Interruption(BaseException):
    """As KeyboardInterrupt, which would end the tests if it were not caught."""


def trained(compiled: bool, optimizer: Any) -> tuple[Any, Any]:
    """A step that gives the loss, after some that have compiled it, and the model."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))
    rule = optimizer(model.parameters())
    x, y = torch.randn(8, 4), torch.randint(0, 3, (8,))

    def step() -> Any:
        rule.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        rule.step()
        return loss

    run = torch.compile(step) if compiled else step
    for _ in range(12):
        run().item()
    return run, model


def interrupted(step: Any, at: int) -> bool:
    """Run the step up to a line, counted as they come; whether there are so many."""
    lines = 0

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal lines
        if event == "line":
            lines += 1
            if lines == at:
                sys.settrace(None)
                raise Interruption
        return trace

    before = sys.gettrace()
    wide: Any = jax.enable_x64
    bits = wide.get_local()
    sys.settrace(trace)
    try:
        step().item()
    except Interruption:
        return True
    finally:
        sys.settrace(before)
        wide.set_local(bits)  # a tracer comes also at the few lines where no signal's handler can
    return False


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam])
@pytest.mark.parametrize("compiled", [False, True])
def test_training_goes_on(compiled: bool, optimizer: Any) -> None:
    step, model = trained(compiled, lambda parameters: optimizer(parameters, lr=0.01))
    assert not interrupted(step, 0)  # counts nothing, but compiles what it does differently under a tracer
    at = 1
    while interrupted(step, at):
        assert step().isfinite(), f"after an interruption at line {at}"
        at += 13
    assert at > PLACES
    assert all(p.isfinite().all() and p.grad.isfinite().all() for p in model.parameters())


def test_results_are_kept_with_the_memory_that_they_took() -> None:
    """The interruption comes when the program has run and nobody has its results yet."""
    step, model = trained(True, lambda parameters: torch.optim.SGD(parameters, lr=0.5))
    before = [p.tolist() for p in model.parameters()]

    def trace(frame: Any, event: str, arg: Any) -> None:
        if event == "call" and frame.f_code.co_qualname == "Replay._write":
            sys.settrace(None)
            raise Interruption

    sys.settrace(trace)
    try:
        with pytest.raises(Interruption):
            step()
    finally:
        sys.settrace(None)
    assert not jax.config.jax_enable_x64
    assert [p.tolist() for p in model.parameters()] != before
    assert step().isfinite()

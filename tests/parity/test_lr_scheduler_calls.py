"""Schedules of the learning rate: errors, the order of calls, tensors as rates, compiled steps."""

from __future__ import annotations

import copy
import warnings

import pytest

import jaxlearn
from tests.parity.lr_schedules import RATES, optimizer_of, reference, same, schedule, settings

# Options, and the rate after four steps of a run of torch 2.13.0 that began with 0.1.
GOLDEN = {
    "StepLR": ({"step_size": 3}, 0.010000000000000002),
    "MultiStepLR": ({"milestones": [1, 4]}, 0.0010000000000000002),
    "ConstantLR": ({"total_iters": 4}, 0.1),
    "LinearLR": ({}, 0.08666666666666668),
    "ExponentialLR": ({"gamma": 0.9}, 0.06561000000000002),
    "PolynomialLR": ({"power": 2.0}, 0.003999999999999999),
    "CosineAnnealingLR": ({"T_max": 7}, 0.03887395330218429),
    "CosineAnnealingWarmRestarts": ({"T_0": 3, "T_mult": 2}, 0.09330127018922195),
    "CyclicLR": ({"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3}, 0.07000000000000003),
    "OneCycleLR": ({"max_lr": 0.3, "total_steps": 12}, 0.2799038909524235),
}


def test_plateau_with_added_groups():
    def program(library):
        optimizer = optimizer_of(library)
        one = schedule(library, "ReduceLROnPlateau", optimizer, patience=0)
        optimizer.add_param_group({"params": [library.nn.Parameter(library.ones(1))]})
        for _ in range(3):
            one.step(1.0)
        return settings(optimizer)

    same(program)

    def failing(library):
        optimizer = optimizer_of(library)
        scheduler = schedule(library, "ReduceLROnPlateau", optimizer, patience=0, min_lr=[0.0, 0.0])
        optimizer.add_param_group({"params": [library.nn.Parameter(library.ones(1))]})
        scheduler.step(1.0)
        scheduler.step(1.0)

    (kind, _), _ = same(failing)
    assert kind is RuntimeError


ERRORS = {
    "no optimizer": lambda lib, opt: lib.optim.lr_scheduler.StepLR(5, 3),
    "no optimizer, plateau": lambda lib, opt: lib.optim.lr_scheduler.ReduceLROnPlateau([1]),
    "no optimizer, cyclic": lambda lib, opt: lib.optim.lr_scheduler.CyclicLR(None, 0.1, 0.2),
    "no optimizer, one cycle": lambda lib, opt: lib.optim.lr_scheduler.OneCycleLR("sgd", 0.1, 10),
    "no initial_lr": lambda lib, opt: lib.optim.lr_scheduler.StepLR(opt, 3, last_epoch=4),
    "lambdas": lambda lib, opt: lib.optim.lr_scheduler.LambdaLR(opt, [abs]),
    "multiplicative lambdas": lambda lib, opt: lib.optim.lr_scheduler.MultiplicativeLR(opt, [abs] * 3),
    "no function": lambda lib, opt: lib.optim.lr_scheduler.MultiplicativeLR(opt, 0.9),
    "constant factor": lambda lib, opt: lib.optim.lr_scheduler.ConstantLR(opt, factor=1.5),
    "start factor": lambda lib, opt: lib.optim.lr_scheduler.LinearLR(opt, start_factor=0),
    "end factor": lambda lib, opt: lib.optim.lr_scheduler.LinearLR(opt, end_factor=-0.1),
    "T_0": lambda lib, opt: lib.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, 0),
    "T_mult": lambda lib, opt: lib.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, 3, 1.5),
    "eta_min": lambda lib, opt: lib.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, 3, 1, "0"),
    "epoch": lambda lib, opt: lib.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, 3).step(-1),
    "cyclic lengths": lambda lib, opt: lib.optim.lr_scheduler.CyclicLR(opt, [0.1], 0.2),
    "cyclic upper": lambda lib, opt: lib.optim.lr_scheduler.CyclicLR(opt, 0.1, [0.2]),
    "cyclic mode": lambda lib, opt: lib.optim.lr_scheduler.CyclicLR(opt, 0.1, 0.2, mode="square"),
    "cyclic momentum": lambda lib, opt: lib.optim.lr_scheduler.CyclicLR(opt, 0.1, 0.2, max_momentum=[0.9]),
    "no steps": lambda lib, opt: lib.optim.lr_scheduler.OneCycleLR(opt, 0.1, epochs=3),
    "steps": lambda lib, opt: lib.optim.lr_scheduler.OneCycleLR(opt, 0.1, 0),
    "epochs": lambda lib, opt: lib.optim.lr_scheduler.OneCycleLR(opt, 0.1, epochs=1.5, steps_per_epoch=3),
    "per epoch": lambda lib, opt: lib.optim.lr_scheduler.OneCycleLR(opt, 0.1, epochs=1, steps_per_epoch=-3),
    "pct_start": lambda lib, opt: lib.optim.lr_scheduler.OneCycleLR(opt, 0.1, 10, pct_start=1),
    "strategy": lambda lib, opt: lib.optim.lr_scheduler.OneCycleLR(opt, 0.1, 10, anneal_strategy="log"),
    "one cycle lengths": lambda lib, opt: lib.optim.lr_scheduler.OneCycleLR(opt, [0.1], 10),
    "plateau factor": lambda lib, opt: lib.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=1.0),
    "plateau min_lr": lambda lib, opt: lib.optim.lr_scheduler.ReduceLROnPlateau(opt, min_lr=[0.1]),
    "plateau mode": lambda lib, opt: lib.optim.lr_scheduler.ReduceLROnPlateau(opt, "mean"),
    "plateau threshold": lambda lib, opt: lib.optim.lr_scheduler.ReduceLROnPlateau(opt, threshold_mode="x"),
    "sequential, none": lambda lib, opt: lib.optim.lr_scheduler.SequentialLR(opt, [], []),
    "sequential, others": lambda lib, opt: lib.optim.lr_scheduler.SequentialLR(opt, [3], []),
    "sequential, milestones": lambda lib, opt: lib.optim.lr_scheduler.SequentialLR(
        opt, [lib.optim.lr_scheduler.StepLR(opt, 3)], [4]
    ),
    "sequential, plateau": lambda lib, opt: lib.optim.lr_scheduler.SequentialLR(
        opt, [lib.optim.lr_scheduler.ReduceLROnPlateau(opt)], []
    ),
    "sequential, optimizer": lambda lib, opt: lib.optim.lr_scheduler.SequentialLR(
        opt, [lib.optim.lr_scheduler.StepLR(optimizer_of(lib), 3)], []
    ),
    "chained, none": lambda lib, opt: lib.optim.lr_scheduler.ChainedScheduler([], opt),
    "chained, others": lambda lib, opt: lib.optim.lr_scheduler.ChainedScheduler([3], opt),
    "chained, plateau": lambda lib, opt: lib.optim.lr_scheduler.ChainedScheduler(
        [lib.optim.lr_scheduler.ReduceLROnPlateau(opt)]
    ),
    "abstract": lambda lib, opt: lib.optim.lr_scheduler.LRScheduler(opt),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(case):
    left = []

    def program(library):
        optimizer = optimizer_of(library)
        before = copy.deepcopy(settings(optimizer))
        try:
            ERRORS[case](library, optimizer)
        finally:
            left.append((library, settings(optimizer) == before))

    (kind, text), _ = same(program)
    assert issubclass(kind, Exception)
    assert text or case == "abstract"
    if not case.startswith(("epoch", "sequential", "abstract")):
        assert left[-1] == (jaxlearn, True), "a schedule that is refused leaves the groups alone"


@pytest.mark.parametrize("name", ["CyclicLR", "OneCycleLR"])
def test_an_optimizer_without_momentum(name):
    options = {"base_lr": 0.1, "max_lr": 0.2} if name == "CyclicLR" else {"max_lr": 0.1, "total_steps": 4}

    def program(library):
        class Plain(library.optim.Optimizer):
            def step(self, closure=None):
                return None

        schedule(library, name, Plain([library.nn.Parameter(library.ones(1))], {"lr": 0.1}), **options)

    (kind, _), _ = same(program)
    assert kind is ValueError


def test_a_failing_step_changes_nothing():
    optimizer = optimizer_of(jaxlearn)
    scheduler = schedule(jaxlearn, "OneCycleLR", optimizer, max_lr=0.3, total_steps=3)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    before = copy.deepcopy((settings(optimizer), scheduler.state_dict()))
    for _ in range(2):
        with pytest.raises(ValueError, match="Tried to step 4 times"):
            scheduler.step()
    assert (settings(optimizer), scheduler.state_dict()) == before


@pytest.mark.parametrize("step_first", [False, True])
@pytest.mark.parametrize("base", ["LRScheduler", "_LRScheduler"])
def test_order_of_calls(step_first, base):
    def program(library):
        class Own(getattr(library.optim.lr_scheduler, base)):
            def get_lr(self):
                return [rate / (1 + self.last_epoch) for rate in self.base_lrs]

        optimizer = optimizer_of(library)
        scheduler = Own(optimizer)
        for _ in range(3):
            if step_first:
                optimizer.step()
            scheduler.step()
            if not step_first:
                optimizer.step()
        scheduler.step(7)
        return settings(optimizer), scheduler.get_last_lr(), scheduler.state_dict()

    _, caught = same(program)
    assert len(caught) == (1 if step_first else 2)


def test_order_with_an_optimizer_of_ones_own():
    def program(library):
        class Plain(library.optim.Optimizer):
            def step(self, closure=None):
                return "stepped"

        optimizer = Plain([library.nn.Parameter(library.ones(1))], {"lr": 0.1})
        scheduler = schedule(library, "StepLR", optimizer, step_size=1)
        result = optimizer.step()
        scheduler.step()
        return result, settings(optimizer)

    assert same(program)[1] == []


def test_a_step_replaced_after_the_schedule_was_made():
    def program(library):
        optimizer = optimizer_of(library)
        scheduler = schedule(library, "StepLR", optimizer, step_size=1)
        optimizer.step = lambda: None
        scheduler.step()

    assert len(same(program)[1]) == 1


def test_get_lr_outside_a_step():
    def program(library):
        return schedule(library, "StepLR", optimizer_of(library), step_size=2).get_lr()

    rates, caught = same(program)
    assert rates == list(RATES)
    assert len(caught) == 1


@pytest.mark.parametrize("name", ["StepLR", "ExponentialLR", "CosineAnnealingLR", "LinearLR", "OneCycleLR"])
def test_rates_that_are_tensors_stay_the_same_tensors(name):
    options = {
        "StepLR": {"step_size": 2},
        "ExponentialLR": {"gamma": 0.9},
        "CosineAnnealingLR": {"T_max": 5},
        "LinearLR": {},
        "OneCycleLR": {"max_lr": 0.3, "total_steps": 12},
    }[name]

    def program(library):
        rate = library.tensor(0.1)
        w = library.nn.Parameter(library.ones(2))
        optimizer = library.optim.SGD([w], lr=rate, momentum=0.9)
        scheduler = schedule(library, name, optimizer, **options)
        trace = []
        for _ in range(8):
            (w * w).sum().backward()
            optimizer.step()
            scheduler.step()
            assert optimizer.param_groups[0]["lr"] is rate
            assert scheduler.get_last_lr()[0] is not rate
            trace += [rate.item(), scheduler.get_last_lr()[0].item(), *w.tolist()]
        return trace

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected, got = program(reference()), program(jaxlearn)
    assert got == pytest.approx(expected, rel=1.3e-6, abs=1e-5)


@pytest.mark.parametrize("name", GOLDEN)
def test_values_without_torch_beside(name):
    options, expected = GOLDEN[name]
    optimizer = optimizer_of(jaxlearn)
    scheduler = schedule(jaxlearn, name, optimizer, **options)
    for _ in range(4):
        optimizer.step()
        scheduler.step()
    # Cosines and powers differ in the last bit between C libraries.
    assert scheduler.get_last_lr()[0] == pytest.approx(expected, rel=1e-14, abs=0)


def train(compiled, steps):
    optimizer = jaxlearn.optim.SGD([w := jaxlearn.nn.Parameter(jaxlearn.ones(5))], lr=0.1, momentum=0.9)
    scheduler = jaxlearn.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, total_steps=steps + 1)

    def step():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        optimizer.step()
        return loss

    run = jaxlearn.compile(step) if compiled else step
    trace, compiles = [], []
    for _ in range(steps):
        trace.append(run().item())
        scheduler.step()
        compiles.append(jaxlearn.stats()["compiles"] + jaxlearn.stats()["op_compiles"])
    return trace, compiles


@pytest.mark.parametrize("compiled", [False, True])
def test_a_changing_rate_compiles_nothing(compiled):
    trace, compiles = train(compiled, 20)
    assert compiles[-1] == compiles[4]
    assert trace == pytest.approx(train(not compiled, 20)[0], rel=1e-6)


def test_a_schedule_made_after_a_step_was_compiled():
    w = jaxlearn.nn.Parameter(jaxlearn.ones(3))
    optimizer = jaxlearn.optim.SGD([w], lr=0.1)

    def step():
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()

    run = jaxlearn.compile(step)
    for _ in range(3):
        run()
    scheduler = schedule(jaxlearn, "StepLR", optimizer, step_size=1)
    run()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler.step()
    before = w.tolist()
    run()
    assert w.tolist() == pytest.approx([x * (1 - 2 * 0.01) for x in before], rel=1e-6)


@pytest.mark.parametrize(
    ("name", "options"),
    [("StepLR", {"step_size": 1}), ("CosineAnnealingWarmRestarts", {"T_0": 2}), ("ReduceLROnPlateau", {})],
)
def test_a_step_inside_a_compiled_function_is_refused(name, options):
    optimizer = optimizer_of(jaxlearn)
    scheduler = schedule(jaxlearn, name, optimizer, **options)
    before = copy.deepcopy((settings(optimizer), scheduler.state_dict()))

    @jaxlearn.compile
    def run(x):
        scheduler.step(*([1.0] if name == "ReduceLROnPlateau" else []))
        return x + 1

    with pytest.raises(RuntimeError, match="inside a compiled function"):
        run(jaxlearn.ones(2))
    assert (settings(optimizer), scheduler.state_dict()) == before

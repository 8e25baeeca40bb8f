"""Schedules of the learning rate against torch: rates bit for bit, state_dicts and combinations."""

from __future__ import annotations

import copy
import math

import pytest

import jaxlearn
from tests.parity.lr_schedules import optimizer_of, reference, same, schedule, settings

STEPS = 30


class Decay:
    """A callable object, whose attributes are part of a state_dict."""

    def __init__(self, base):
        self.base = base

    def __call__(self, x):
        return self.base**x


SAMPLES = [
    ("LambdaLR", {"lr_lambda": lambda t: 0.95**t}),
    ("LambdaLR", {"lr_lambda": [lambda t: t // 7, Decay(0.9)]}),
    ("MultiplicativeLR", {"lr_lambda": lambda t: 0.97}),
    ("MultiplicativeLR", {"lr_lambda": (Decay(0.99), lambda t: 1 / (t + 1))}),
    ("StepLR", {"step_size": 7}),
    ("StepLR", {"step_size": 1, "gamma": 0.7}),
    ("MultiStepLR", {"milestones": [3, 11, 11, 20], "gamma": 0.3}),
    ("MultiStepLR", {"milestones": (5,)}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.7, "total_iters": 12}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.05, "end_factor": 0.6, "total_iters": 17}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 9}),
    ("ExponentialLR", {"gamma": 0.93}),
    ("PolynomialLR", {}),
    ("PolynomialLR", {"total_iters": 23, "power": 0.9}),
    ("CosineAnnealingLR", {"T_max": 10}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.003}),
    ("CosineAnnealingLR", {"T_max": 1}),
    ("CosineAnnealingWarmRestarts", {"T_0": 6}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.001}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4}),
    ("CyclicLR", {"base_lr": [0.01, 0.02], "max_lr": [0.1, 0.3], "step_size_up": 3, "step_size_down": 5}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "mode": "triangular2"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "mode": "exp_range", "gamma": 0.97}),
    (
        "CyclicLR",
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "scale_fn": lambda x: 1 / (5**x * 0.01)},
    ),
    (
        "CyclicLR",
        {
            "base_lr": 0.01,
            "max_lr": 0.1,
            "step_size_up": 4,
            "scale_fn": Decay(0.9),
            "scale_mode": "iterations",
            "cycle_momentum": False,
        },
    ),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 30}),
    ("OneCycleLR", {"max_lr": [0.3, 0.2], "epochs": 4, "steps_per_epoch": 9, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 31, "three_phase": True, "base_momentum": 0.7}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 40, "pct_start": 0.45, "cycle_momentum": False}),
]
IDS = [f"{name}-{'-'.join(options)}" for name, options in SAMPLES]


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options"), SAMPLES, ids=IDS)
def test_rates(name, options, kind):
    def program(library):
        optimizer = optimizer_of(library, kind)
        scheduler = schedule(library, name, optimizer, **options)
        trace = [(settings(optimizer), scheduler.get_last_lr())]
        for _ in range(STEPS):
            optimizer.step()
            scheduler.step()
            trace.append((settings(optimizer), scheduler.get_last_lr(), scheduler.last_epoch))
        return trace

    trace, caught = same(program)
    assert len(trace) == STEPS + 1
    assert caught == []


@pytest.mark.parametrize("direction", ["from_torch", "to_torch", "own"])
@pytest.mark.parametrize(("name", "options"), SAMPLES, ids=IDS)
def test_a_schedule_continues_from_a_state_dict(name, options, direction):
    first = reference() if direction == "from_torch" else jaxlearn
    second = reference() if direction == "to_torch" else jaxlearn
    optimizer = optimizer_of(first)
    scheduler = schedule(first, name, optimizer, **options)
    for _ in range(13):
        optimizer.step()
        scheduler.step()
    other_optimizer = optimizer_of(second, rates=(9.0, 8.0))
    other = schedule(second, name, other_optimizer, **options)
    state = scheduler.state_dict()
    keys = set(state)
    other.load_state_dict(state)
    if second is jaxlearn:
        assert set(state) == keys, "the dictionary given is not changed"
    other_optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert other.get_last_lr() == scheduler.get_last_lr()
    for _ in range(13):
        optimizer.step()
        scheduler.step()
        other_optimizer.step()
        other.step()
        assert settings(other_optimizer) == settings(optimizer)
        assert other.get_last_lr() == scheduler.get_last_lr()


@pytest.mark.parametrize(("name", "options"), SAMPLES, ids=IDS)
def test_state_dict(name, options):
    def program(library):
        optimizer = optimizer_of(library)
        scheduler = schedule(library, name, optimizer, **options)
        for _ in range(4):
            optimizer.step()
            scheduler.step()
        return list(scheduler.state_dict().items())

    same(program)


@pytest.mark.parametrize(("name", "options"), SAMPLES, ids=IDS)
def test_resuming_by_last_epoch(name, options):
    def program(library):
        optimizer = optimizer_of(library)
        scheduler = schedule(library, name, optimizer, **options)
        for _ in range(8):
            optimizer.step()
            scheduler.step()
        scheduler = schedule(library, name, optimizer, **options, last_epoch=8)
        trace = [settings(optimizer)]
        for _ in range(8):
            optimizer.step()
            scheduler.step()
            trace.append(settings(optimizer))
        return trace

    assert len(same(program)[0]) == 9


@pytest.mark.parametrize(("name", "options"), SAMPLES, ids=IDS)
def test_steps_to_given_epochs(name, options):
    def program(library):
        optimizer = optimizer_of(library)
        scheduler = schedule(library, name, optimizer, **options)
        trace = []
        for epoch in (0, 5, 3, None, 17, 6, 2, None):
            optimizer.step()
            scheduler.step(epoch)
            trace.append((settings(optimizer), scheduler.last_epoch))
        return trace

    trace, caught = same(program)
    assert len(trace) == 8
    assert (not caught) == (name == "CosineAnnealingWarmRestarts")


@pytest.mark.parametrize("options", [{"T_0": 5}, {"T_0": 3, "T_mult": 2}, {"T_0": 2, "T_mult": 3}])
def test_warm_restarts_between_epochs(options):
    def program(library):
        optimizer = optimizer_of(library)
        scheduler = schedule(library, "CosineAnnealingWarmRestarts", optimizer, **options)
        trace = []
        for i in range(60):
            optimizer.step()
            scheduler.step(i / 4)
            trace.append((settings(optimizer), scheduler.last_epoch, scheduler.T_cur, scheduler.T_i))
        return trace

    same(program)


SEQUENCES = [
    ([("ConstantLR", {"factor": 0.1, "total_iters": 4}), ("ExponentialLR", {"gamma": 0.9})], [5]),
    ([("LinearLR", {"total_iters": 4}), ("CosineAnnealingLR", {"T_max": 20})], [4]),
    (
        [
            ("LinearLR", {"total_iters": 4}),
            ("StepLR", {"step_size": 3}),
            ("LambdaLR", {"lr_lambda": lambda t: 0.9**t}),
        ],
        [4, 15],
    ),
    ([("LinearLR", {"total_iters": 4}), ("CosineAnnealingWarmRestarts", {"T_0": 6, "T_mult": 2})], [4]),
    ([("ConstantLR", {}), ("PolynomialLR", {"total_iters": 9})], [0]),
    ([("MultiplicativeLR", {"lr_lambda": lambda t: 0.9})], []),
]


@pytest.mark.parametrize(("parts", "milestones"), SEQUENCES)
@pytest.mark.parametrize("reloaded", [False, True])
def test_sequential(parts, milestones, reloaded):
    def program(library):
        def build(optimizer):
            inner = [schedule(library, name, optimizer, **options) for name, options in parts]
            return library.optim.lr_scheduler.SequentialLR(optimizer, inner, list(milestones))

        optimizer = optimizer_of(library)
        scheduler = build(optimizer)
        trace = [(settings(optimizer), scheduler.get_last_lr())]
        for i in range(STEPS):
            if reloaded and i == 7:
                states = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
                optimizer = optimizer_of(library)
                scheduler = build(optimizer)
                optimizer.load_state_dict(states[0])
                scheduler.load_state_dict(states[1])
            optimizer.step()
            scheduler.step()
            trace.append((settings(optimizer), scheduler.get_last_lr(), scheduler.last_epoch))
        return trace, list(scheduler.state_dict().items())

    same(program)


@pytest.mark.parametrize("reloaded", [False, True])
def test_chained(reloaded):
    def program(library):
        def build(optimizer):
            inner = [
                schedule(library, "ConstantLR", optimizer, factor=0.1, total_iters=9),
                schedule(library, "ExponentialLR", optimizer, gamma=0.9),
                schedule(library, "CosineAnnealingLR", optimizer, T_max=8),
            ]
            return library.optim.lr_scheduler.ChainedScheduler(inner, optimizer)

        optimizer = optimizer_of(library)
        scheduler = build(optimizer)
        trace = [(settings(optimizer), scheduler.get_last_lr())]
        for i in range(STEPS):
            if reloaded and i == 7:
                states = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
                optimizer = optimizer_of(library)
                scheduler = build(optimizer)
                optimizer.load_state_dict(states[0])
                scheduler.load_state_dict(states[1])
            optimizer.step()
            scheduler.step()
            trace.append((settings(optimizer), scheduler.get_last_lr()))
        return trace, list(scheduler.state_dict().items())

    same(program)


def test_schedules_within_schedules():
    def program(library):
        make = library.optim.lr_scheduler
        optimizer = optimizer_of(library)
        chain = make.ChainedScheduler(
            [make.LinearLR(optimizer, total_iters=3), make.ExponentialLR(optimizer, 0.9)]
        )
        pair = make.SequentialLR(optimizer, [make.ConstantLR(optimizer), make.StepLR(optimizer, 2)], [4])
        scheduler = make.SequentialLR(optimizer, [pair, make.ExponentialLR(optimizer, 0.8)], [10])
        trace = [settings(optimizer)]
        for i in range(STEPS):
            optimizer.step()
            (scheduler if i < 20 else chain).step()
            trace.append(settings(optimizer))
        return trace

    same(program)


METRICS = [math.exp(-i / 3) + 0.05 * (i % 4) for i in range(STEPS)] + [float("nan"), 0.01, 0.01, 0.01]


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"mode": "max", "patience": 3, "factor": 0.5},
        {"patience": 0, "threshold": 0.05, "threshold_mode": "abs", "cooldown": 2, "min_lr": [0.001, 0.01]},
        {"mode": "max", "threshold": 0.1, "threshold_mode": "abs", "patience": 1, "min_lr": 0.02},
        {"patience": 1, "factor": 0.3, "eps": 0.01},
    ],
    ids=lambda options: "-".join(options),
)
def test_plateau(options):
    def program(library):
        optimizer = optimizer_of(library)
        scheduler = schedule(library, "ReduceLROnPlateau", optimizer, **options)
        trace = []
        for i, metric in enumerate(METRICS):
            scheduler.step(library.tensor(metric, dtype=library.float64) if i % 2 else metric)
            trace.append(
                (settings(optimizer), scheduler.get_last_lr(), scheduler.in_cooldown, scheduler.best)
            )
            if i == 11:
                state = copy.deepcopy(scheduler.state_dict())
                scheduler = schedule(library, "ReduceLROnPlateau", optimizer, patience=99)
                scheduler.load_state_dict(state)
        return repr(trace), list(scheduler.state_dict().items())

    same(program)

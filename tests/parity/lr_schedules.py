"""What the tests of learning rate schedules share: optimizers, the rates they are left with, the comparison."""

from __future__ import annotations

import copy
import warnings

import pytest

import jaxlearn

RATES = (0.1, 0.037)


def optimizer_of(library, kind="SGD", rates=RATES):
    options = {"momentum": 0.9} if kind == "SGD" else {}
    groups = [{"params": [library.nn.Parameter(library.ones(2))], "lr": rate} for rate in rates]
    return getattr(library.optim, kind)(groups, lr=0.5, **options)


def schedule(library, name, optimizer, **options):
    return getattr(library.optim.lr_scheduler, name)(optimizer, **copy.deepcopy(options))


def settings(optimizer):
    """All numbers in the groups that a schedule may change, as they are."""
    names = ("lr", "momentum", "betas", "initial_lr", "max_lr", "min_lr", "max_momentum", "base_momentum")
    return [{name: group[name] for name in names if name in group} for group in optimizer.param_groups]


def reference():
    """torch; what needs no comparison runs without it."""
    return pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")


def outcome(program, library):
    """What the program returns or raises, and the warnings on the way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = program(library)
        except Exception as error:
            result = (type(error), str(error))
    return result, [(w.category, str(w.message)) for w in caught]


def same(program):
    expected, got = outcome(program, reference()), outcome(program, jaxlearn)
    assert got == expected
    return got

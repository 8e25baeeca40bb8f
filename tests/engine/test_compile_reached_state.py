"""Compiled functions that change classes, functions, arrays and streams of values: refused, or called as they are."""

from __future__ import annotations

import array
import datetime
import io
import itertools
import logging
import os
import random
import re
import time
import types
from typing import ClassVar

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn._tensor.side_effects import SideEffect

pytestmark = pytest.mark.unoptimized


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()
    torch.reset_stats()


def class_attribute():
    class Counter:
        n = 0

    def f(x):
        Counter.n += 1  # the line
        return x * Counter.n

    return f, lambda: Counter.n


def class_of_a_module():
    class Counts(nn.Module):
        n = 0

        def forward(self, x):
            type(self).n += 1  # the line
            return x * self.n

    return Counts(), lambda: Counts.n


def class_method():
    class Base:
        n = 0

        @classmethod
        def next(cls):
            Base.n += 1  # the line
            return cls.n

    class Derived(Base):
        pass

    return (lambda x: x * Derived.next()), lambda: Base.n


def list_of_a_class():
    class Log:
        items: ClassVar[list[int]] = []

        def run(self, x):
            self.items.append(1)  # the line
            return x

    return Log().run, lambda: len(Log.items)


def attribute_of_a_function():
    def f(x):
        f.n += 1  # the line
        return x * f.n

    f.n = 0
    return f, lambda: f.n


def attribute_of_another_function():
    def helper(x):
        helper.n += 1  # the line
        return x

    helper.n = 0
    return (lambda x: helper(x) * 2), lambda: helper.n


def python_module():
    config = types.ModuleType("config")
    config.n = 0

    def f(x):
        config.n += 1  # the line
        return x * config.n

    return f, lambda: config.n


def numpy_array():
    a = np.zeros((2, 2)).T

    def f(x):
        a[0, 1] += 1  # the line
        return x

    return f, a.tolist


def bytes_in_memory():
    a = bytearray(2)

    def f(x):
        a[0] += 1  # the line
        return x

    return f, lambda: list(a)


def array_of_python():
    a = array.array("d", [0.0])

    def f(x):
        a[0] += 1  # the line
        return x

    return f, a.tolist


def behind_a_property():
    class Held:
        def __init__(self):
            self._n = [0]

        @property
        def n(self):
            return self._n[0]

        @n.setter
        def n(self, value):
            self._n[0] = value  # the line

    held = Held()

    def f(x):
        held.n += 1
        return x

    return f, lambda: held.n


def private_list_of_a_module():
    class Remembers(nn.Module):
        def __init__(self):
            super().__init__()
            self._log = []

        def forward(self, x):
            self._log.append(1)  # the line
            return x

    module = Remembers()
    return module, lambda: len(module._log)


def in_a_tuple():
    counts = ([0], [0])

    def f(x):
        counts[0][0] += 1  # the line
        return x

    return f, lambda: counts[0][0]


def deep_inside():
    held = types.SimpleNamespace(n=0)
    top = held
    for _ in range(6):
        top = types.SimpleNamespace(inner=top)

    def f(x):
        top.inner.inner.inner.inner.inner.inner.n += 1  # the line
        return x

    return f, lambda: held.n


CHANGES = [
    class_attribute, class_of_a_module, class_method, list_of_a_class, attribute_of_a_function,
    attribute_of_another_function, python_module, numpy_array, bytes_in_memory, array_of_python, behind_a_property,
    private_list_of_a_module, in_a_tuple, deep_inside,
]  # fmt: skip


@pytest.mark.parametrize("make", CHANGES)
def test_a_change_is_refused_and_taken_back(make):
    function, read = make()
    before = read()
    with pytest.raises(SideEffect) as caught:
        torch.compile(function)(torch.ones(2))
    assert "test_compile_reached_state.py:" in str(caught.value) and "# the line" in str(caught.value)
    assert read() == before


def own_class(x):
    class Own:
        n = 0

        def next(self):
            Own.n += 1
            return Own.n

    own = Own()
    return x * sum([next_of(own), next_of(own)]) * Own.n


def next_of(own):
    return own.next()


def own_arrays(x):
    def fill(a, i):
        a[i] = i + 1

    a, b = np.zeros(2, np.float32), bytearray(2)
    fill(a, 0)
    fill(a, 1)
    fill(b, 1)
    return x + torch.from_numpy(a) + b[1]


def own_function(x):
    def scaled(y):
        scaled.n += 1
        return y * scaled.n

    def call(f):
        return f(x)

    scaled.n = 0
    return call(scaled) + call(scaled)


def own_streams(x):
    def take(stream):
        return next(stream)

    def count():
        yield from itertools.count(1)

    for stream in (iter([1, 2]), count(), zip([3], [4], strict=True), itertools.cycle([5])):
        first = take(stream)
        x = x + (first[0] if isinstance(first, tuple) else first)
    generator = random.Random(0)
    return x + [take(iter([generator])).random(), generator.random()][1]


@pytest.mark.parametrize("function", [own_class, own_arrays, own_function, own_streams])
def test_what_is_made_inside_is_the_function_s_own(function):
    step = torch.compile(function)
    x = torch.ones(2)
    for _ in range(3):
        assert step(x).tolist() == pytest.approx(function(x).tolist())
    assert torch.stats()["recordings"] == 1 and torch.stats()["replays"] == 3


def generator():
    n = 1
    while True:
        yield n
        n += 1


STREAMS = {
    "list": lambda: iter([1, 2, 3]),
    "range": lambda: iter(range(1, 4)),
    "dictionary": lambda: iter({1: 0, 2: 0, 3: 0}),
    "count": lambda: itertools.count(1),
    "cycle": lambda: itertools.cycle([1, 2]),
    "map": lambda: map(int, "123"),
    "generator": generator,
    "enumerated generator": lambda: (n for _, n in enumerate(generator())),
}


@pytest.mark.parametrize("how", ["closure", "argument", "attribute"])
@pytest.mark.parametrize("name", STREAMS)
def test_an_iterator_goes_on_in_each_call(name, how):
    expected = [next(stream) for stream in [STREAMS[name]()] for _ in range(3)]
    held = types.SimpleNamespace(stream=STREAMS[name]())
    stream = held.stream
    if how == "closure":
        step = torch.compile(lambda x: x * next(stream))
    elif how == "attribute":
        step = torch.compile(lambda x: x * next(held.stream))
    else:
        taking = torch.compile(lambda x, given: x * next(given))
        step = lambda x: taking(x, stream)  # noqa: E731
    assert [step(torch.ones(())).item() for _ in range(3)] == expected
    assert "gives something else in each call" in torch.stats()["called"][0]


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState, random.Random])
def test_numbers_are_drawn_in_each_call(make):
    draw = "uniform" if hasattr(make(0), "uniform") else "random"
    expected = [getattr(source, draw)(0, 1) for source in [make(0)] for _ in range(3)]
    source = make(0)
    step = torch.compile(lambda x: x + getattr(source, draw)(0, 1))
    assert [step(torch.zeros((), dtype=torch.float64)).item() for _ in range(3)] == expected


@pytest.mark.parametrize(
    "clock", [time.perf_counter_ns, time.time, datetime.datetime.now, lambda: os.urandom(8)]
)
def test_the_clock_is_read_in_each_call(clock):
    step = torch.compile(lambda x: (x + 1, clock()))
    times = []
    for _ in range(3):
        times.append(step(torch.ones(1))[1])
        time.sleep(0.001)
    assert len(set(times)) == 3


def test_a_batch_is_loaded_in_each_call():
    data = torch.utils.data.TensorDataset(torch.arange(6.0).reshape(6, 1))
    batches = iter(torch.utils.data.DataLoader(data, batch_size=2))
    step = torch.compile(lambda x: x * next(batches)[0].sum())
    assert [step(torch.ones(())).item() for _ in range(3)] == [1.0, 5.0, 9.0]


def test_an_attribute_of_a_function_is_compared():
    def helper():
        raise AssertionError

    helper.scale = 2
    step = torch.compile(lambda x: x * helper.scale)
    assert step(torch.ones(1)).item() == 2
    helper.scale = 3
    assert step(torch.ones(1)).item() == 3


def test_logging_and_writing_are_warned_of():
    stream = io.StringIO()
    logger = logging.getLogger("test_compile_reached_state")
    logger.addHandler(logging.StreamHandler(stream))
    logger.setLevel(logging.INFO)
    logger.propagate = False

    def logs(x):
        logger.debug("is not shown")
        logger.info("step")  # the line
        return x

    def writes(x):
        stream.write("step")  # the line
        return x

    for function, what in ((logs, "logs inside"), (writes, "writes to a file inside")):
        with pytest.warns(UserWarning, match=re.escape(what)) as caught:
            torch.compile(function)(torch.ones(1))
        assert "# the line" in str(caught[0].message)


@pytest.mark.parametrize("mode", [True, False])
def test_a_mode_is_set_in_each_call(mode):
    layer = nn.BatchNorm1d(2)
    layer.train(mode)
    step = torch.compile(lambda x: (layer.train(mode), x + 1)[1])
    for _ in range(2):
        step(torch.ones(1))
        assert layer.training is mode
        layer.train(not mode)
    assert torch.stats()["recordings"] == 1


def test_a_mode_that_is_read_is_compared():
    class Chooses(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Dropout()

        def forward(self, x):
            return x + 1 if self.inner.training else x

    module = Chooses()
    step = torch.compile(module)
    for training in (True, False, True, False):
        module.inner.train(training)
        assert step(torch.zeros(1)).item() == training
    assert torch.stats()["recordings"] == 2

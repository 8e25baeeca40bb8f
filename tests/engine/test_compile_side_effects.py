"""What a compiled function cannot do in each call is refused when it is recorded, with the line and the remedy."""

from __future__ import annotations

import cProfile
import io
import pstats
import random
import re
from collections import deque

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn._engine.capture import HostRead
from jaxlearn._tensor.side_effects import SideEffect

pytestmark = pytest.mark.unoptimized

LIST: list[object] = []
COUNT = 0


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()
    torch.reset_stats()
    LIST.clear()


class Box:
    def __init__(self):
        self.n = 0


class Remembers(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = torch.zeros(2)

    def forward(self, x):
        self.last = x * 2  # the line
        return x + 1


def appends(x):
    LIST.append(1)  # the line
    return x * 2


def appends_a_tensor(x):
    LIST.append(x * 2)  # the line
    return x * 2


def sets_a_global(x):
    global COUNT
    COUNT += 1  # the line
    return x * 2


def sets_a_variable():
    count = 0

    def f(x):
        nonlocal count
        count += 1  # the line
        return x * 2

    return f


def sets_an_attribute():
    box = Box()

    def f(x):
        box.n = box.n + 1  # the line
        return x * 2

    return f


def changes_a_dictionary():
    table = {"a": 1}

    def f(x):
        table["a"] = 2  # the line
        return x * 2

    return f


def changes_an_argument(x, given=LIST):
    given.extend([1, 2])  # the line
    return x * 2


CASES = {
    "append": (appends, "the list 'LIST' is changed"),
    "append a tensor": (appends_a_tensor, "the list 'LIST' is changed"),
    "global": (sets_a_global, "the global variable 'COUNT' is set"),
    "nonlocal": (sets_a_variable(), "the variable 'count' of an outer function is set"),
    "attribute": (sets_an_attribute(), "the attribute 'n' of box (Box) is set"),
    "attribute of a module": (Remembers(), "the attribute 'last' of self (Remembers) is set"),
    "dictionary": (changes_a_dictionary(), "the dict 'table' is changed"),
    "default argument": (changes_an_argument, "the list 'given' is changed"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_side_effect_is_refused(name):
    function, what = CASES[name]
    with pytest.raises(SideEffect, match=re.escape(what)) as caught:
        torch.compile(function)(torch.ones(2))
    text = str(caught.value)
    assert "test_compile_side_effects.py:" in text and "# the line" in text
    assert "torch.compiler.disable" in text


def test_a_tensor_that_is_kept_somewhere_else_is_refused():
    kept = iter([])

    def hide(x):
        nonlocal kept
        kept = zip([x * 2])
        return x

    with pytest.raises(SideEffect):
        torch.compile(hide)(torch.ones(2))


def test_what_a_function_does_to_its_own_objects_is_its_own_affair():
    def helper(items, table):
        items.append(1)
        table["q"] = 2
        table.setdefault("l", []).append(items)

    class Sum:
        def __init__(self):
            self.n, self.items = 0, []

        def add(self, x):
            self.n += 1
            self.items.append(x)

    @torch.compile
    def f(x):
        total, items, table = Sum(), [], {}
        for i in range(3):
            total.add(x * i)
            helper(items, table)

        def inner():
            nonlocal items
            items = [*items, 3]

        inner()
        return sum(total.items), items, table

    for _ in range(2):
        result, items, table = f(torch.ones(1))
        assert result.tolist() == [3] and items == [1, 1, 1, 3] and table["q"] == 2
    assert torch.stats()["recordings"] == 1


def test_what_is_made_at_the_first_call_is_made():
    class Cached(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = None

        def forward(self, x):
            if self.table is None:
                self.table = torch.arange(3.0) * 2
            return x + self.table

    net = torch.compile(Cached())
    assert [net(torch.ones(3)).tolist() for _ in range(3)] == [[1, 3, 5]] * 3
    assert torch.stats()["replays"] == 2


def test_printing_is_warned_of():
    @torch.compile
    def f(x):
        print("seen")
        return x * 2

    with pytest.warns(UserWarning, match="prints inside a compiled function"):
        f(torch.ones(2))


READS = {
    "if": lambda x: x if x.sum() > 0 else -x,
    "bool": lambda x: bool(x[0]),
    "item": lambda x: (x[0] * 2).item(),
    "tolist": lambda x: x.tolist(),
    "print": lambda x: print(x),
    "format": lambda x: f"{x[0] * 1:.3f}",
    "float": lambda x: float(x[0]),
    "int": lambda x: int(x[0]),
    "range": lambda x: range(x[0].long()),
    "numpy": lambda x: (x + 1).numpy(),
    "max": lambda x: max(x[0], x[1]),
    "nonzero": lambda x: range(x.nonzero().shape[0]),
    "masked_select": lambda x: int(torch.masked_select(x, x > 0)),
    "mask": lambda x: len(x[x > 0]),
    "unique": lambda x: torch.unique(x).tolist(),
    "unique rows": lambda x: torch.unique(x[:, None], dim=0),
    "equal": lambda x: torch.equal(x, x + 1),
}


@pytest.mark.parametrize("name", READS)
def test_a_read_on_the_host_is_refused(name):
    with pytest.raises(
        HostRead, match=r"test_compile_side_effects.py:\d+ .*read on the host inside"
    ) as caught:
        torch.compile(READS[name])(torch.ones(2))
    assert "torch.where" in str(caught.value) and "torch.compiler.disable" in str(caught.value)


FLAG = torch.tensor(True)
OUTSIDE = {
    "print": lambda x: print(FLAG),
    "save": lambda x: torch.save({"flag": FLAG}, io.BytesIO()),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_handing_out_a_tensor_from_outside_is_refused(name):
    """Later calls would not do it."""
    with pytest.raises(HostRead, match=r"test_compile_side_effects.py:\d+ .*read on the host inside"):
        torch.compile(OUTSIDE[name])(torch.ones(1))


def test_an_exception_takes_back_what_was_changed_before():
    box, table, seen, queue = Box(), {"a": [1]}, {1}, deque([1, 2], maxlen=2)
    net, count = nn.Linear(2, 2), 0
    before = dict(vars(net))

    @torch.compile
    def f(x):
        global COUNT
        nonlocal count
        COUNT += 1
        count += 1
        box.n += 1
        box.more = 1
        table["a"].append(2)
        table["b"] = x
        seen.add(2)
        queue.append(3)
        LIST.append(x * 2)
        net.last = net(x)
        net.scale = 2.0
        raise ValueError("after all that")

    with pytest.raises(ValueError, match="after all that"):
        f(torch.ones(2))
    assert (COUNT, count, vars(box)) == (0, 0, {"n": 0})
    assert (table, seen, list(queue), LIST) == ({"a": [1]}, {1}, [1, 2], [])
    assert vars(net).keys() == before.keys()


class Keeps(nn.Module):
    def __init__(self, write):
        super().__init__()
        self.log, self.table = [], {"a": {"n": [0]}}
        self.config = type("Config", (), {})()
        self.config.count = 0
        self.write = write

    def forward(self, x):
        self.write(self)
        return x * 2


INSIDE = {
    "log": lambda m: m.log.append(1),
    "n": lambda m: m.table["a"]["n"].__setitem__(0, m.table["a"]["n"][0] + 1),
    "count": lambda m: setattr(m.config, "count", m.config.count + 1),
}


@pytest.mark.parametrize("name", INSIDE)
def test_a_change_inside_of_what_a_module_holds_is_refused(name):
    with pytest.raises(SideEffect, match=f"'{name}'.* inside a compiled function"):
        torch.compile(Keeps(INSIDE[name]))(torch.ones(2))


def test_a_profiler_goes_on_after_recording():
    @torch.compile
    def double(x):
        return x * 2

    profiler = cProfile.Profile()
    profiler.enable()
    result = double(torch.ones(3))
    _after_recording()
    profiler.disable()
    assert result.tolist() == [2.0, 2.0, 2.0]
    assert any(name == "_after_recording" for _, _, name in pstats.Stats(profiler).stats)


def _after_recording():
    pass


def test_listeners_of_jax_are_no_part_of_the_function():
    from jax._src import monitoring

    heard = []

    def listener(event, seconds, **kwargs):
        heard.append(event)

    monitoring.register_event_duration_secs_listener(listener)
    try:
        w = torch.nn.Parameter(torch.ones(17))
        optimizer = torch.optim.Adam([w])

        @torch.compile
        def step():
            (w.cos() * w).sum().backward()
            optimizer.step()

        step()
    finally:
        monitoring.unregister_event_duration_listener(listener)
    assert heard


@pytest.mark.parametrize("module", [random, np.random])
def test_random_numbers_of_python_are_drawn_in_each_call(module):
    """A function that draws them is called as it is; it may also decide by them what to do."""

    def function(x):
        return x * module.random() if module.random() < 0.5 else -x

    x, run = torch.ones(()), torch.compile(function)
    module.seed(0)
    got = [run(x).item() for _ in range(6)]
    module.seed(0)
    assert got == [function(x).item() for _ in range(6)] and len(set(got)) > 2
    assert "draws random numbers of Python" in torch.stats()["called"][0]


_HISTORIES = {
    "a tensor from outside": lambda b, x, w, seen: b.add_(w * x),
    "an argument": lambda b, x, w, seen: x.add_(w),
    "a part": lambda b, x, w, seen: b[1:].add_(w[1:]),
    "twice": lambda b, x, w, seen: b.mul_(w).add_(w),
    "a flag": lambda b, x, w, seen: b.requires_grad_(),
}


@pytest.mark.parametrize("name", _HISTORIES)
@pytest.mark.parametrize("end", ["a side effect", "a read", "an exception"])
def test_histories_are_as_they_were_after_a_refusal(name, end):
    w = torch.ones(3, requires_grad=True)
    b, x, seen = torch.zeros(3), torch.zeros(3), []
    part = b[1:]

    def step(x):
        _HISTORIES[name](b, x, w, seen)
        if end == "a side effect":
            seen.append(1)
        elif end == "a read":
            (w * x).sum().item()
        else:
            raise KeyError
        return 2 * w.detach()

    with pytest.raises((SideEffect, HostRead, KeyError)):
        torch.compile(step)(x)
    for tensor in (b, x, part):
        assert tensor.grad_fn is None
        assert not tensor.requires_grad
        assert tensor._version == 0
        assert not tensor.any()
    assert b.add_(w).sum().grad_fn is not None  # and can be written to as before

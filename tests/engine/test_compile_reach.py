"""What a compiled function sees of Python: changes between calls are followed wherever they are, and no others."""

from __future__ import annotations

import collections
import dataclasses
import functools
import sys
import types

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()
    torch.reset_stats()


@dataclasses.dataclass(slots=True)
class Slotted:
    rate: float = 1.0
    other: int = 0

    def scaled(self, x):
        return x * self.rate


class Base:
    rate = 1.0


class Derived(Base):
    def scaled(self, x):
        return x * self.rate


class Called:
    def __init__(self):
        self.rate = 1.0

    def __call__(self, x):
        return x * self.rate


class ByName:
    def __init__(self):
        self.__dict__["table"] = {"rate": 1.0}

    def __getattr__(self, name):
        return self.__dict__["table"][name]


class Blocks(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


def helper(x, rate=1.0):
    return x * rate


def closed_over(rate=1.0):
    def scaled(x):
        return x * rate

    def change(value):
        nonlocal rate
        rate = value

    return scaled, change


def put(target, key):
    return lambda value: target.__setitem__(key, value)


def assign(target, name, into=lambda value: value):
    return lambda value: setattr(target, name, into(value))


def case_defaults():
    return helper, assign(helper, "__defaults__", lambda v: (v,))


def case_defaults_of_what_is_called():
    return lambda x: helper(x), assign(helper, "__defaults__", lambda v: (v,))


def case_keyword_defaults():
    def f(x, *, rate=1.0):
        return x * rate

    return f, assign(f, "__kwdefaults__", lambda v: {"rate": v})


def case_attribute_of_a_function():
    def f(x):
        return x * f.rate

    f.rate = 1.0
    return f, assign(f, "rate")


def case_slots():
    held = Slotted()
    return lambda x: held.scaled(x), assign(held, "rate")


def case_slots_of_an_attribute():
    holder = types.SimpleNamespace(held=Slotted())
    return lambda x: x * holder.held.rate, assign(holder.held, "rate")


def case_a_method_of_what_has_slots():
    held = Slotted()
    return held.scaled, assign(held, "rate")


def case_class_in_a_variable():
    class Settings:
        rate = 1.0

    return lambda x: x * Settings.rate, assign(Settings, "rate")


def case_class_before():
    return Derived().scaled, assign(Base, "rate")


def case_class_of_what_is_held():
    holder = types.SimpleNamespace(held=Derived())
    return lambda x: holder.held.scaled(x), assign(Base, "rate")


def case_variable_of_a_function_that_is_held():
    scaled, change = closed_over()
    holder = types.SimpleNamespace(scaled=scaled)
    return lambda x: holder.scaled(x), change


def case_variable_of_a_function_in_a_list():
    scaled, change = closed_over()
    functions = [scaled]
    return lambda x: functions[0](x), change


def case_variable_of_a_partial_function():
    scaled, change = closed_over()
    partial = functools.partial(scaled)
    return lambda x: partial(x), change


def case_object_of_a_partial_function():
    called = Called()
    return functools.partial(Called.__call__, called), assign(called, "rate")


def case_deque():
    held = collections.deque([1.0, 2.0])
    return lambda x: x * held[0], put(held, 0)


def case_set():
    held = {1.0}
    return lambda x: x * len(held), held.add


def case_dictionary_in_a_tuple():
    held = ({"rate": 1.0}, [1.0])
    return lambda x: x * held[0]["rate"], put(held[0], "rate")


def case_long_list():
    held = [1.0] * 1000
    return lambda x: x * held[999], put(held, 999)


def case_elements_of_an_array():
    held = np.ones(3, np.float32)
    return lambda x: x * float(held[0]), put(held, 0)


def case_array_as_a_tensor():
    held = np.ones(3, np.float32)
    return lambda x: x * torch.from_numpy(held), put(held, slice(None))


def case_python_module():
    settings = types.ModuleType("settings_of_a_test")
    settings.rate = 1.0
    return lambda x: x * settings.rate, assign(settings, "rate")


def case_python_module_imported_inside():
    settings = sys.modules["settings_of_a_test"] = types.ModuleType("settings_of_a_test")
    settings.rate = 1.0

    def f(x):
        from settings_of_a_test import rate

        return x * rate

    return f, assign(settings, "rate")


def case_attribute_by_a_method():
    held = ByName()
    return lambda x: x * held.rate, put(held.table, "rate")


def case_tensors_in_a_tuple():
    holder = types.SimpleNamespace(state=(torch.ones(3), 1.0))
    return lambda x: x * holder.state[0], assign(holder, "state", lambda v: (torch.ones(3) + 1e-7 * v, 1.0))


def case_forward_of_a_module():
    model = Blocks()
    return model, lambda value: setattr(model, "forward", lambda x: x * value)


def case_module_in_a_list():
    model = Blocks()
    return model, lambda value: put(model.blocks, 0)(nn.Linear(3, 3))


def case_hook_on_a_gradient():
    model = Blocks()

    def f(x):
        model(x).sum().backward()
        return model.blocks[0].weight.grad.clone()

    def change(value):
        model.blocks[1].register_full_backward_hook(lambda module, into, out: (into[0] * value,))
        model.zero_grad()

    return f, change


CASES = {
    name[5:].replace("_", " "): value for name, value in list(globals().items()) if name.startswith("case_")
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_changed_between_calls_is_followed(name):
    f, change = CASES[name]()
    compiled = torch.compile(f)
    x = torch.tensor([1.0, -2.0, 3.0])
    seen = []
    for value in (3.0, 5.0):
        for _ in range(2):
            expected = f(x).tolist()
            if name == "hook on a gradient":
                f.__closure__[0].cell_contents.zero_grad()
            assert compiled(x).tolist() == expected
            if name == "hook on a gradient":
                f.__closure__[0].cell_contents.zero_grad()
        seen.append(expected)
        change(value)
    assert seen[0] != seen[1]
    helper.__defaults__, Base.rate = (1.0,), 1.0


class Trainer:
    def __init__(self):
        self.model = nn.Linear(3, 1)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.step, self.best, self.losses, self.last = 0, 1e9, [], None

    @torch.compile
    def train(self, x):
        self.optimizer.zero_grad()
        loss = self.model(x).sum()
        loss.backward()
        self.optimizer.step()  # a name that is an attribute too, and is only called
        return loss.detach()


class Counted(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 1)
        self.calls, self.history, self.note = 0, [], ""

    def forward(self, x):
        return self.layer(x)


def test_what_the_function_does_not_mention_is_not_compared():
    trainer, model, settings = Trainer(), Counted(), Slotted()
    compiled = torch.compile(model)
    scaled = torch.compile(lambda x: x * settings.rate)
    x = torch.ones(2, 3)
    for i in range(5):
        trainer.train(x), compiled(x), scaled(x)
        trainer.step += 1
        trainer.best, trainer.last = 1.0 / (i + 1), torch.ones(i + 1)
        trainer.losses.append(0.0)
        model.calls += 1
        model.note += "x"
        model.history.append(i)
        settings.other += 1
    assert torch.stats()["recordings"] == 3


def test_a_second_object_with_a_compiled_method():
    class Scale:
        def __init__(self, rate):
            self.rate = torch.tensor(rate)

        @torch.compile
        def scaled(self, x):
            return x * self.rate

    x, first = torch.ones(2), Scale(2.0)
    assert first.scaled(x).tolist() == [2, 2]
    for rate in (3.0, 4.0, 5.0):  # objects that come and go are arguments
        assert Scale(rate).scaled(x).tolist() == [rate, rate]
    assert torch.stats()["recordings"] == 2
    first.rate = torch.tensor(6.0)
    assert first.scaled(x).tolist() == [6, 6]


def made_of(step):
    return {
        "arange": lambda x: x + torch.arange(3) * step,
        "tensor": lambda x: x + torch.tensor([step, 2.0, 3.0]),
        "number": lambda x: x + torch.tensor(step),
        "in a loop": lambda x: sum((x + torch.tensor([float(k), step, 1.0]) for k in range(3)), x),
        "from an array": lambda x: x + torch.from_numpy(np.arange(3) * step),
        "large": lambda x: x + torch.tensor(np.ones(70_000) * step).sum(),
        "in vmap": lambda x: torch.vmap(lambda row: row + torch.tensor([step, 2.0]).sum())(x),
    }


@pytest.mark.parametrize("name", made_of(0))
def test_arrays_made_of_a_growing_number_compile_at_most_twice(name):
    def f(x, step):
        return made_of(step)[name](x)

    compiled, x = torch.compile(f), torch.rand(3)
    results = [compiled(x, step) for step in range(6)]
    stats = torch.stats()
    assert stats["compiles"] <= 3  # the constant, the number, and both as operands
    for step, result in enumerate(results):
        torch.testing.assert_close(result, f(x, step))


def test_a_buffer_written_through_data_with_what_requires_grad():
    weight = torch.ones(3, requires_grad=True)
    buffer = torch.zeros(3)

    def step(x):
        buffer.data.mul_(0.5).add_(weight * x)
        return buffer * 1

    compiled = torch.compile(step)
    for i, wanted in enumerate((0.0, 1.0, 2.5)):
        assert compiled(torch.full((3,), float(i))).tolist() == buffer.tolist() == [wanted] * 3
    buffer.data = torch.full((3,), 100.0)
    assert compiled(torch.ones(3)).tolist() == buffer.tolist() == [51.0] * 3
    buffer = torch.full((3,), -4.0)
    assert compiled(torch.ones(3)).tolist() == buffer.tolist() == [-1.0] * 3
    assert not buffer.requires_grad


def test_a_tensor_with_a_history_gets_another_storage():
    weight = torch.ones(3, requires_grad=True)
    scaled = weight * 2

    @torch.compile
    def step(x):
        with torch.no_grad():
            return x * scaled

    assert step(torch.ones(3)).tolist() == [2.0] * 3
    scaled.data = torch.full((3,), 5.0)
    assert step(torch.ones(3)).tolist() == [5.0] * 3

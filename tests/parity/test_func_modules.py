"""``functional_call`` and ``stack_module_state`` against torch."""

from __future__ import annotations

import contextlib

import pytest

import jaxlearn

from .helper import same

pytestmark = pytest.mark.unoptimized


def model(torch):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = torch.nn.Linear(2, 2)
            self.second = self.first
            self.norm = torch.nn.BatchNorm1d(2)
            self.register_buffer("shift", torch.ones(2))

        def forward(self, x, scale=1.0):
            return self.norm(self.first(x) + self.second(x)) * scale + self.shift

    torch.manual_seed(0)
    return Net()


def call(torch, given, *args, **options):
    net = model(torch)
    x = torch.arange(6.0).reshape(3, 2)
    result = torch.func.functional_call(net, given(torch), *(args or ((x,),)), **options)
    return result, list(net.state_dict())


CALLS = {
    "tied": lambda torch: call(torch, lambda t: {"first.weight": t.eye(2)}),
    "untied": lambda torch: call(torch, lambda t: {"first.weight": t.eye(2)}, tie_weights=False),
    "both": lambda torch: call(torch, lambda t: {"first.weight": t.eye(2), "second.weight": t.ones(2, 2)}),
    "both untied": lambda torch: call(
        torch, lambda t: {"first.weight": t.eye(2), "second.weight": t.ones(2, 2)}, tie_weights=False
    ),
    "several": lambda torch: call(torch, lambda t: ({"first.weight": t.eye(2)}, {"shift": t.zeros(2)})),
    "repeated": lambda torch: call(torch, lambda t: ({"shift": t.eye(2)}, {"shift": t.zeros(2)})),
    "unknown": lambda torch: call(torch, lambda t: {"foo": t.eye(2)}),
    "strict": lambda torch: call(torch, lambda t: {"first.weight": t.eye(2)}, strict=True),
    "strict unknown": lambda torch: call(torch, lambda t: {"foo": t.eye(2)}, strict=True),
    "no tensor": lambda torch: call(torch, lambda t: {"first.weight": 3}),
    "no dicts": lambda torch: call(torch, lambda t: [{}, 3]),
    "no dict": lambda torch: call(torch, lambda t: 3),
    "one argument": lambda torch: torch.func.functional_call(model(torch), {}, torch.arange(6.0).reshape(3, 2)),
    "keywords": lambda torch: torch.func.functional_call(
        model(torch), {}, None, {"x": torch.arange(6.0).reshape(3, 2), "scale": 2.0}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_functional_call(name):
    same(CALLS[name], message=True)


def test_the_module_is_unchanged_afterwards():
    """Not compared with torch, which leaves a tied weight replaced."""
    net = model(jaxlearn)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    for given in ({"first.weight": jaxlearn.eye(2)}, {"first.weight": 3}):
        with contextlib.suppress(TypeError):
            jaxlearn.func.functional_call(net, given, (jaxlearn.arange(6.0).reshape(3, 2),))
        assert net.first is net.second and net.first.weight.equal(before["first.weight"])


def test_statistics_are_written_to_the_buffers_given():
    def program(torch):
        net = model(torch)
        buffers = {k: v.clone() for k, v in net.named_buffers()}
        torch.func.functional_call(net, buffers, (torch.arange(6.0).reshape(3, 2),))
        return buffers, dict(net.named_buffers())

    same(program)


def test_gradients_reach_the_tensors_given():
    def program(torch):
        weight = torch.eye(2, requires_grad=True)
        net = model(torch)
        torch.func.functional_call(
            net, {"first.weight": weight * 2}, (torch.arange(6.0).reshape(3, 2),)
        ).exp().sum().backward()
        return weight.grad, net.first.weight.grad, net.norm.weight.grad

    same(program)


STACKS = {
    "none": lambda torch: torch.func.stack_module_state([]),
    "modes": lambda torch: torch.func.stack_module_state([torch.nn.ReLU(), torch.nn.ReLU().eval()]),
    "classes": lambda torch: torch.func.stack_module_state([torch.nn.ReLU(), torch.nn.Tanh()]),
    "frozen": lambda torch: torch.func.stack_module_state(
        [torch.nn.Linear(1, 1), torch.nn.Linear(1, 1).requires_grad_(False)]
    ),
    "same": lambda torch: torch.func.stack_module_state([model(torch), model(torch)]),
    "all frozen": lambda torch: torch.func.stack_module_state([model(torch).requires_grad_(False)] * 2),
}  # fmt: skip


@pytest.mark.parametrize("name", STACKS)
def test_stack_module_state(name):
    same(STACKS[name], message=True)


def test_replace_batch_norms():
    def program(torch):
        net = torch.func.replace_all_batch_norm_modules_(model(torch))
        return list(net.state_dict()), net.norm.track_running_stats, net(torch.arange(6.0).reshape(3, 2))

    same(program)


class Attributes:
    """A module with tensors that are no parameters, and other attributes."""

    @staticmethod
    def of(torch):
        class Scaled(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.scale, self.shift, self.count = torch.ones(1) * 2, None, 3
                self.inner = torch.nn.Linear(1, 1)
                torch.nn.init.ones_(self.inner.weight)
                self.register_parameter("none", None)

            def forward(self, x):
                x = x * self.scale
                for extra in (self.shift, self.none, getattr(self, "new", None)):
                    x = x if extra is None else x + extra
                return x

        return Scaled()


@pytest.mark.parametrize("name", ["scale", "shift", "none", "new", "inner.new"])
def test_attributes_in_place_of_which_tensors_are_given(name):
    def program(torch):
        module, x = Attributes.of(torch), torch.ones(2)

        def call(value):
            return torch.func.functional_call(module, {name: value}, x)

        found = call(torch.ones(1) * 5), torch.func.grad(lambda v: call(v).sum())(torch.ones(1))
        return found, module.scale, module.shift, module.none, hasattr(module, "new"), module(x)

    same(program)


@pytest.mark.parametrize("name", ["count", "inner", "other.weight", "inner.weight.data", "", "scale"])
def test_errors_at_what_cannot_be_replaced(name):
    def program(torch):
        module = Attributes.of(torch)
        given = {"none": torch.ones(1), name: 3 if name == "scale" else torch.ones(1)}
        try:
            torch.func.functional_call(module, given, torch.ones(2))
        finally:
            assert module.none is None and float(module.scale) == 2

    same(program, message=True)


def test_a_parametrized_tensor_is_set_as_by_assignment():
    def program(torch):
        class Symmetric(torch.nn.Module):
            def forward(self, w):
                return w + w.T

        layer = torch.nn.Linear(2, 2)
        torch.nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
        torch.func.functional_call(layer, {"weight": torch.ones(2, 2)}, torch.ones(1, 2))

    same(program, message=True)

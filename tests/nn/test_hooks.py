"""Hooks around forward and backward, of one module and of all."""

from __future__ import annotations

import pytest

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.nn import hooks

pytestmark = pytest.mark.unoptimized


class Double(nn.Module):
    def forward(self, x, scale=2.0):
        return x * scale


def test_forward_hooks_see_and_replace():
    module, x = Double(), torch.ones(2)
    first = module.register_forward_hook(lambda m, args, out: out + args[0])
    module.register_forward_pre_hook(lambda m, args: args[0] * 10)
    assert module(x).tolist() == [30.0, 30.0]
    first.remove()
    assert module(x).tolist() == [20.0, 20.0]


def test_hooks_with_keywords_and_in_front():
    module, order = Double(), []
    module.register_forward_pre_hook(lambda m, args, kwargs: (args, {"scale": 5.0}), with_kwargs=True)
    module.register_forward_hook(lambda m, a, kwargs, out: order.append(kwargs["scale"]), with_kwargs=True)
    module.register_forward_hook(lambda m, a, out: order.append("front"), prepend=True)
    assert module(torch.ones(1)).item() == 5.0
    assert order == ["front", 5.0]
    with (
        module.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True),
        pytest.raises(RuntimeError, match="forward pre-hook must return None or a tuple"),
    ):
        module(torch.ones(1))


def test_always_called_hooks_see_failures():
    class Fails(nn.Module):
        def forward(self, x):
            raise ValueError("no")

    module, seen = Fails(), []
    module.register_forward_hook(lambda m, a, out: seen.append(out), always_call=True)
    module.register_forward_hook(lambda m, a, out: seen.append("never"))
    with pytest.raises(ValueError, match="no"):
        module(torch.ones(1))
    assert seen == [None]


def test_full_backward_hooks():
    module, seen = Double(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi[0].tolist(), go[0].tolist())))
    x = torch.ones(2, requires_grad=True)
    module(x).sum().backward()
    assert seen == [([2.0, 2.0], [1.0, 1.0])] and x.grad.tolist() == [2.0, 2.0]


def test_backward_hooks_replace_gradients():
    module = Double()
    module.register_full_backward_pre_hook(lambda m, go: (go[0] * 3,))
    module.register_full_backward_hook(lambda m, gi, go: (gi[0] + 1,))
    x = torch.ones(2, requires_grad=True)
    module(x).sum().backward()
    assert x.grad.tolist() == [7.0, 7.0]


def test_backward_hook_without_input_gradient():
    module, seen = nn.Module(), []
    module.weight = nn.Parameter(torch.ones(2))
    module.forward = lambda x: x * module.weight
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].tolist())))
    module(torch.ones(2)).sum().backward()
    assert seen == [((None,), [1.0, 1.0])] and module.weight.grad.tolist() == [1.0, 1.0]


def test_hooks_of_all_modules():
    seen = []
    handle = hooks.register_module_forward_hook(lambda m, a, out: seen.append(type(m).__name__))
    try:
        nn.Sequential(nn.Identity(), Double())(torch.ones(1))
    finally:
        handle.remove()
    Double()(torch.ones(1))
    assert seen == ["Identity", "Double", "Sequential"] and not hooks.ALL_MODULES

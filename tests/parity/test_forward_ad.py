"""Forward mode with dual tensors against torch."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

DATA = np.random.RandomState(0).randn(3, 4)
DIRECTION = np.random.RandomState(1).randn(3, 4)


def tensors(torch):
    return torch.tensor(DATA), torch.tensor(DIRECTION)


def values_and_tangents(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    with fw.dual_level():
        d = fw.make_dual(x, v)
        y = d.sin() @ d.t() + x.sum()
        found = fw.unpack_dual(y)
        return found.primal, found.tangent, fw.unpack_dual(x), fw.unpack_dual(d), fw.unpack_dual(d.detach())


def two_dual_tensors(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    with fw.dual_level():
        a, b = fw.make_dual(x, v), fw.make_dual(x + 1, v.float())
        return fw.unpack_dual((a * b).exp().sum())


def backward_over_forward(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    w = x.clone().requires_grad_()
    with fw.dual_level():
        primal, tangent = fw.unpack_dual((fw.make_dual(w, v) ** 3).sum())
        return primal, tangent, torch.autograd.grad(tangent, w)


def forward_over_backward(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    with fw.dual_level():
        d = fw.make_dual(x.requires_grad_(), v)
        (g,) = torch.autograd.grad((d**3).sum(), d, create_graph=True)
        return fw.unpack_dual(g)


def by_hand(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    level = fw.enter_dual_level()
    y = fw.make_dual(x, v, level=level) * 2
    inside = fw.unpack_dual(y, level=level)
    fw.exit_dual_level(level=level)
    return level, inside, fw.unpack_dual(y), fw.unpack_dual(x)


def writes_in_place(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    with fw.dual_level():
        d, e, total = fw.make_dual(x, v), fw.make_dual(x + 1, v.cos()), torch.zeros_like(x)
        d.mul_(3)
        total += d
        row = e[1]
        row *= 2
        e[0, 1] = 5
        total[2] = e[1] * e[0]
        return fw.unpack_dual(d), fw.unpack_dual(e), fw.unpack_dual(row), fw.unpack_dual(total), x


def a_function_with_jvp(torch):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_forward(x)
            return x**2

        @staticmethod
        def jvp(ctx, tangent):
            (x,) = ctx.saved_tensors
            return tangent * 100 * x

    fw = torch.autograd.forward_ad
    with fw.dual_level():
        return fw.unpack_dual(Square.apply(fw.make_dual(*tensors(torch))).sin())


def a_module(torch):
    fw = torch.autograd.forward_ad
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 2).double()
    with fw.dual_level():
        for name, p in dict(model.named_parameters()).items():
            delattr(model, name)
            setattr(model, name, fw.make_dual(p, torch.ones_like(p)))
        return fw.unpack_dual(model(torch.tensor(DATA)))


def through_gradients_of_our_own(torch):
    # Layers whose gradient is not jax's own: batch normalisation and the depthwise convolution.
    def run(x):
        y = torch.nn.functional.conv2d(x, torch.tensor(DATA).reshape(3, 1, 2, 2), groups=3)
        return torch.nn.functional.batch_norm(y, None, None, training=True).relu()

    x = torch.tensor(np.random.RandomState(2).randn(2, 3, 4, 4))
    return torch.func.jvp(run, (x,), (x.cos(),))


PROGRAMS = [
    values_and_tangents,
    two_dual_tensors,
    backward_over_forward,
    forward_over_backward,
    by_hand,
    writes_in_place,
    a_function_with_jvp,
    a_module,
    through_gradients_of_our_own,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_same_as_torch(program):
    same(program)


def nested(torch):
    fw = torch.autograd.forward_ad
    with fw.dual_level(), fw.dual_level():
        pass


def made(torch, primal, tangent):
    fw = torch.autograd.forward_ad
    with fw.dual_level():
        fw.make_dual(primal, tangent)


def twice(torch):
    fw = torch.autograd.forward_ad
    with fw.dual_level():
        d = fw.make_dual(torch.ones(2), torch.ones(2))
        fw.make_dual(d * 2, torch.ones(2))


def a_dual_tangent(torch):
    fw = torch.autograd.forward_ad
    with fw.dual_level():
        fw.make_dual(torch.ones(2), fw.make_dual(torch.ones(2), torch.ones(2)) * 2)


def another_level(torch, unpacks):
    fw = torch.autograd.forward_ad
    with fw.dual_level():
        if unpacks:
            fw.unpack_dual(fw.make_dual(torch.ones(2), torch.ones(2)), level=1)
        fw.make_dual(torch.ones(2), torch.ones(2), level=1)


ERRORS = {
    "a dual tangent": a_dual_tangent,
    "making at another level": lambda t: another_level(t, False),
    "unpacking at another level": lambda t: another_level(t, True),
    "twice": twice,
    "outside": lambda t: t.autograd.forward_ad.make_dual(*tensors(t)),
    "nested": nested,
    "exit without entering": lambda t: t.autograd.forward_ad.exit_dual_level(),
    "another shape": lambda t: made(t, t.ones(2), t.ones(3)),
    "integers": lambda t: made(t, t.ones(2, dtype=t.int64), t.ones(2)),
    "integer tangent": lambda t: made(t, t.ones(2), t.ones(2, dtype=t.int64)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_same_error_as_torch(name):
    same(ERRORS[name], message=True)


def test_what_differs_from_torch():
    # The tangents are carried through what is recorded for backward: so results require grad, and without recording
    # there is no tangent. In torch neither is so.
    fw = jaxlearn.autograd.forward_ad
    x, v = tensors(jaxlearn)
    with fw.dual_level():
        d = fw.make_dual(x, v)
        assert (d * 2).requires_grad
        with jaxlearn.no_grad():
            assert fw.unpack_dual(d * 2).tangent is None

"""Forward mode with dual tensors against torch: values, tangents, text, and what requires grad."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import jaxlearn
from jaxlearn._autograd.links import hollow
from jaxlearn._autograd.node import watchers
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


def text_and_history(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    with fw.dual_level():
        d = fw.make_dual(x, v)
        y = d * 2
        found = [
            repr(d),
            repr(y),
            repr(y.sum()),
            y.requires_grad,
            y.grad_fn,
            y.is_leaf,
            d.is_leaf,
            y.numpy().sum(),
        ]
        pair = fw.unpack_dual(y)
        found += [repr(pair), fw.unpack_dual(d).tangent is v, fw.unpack_dual(y).tangent is pair.tangent]
    z = y * 3
    found += [repr(y), repr(z), z.requires_grad, fw.unpack_dual(y)]
    y.requires_grad_()
    (y * z).sum().backward()
    return found, y.grad, y.is_leaf, z.grad_fn


def tangents_laid_out_otherwise(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    with fw.dual_level():
        a = fw.unpack_dual(fw.make_dual(x, v.t().contiguous().t())).tangent
        b = fw.unpack_dual(fw.make_dual(x.t(), v.t().contiguous())).tangent
        c = fw.unpack_dual(fw.make_dual(x.t(), v.t())).tangent
        return a, a.stride(), b.stride(), c.stride()


def without_gradients(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    w = torch.ones(4, dtype=torch.float64, requires_grad=True)
    with fw.dual_level():
        d = fw.make_dual(x, v.clone())
        with torch.no_grad():
            y, u = d * w, w * 2
            w.add_(1)
            found = [torch.is_grad_enabled(), repr(y), y.requires_grad, u.requires_grad, w.is_leaf, repr(u)]
            d[0] = y[1]
        found += [torch.is_grad_enabled(), repr(d)]
        z = (y * w).sum()
        z.backward()
        found += [w.grad, fw.unpack_dual(z), u.is_leaf]
    with torch.no_grad(), fw.dual_level():
        found += [torch.is_grad_enabled(), fw.unpack_dual(fw.make_dual(x, v).sin()), torch.is_grad_enabled()]
    return found, torch.is_grad_enabled(), y.requires_grad, (y * 2).requires_grad


def duals_that_require_grad(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    x.requires_grad_()
    with fw.dual_level():
        d = fw.make_dual(x, v)
        y = d**2
        found = [repr(d), d.requires_grad, d.is_leaf, fw.unpack_dual(y)]
        (g,) = torch.autograd.grad(y.sum(), x, retain_graph=True)
        found += [repr(g), fw.unpack_dual(g), torch.autograd.grad(fw.unpack_dual(y).tangent.sum(), x)]
        y.sum().backward()
        e = fw.make_dual(v, v.cos()).requires_grad_()
        (e**3).sum().backward()
        return found, repr(x.grad), fw.unpack_dual(y), e.is_leaf, e.grad


def switched_off(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    with fw.dual_level():
        d = fw.make_dual(x, v)
        with fw._set_fwd_grad_enabled(False):
            y = d * 2
        mode = fw._set_fwd_grad_enabled(False)
        z = d * 3
        mode.__exit__(None, None, None)
        return fw.unpack_dual(y), fw.unpack_dual(z), fw.unpack_dual(d * 4), repr(d)


def a_function_that_looks(torch):
    seen = []

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_forward(x)
            y = x**2
            seen.append(
                (x.requires_grad, ctx.needs_input_grad, torch.is_grad_enabled(), fw.unpack_dual(y).tangent)
            )
            return y

        @staticmethod
        def jvp(ctx, tangent):
            seen.append("jvp")
            return tangent * 100 * ctx.saved_tensors[0]

    fw = torch.autograd.forward_ad
    with fw.dual_level():
        d = fw.make_dual(*tensors(torch))
        y = Square.apply(d)
        seen.append("called")
        with torch.no_grad():
            return seen, repr(y), repr(Square.apply(d))


def forward_gradients(torch):
    fw = torch.autograd.forward_ad
    x, v = tensors(torch)
    w = x[0].clone()
    losses = []
    for direction in v:
        with fw.dual_level(), torch.no_grad():
            loss = ((x @ fw.make_dual(w, direction)) ** 2).mean()
            losses.append(fw.unpack_dual(loss))
        w = w - 0.1 * losses[-1].tangent * direction
    return losses, w, w.requires_grad


def under_no_grad_inside_jvp(torch):
    def f(x):
        with torch.no_grad():
            y = x.sin() * 2
        return y + x, y * x, y

    x, v = tensors(torch)
    first = torch.func.jvp(f, (x,), (v,))
    second = torch.func.jacfwd(lambda x: f(x)[1])(x[0])
    return (
        first,
        second,
        torch.func.jvp(lambda x: x.detach() * x, (x,), (v,)),
        torch.func.grad(lambda x: f(x)[1].sum())(x),
    )


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
    text_and_history,
    tangents_laid_out_otherwise,
    without_gradients,
    duals_that_require_grad,
    switched_off,
    a_function_that_looks,
    forward_gradients,
    under_no_grad_inside_jvp,
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


def without_history(torch, ask):
    fw = torch.autograd.forward_ad
    with fw.dual_level():
        d = fw.make_dual(torch.ones(2), torch.ones(2))
        ask(torch, d, d.sum())


ERRORS = {
    "backward": lambda t: without_history(t, lambda t, d, y: y.backward()),
    "grad": lambda t: without_history(t, lambda t, d, y: t.autograd.grad(y, d)),
    "out": lambda t: without_history(t, lambda t, d, y: t.add(d, d, out=t.empty(2))),
    "no mode": lambda t: t.autograd.forward_ad._set_fwd_grad_enabled(1),
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


@pytest.mark.parametrize("written", ["leaf", "result", "part"])
def test_writes_that_backward_does_not_look_at(written):
    """A tensor keeps its place in backward, with the tangent of its new value."""

    def program(torch):
        fw = torch.autograd.forward_ad
        x, v = tensors(torch)
        leaf = torch.ones(3, 4, dtype=torch.float64, requires_grad=True)
        with fw.dual_level():
            d = fw.make_dual(x, v)
            y = leaf * 2
            with torch.no_grad():
                if written == "leaf":
                    y = leaf.mul_(d)
                elif written == "part":
                    y[0].mul_(d[1])
                else:
                    y.mul_(d)
            primal, tangent = fw.unpack_dual(y * y)
            grads = torch.autograd.grad(primal.sum(), leaf)
            return y.requires_grad, y.is_leaf, leaf.requires_grad, primal, tangent.detach(), grads

    same(program)


@pytest.mark.parametrize("learnt", [False, True])
def test_shapes_changed_in_place(learnt):
    """The tangent changes with the dual tensor."""

    def program(torch):
        fw = torch.autograd.forward_ad
        x, v = tensors(torch)
        w = torch.ones(3, 4, dtype=torch.float64, requires_grad=True)
        found = []
        for change in (
            lambda t: t.t_(),
            lambda t: t.unsqueeze_(1),
            lambda t: t.squeeze_(),
            lambda t: t.swapaxes_(0, 1),
        ):
            with fw.dual_level():
                d = fw.make_dual(x * w if learnt else x.clone(), v.clone())
                change(d)
                found.append([z.detach() for z in (*fw.unpack_dual(d), *fw.unpack_dual(d * d))])
                with torch.no_grad():
                    found.append(torch.ones(2, 3, requires_grad=True).t_().requires_grad)
        return found

    same(program)


def test_tangents_leave_nothing_behind():
    fw = jaxlearn.autograd.forward_ad
    gc.collect()  # what other tests have left in exceptions
    for _ in range(2):
        with fw.dual_level():
            found = fw.unpack_dual(fw.make_dual(*tensors(jaxlearn)).sin())
        del found
    (jaxlearn.ones(2, requires_grad=True) * 2).sum().backward()
    assert not watchers and not hollow


def test_what_differs_from_torch():
    # The primal is an alias of the tensor, not a view of it; a write to a dual tensor leaves the tangent that was given
    # as it was; and the tangent of an operation's result is one operation.
    fw = jaxlearn.autograd.forward_ad
    x, v = tensors(jaxlearn)
    with fw.dual_level():
        d = fw.make_dual(x.requires_grad_(), v)
        assert d._base is None
        given = v.clone()
        fw.make_dual(v, given).mul_(2)
        assert (given == tensors(jaxlearn)[1]).all()
        assert fw.unpack_dual(d**2).tangent.grad_fn.name() == "PowBackwardForward0"  # in torch MulBackward0

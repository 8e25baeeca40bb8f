"""Writes that autograd does not see, inside bodies that become one operation: gradients go on as torch sends them."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn

from .helper import same

pytestmark = pytest.mark.unoptimized

X = np.random.RandomState(0).rand(3, 4).astype("f") + 0.5


def under_no_grad(torch, y):
    with torch.no_grad():
        y.mul_(3)


def to_a_part(torch, y):
    with torch.no_grad():
        y[0].mul_(3)


WRITES = {
    "no_grad": to_a_part,
    "detach": lambda torch, y: y.detach().copy_(torch.ones(4)),
}


def read(torch, x, w, write):
    y = x * w
    write(torch, y)
    return y + 1


def returned(torch, x, w, write):
    y = x * w
    write(torch, y)
    return y


def saved(torch, x, w, write):
    y = x * w
    write(torch, y)
    return y * w + y.clone()


def through_a_view(torch, x, w, write):
    y = x * w
    v = y[1:]
    write(torch, y)
    return v + 1


def of_a_pair(torch, x, w, write):
    y, order = (x * w).sort()
    write(torch, y)
    return y + order


def before_a_tracked_one(torch, x, w, write):
    y = x * w
    y[0] = 2 * w[1]
    write(torch, y)
    return y.mul_(2)


def with_a_history_after_one_to_a_detached_view(torch, x, w, write):
    y = x * w
    part = y.detach()[1:]
    write(torch, y.detach())
    y[:2].mul_(w[:2])
    part.add_(1)
    return y * 2


def by_a_detached_view_with_a_history(torch, x, w, write):
    y = x * w
    part = y.detach()[1:]
    write(torch, y)
    part.mul_(w[1:])
    return y + part.sum()


def to_the_argument(torch, x, w, write):
    write(torch, x)
    return x * w


def to_a_closure(torch, x, w, write):
    write(torch, w)
    return x * w


BODIES = [
    read,
    returned,
    saved,
    through_a_view,
    of_a_pair,
    before_a_tracked_one,
    with_a_history_after_one_to_a_detached_view,
    by_a_detached_view_with_a_history,
    to_the_argument,
    to_a_closure,
]


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("body", BODIES)
def test_in_vmap(body, write):
    def program(torch):
        leaf, other = torch.tensor(X, requires_grad=True), torch.tensor(X[0], requires_grad=True)
        x, w = leaf.clone(), other.clone()
        y = torch.func.vmap(lambda x: body(torch, x, w, write))(x)
        (y**2).sum().backward()
        return y, leaf.grad, other.grad, x, w

    same(program)


def test_to_a_leaf_that_vmap_maps_over():
    def program(torch):
        x, w = torch.tensor(X, requires_grad=True), torch.tensor(X[0], requires_grad=True)
        torch.func.vmap(lambda x: to_the_argument(torch, x, w, under_no_grad))(x).sum().backward()
        return x.grad, w.grad, x

    same(program)


@pytest.mark.parametrize(
    "body",
    [
        read,
        saved,
        before_a_tracked_one,
        with_a_history_after_one_to_a_detached_view,
        by_a_detached_view_with_a_history,
    ],
)
def test_in_loops_and_branches(body):
    """Against the same written out."""
    torch = jaxlearn

    def run(loop):
        x, w = torch.tensor(X[1], requires_grad=True), torch.tensor(X[0], requires_grad=True)
        y = loop(x, lambda x: body(torch, x, w * 1, under_no_grad))
        (y**2).sum().backward()
        return [t.tolist() for t in (y, x.grad, w.grad)]

    once, thrice = run(lambda x, f: f(x)), run(lambda x, f: f(f(f(x))))
    cond = run(lambda x, f: torch.cond(x.sum() > 0, f, lambda x: x * 1, (x,)))
    loop = run(
        lambda x, f: torch.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, f(x)), (torch.tensor(0), x))[1]
    )
    scan = run(lambda x, f: torch._higher_order_ops.scan(lambda c, s: (f(c), s), x, torch.zeros(3, 1))[0])
    inner = run(
        lambda x, f: torch.vmap(lambda x: torch.cond(x.sum() > 0, f, lambda x: x * 1, (x,)))(x[None])[0]
    )
    for got, expected in ((cond, once), (inner, once), (loop, thrice), (scan, thrice)):
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5)


def test_a_closure_read_on_the_host_keeps_its_gradient():
    def program(torch):
        x, w = torch.tensor(X, requires_grad=True), torch.tensor(X[0], requires_grad=True)

        def f(x):
            u = w * 2
            return x * u * u.clone().sum().item()

        torch.func.vmap(f)(x).sum().backward()
        return x.grad, w.grad

    same(program)


def test_a_function_of_a_closure_keeps_its_gradient():
    def program(torch):
        class Times(torch.autograd.Function):
            generate_vmap_rule = True

            @staticmethod
            def forward(x):
                return x * 2

            @staticmethod
            def setup_context(ctx, inputs, output):
                pass

            @staticmethod
            def backward(ctx, grad):
                return grad * 3

        x, w = torch.tensor(X, requires_grad=True), torch.tensor(X[0], requires_grad=True)
        torch.func.vmap(lambda x: x * Times.apply(w))(x).sum().backward()
        return x.grad, w.grad

    same(program)

"""``autograd.functional`` against torch."""

from __future__ import annotations

import numpy as np
import pytest

from .helper import same

pytestmark = pytest.mark.unoptimized

X = np.random.RandomState(0).randn(3).astype("f")


def arguments(torch, requires_grad=False):
    return (
        torch.tensor(X, requires_grad=requires_grad),
        torch.tensor(X * X + 1, requires_grad=requires_grad),
    )


def two(x, y):
    return x.sin() * y.sum(), (x * y).cumsum(0)


def scalar(x, y):
    return (x.sin() * y).sum() * y.prod()


def one(x):
    return (x**3).sum()


def linear(x):
    return x.sum() * 2


def detached(x):
    return x.detach() * 2


@pytest.mark.parametrize("create_graph", [False, True])
def test_products(create_graph):
    def program(torch):
        f = torch.autograd.functional
        results = []
        for requires_grad in (False, True):
            x, y = arguments(torch, requires_grad)
            options = {"create_graph": create_graph}
            results += [
                f.vjp(two, (x, y), (torch.ones(3), torch.tensor(X)), **options),
                f.vjp(one, x, **options),
                f.jvp(two, (x, y), (torch.ones(3), torch.tensor(X)), **options),
                f.jvp(one, x, torch.ones(3), **options),
                f.vhp(scalar, (x, y), (torch.ones(3), torch.tensor(X)), **options),
                f.hvp(scalar, (x, y), (torch.ones(3), torch.tensor(X)), **options),
                f.vhp(one, x, torch.ones(3), **options),
                f.hvp(one, x, torch.ones(3), **options),
                f.vhp(linear, x, torch.ones(3), **options),
                f.hvp(linear, x, torch.ones(3), **options),
                f.jvp(detached, x, torch.ones(3), **options),
                f.vjp(detached, x, torch.ones(3), **options),
            ]
        return results

    same(program, rtol=1e-5, atol=1e-5)  # sums in another order


def test_jacobians():
    def program(torch):
        f = torch.autograd.functional
        x, y = arguments(torch)
        return [
            f.jacobian(two, (x, y)),
            f.jacobian(two, (x, y), vectorize=True),
            f.jacobian(two, (x, y), vectorize=True, strategy="forward-mode"),
            f.jacobian(one, x),
            f.jacobian(detached, x),
            f.jacobian(detached, x, vectorize=True, strategy="forward-mode"),
            f.jacobian(lambda x: (x, x.reshape(3, 1)), x),
            f.hessian(one, x),
            f.hessian(linear, x),
            f.hessian(scalar, (x, y)),
            f.hessian(scalar, (x, y), vectorize=True),
            # torch leaves a history on these that nothing asked for
            [
                [h.detach() for h in row]
                for row in f.hessian(scalar, (x, y), vectorize=True, outer_jacobian_strategy="forward-mode")
            ],
        ]

    same(program, rtol=1e-5, atol=1e-5)


def test_create_graph():
    def program(torch):
        f = torch.autograd.functional
        x, y = arguments(torch, True)
        j = f.jacobian(two, (x, y), create_graph=True)
        h = f.hessian(one, x, create_graph=True)
        (j[0][0].sum() + (h**2).sum() + f.jvp(one, x, y, create_graph=True)[1]).backward()
        plain = f.jacobian(two, (x, y))
        return j, h, x.grad, y.grad, plain

    same(program, rtol=1e-5, atol=1e-5)


ERRORS = [
    lambda f, torch, x: f.vjp(one, 3.0),
    lambda f, torch, x: f.vjp(one, (x, 3.0)),
    lambda f, torch, x: f.vjp(lambda x: 3, x),
    lambda f, torch, x: f.vjp(lambda x: (x, 3), x),
    lambda f, torch, x: f.vjp(lambda x: x, x),
    lambda f, torch, x: f.vjp(lambda x: x, x, torch.ones(2)),
    lambda f, torch, x: f.vjp(lambda x: x, x, (x, x)),
    lambda f, torch, x: f.vjp(lambda x: (x, x), x, (x, torch.ones(2))),
    lambda f, torch, x: f.vjp(lambda x: (x, x), x, x),
    lambda f, torch, x: f.vjp(detached, x, x, strict=True),
    lambda f, torch, x: f.vjp(lambda x, y: x * 1, (x, x), x, strict=True),
    lambda f, torch, x: f.vjp(linear, x, strict=True, create_graph=True),
    lambda f, torch, x: f.jvp(one, x),
    lambda f, torch, x: f.jvp(one, x, torch.ones(2)),
    lambda f, torch, x: f.jvp(one, (x, x), x),
    lambda f, torch, x: f.jvp(detached, x, x, strict=True),
    lambda f, torch, x: f.jvp(lambda x, y: x * 1, (x, x), (x, x), strict=True),
    lambda f, torch, x: f.vhp(lambda x: x, x, x),
    lambda f, torch, x: f.vhp(lambda x: (x.sum(), x.sum()), x, x),
    lambda f, torch, x: f.vhp(one, x),
    lambda f, torch, x: f.vhp(linear, x, x, strict=True),
    lambda f, torch, x: f.hvp(lambda x: x, x, x),
    lambda f, torch, x: f.hvp(linear, x, x, strict=True),
    lambda f, torch, x: f.hvp(lambda x: x.detach().sum(), x, x, strict=True),
    lambda f, torch, x: f.jacobian(detached, x, strict=True),
    lambda f, torch, x: f.jacobian(lambda x, y: x * 1, (x, x), strict=True),
    lambda f, torch, x: f.jacobian(linear, x, strict=True, create_graph=True),
    lambda f, torch, x: f.jacobian(one, x, strict=True, vectorize=True),
    lambda f, torch, x: f.jacobian(one, x, strategy="x"),
    lambda f, torch, x: f.jacobian(one, x, strategy="forward-mode"),
    lambda f, torch, x: f.jacobian(one, x, strategy="forward-mode", vectorize=True, strict=True),
    lambda f, torch, x: f.jacobian(one, x, strategy="forward-mode", vectorize=True, create_graph=True),
    lambda f, torch, x: f.jacobian(lambda x: 3, x),
    lambda f, torch, x: f.hessian(lambda x: x, x),
    lambda f, torch, x: f.hessian(lambda x: (x.sum(), x.sum()), x),
    lambda f, torch, x: f.hessian(linear, x, strict=True),
    lambda f, torch, x: f.hessian(one, x, outer_jacobian_strategy="x"),
    lambda f, torch, x: f.hessian(one, x, outer_jacobian_strategy="forward-mode"),
    lambda f, torch, x: torch.func.grad(lambda x: f.jacobian(one, x).sum())(x),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case):
    same(lambda torch: ERRORS[case](torch.autograd.functional, torch, torch.tensor(X)), message=True)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: (a * b).sum(),
        lambda a, b: (a * b**2).sum(),
        lambda a, b: (a**2 * b**2).sum(),
        lambda a, b: (a @ b) * a[0],
    ],
    ids=["linear in both", "linear in one", "in none", "in the second"],
)
def test_strict_hessians_of_two_arguments(f, create_graph):
    def program(torch):
        x, y = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
        return torch.autograd.functional.hessian(f, (x, y), create_graph=create_graph, strict=True)

    same(program, message=True)

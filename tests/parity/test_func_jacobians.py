"""Jacobians, Hessians and forward mode, against torch."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from .helper import same

pytestmark = pytest.mark.unoptimized

X = np.random.RandomState(0).randn(3, 4).astype("f")


def f(x):
    return x.sin() * x.sum()


def two(x, y):
    return x.sin() * y.sum(), {"a": (x[0] * y).cumsum(0)}


@pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
def test_jacobians(name):
    def program(torch):
        jac, x, y = getattr(torch.func, name), torch.tensor(X), torch.tensor(X[0])
        return [
            jac(f)(x),
            jac(two, argnums=(0, 1))(x, y),
            jac(two, argnums=1)(x, y),
            jac(lambda x: (f(x), x.sum()), has_aux=True)(x),
            jac(lambda x: x.new_ones(2))(x),
            jac(lambda d: {"s": d["a"] * 2, "t": d["b"][0].sum()})({"a": y, "b": [x]}),
            jac(jac(lambda x: f(x).sum()))(y),
        ]

    same(program)


def test_chunks():
    same(lambda torch: [
        torch.func.jacrev(two, argnums=(0, 1), chunk_size=n)(torch.tensor(X), torch.tensor(X[0])) for n in (1, 5, 100)
    ])  # fmt: skip


def test_hessians():
    def program(torch):
        h = torch.func.hessian
        return [
            h(lambda x: f(x).sum())(torch.tensor(X)),
            h(lambda x, y: (x * y).sum() ** 2, argnums=(0, 1))(torch.tensor(X[0]), torch.tensor(X[1])),
            torch.func.jacrev(torch.func.jacfwd(lambda x: f(x).sum()))(torch.tensor(X[0])),
        ]

    same(program, rtol=1e-5, atol=1e-5)  # sums in another order


def test_one_tensor_given_twice():
    def f(a, b):
        return (a**2 * b**3).sin()

    def program(torch):
        x, y = torch.tensor(X[0]), torch.tensor(X[1])
        z, both = y.clone().requires_grad_(), (0, 1)
        w = z.detach().requires_grad_()
        loss = torch.vmap(lambda c: (z * c * w**2).sum())(x).sum()
        return [
            torch.func.hessian(lambda a, b: f(a, b).sum(), argnums=both)(x, x),
            torch.func.jacfwd(torch.func.vmap(torch.func.grad(f, argnums=both)), argnums=both)(x, x),
            torch.func.jacrev(lambda a, b: torch.vmap(lambda c: (a * c * b**2).sum())(y), argnums=both)(x, x),
            torch.autograd.grad(loss, (z, w)),
        ]

    same(program, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["prod", "cumprod"])
def test_derivatives_of_batched_derivatives_of_products(name):
    # What the derivative is computed from is chosen by whether there are zeros.
    def program(torch):
        x = torch.tensor([[1.0, 2.0, -3.0], [2.0, 0.0, 1.5], [0.0, 0.0, 1.0]], dtype=torch.float64)
        slope = torch.func.grad(lambda x: getattr(torch, name)(x, 0).sin().sum())
        return torch.func.vmap(slope)(x), torch.func.hessian(lambda x: torch.func.vmap(slope)(x).sum())(x)

    same(program)


def test_backward_through_a_hessian():
    def program(torch):
        x = torch.tensor(X[0], requires_grad=True)
        w = torch.tensor(X[1], requires_grad=True)
        h = torch.func.hessian(lambda x: (x**3 * w).sum() * x[0])(x)
        (h**2).sum().backward()
        return h, x.grad, w.grad

    same(program, rtol=1e-5)


def test_jvp():
    def program(torch):
        x, ones = torch.tensor(X), torch.ones(3, 4)
        w = torch.tensor(X, requires_grad=True)
        return [
            torch.func.jvp(f, (x,), (ones,)),
            torch.func.jvp(lambda x, d: (x * d["y"], d["y"].sum()), (x, {"y": x}), (ones, {"y": x})),
            torch.func.jvp(lambda x: (f(x), x.sum()), (x,), (ones,), has_aux=True),
            torch.func.jvp(lambda x: torch.ones(2), (x,), (ones,)),
            torch.func.jvp(lambda x: x.long(), (x,), (ones,)),
            torch.func.jvp(lambda x: x * w, (x,), (ones,)),
        ]

    same(program)


def test_forward_mode_of_operations_with_a_reverse_rule_of_their_own():
    def program(torch):
        torch.manual_seed(0)
        model = torch.nn.Sequential(
            torch.nn.Conv2d(1, 2, 3), torch.nn.GroupNorm(1, 2), torch.nn.GELU(), torch.nn.Flatten(),
            torch.nn.Linear(8, 2), torch.nn.LayerNorm(2), torch.nn.Softplus(),
        )  # fmt: skip
        for p in model.parameters():
            p.requires_grad_(False)
        x = torch.rand(2, 1, 4, 4)
        return torch.func.jvp(model, (x,), (torch.ones_like(x),)), torch.func.jacfwd(lambda x: model(x)[0])(x)

    same(program, rtol=1e-4, atol=1e-5)  # a chain of seven layers


def test_linearize():
    def program(torch):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own, about its graph
            y, push = torch.func.linearize(f, torch.tensor(X))
            return y, push(torch.ones(3, 4)), push(torch.tensor(X))

    same(program)


def test_functionalize():
    same(lambda torch: torch.func.functionalize(lambda x: x.clone().add_(1))(torch.tensor(X)))
    same(lambda torch: torch.func.functionalize(lambda x: x, remove="x")(torch.tensor(X)))


ERRORS = [
    lambda torch, x: torch.func.jvp(torch.sin, (x,), (torch.ones(2),)),
    lambda torch, x: torch.func.jvp(torch.sin, (3.0,), (torch.ones(3),)),
    lambda torch, x: torch.func.jvp(torch.sin, x, (x,)),
    lambda torch, x: torch.func.jvp(torch.sin, (x,), (x, x)),
    lambda torch, x: torch.func.jvp(torch.sin, (), ()),
    lambda torch, x: torch.func.jvp(lambda x: x * 1.0, (torch.arange(3),), (torch.ones(3),)),
    lambda torch, x: torch.func.jvp(lambda x: 3, (x,), (x,)),
    lambda torch, x: torch.func.jvp(lambda x: torch.ones(2), (x,), (x,), strict=True),
    lambda torch, x: torch.func.jvp(lambda x: x, (x,), (x,), has_aux=True),
    lambda torch, x: torch.func.jacrev(lambda x: x.long())(x),
    lambda torch, x: torch.func.jacrev(lambda x: x, chunk_size=0),
    lambda torch, x: torch.func.jacrev(lambda x: x)(x + 0j),
    lambda torch, x: torch.func.jacrev(lambda x: x + 0j)(x),
    lambda torch, x: torch.func.jacfwd(lambda x: x)(x + 0j),
    lambda torch, x: torch.func.jacfwd(lambda x: x + 0j)(x),
    lambda torch, x: torch.func.jacfwd(lambda x: x * 1.0)(torch.arange(3)),
    lambda torch, x: torch.func.hessian(lambda x: x.sum(), argnums=3)(x),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case):
    same(lambda torch: ERRORS[case](torch, torch.tensor(X)), message=True)


def test_linearize_errors():
    for arguments in (
        lambda torch, x: (torch.ones(2),),
        lambda torch, x: (x, x),
        lambda torch, x: (x.double(),),
    ):

        def program(torch, arguments=arguments):
            x = torch.tensor(X)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return torch.func.linearize(torch.sin, x)[1](*arguments(torch, x))

        same(program, message=True)


def rand(torch):
    return lambda x: x * torch.rand(4)


def masked(torch):
    return lambda x: torch.nn.functional.dropout(x) * 0


@pytest.mark.parametrize(
    ("function", "mode"), [(rand, "error"), (rand, "same"), (rand, "different"), (masked, "error")]
)
def test_random_numbers_in_forward_mode(function, mode):
    def program(torch):
        torch.manual_seed(0)
        x, f = torch.tensor(X[0]), function(torch)
        jac = torch.func.jacfwd(lambda x: (f(x), x + torch.rand(())), has_aux=True, randomness=mode)(x)
        return jac, torch.func.jacfwd(torch.func.jacrev(f), randomness=mode)(x), torch.rand(2)

    same(program, message=True)


def test_random_numbers_that_a_vectorized_transform_refuses():
    def hessian(torch):
        return torch.func.hessian(lambda x: rand(torch)(x).square().sum())(torch.tensor(X[0]))

    def jacobian(torch):
        given = torch.tensor(X[0])
        return torch.autograd.functional.jacobian(rand(torch), given, vectorize=True, strategy="forward-mode")

    same(hessian, message=True)
    same(jacobian, message=True)

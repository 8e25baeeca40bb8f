"""``no_grad`` inside function transforms: gradients stop at what it hides, of all levels, and tangents go on."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

X = np.array([0.3, -0.7, 1.1, 0.4])


def a_factor(torch, x):
    with torch.no_grad():
        y = x * x
    return y * x + x.sin()


def everything(torch, x):
    with torch.no_grad():
        return (x * x).sin()


def written_in_place(torch, x):
    y = x.sin()
    with torch.no_grad():
        z = y * x
        z.mul_(x)
    return z * y


def enabled_again(torch, x):
    with torch.no_grad():
        y = x * x
        with torch.enable_grad():
            z = y * x
    return z * x


def a_view(torch, x):
    with torch.no_grad():
        y = x.view(2, 2).t()
    return (y @ y * y).flatten()


def a_gradient(torch, x):
    with torch.no_grad():
        g = torch.func.grad(lambda z: (z**3 * x).sum())(x)
    return g * x.cos()


def a_tangent(torch, x):
    with torch.no_grad():
        g = torch.func.jvp(lambda z: z**3 * x, (x,), (x.cos(),))[1]
    return g * x.cos()


def detached_too(torch, x):
    with torch.no_grad():
        y = x * x
    return y.detach() * x + y * x.sin()


def in_a_batched_function(torch, x):
    def one(a):
        with torch.no_grad():
            b = a * a
        return b * a.exp()

    return torch.func.vmap(one)(x) * x


def around_a_batched_function(torch, x):
    with torch.no_grad():
        y = torch.func.vmap(torch.sin)(x)
    return y * x.exp()


def total(f):
    return lambda torch, x: f(torch, x).sin().sum()


def grad(f):
    return lambda torch, x: torch.func.grad(lambda x: total(f)(torch, x))(x)


def jvp(f):
    return lambda torch, x: torch.func.jvp(lambda x: f(torch, x), (x,), (x.cos(),))[1]


def jacfwd(f):
    return lambda torch, x: torch.func.jacfwd(lambda x: f(torch, x))(x)


def jacrev(f):
    return lambda torch, x: torch.func.jacrev(lambda x: f(torch, x))(x)


def hessian(f):
    return lambda torch, x: torch.func.hessian(lambda x: total(f)(torch, x))(x)


def per_sample(f):
    return lambda torch, x: torch.func.vmap(torch.func.grad(lambda x: total(f)(torch, x)))(
        torch.stack([x, -x])
    )


def hidden(f):
    def function(torch, x):
        with torch.no_grad():
            y = f(torch, x)
        return y * x.sum()

    return function


def backward(f):
    def function(torch, x):
        x = x.requires_grad_()
        y = f(torch, x)
        g = torch.autograd.grad(y.sin().sum(), x, allow_unused=True)[0] if y.requires_grad else None
        return y.detach(), torch.zeros(()) if g is None else g

    return function


BODIES = [
    a_factor, everything, written_in_place, enabled_again, a_view, a_gradient, a_tangent, detached_too,
    in_a_batched_function, around_a_batched_function,
]  # fmt: skip
COMPOSITIONS = [
    (jvp,), (hessian,), (grad, grad), (grad, jvp), (jacrev, jacfwd), (jacfwd, jacfwd), (jvp, per_sample),
    (hidden, hessian), (jvp, hidden), (hessian, hidden, grad), (backward, jvp), (backward, hidden, jvp),
]  # fmt: skip


def named(x):
    return "_of_".join([f.__name__ for f in x]) if isinstance(x, tuple) else x.__name__


@pytest.mark.parametrize(("body", "transforms"), list(itertools.product(BODIES, COMPOSITIONS)), ids=named)
def test_composition(body, transforms):
    f = body
    for transform in reversed(transforms):
        f = transform(f)
    same(lambda torch: f(torch, torch.tensor(X)), rtol=1e-9, atol=1e-9)


def cube(torch, x):
    """A Function with all its rules."""

    class Cube(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x):
            return x**3

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx, gradient):
            return gradient * 3 * ctx.saved_tensors[0] ** 2

        @staticmethod
        def jvp(ctx, tangent):
            return tangent * 3 * ctx.saved_tensors[0] ** 2

    return Cube.apply(x)


def of_what_is_hidden(torch, x):
    with torch.no_grad():
        y = x * 2
    return cube(torch, y) * x


def itself_hidden(torch, x):
    with torch.no_grad():
        y = cube(torch, x * 2)
    return y * x


def not_hidden(torch, x):
    return cube(torch, x * 2) * x


def mapped(f):
    return lambda torch, x: torch.func.vmap(lambda a: f(torch, a))(x)


def gradients(f):
    return lambda torch, x: torch.func.grad(lambda x: f(torch, x).sum())(x)


@pytest.mark.parametrize(
    "transforms",
    [
        (jvp, mapped), (mapped, jvp), (jacfwd, mapped), (gradients, jvp, mapped), (jvp, gradients, mapped),
        (jvp, mapped, gradients), (hessian, mapped), (gradients, jvp), (jacfwd, gradients, mapped),
    ],
    ids=named,
)  # fmt: skip
@pytest.mark.parametrize("body", [of_what_is_hidden, itself_hidden, not_hidden], ids=named)
def test_functions_that_are_mapped(body, transforms):
    f = body
    for transform in reversed(transforms):
        f = transform(f)
    same(lambda torch: f(torch, torch.tensor(X)), rtol=1e-9, atol=1e-9)

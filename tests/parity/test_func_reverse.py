"""``func``: gradients, pullbacks and their nesting, against torch."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn

from .helper import same

pytestmark = pytest.mark.unoptimized

X = np.random.RandomState(0).randn(3, 4).astype("f")


def scalar(x):
    return (x.sin() * x.sum()).sum()


def test_grad():
    same(lambda torch: torch.func.grad(scalar)(torch.tensor(X)))
    same(lambda torch: torch.func.grad_and_value(scalar)(torch.tensor(X)))
    same(lambda torch: torch.func.grad(lambda x: x.sum() * 0 + 1)(torch.tensor(X)))


def test_grad_of_nested_arguments_and_argnums():
    def loss(params, x, scale=1.0):
        return ((x @ params["w"] + params["b"][0]) ** 2).sum() * scale, {"aux": x.sum()}

    def program(torch):
        params = {"w": torch.tensor(X.T), "b": [torch.ones(3)]}
        both = torch.func.grad(loss, argnums=(0, 1), has_aux=True)(params, torch.tensor(X), scale=2.0)
        value = torch.func.grad_and_value(loss, argnums=-1, has_aux=True)(params, torch.tensor(X))
        return both, value

    same(program)


def test_nested_gradients_do_not_mix():
    def program(torch):
        f, x = torch.func, torch.tensor(2.0)
        return [
            f.grad(lambda x: f.grad(lambda y: x * y)(x))(x),
            f.grad(f.grad(f.grad(lambda x: x**4)))(x),
            f.jvp(lambda x: f.grad(lambda y: x * x * y * y)(x), (x,), (torch.tensor(1.0),)),
            f.grad(lambda x: f.jvp(lambda y: x * x * y * y, (x,), (x,))[1])(x),
            f.jvp(lambda x: f.jvp(lambda y: x * y**3, (x,), (x,))[1], (x,), (x,)),
        ]

    same(program)


def test_vjp():
    def program(torch):
        def f(x, y):
            return x * y.sum(), {"y": y.exp()}

        output, pull = torch.func.vjp(f, torch.tensor(X), torch.tensor(X[0]))
        first = pull((torch.ones(3, 4), {"y": torch.ones(4)}))
        again = pull((torch.tensor(X), {"y": torch.zeros(4)}))  # as often as wanted
        _, pull, aux = torch.func.vjp(lambda x: (x.sin(), x.cos()), torch.tensor(X), has_aux=True)
        return output, first, again, pull(torch.ones(3, 4, dtype=torch.float64)), aux

    same(program)


def test_gradient_of_a_pullback_by_its_argument():
    def program(torch):
        _, pull = torch.func.vjp(scalar, torch.tensor(X))
        return torch.func.grad(lambda c: (pull(c)[0] ** 2).sum())(torch.tensor(2.0))

    same(program)


def test_results_carry_a_history_only_for_what_requires_grad_outside():
    def program(torch):
        x = torch.tensor(X, requires_grad=True)
        w = torch.tensor(X[0], requires_grad=True)
        free = torch.tensor(X)
        g = torch.func.grad(lambda x: ((x * w) ** 3).sum())(free)
        h = torch.func.grad(lambda x: (x**3).sum())(x)
        (g.sum() + (h**2).sum()).backward()
        with torch.no_grad():
            quiet = torch.func.grad(lambda x: (x**3).sum())(x)
        return g, h, w.grad, x.grad, quiet, torch.func.grad(lambda x: (x**3).sum())(free)

    same(program)


def test_no_grad_and_detach_inside():
    def program(torch):
        def f(x):
            with torch.no_grad():
                fixed = x**2
            return (x * fixed * x.detach()).sum()

        with torch.no_grad():
            outside = torch.func.grad(f)(torch.tensor(X))
        return torch.func.grad(f)(torch.tensor(X)), outside

    same(program)


def test_values_may_be_read_and_branched_on():
    def program(torch):
        def f(x):
            total = x.sum() * x[0, 0].item() if x[0, 0] > 0 else -x.sum()
            while total < 100:
                total = total * 3 + 20
            return total + x[x > 0].sum() + float(x.detach()[1, 1])

        return torch.func.grad(f)(torch.tensor(X)), torch.func.grad(f)(-torch.tensor(X))

    same(program)


def test_views_and_writes_inside():
    def program(torch):
        def f(x):
            y = x.clone()
            y[0] = y[1] * 2
            y[:, 1].mul_(x[:, 0])
            buffer = torch.zeros(4)
            buffer[1:3] = x[2, :2]
            return (y * buffer).sum()

        return torch.func.grad(f)(torch.tensor(X)), torch.func.hessian(f)(torch.tensor(X))

    same(program)


def test_modules():
    def program(torch):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.LayerNorm(5), torch.nn.Linear(5, 2))
        params = {name: p.detach() for name, p in model.named_parameters()}

        def loss(params, x, y):
            return torch.nn.functional.cross_entropy(torch.func.functional_call(model, params, (x,)), y)

        return torch.func.grad_and_value(loss)(params, torch.tensor(X), torch.tensor([0, 1, 1]))

    same(program)


ERRORS = [
    lambda torch, x: torch.func.grad(lambda x: x)(x),
    lambda torch, x: torch.func.grad(lambda x: 3)(x),
    lambda torch, x: torch.func.grad(lambda x: x.sum() * 1.0)(torch.arange(3)),
    lambda torch, x: torch.func.grad(lambda x: x * x)(3.0),
    lambda torch, x: torch.func.grad(lambda x: x.sum(), argnums=1)(x),
    lambda torch, x: torch.func.grad(lambda x, y: x.sum(), argnums=(0, 0))(x, x),
    lambda torch, x: torch.func.grad(lambda x, y: x.sum(), argnums=())(x, x),
    lambda torch, x: torch.func.grad(lambda x: x.sum(), argnums="a")(x),
    lambda torch, x: torch.func.grad(lambda x: x.sum(), has_aux=True)(x),
    lambda torch, x: torch.func.grad(lambda x: (x.sum(), 3), has_aux=True)(x),
    lambda torch, x: torch.func.grad(lambda x: x.mul_(2).sum())(x),
    lambda torch, x: torch.func.grad(lambda x: x.sum().backward())(x),
    lambda torch, x: torch.func.grad(lambda x: x.clone().requires_grad_(True).sum())(x),
    lambda torch, x: torch.func.grad(lambda x: x.sum() * float(x.numpy()[0, 0]))(x),
    lambda torch, x: torch.func.vjp(lambda x: 3, x),
    lambda torch, x: torch.func.vjp(lambda x: None, x),
    lambda torch, x: torch.func.vjp(lambda x: x.long(), x),
    lambda torch, x: torch.func.vjp(lambda x: x, x, has_aux=True),
    lambda torch, x: torch.func.vjp(torch.sin, x)[1]((x,)),
    lambda torch, x: torch.func.vjp(torch.sin, x)[1](torch.ones(2)),
    lambda torch, x: torch.func.vjp(torch.sin, x)[1](None),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case):
    same(lambda torch: ERRORS[case](torch, torch.tensor(X)), message=True)


def test_inputs_are_leaves_to_the_function():
    def program(torch):
        seen = []

        def f(x):
            seen.append((x.requires_grad, x.is_leaf, x.grad_fn is None, tuple(x.shape)))
            return x.sum()

        torch.func.grad(f)(torch.tensor(X, requires_grad=True) * 2)
        return seen

    same(program)


def test_captured_tensors_may_be_written():
    """torch refuses to write to a tensor that the function closes over; here it is written, as outside a transform."""
    counter = jaxlearn.zeros(())

    def f(x):
        counter.add_(1)
        return (x * counter).sum()

    assert jaxlearn.func.grad(f)(jaxlearn.ones(2)).tolist() == [1.0, 1.0]
    assert counter.item() == 1.0


def test_the_second_call_compiles_nothing():
    x = jaxlearn.tensor(X)
    step = jaxlearn.func.vmap(jaxlearn.func.grad(lambda x, s: (x.sin() * s).sum()), in_dims=(0, None))

    def compiled():
        stats = jaxlearn.stats()
        return stats["compiles"] + stats["op_compiles"]

    for scale in (1.0, 2.0, 3.0):
        step(x, scale).tolist()
    before = compiled()
    for scale in (4.0, 5.0):
        step(x, scale).tolist()
    assert compiled() == before

"""autograd.Function inside function transforms: jaxlearn.func against torch.func, and JAX's own."""

from __future__ import annotations

import functools

import jax
import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same
from tests.parity.test_function import DATA, function, leaf

pytestmark = pytest.mark.unoptimized


class Straight(jaxlearn.autograd.Function):
    """Rounds; the gradient goes straight through, doubled so that it is seen to be this one."""

    @staticmethod
    def forward(x, factor):
        return x.round() * factor, x.sum()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.kept = inputs[0] * 1
        ctx.factor = inputs[1]
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def backward(ctx, grad, other):
        (x,) = ctx.saved_tensors
        return grad * 2 * ctx.factor + other * (x - ctx.kept), None


class Mapped(Straight):
    """With a rule for batches of its own, which shows."""

    @staticmethod
    def vmap(info, in_dims, x, factor):
        assert in_dims == (0, None) and info.batch_size == 3
        return (x.round() * factor + 100, x.sum(1)), (0, 0)


class Generated(Straight):
    generate_vmap_rule = True


def test_jax_differentiates_a_function_by_its_own_backward():
    x = np.float32([0.2, 1.7, 3.4])

    def f(array):
        y, total = Generated.apply(tensor(array), 3.0)
        return (y.sum() + total).jax()

    np.testing.assert_allclose(jax.grad(f)(x), [6.0, 6.0, 6.0])
    np.testing.assert_allclose(jax.jit(jax.grad(f))(x), [6.0, 6.0, 6.0])
    batch = np.stack([x, x + 1, x + 2])
    np.testing.assert_allclose(jax.vmap(jax.grad(f))(batch), np.full((3, 3), 6.0))


def tensor(array):
    return jax.tree.unflatten(jax.tree.structure(jaxlearn.ones(1)), [array])


def test_jax_maps_a_function_by_its_own_rule():
    batch = np.arange(9, dtype=np.float32).reshape(3, 3) + 0.2

    def f(cls):
        def g(array):
            y, total = cls.apply(tensor(array), 2.0)
            return y.jax(), total.jax()

        return g

    y, total = jax.vmap(f(Generated))(batch)
    np.testing.assert_allclose(y, batch.round() * 2)
    np.testing.assert_allclose(total, batch.sum(1), rtol=1e-6)
    y, _ = jax.vmap(f(Mapped))(batch)
    np.testing.assert_allclose(y, batch.round() * 2 + 100)
    with pytest.raises(
        RuntimeError, match="You tried to vmap over Straight, but it does not have vmap support"
    ):
        jax.vmap(f(Straight))(batch)


def test_backward_inside_jit_goes_through_a_function():
    def f(array):
        x = tensor(array).requires_grad_()
        y, _ = Generated.apply(x, 3.0)
        y.sum().backward()
        return x.grad.jax()

    np.testing.assert_allclose(jax.jit(f)(np.float32([0.2, 1.7])), [6.0, 6.0])


def transformed(torch):
    class Cube(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x, k):
            return x**3 * k

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(inputs[0])
            ctx.save_for_forward(inputs[0])
            ctx.k = inputs[1]

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad * 30 * x**2 * ctx.k, None

        @staticmethod
        def jvp(ctx, tangent, _):
            (x,) = ctx.saved_tensors
            return tangent * 300 * x**2 * ctx.k

    f = torch.func
    x = torch.tensor(DATA[0])
    cube = lambda v: Cube.apply(v, 2.0)  # noqa: E731
    return (
        f.grad(lambda v: cube(v).sum())(x),
        f.grad(lambda u: f.grad(lambda v: cube(v).sum())(u).sum())(x),
        f.vmap(cube)(x),
        f.vmap(f.grad(cube))(x),
        f.grad(lambda u: f.vmap(cube)(u).sum())(x),
        f.jvp(cube, (x,), (torch.ones(4, dtype=torch.float64),)),
        f.jacrev(cube)(x),
        f.jacfwd(cube)(x),
    )


def forward_mode_in_other_transforms(torch):
    class Product(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x, y, k):
            return x * y * k, x.sum()

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_forward(*inputs[:2])
            ctx.save_for_backward(*inputs[:2])
            ctx.k = inputs[2]

        @staticmethod
        def backward(ctx, g, h):
            x, y = ctx.saved_tensors
            return g * y * ctx.k * 10 + h, g * x * ctx.k * 10, None

        @staticmethod
        def jvp(ctx, a, b, _):
            x, y = ctx.saved_tensors
            pushed = 0 if b is None else b * x * 100
            return (pushed if a is None else pushed + a * y * 100) * ctx.k, 7 * (b if a is None else a).sum()

    f, x, y = torch.func, torch.tensor(DATA), torch.tensor(DATA[1])
    once = lambda v: Product.apply(v, y, 2.0)  # noqa: E731
    twice = lambda v: Product.apply(v, v, 2.0)  # noqa: E731
    return (
        f.vmap(lambda v: f.jvp(once, (v,), (v,)))(x),
        f.vmap(f.jacfwd(twice))(x),
        f.jacfwd(lambda v, w: Product.apply(v, w, 2.0), argnums=(0, 1))(y, y + 1),
        f.hessian(lambda v: twice(v)[0].square().sum())(y),
        torch.autograd.functional.jacobian(twice, y, vectorize=True, strategy="forward-mode"),
    )


def second_derivatives_in_a_batch(torch):
    class Exp(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x):
            return x.exp()

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(output)

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0] * 3

    class Cube(Exp):
        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(inputs[0])
            ctx.power = inputs[0] ** 3  # no argument and no result: torch follows it no further

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * x**2 * 30 + g * ctx.power

    f, x = torch.func, torch.tensor(DATA)
    found = []
    for apply in (Exp.apply, Cube.apply):
        total = functools.partial(lambda apply, v: apply(v * 2).sin().sum(), apply)
        found.append(f.vmap(f.jacrev(f.jacrev(total)))(x))
        found.append(f.vmap(f.grad(lambda v, total=total: f.grad(total)(v).sum()))(x))
    return found


def with_a_rule(torch):
    seen = []

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 2

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def backward(ctx, grad):
            return grad * 20

        @staticmethod
        def vmap(info, in_dims, x):
            seen.append((info.batch_size, info.randomness, len(in_dims)))
            return x * 2 + 100, in_dims[0]

    x = torch.tensor(DATA)
    y, z = torch.func.vmap(Twice.apply)(x), torch.func.vmap(Twice.apply, in_dims=1)(x)
    return y.tolist(), z.tolist(), seen[:1]


PROGRAMS = [transformed, forward_mode_in_other_transforms, second_derivatives_in_a_batch, with_a_rule]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_func_transforms_as_in_torch(program):
    same(program)


def no_rule(torch):
    F = function(torch, lambda x: x * 2, lambda ctx, g: g, lambda ctx, inputs, output: None)
    torch.func.vmap(F.apply)(leaf(torch))


def no_jvp_for_a_batch(torch):
    F = function(torch, lambda x: x * 2, lambda ctx, g: g, lambda ctx, inputs, output: None)
    F.generate_vmap_rule = True
    torch.func.vmap(torch.func.jacfwd(F.apply))(torch.tensor(DATA))


def no_jvp(torch):
    F = function(torch, lambda x: x * 2, lambda ctx, g: g, lambda ctx, inputs, output: None)
    torch.func.jvp(F.apply, (torch.tensor(DATA),), (torch.tensor(DATA),))


@pytest.mark.parametrize("program", [no_rule, no_jvp, no_jvp_for_a_batch], ids=lambda p: p.__name__)
def test_func_transforms_refuse_as_torch_does(program):
    same(program, message=True)


def test_a_compiled_step_replays_functions_and_hooks():
    class Cube(jaxlearn.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x**3
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, grad):
            x, y = ctx.saved_tensors
            return grad * 3 * x * x + 0 * y

    def run(compiled):
        w = jaxlearn.nn.Parameter(jaxlearn.tensor(DATA))
        w.register_hook(lambda g: g * 2)
        optimizer = jaxlearn.optim.SGD([w], lr=0.01)

        def step(x):
            optimizer.zero_grad()
            h = w * x
            h.register_hook(lambda g: g * 0.5)
            loss = Cube.apply(h).sum()
            loss.backward()
            optimizer.step()
            return loss.detach()

        step = jaxlearn.compile(step) if compiled else step
        losses = [step(jaxlearn.tensor(DATA + i)).item() for i in range(3)]
        return losses, w.detach().numpy()

    eager, compiled = run(False), run(True)
    np.testing.assert_allclose(eager[0], compiled[0])
    np.testing.assert_allclose(eager[1], compiled[1])


@pytest.mark.parametrize("transform", ["grad", "vmap", "jvp", "jacrev", "jacfwd", "hessian"])
def test_a_function_without_setup_context_is_refused(transform):
    def program(torch):
        class Double(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, g):
                return g * 2

        x = torch.ones(2)
        if transform == "jvp":
            return torch.func.jvp(Double.apply, (x,), (x,))
        function = (lambda x: Double.apply(x).sum()) if transform in ("grad", "hessian") else Double.apply
        return getattr(torch.func, transform)(function)(x)

    same(program, message=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda torch: torch.func.jacfwd(lambda x: x * 2, randomness="some")(torch.ones(2)),
        lambda torch: torch.set_grad_enabled("no"),
        lambda torch: torch.set_grad_enabled(1),
    ],
)
def test_wrong_options_are_refused(call):
    same(call, message=True)


@pytest.mark.parametrize("keeps", ["argument", "result"])
@pytest.mark.parametrize("where", ["per sample", "jacfwd", "grad of grad", "jvp of grad"])
def test_what_multiplies_a_result_is_differentiated_again(where, keeps):
    def program(lib):
        class Exp(lib.autograd.Function):
            generate_vmap_rule = True

            @staticmethod
            def forward(x):
                return x.exp()

            @staticmethod
            def setup_context(ctx, inputs, output):
                kept = output if keeps == "result" else inputs[0]
                ctx.save_for_backward(kept)
                ctx.save_for_forward(kept)

            @staticmethod
            def backward(ctx, grad):
                (kept,) = ctx.saved_tensors
                return grad * (kept if keeps == "result" else kept.exp())

            @staticmethod
            def jvp(ctx, tangent):
                (kept,) = ctx.saved_tensors
                return tangent * (kept if keeps == "result" else kept.exp())

        def f(x):
            return Exp.apply(x) * x

        x = lib.tensor([0.3, -0.7, 1.1], dtype=lib.float64, requires_grad=True)
        func = lib.func
        y = {
            "per sample": lambda: func.vmap(func.grad(f))(x),
            "jacfwd": lambda: func.grad(lambda x: func.jacfwd(f)(x).sum())(x),
            "grad of grad": lambda: func.vmap(func.grad(func.grad(f)))(x),
            "jvp of grad": lambda: func.jvp(func.vmap(func.grad(f)), (x,), (x.cos(),))[1],
        }[where]()
        return y.detach(), lib.autograd.grad(y.sum(), x)[0]

    same(program, rtol=1e-9)

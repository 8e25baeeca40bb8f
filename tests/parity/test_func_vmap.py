"""``vmap`` against torch: dimensions, randomness, writes, nesting, and gradients through it."""

from __future__ import annotations

import collections
import functools

import numpy as np
import pytest

import jaxlearn

from .helper import outcome, same

pytestmark = pytest.mark.unoptimized

X = np.random.RandomState(0).randn(3, 4).astype("f")


def test_dimensions():
    def program(torch):
        x, y = torch.tensor(X), torch.tensor(X[0])
        vmap = torch.func.vmap
        return [
            vmap(lambda x: x.sum() * x)(x),
            vmap(torch.dot, in_dims=(0, None))(x, y),
            vmap(lambda x: x * 2, in_dims=-1, out_dims=-1)(x),
            vmap(
                lambda x, y: (x * 2, {"a": [x.sum(), y]}), in_dims=(1, None), out_dims=(-1, {"a": [0, None]})
            )(x, y),
            vmap(lambda d: d["a"] * d["b"][0], in_dims=({"a": 0, "b": (None,)},))({"a": x, "b": (y,)}),
            vmap(lambda x: [x, x * y], out_dims=1)(x),
            vmap(lambda x, n: x**n, in_dims=(0, None))(x, 3),
            vmap(lambda x, y=None: x + y)(x, y=y),
            vmap(lambda x: (x, 3), out_dims=(0, None))(x),
            vmap(functools.partial(torch.sum, dim=0))(x),
            vmap(lambda x: torch.zeros(2))(x),
            vmap(lambda x: x.shape[0] * x.dim() * x)(x),
            torch.vmap(lambda x: x * 2)(torch.zeros(0, 3)),
        ]

    same(program)


def test_chunks():
    def program(torch):
        f = torch.func.vmap(lambda x, y: (x * y, x.sum()), in_dims=(0, None), out_dims=(1, 0), chunk_size=2)
        return f(torch.tensor(X), torch.tensor(X[0]))

    same(program)


def test_nesting():
    def program(torch):
        f, x = torch.func, torch.tensor(X)
        outer = f.vmap(f.vmap(lambda a, b: a * b, in_dims=(None, 0)), in_dims=(0, None))(x[0], x[:, 0])
        return [
            outer,
            f.vmap(f.grad(lambda x: (x**3).sum()))(x),
            f.grad(lambda x: f.vmap(lambda y: (y**3).sum())(x).sum())(x),
            f.vmap(lambda x: f.jvp(torch.sin, (x,), (x,)))(x),
            f.jvp(lambda x: f.vmap(lambda y: (y**3).sum())(x), (x,), (x,)),
            f.vmap(f.vjp(torch.sin, x[0])[1])(torch.eye(4)),
            f.vmap(f.hessian(lambda x: (x.sin() * x.sum()).sum()))(x),
            f.vmap(f.jacrev(lambda x: x.sin() * x.sum()))(x),
            f.vmap(f.grad(lambda x: f.vmap(lambda v: (v * x).sum())(torch.eye(4)).prod()))(x),
        ]

    same(program)


def test_gradients_flow_to_arguments_and_closures():
    def program(torch):
        w = torch.tensor(X[0], requires_grad=True)
        x = torch.tensor(X, requires_grad=True)
        fixed = torch.tensor(X)

        def f(x):
            with torch.no_grad():
                quiet = x * w
            return (x * w).sum() * x.detach() + w * quiet, x.detach(), (x > 0)

        y, detached, positive = torch.func.vmap(f)(x)
        z = torch.func.vmap(lambda x: x * 2)(fixed)
        (y**2).sum().backward()
        return y, detached, positive, z, w.grad, x.grad

    same(program)


def test_second_order_through_vmap():
    def program(torch):
        x = torch.tensor(X, requires_grad=True)
        y = torch.func.vmap(lambda x: (x**3).sum())(x)
        (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        (g**2).sum().backward()
        return g, x.grad

    same(program)


def test_gradients_of_recorded_values_for_many_directions():
    """The tutorial on Jacobians: vmap over autograd.grad."""

    def program(torch):
        x = torch.tensor(X, requires_grad=True)
        y = (x**3).sum(1)
        return torch.func.vmap(lambda v: torch.autograd.grad(y, x, v)[0])(torch.eye(3))

    same(program)


def test_forward_mode_through_gradients_of_views():
    def program(torch):
        def product(x):
            a, b = x.view(2, 2).unbind(0)
            return (a * b).sum()

        f, x = torch.func, torch.tensor(X[0])
        return f.jvp(lambda x: f.vmap(f.grad(product))(torch.stack([x, -x])), (x,), (x.cos(),))

    same(program)


def test_per_sample_gradients():
    def program(torch):
        torch.manual_seed(0)
        model = torch.nn.Sequential(
            torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8, 3)
        )
        images, labels = torch.rand(5, 1, 4, 4), torch.tensor([0, 1, 2, 0, 1])
        params = {k: v.detach() for k, v in model.named_parameters()}
        buffers = {k: v.detach() for k, v in model.named_buffers()}

        def loss(params, buffers, image, label):
            out = torch.func.functional_call(model, (params, buffers), (image.unsqueeze(0),))
            return torch.nn.functional.cross_entropy(out, label.unsqueeze(0))

        return torch.func.vmap(torch.func.grad(loss), in_dims=(None, None, 0, 0))(
            params, buffers, images, labels
        )

    same(program, rtol=1e-5)  # sums of products in another order


def test_ensembles():
    def program(torch):
        torch.manual_seed(0)
        models = [
            torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.BatchNorm1d(5)).eval() for _ in range(3)
        ]
        params, buffers = torch.func.stack_module_state(models)

        def call(params, buffers, x):
            return torch.func.functional_call(models[0], (params, buffers), (x,))

        x = torch.tensor(X)
        each = torch.vmap(call, in_dims=(0, 0, None))(params, buffers, x)
        every = torch.vmap(call)(params, buffers, x.expand(3, 3, 4))
        each.square().sum().backward()
        flags = {k: (v.requires_grad, v.is_leaf) for k, v in {**params, **buffers}.items()}
        return each, every, {k: v.grad for k, v in params.items()}, flags

    same(program, rtol=1e-5)


def test_random_numbers():
    def program(torch):
        x = torch.tensor(X)
        results = []
        for mode in ("different", "same"):
            torch.manual_seed(0)
            vmap = functools.partial(torch.func.vmap, randomness=mode)
            results += [
                vmap(lambda x: x + torch.rand(4))(x),
                vmap(lambda x: torch.randn(20))(x),
                vmap(lambda x: torch.randint(10, (3,)))(x),
                vmap(lambda x: torch.randn_like(x))(x),
                vmap(vmap(lambda x: x + torch.rand(2)))(x),
                vmap(lambda x: torch.randperm(5))(x),
                torch.rand(2),
            ]
        return results

    same(program)


def test_the_same_random_numbers_in_all_chunks():
    def program(torch):
        torch.manual_seed(0)
        f = torch.func.vmap(lambda x: (x + torch.rand(4)) * torch.randn(()), randomness="same", chunk_size=2)
        return f(torch.tensor(X)), torch.rand(2)

    same(program)


def test_dropout():
    x = jaxlearn.ones(3, 50)
    drop = jaxlearn.nn.Dropout(0.5)
    jaxlearn.manual_seed(0)
    each = jaxlearn.vmap(drop, randomness="different")(x)
    again = jaxlearn.vmap(drop, randomness="different")(x)
    once = jaxlearn.vmap(drop, randomness="same")(x)
    assert not jaxlearn.equal(each[0], each[1]) and not jaxlearn.equal(each, again)
    assert jaxlearn.equal(once[0], once[1]) and set(once[0].tolist()) == {0.0, 2.0}


def test_writes():
    def program(torch):
        x, cap = torch.tensor(X), torch.zeros(())
        doubled = torch.func.vmap(lambda x: x.mul_(2))(x).clone()
        sums = torch.func.vmap(lambda x: cap.add_(1) + x)(x)

        def local(x):
            y = x.clone()
            y[0] = 5.0
            y[1:] += x[0]
            x[3] = 0
            return y

        return doubled, sums, cap, torch.func.vmap(local)(x), x

    same(program)


Pair = collections.namedtuple("Pair", "a b")


class Box:
    """A container of the user's own."""

    def __init__(self, inside, note):
        self.inside, self.note = inside, note


@pytest.mark.parametrize("transform", ["vmap", "jacrev", "jacfwd"])
def test_containers(transform):
    def program(torch):
        if Box not in registered[torch]:
            registered[torch].append(Box)
            tree = torch.utils._pytree
            tree.register_pytree_node(Box, lambda b: ([b.inside], b.note), lambda x, note: Box(*x, note))
        f = getattr(torch.func, transform)
        x = torch.tensor(X[:, :2])
        queue = f(lambda x: collections.deque([x, x * 2]))(x)
        box = f(lambda b: Box({"a": b.inside[0] * 2}, b.note))(Box([x], "note"))
        first = next(iter(box.inside.values())) if type(box) is Box else box
        inner = first.inside if type(first) is Box else first
        size = f(lambda x: x * 2)(x).shape
        return list(queue), type(queue).__name__, type(box).__name__, box.note, inner, tuple(size)

    registered = _REGISTERED
    same(program)


_REGISTERED = collections.defaultdict(list)

ERRORS = [
    lambda torch, x: torch.func.vmap(lambda x: x.sum().item())(x),
    lambda torch, x: torch.func.vmap(lambda x: float(x.sum()))(x),
    lambda torch, x: torch.func.vmap(lambda x: x if x.sum() > 0 else -x)(x),
    lambda torch, x: torch.func.vmap(lambda x: x.tolist())(x),
    lambda torch, x: torch.func.vmap(lambda x: x.numpy())(x),
    lambda torch, x: torch.func.vmap(lambda x: torch.tensor([x.sum(), 1.0]))(x),
    lambda torch, x: torch.func.vmap(lambda x: x + torch.rand(4))(x),
    lambda torch, x: torch.func.vmap(torch.nn.functional.dropout)(x),
    lambda torch, x: torch.func.vmap(lambda x: x[x > 1])(x),
    lambda torch, x: torch.func.vmap(lambda x: torch.rand(2), randomness="foo"),
    lambda torch, x: torch.func.vmap(lambda x: (x * 2).sum().backward())(x.requires_grad_()),
    lambda torch, x: torch.func.vmap(lambda x: (x * 1).requires_grad_())(x),
    lambda torch, x: torch.func.vmap(lambda x, y: x * y, in_dims=(0,))(x, x),
    lambda torch, x: torch.func.vmap(lambda x: x["a"], in_dims=({"b": 0},))({"a": x}),
    lambda torch, x: torch.func.vmap(lambda x: (x, x), out_dims=(0, 0, 0))(x),
    lambda torch, x: torch.func.vmap(lambda x: x, out_dims=3)(x),
    lambda torch, x: torch.func.vmap(lambda x: x, out_dims="a")(x),
    lambda torch, x: torch.func.vmap(lambda x: x, in_dims="a")(x),
    lambda torch, x: torch.func.vmap(lambda x: x, in_dims=("a",))(x),
    lambda torch, x: torch.func.vmap(lambda x: x, in_dims=None)(x),
    lambda torch, x: torch.func.vmap(lambda x: x, in_dims=2)(x),
    lambda torch, x: torch.func.vmap(lambda x: x, in_dims=(None,))(x),
    lambda torch, x: torch.func.vmap(lambda x: x)(3),
    lambda torch, x: torch.func.vmap(lambda x: x)(),
    lambda torch, x: torch.func.vmap(lambda x, y: x)(x, x.T),
    lambda torch, x: torch.func.vmap(lambda x: 3)(x),
    lambda torch, x: torch.func.vmap(lambda x: None)(x),
    lambda torch, x: torch.func.vmap(lambda x: x, out_dims=None)(x),
    lambda torch, x: torch.func.vmap(lambda x: x, chunk_size=0)(x),
    lambda torch, x: torch.func.vmap(torch.func.grad(lambda x: x.sum() if x.sum() > 0 else x[0]))(x),
    lambda torch, x: torch.func.vmap(torch.func.jacfwd(lambda x: x * x.max().item()))(x),
    lambda torch, x: torch.func.vmap(torch.func.hessian(lambda x: x.sum() if x.sum() > 0 else x[0]))(x),
    lambda torch, x: torch.func.vmap(lambda x: x.shape)(x),
    lambda torch, x: torch.func.vmap(lambda x: 3, out_dims=(None,))(x),
    lambda torch, x: torch.func.vmap(lambda x: x.shape, out_dims={"a": 0})(x),
    lambda torch, x: torch.func.vmap(lambda x: Pair(x, x), out_dims=[0])(x),
    lambda torch, x: torch.func.vmap(lambda x: collections.deque([x]), out_dims=None)(x),
    lambda torch, x: torch.func.grad(lambda x: x.sum(), argnums=None)(x),
    lambda torch, x: torch.func.jacrev(lambda x: x.shape)(x),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case):
    same(lambda torch: ERRORS[case](torch, torch.tensor(X)), message=True)


def test_captured_tensors_have_no_room_for_a_value_per_sample():
    def program(torch):
        captured = torch.zeros(4)
        return torch.func.vmap(lambda x: captured.copy_(x))(torch.tensor(X))

    same(program, message=True)


def test_tensors_made_inside_may_be_written():
    """torch refuses: its tensor made inside has no room for a value per sample. Here it has."""
    x = jaxlearn.tensor(X)

    def f(x):
        buffer = jaxlearn.zeros(4)
        buffer[1:] = x[:3]
        return buffer

    assert jaxlearn.vmap(f)(x)[:, 1:].equal(x[:, :3])


SHAPES = {
    "nonzero": lambda torch, x: torch.nonzero(x),
    "mask": lambda torch, x: x[x > 0],
    "masked_select": lambda torch, x: torch.masked_select(x, x > 0),
    "unique": lambda torch, x: torch.unique(x),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_that_depend_on_values(name):
    """torch's messages name the ATen operation; here one message tells what was asked for and what to use."""
    for library in (jaxlearn, pytest.importorskip("torch")):
        _, error = outcome(
            lambda torch: torch.func.vmap(functools.partial(SHAPES[name], torch))(torch.tensor(X)), library
        )
        assert type(error) is RuntimeError and str(error).startswith("vmap: ")


def test_closures_may_be_read_on_the_host():
    def program(torch):
        table, mask = torch.tensor([3.0, 1.0]), torch.tensor([True, False, True, True])
        pending = table * 2
        return torch.func.vmap(
            lambda x: x * pending.max().item() + x[mask].sum() + len(torch.nonzero(table))
        )(torch.tensor(X))

    same(program)


def test_under_compile():
    w = jaxlearn.nn.Parameter(jaxlearn.tensor(X[0]))
    optimizer = jaxlearn.optim.SGD([w], lr=0.1)

    def step(x):
        optimizer.zero_grad()
        loss = jaxlearn.vmap(lambda x: (x * w).sum() ** 2 + jaxlearn.rand(()), randomness="different")(
            x
        ).sum()
        loss.backward()
        optimizer.step()
        return loss.detach()

    x = jaxlearn.tensor(X)
    results = []
    for run in (step, jaxlearn.compile(step)):
        w.data = jaxlearn.tensor(X[0])
        jaxlearn.manual_seed(3)
        results.append([run(x).item() for _ in range(3)])
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5)


def test_printing_inside_shows_the_type_of_a_sample(capsys):
    """torch shows the whole batch; here no value is known while the function is recorded."""
    jaxlearn.vmap(lambda x: print(x, x.sum()) or x)(jaxlearn.tensor(X))
    out = capsys.readouterr().out
    assert "tensor(<float32[4]>," in out and "tensor(<float32[]>," in out

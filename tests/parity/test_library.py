"""``torch.library``: custom operators with gradients, batches, devices, schemas and checks, against torch."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest

import jaxlearn

from .helper import same

X = np.random.RandomState(0).rand(2, 3).astype("f") + 0.5
_numbers = itertools.count()


def operator(torch, function, kinds, **options):
    """The function as an operator of a name of its own; ``kinds`` makes its annotations."""
    function.__annotations__ = kinds(torch.Tensor)
    name = f"jaxlearn_tests::{function.__name__.strip('<>')}{next(_numbers)}"
    return torch.library.custom_op(name, function, **{"mutates_args": (), **options})


def numpy_sin(torch):
    """An operator that torch cannot look into: its kernel leaves tensors."""

    def sin(x):
        return torch.from_numpy(np.sin(x.detach().numpy()))

    op = operator(torch, sin, lambda t: {"x": t, "return": t})
    op.register_fake(lambda x: torch.empty_like(x))

    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])

    op.register_autograd(lambda ctx, grad: grad * ctx.saved_tensors[0].cos(), setup_context=setup_context)
    return op


def scaled(torch):
    def scaled(x, ys, by=2, *, plus=None):
        y = x * by + sum(ys)
        return (y if plus is None else y + plus), y.argsort()

    def kinds(t):
        return {"x": t, "ys": list[t], "by": int, "plus": float | None, "return": tuple[t, t]}

    op = operator(torch, scaled, kinds)

    def setup_context(ctx, inputs, keyword_only_inputs, output):
        ctx.by, ctx.count = inputs[2], len(inputs[1])

    def backward(ctx, grad, _):
        return grad * ctx.by, [grad * (i + 1) for i in range(ctx.count)], None

    op.register_autograd(backward, setup_context=setup_context)
    return op


def test_gradients():
    def program(torch):
        op = numpy_sin(torch)
        x = torch.tensor(X, requires_grad=True)
        y = op(x * 2)
        (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        g.sum().backward()
        called = getattr(torch.ops.jaxlearn_tests, op._name)
        return y, g, x.grad, called(x.detach()), called.default(x=x.detach()), op(x.detach())

    same(program)


def test_lists_numbers_and_keywords():
    def program(torch):
        op = scaled(torch)
        x, y, z = (torch.tensor(X * k, requires_grad=True) for k in (1, 2, 3))
        results = []
        for args, kwargs in (
            ((x, [y, z], 3), {}),
            ((x, [y]), {"by": 4, "plus": 1.5}),
            ((x,), {"ys": [z, x], "by": 5}),
        ):
            out, order = op(*args, **kwargs)
            results += [out, order, *torch.autograd.grad(out.sum(), [x, y, z], allow_unused=True)]
        return results

    same(program)


WRONG_CALLS = {
    "a number for a tensor": lambda torch, op: op(3, []),
    "a tensor for a list": lambda torch, op: op(torch.ones(2), torch.ones(2)),
    "a float for an int": lambda torch, op: op(torch.ones(2), [], 2.5),
    "too few": lambda torch, op: op(torch.ones(2)),
    "too many": lambda torch, op: op(*[torch.ones(2)] * 6),
    "by place": lambda torch, op: op(torch.ones(2), [], 2, torch.ones(2)),
    "unknown name": lambda torch, op: op(torch.ones(2), other=3),
    "without data and fake": lambda torch, op: op(torch.ones(2, device="meta"), []),
    "no such operator": lambda torch, op: torch.ops.jaxlearn_tests.nothing,
    "gradients of an unknown one": lambda torch, op: torch.library.register_autograd(
        "jaxlearn_tests::no", print
    ),
}


@pytest.mark.parametrize("call", WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_wrong_calls(call):
    same(lambda torch: call(torch, scaled(torch)))


def refused(torch, function, kinds, use, **options):
    return use(torch, operator(torch, function, kinds, **options))


REFUSED = {
    "no gradient": lambda torch: refused(
        torch, lambda x: x * 2, lambda t: {"x": t, "return": t},
        lambda torch, op: op(torch.ones(2, requires_grad=True)).sum().backward(),
    ),
    "its argument": lambda torch: refused(
        torch, lambda x: x, lambda t: {"x": t, "return": t}, lambda torch, op: op(torch.ones(2))
    ),
    "a view": lambda torch: refused(
        torch, lambda x: x[0], lambda t: {"x": t, "return": t}, lambda torch, op: op(torch.ones(2))
    ),
    "no tensor": lambda torch: refused(
        torch, lambda x: 3, lambda t: {"x": t, "return": t}, lambda torch, op: op(torch.ones(2))
    ),
    "another device": lambda torch: refused(
        torch, lambda x: x * 2, lambda t: {"x": t, "return": t}, lambda torch, op: op(torch.ones(2)),
        device_types="cuda",
    ),
    "gradients of one that writes": lambda torch: refused(
        torch, lambda x: None, lambda t: {"x": t, "return": None},
        lambda torch, op: op.register_autograd(lambda ctx, g: g), mutates_args={"x"},
    ),
    "too few gradients": lambda torch: refused(
        torch, lambda x, n: x * n, lambda t: {"x": t, "n": int, "return": t},
        lambda torch, op: (
            op.register_autograd(lambda ctx, g: g), op(torch.ones(2, requires_grad=True), 2).sum().backward()
        ),
    ),
    "gradients of one that takes tensors by name": lambda torch: refused(
        torch, lambda *, x: x * 2, lambda t: {"x": t, "return": t},
        lambda torch, op: op.register_autograd(lambda ctx, g: g),
    ),
    "no annotation": lambda torch: torch.library.custom_op("jaxlearn_tests::a", lambda x: x, mutates_args=()),
    "no namespace": lambda torch: torch.library.custom_op(
        "a", lambda x: x, mutates_args=(), schema="(Tensor x) -> Tensor"
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", REFUSED.values(), ids=REFUSED)
def test_refused(program):
    same(program)


def test_writes():
    def program(torch):
        def add(x, by=1.0):
            x.add_(by)

        op = operator(torch, add, lambda t: {"x": t, "by": float, "return": None}, mutates_args={"x"})
        x = torch.zeros(3)
        version = x._version
        op(x)
        op(x[1:], by=2.5)
        y = torch.ones(3, requires_grad=True) * 2
        op(y)
        y.sum().backward()
        saved = torch.ones(3, requires_grad=True).exp()
        op(saved)
        try:
            saved.sum().backward()
        except RuntimeError as error:
            return x, y, x._version > version, str(error)[:120]

    same(program)


def test_batches():
    def program(torch):
        op = operator(torch, lambda x, y: x * y, lambda t: {"x": t, "y": t, "return": t})
        x, y = torch.tensor(X), torch.tensor(X[0])
        plain = torch.vmap(op, in_dims=(0, None))(x, y)

        @op.register_vmap
        def _(info, in_dims, x, y):
            x = x.movedim(in_dims[0], 0)
            return x * y * info.batch_size, 0

        return (
            plain,
            torch.vmap(op, in_dims=(0, None))(x, y),
            torch.vmap(op, in_dims=(1, None), out_dims=1)(x.t(), y),
        )

    same(program)


SCHEMAS = [
    (lambda t: {"x": t, "n": int, "return": t}, ()),
    (lambda t: {"x": t | None, "n": list[int], "return": list[t]}, ()),
    (lambda t: {"x": list[t], "n": int | float | bool, "return": tuple[t, t]}, ("x",)),
    (lambda t: {"x": t, "n": float | None, "return": None}, "unknown"),
    (lambda t: {"x": t, "n": dict, "return": t}, ()),
    (lambda t: {"x": t, "n": int}, ()),
    (lambda t: {"n": int, "return": t}, ()),
    (lambda t: {"x": t, "n": int, "return": t}, ("y",)),
    (lambda t: {"x": t, "n": int, "return": t}, ("n",)),
]


@pytest.mark.parametrize("case", range(len(SCHEMAS)))
def test_schemas(case):
    kinds, mutates_args = SCHEMAS[case]

    def program(torch):
        def f(x, n): ...

        def g(x, *, n=None): ...

        found = []
        for function in (f, g):
            function.__annotations__ = kinds(torch.Tensor)
            found.append(torch.library.infer_schema(function, mutates_args=mutates_args))
        return found

    same(program)


def test_libraries():
    def program(torch):
        name = f"jaxlearn_tests{next(_numbers)}"
        library = torch.library.Library(name, "DEF")
        library.define("times(Tensor x, int n=3) -> Tensor")
        library.impl("times", lambda x, n=3: x * n, "CPU")
        torch.library.define(f"{name}::plus", "(Tensor x) -> Tensor")
        torch.library.impl(f"{name}::plus", "cpu", lambda x: x + 1)
        torch.library.register_fake(f"{name}::plus", lambda x: torch.empty_like(x))
        ops = getattr(torch.ops, name)
        x = torch.tensor(X)
        return ops.times(x), ops.times(x, 4), ops.plus(x), ops.plus(torch.ones(5, device="meta")).shape

    same(program)


def test_check():
    """torch.library.opcheck of torch compiles; what it finds is compared by hand."""
    torch = jaxlearn
    op = numpy_sin(torch)
    x = torch.tensor(X, requires_grad=True)
    assert set(torch.library.opcheck(op, (x,)).values()) == {"SUCCESS"}
    op.register_fake(lambda x: torch.empty(1))
    assert "fake impl" in torch.library.opcheck(op, (x,), raise_exception=False)["test_faketensor"]
    hidden = operator(torch, lambda x: x.mul_(2).clone(), lambda t: {"x": t, "return": t})
    with pytest.raises(torch.library.OpCheckError, match="mutated"):
        torch.library.opcheck(hidden, (torch.ones(2),))
    with pytest.raises(torch.library.OpCheckError, match="autograd formula"):
        torch.library.opcheck(hidden, (x,), test_utils="test_autograd_registration")


@pytest.mark.parametrize("make", [numpy_sin, scaled])
def test_in_compiled_functions(make):
    torch = jaxlearn
    op = make(torch)
    call = (lambda x: op(x)) if make is numpy_sin else (lambda x: op(x, [x * 2, x], 3)[0])

    def step(x):
        return torch.autograd.grad((call(x) ** 2).sum(), x)[0], call(x).detach()

    compiled = torch.compile(step)
    for k in (1, 2, 3):
        x = torch.tensor(X * k, requires_grad=True)
        for got, expected in zip(compiled(x), step(x), strict=True):
            np.testing.assert_allclose(got.tolist(), expected.tolist(), rtol=1e-6)


def test_a_kernel_on_the_host_in_vmap_and_bodies():
    torch = jaxlearn
    op = numpy_sin(torch)
    x = torch.tensor(X, requires_grad=True)
    y = torch.vmap(lambda x: op(x) * 2)(x)
    y.sum().backward()
    np.testing.assert_allclose(y.tolist(), 2 * np.sin(X), rtol=1e-6)
    np.testing.assert_allclose(x.grad.tolist(), 2 * np.cos(X), rtol=1e-6)
    z = torch.cond(x.sum() > 0, lambda x: op(x), lambda x: x * 1, (x.detach(),))
    np.testing.assert_allclose(z.tolist(), np.sin(X), rtol=1e-6)


def test_without_shapes_a_kernel_on_the_host_is_refused_in_compiled_functions():
    torch = jaxlearn
    op = operator(torch, lambda x: torch.tensor(x.numpy()), lambda t: {"x": t, "return": t})
    with pytest.raises(RuntimeError, match="read on the host inside a compiled function"):
        torch.compile(lambda x: op(x) + 1)(torch.ones(2))


def test_func_takes_gradients_of_operators():
    """torch refuses that."""
    torch = jaxlearn
    op = numpy_sin(torch)
    np.testing.assert_allclose(
        torch.func.grad(lambda x: op(x).sum())(torch.tensor(X)).tolist(), np.cos(X), rtol=1e-6
    )


def test_kernels_of_devices():
    def program(torch):
        op = operator(torch, lambda x: x * 2, lambda t: {"x": t, "return": t})
        op.register_kernel("cpu", lambda x: x * 10)
        x = torch.tensor(X)
        first = op(x)
        with op.set_kernel_enabled("cpu", False):
            return first, op(x), sys.byteorder

    same(program)

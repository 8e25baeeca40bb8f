"""autograd.Function against torch: values, gradients, what ctx offers, and the errors of wrong use."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

DATA = np.random.RandomState(0).randn(3, 4)


def leaf(torch, scale=1.0):
    return torch.tensor(DATA * scale, requires_grad=True)


def function(torch, forward, backward=None, setup=None, **more):
    """A Function of plain functions."""
    names = {"forward": staticmethod(forward)}
    if backward is not None:
        names["backward"] = staticmethod(backward)
    if setup is not None:
        names["setup_context"] = staticmethod(setup)
    return type("F", (torch.autograd.Function,), names | more)


def cube(torch):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * 3 * x**2

    return function(torch, forward, backward)


def saves_and_multiplies(torch):
    x = leaf(torch)
    y = cube(torch).apply(x)
    (y * 2).sum().backward()
    return y, x.grad


def differentiated_twice_and_thrice(torch):
    x = leaf(torch)
    (g,) = torch.autograd.grad(cube(torch).apply(x).sum(), x, create_graph=True)
    (h,) = torch.autograd.grad((g * g).sum(), x, create_graph=True)
    (k,) = torch.autograd.grad(h.sum(), x)
    return g, h, k


def saved_result(torch):
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y, None)
        return y

    def backward(ctx, grad):
        y, nothing = ctx.saved_tensors
        assert nothing is None
        return grad * y

    x = leaf(torch)
    (g,) = torch.autograd.grad(function(torch, forward, backward).apply(x).sum(), x, create_graph=True)
    g.sum().backward()
    return g, x.grad


def separate_setup(torch):
    def forward(x, scale, other=2.0):
        return x * scale * other

    def setup(ctx, inputs, output):
        x, ctx.scale, ctx.other = inputs
        ctx.seen = tuple(output.shape)
        ctx.save_for_backward(x)

    def backward(ctx, grad):
        assert ctx.seen == (3, 4)
        return grad * ctx.scale * ctx.other, None, None

    x = leaf(torch)
    function(torch, forward, backward, setup).apply(x, 3.0).sum().backward()
    return x.grad


def several_in_and_out(torch):
    def forward(ctx, x, number, y, text):
        ctx.needs = ctx.needs_input_grad
        ctx.number = number
        return x * number + y, y * 2, text

    def backward(ctx, a, b, nothing):
        assert nothing is None
        return a * ctx.number, None, a + b * 2, None

    x, y = leaf(torch), leaf(torch, 2.0)
    a, b, text = function(torch, forward, backward).apply(x, 3, y, "text")
    needs = a.grad_fn.needs
    (a * b).sum().backward()
    return x.grad, y.grad, text, list(needs), len(a.grad_fn.next_functions)


def one_result_unused(torch):
    seen = []

    def forward(ctx, x):
        return x * 2, x * 3

    def backward(ctx, a, b):
        seen.append(b.tolist())
        return a * 2 + b * 3

    x = leaf(torch)
    function(torch, forward, backward).apply(x)[0].sum().backward()
    return x.grad, seen


def gradients_not_materialized(torch):
    seen = []

    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    def backward(ctx, a, b):
        seen.append(b is None)
        return a * 2

    x = leaf(torch)
    function(torch, forward, backward).apply(x)[0].sum().backward()
    return x.grad, seen


def not_differentiable(torch):
    def forward(ctx, x):
        values, indices = x.max(1)
        again = x * 2
        ctx.mark_non_differentiable(again)
        ctx.save_for_backward(indices)
        ctx.shape = x.shape
        return values, indices, again

    def backward(ctx, grad, *others):
        (indices,) = ctx.saved_tensors
        full = torch.zeros(ctx.shape, dtype=grad.dtype)
        return full.scatter(1, indices.unsqueeze(1), grad.unsqueeze(1))

    x = leaf(torch)
    values, indices, again = function(torch, forward, backward).apply(x)
    (values * 2).sum().backward()
    return values, indices, again, x.grad


def writes_its_input(torch):
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    def backward(ctx, grad):
        return grad * 2

    x = leaf(torch)
    y = x * 3
    z = function(torch, forward, backward).apply(y)
    assert z is y
    (z * z).sum().backward()
    return y, x.grad, y.grad_fn.name()


def writes_a_view(torch):
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    def backward(ctx, grad):
        return grad * 20

    x = leaf(torch)
    y = x * 3
    function(torch, forward, backward).apply(y[0])
    (y * y).sum().backward()
    return y, x.grad


def returns_its_input(torch):
    x = leaf(torch)
    y = x * 1
    z = function(torch, lambda ctx, t: t, lambda ctx, grad: grad * 5).apply(y)
    assert z is not y
    z.sum().backward()
    return z, x.grad


def returns_a_view(torch):
    x = leaf(torch)
    z = function(torch, lambda ctx, t: t.view(12), lambda ctx, g: (g * 2).view(3, 4)).apply(x * 1)
    z.sum().backward()
    return z, x.grad


def broadcast_gradient_is_summed(torch):
    x = torch.ones(4, dtype=torch.float64, requires_grad=True)
    function(torch, lambda ctx, t: t * 2, lambda ctx, g: torch.ones(3, 4)).apply(x).sum().backward()
    return x.grad


def gradient_of_other_dtype(torch):
    x = torch.ones(4, requires_grad=True)
    function(torch, lambda ctx, t: t * 2, lambda ctx, g: g.double()).apply(x).sum().backward()
    return x.grad


def no_gradient_for_one(torch):
    x, y = leaf(torch), leaf(torch)
    function(torch, lambda ctx, a, b: a * b, lambda ctx, g: (g, None)).apply(x, y).sum().backward()
    return x.grad, y.grad


def trailing_nones(torch):
    x = leaf(torch)
    function(torch, lambda ctx, a: a * 2, lambda ctx, g: (g, None, None)).apply(x).sum().backward()
    return x.grad


def nothing_requires_grad(torch):
    return cube(torch).apply(torch.tensor(DATA))


def without_recording(torch):
    with torch.no_grad():
        return cube(torch).apply(leaf(torch))


def other_name_of_backward(torch):
    F = type(
        "F",
        (torch.autograd.Function,),
        {"forward": staticmethod(lambda ctx, x: x * 2), "vjp": staticmethod(lambda ctx, g: g * 5)},
    )
    x = leaf(torch)
    F.apply(x).sum().backward()
    return x.grad


def gradient_inside_backward(torch):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin().sum()

    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        with torch.enable_grad():
            inner = x.detach().requires_grad_()
            (g,) = torch.autograd.grad(inner.sin().sum(), inner)
        return g * grad

    x = leaf(torch)
    function(torch, forward, backward).apply(x).backward()
    return x.grad


def once(torch):
    def forward(ctx, x):
        return x * 2

    backward = torch.autograd.function.once_differentiable(lambda ctx, g: g * 2)
    return function(torch, forward, backward)


def once_differentiable_once(torch):
    x = leaf(torch)
    return torch.autograd.grad(once(torch).apply(x).sum(), x, create_graph=True)


def printed(torch):
    y = cube(torch).apply(torch.ones(2, requires_grad=True))
    return repr(y), y.grad_fn.name(), type(y.grad_fn).__name__


def in_a_list(torch):
    return function(torch, lambda ctx, x: [x * 2, 3], lambda ctx, g: g).apply(leaf(torch))


PROGRAMS = [
    saves_and_multiplies,
    differentiated_twice_and_thrice,
    saved_result,
    separate_setup,
    several_in_and_out,
    one_result_unused,
    gradients_not_materialized,
    not_differentiable,
    writes_its_input,
    writes_a_view,
    returns_its_input,
    returns_a_view,
    broadcast_gradient_is_summed,
    gradient_of_other_dtype,
    no_gradient_for_one,
    trailing_nones,
    nothing_requires_grad,
    without_recording,
    other_name_of_backward,
    gradient_inside_backward,
    once_differentiable_once,
    printed,
    in_a_list,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_same_as_torch(program):
    same(program)


def test_a_batch_of_gradients_goes_through_a_function_one_by_one():
    # torch maps over the backward with vmap, which this backward would have to allow first.
    x = leaf(jaxlearn)
    y = cube(jaxlearn).apply(x) * x
    identity = jaxlearn.eye(12, dtype=jaxlearn.float64).view(12, 3, 4)
    (batched,) = jaxlearn.autograd.grad(y, x, identity, is_grads_batched=True)
    np.testing.assert_allclose(batched.numpy().reshape(12, 12), np.diag(4 * DATA.reshape(-1) ** 3))


def apply_of(forward, backward, *args):
    def run(torch):
        given = [leaf(torch) if a == "leaf" else a for a in args or ("leaf",)]
        function(torch, forward, backward).apply(*given).sum().backward()

    return run


def too_few(torch):
    apply_of(lambda c, a, b: a * b, lambda c, g: g, "leaf", "leaf")(torch)


def keeps(what):
    def forward(ctx, x):
        ctx.save_for_backward(what)
        return x * 2

    return apply_of(forward, lambda c, g: g)


def dirty(torch, make, several=False):
    def forward(ctx, x):
        x.add_(1)
        ctx.mark_dirty(x)
        return (x, x * 2) if several else x

    return function(torch, forward, lambda c, *g: g[0]).apply(make(torch))


def dirty_not_returned(torch):
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x * 2

    function(torch, forward, lambda c, g: g).apply(leaf(torch) * 1)


def no_forward(torch):
    type("F", (torch.autograd.Function,), {}).apply(leaf(torch))


def called(torch):
    function(torch, lambda ctx, x: x)()(leaf(torch))


def both_names(torch):
    F = function(torch, lambda ctx, x: x * 2, lambda ctx, g: g, vjp=staticmethod(lambda ctx, g: g))
    F.apply(leaf(torch)).sum().backward()


def twice(torch):
    y = cube(torch).apply(leaf(torch)).sum()
    y.backward()
    y.backward()


def saved_overwritten(torch):
    x = leaf(torch) * 1
    y = cube(torch).apply(x).sum()
    x.add_(1)
    y.backward()


def saved_result_overwritten(torch):
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    y = function(torch, forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(leaf(torch))
    y.add_(1)
    y.sum().backward()


def view_written(torch):
    y = function(torch, lambda ctx, x: x.view(12), lambda ctx, g: g.view(3, 4)).apply(leaf(torch) * 1)
    y.add_(1)


def returned_input_written(torch):
    y = function(torch, lambda ctx, x: x, lambda ctx, g: g).apply(leaf(torch) * 1)
    y.add_(1)


def one_of_several_views_written(torch):
    c = function(torch, lambda ctx, x: (x[:1], x[1:]), lambda ctx, a, b: torch.cat([a, b]))
    c.apply(leaf(torch) * 1)[0].mul_(2)


def two_rules_for_batches(torch):
    c = function(torch, lambda x: x * 2, lambda ctx, g: g * 2)
    c.setup_context = staticmethod(lambda ctx, inputs, output: None)
    c.generate_vmap_rule = True
    c.vmap = staticmethod(lambda info, dims, x: (x, 0))
    torch.func.vmap(c.apply)(leaf(torch))


def once_differentiable_twice(torch):
    x, w = leaf(torch), leaf(torch)
    (g,) = torch.autograd.grad((once(torch).apply(x) * w).sum(), x, create_graph=True)
    g.sum().backward()


ERRORS = {
    "too few gradients": too_few,
    "too many gradients": apply_of(lambda c, a: a * 2, lambda c, g: (g, g)),
    "gradient for a number": apply_of(lambda c, a, b: a * b, lambda c, g: (g, g), "leaf", 3),
    "gradient of another type": apply_of(lambda c, a: a * 2, lambda c, g: 3),
    "gradients in a list": apply_of(lambda c, a: a * 2, lambda c, g: [g]),
    "gradient of another shape": apply_of(lambda c, a: a * 2, lambda c, g: g[0, :3]),
    "gradient too small": apply_of(lambda c, a: a * 2, lambda c, g: g.sum()),
    "complex gradient": apply_of(lambda c, a: a * 2, lambda c, g: g + 1j),
    "saves a number": keeps(3),
    "saves a list": keeps([1]),
    "dirty but not returned": dirty_not_returned,
    "dirty leaf": lambda torch: dirty(torch, leaf),
    "dirty view of a leaf": lambda torch: dirty(torch, lambda t: leaf(t)[:2]),
    "dirty view and another result": lambda torch: dirty(torch, lambda t: (leaf(t) * 1)[:2], several=True),
    "no forward": no_forward,
    "no backward": apply_of(lambda c, a: a * 2, None),
    "called itself": called,
    "backward under both names": both_names,
    "backward twice": twice,
    "saved input overwritten": saved_overwritten,
    "saved result overwritten": saved_result_overwritten,
    "returned view overwritten": view_written,
    "one of several views overwritten": one_of_several_views_written,
    "two rules for batches": two_rules_for_batches,
    "returned input overwritten": returned_input_written,
    "once differentiable, twice": once_differentiable_twice,
    "error in backward": apply_of(lambda c, a: a * 2, lambda c, g: 1 / 0),
}


@pytest.mark.parametrize("name", ERRORS)
def test_same_error_as_torch(name):
    same(ERRORS[name], message=True)


def test_a_step_with_a_function_is_one_program():
    F = cube(jaxlearn)
    x = leaf(jaxlearn)
    for _ in range(3):
        x.grad = None
        before = jaxlearn.stats()["flushes"]
        loss = F.apply(x * 2).sum()
        loss.backward()
        x.grad.numpy()
        assert jaxlearn.stats()["flushes"] == before + 1


def test_an_input_returned_unchanged_is_a_view_of_it():
    def run(torch):
        same_again = function(torch, lambda ctx, x: x, lambda ctx, grad: grad)
        plain = torch.ones(2, 2).t()
        result = same_again.apply(plain)
        needs = same_again.apply(leaf(torch).t())
        return result._is_view(), result.requires_grad, result.stride(), needs._is_view(), needs.stride()

    same(run)

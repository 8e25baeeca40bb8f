"""Autograd against torch: values, accumulation, higher order, hooks, modes, and the errors of wrong use."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

DATA = np.random.RandomState(0).randn(3, 4).astype(np.float32)


def leaf(torch, scale=1.0):
    return torch.tensor(DATA * scale, requires_grad=True)


def accumulates(torch):
    x = leaf(torch)
    for _ in range(3):
        (x * x).sum().backward()
    return x.grad


def kept_past_a_hook(torch):
    """What came before the operation with a hook is kept as well."""
    x = leaf(torch)
    y = (x * x).sum(0)
    y.register_hook(lambda g: g * 2)
    z = y.exp().sum()
    z.backward(retain_graph=True)
    z.backward()
    return x.grad


def branches_meet(torch):
    x = leaf(torch)
    y = x.sin()
    (y * y + y.exp()).mean().backward()
    return x.grad


def several_outputs_of_one_operation(torch):
    x = leaf(torch)
    values, indices = x.max(1)
    a, b = x.split(2, dim=1)
    (values.sum() + (a * 2).sum() + (b * b).sum()).backward()
    return x.grad, indices, values


def gradient_of_a_gradient(torch):
    x = leaf(torch)
    (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (h,) = torch.autograd.grad((g * g).sum(), x, create_graph=True)
    (k,) = torch.autograd.grad(h.sum(), x)
    return g, h, k


def penalty(torch):
    x, w = leaf(torch), leaf(torch, 0.5)
    out = torch.tanh(x * w).sum()
    (g,) = torch.autograd.grad(out, x, create_graph=True)
    loss = out + ((g.norm(2, dim=1) - 1) ** 2).mean()
    loss.backward()
    return w.grad, x.grad


def given_gradient(torch):
    x = leaf(torch)
    (x * 2).backward(torch.tensor(DATA))
    return x.grad


def gradient_of_an_intermediate(torch):
    x = leaf(torch)
    y = x * 2
    y.retain_grad()
    z = (y * y).sum()
    return torch.autograd.grad(z, y, retain_graph=True), z.backward(), y.grad, x.grad


def unused_inputs(torch):
    x, y = leaf(torch), leaf(torch)
    return torch.autograd.grad(x.sum(), [x, y], allow_unused=True), torch.autograd.grad(
        x.sum(), [x, y], materialize_grads=True
    )


def hooks_change_gradients(torch):
    x = leaf(torch)
    y = x * 3
    seen = []
    y.register_hook(lambda g: g * 2)
    handle = x.register_hook(lambda g: seen.append(g.sum().item()))
    y.sum().backward()
    handle.remove()
    (x * 1).sum().backward()
    return x.grad, seen


def modes(torch):
    x = leaf(torch)
    with torch.no_grad():
        a = x * 2
        with torch.enable_grad():
            b = x * 2
    with torch.set_grad_enabled(False):
        c = x * 2
    with torch.inference_mode():
        d = x * 2

    @torch.no_grad()
    def f():
        return x * 2

    return a, b, c, d, f(), torch.is_grad_enabled()


def inputs_only(torch):
    x, y = leaf(torch), leaf(torch)
    (x * y).sum().backward(inputs=[x])
    return x.grad, y.grad


def detached(torch):
    x = leaf(torch)
    ((x * 2).detach() * x).sum().backward()
    return x.grad, x.data, x.detach().requires_grad


def zeroed_in_place(torch):
    x = leaf(torch)
    x.sum().backward()
    alias = x.grad
    x.grad.zero_()
    (x * 2).sum().backward()
    return alias, x.grad


def in_place_in_a_graph(torch):
    x = leaf(torch)
    y = x * 2
    y.add_(1)
    y[0] = 0
    y[:, 1].mul_(5)
    y.sum().backward()
    return y, x.grad


def manual_descent(torch):
    x = leaf(torch)
    for _ in range(3):
        loss = (x * x).sum()
        loss.backward()
        with torch.no_grad():
            x -= 0.1 * x.grad
            x.grad.zero_()
    return x, loss


PROGRAMS = [
    accumulates,
    branches_meet,
    kept_past_a_hook,
    several_outputs_of_one_operation,
    gradient_of_a_gradient,
    penalty,
    given_gradient,
    gradient_of_an_intermediate,
    unused_inputs,
    hooks_change_gradients,
    modes,
    inputs_only,
    detached,
    zeroed_in_place,
    in_place_in_a_graph,
    manual_descent,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_same_as_torch(program):
    same(program)


def backward_twice(torch):
    loss = (leaf(torch) ** 2).sum()
    loss.backward()
    loss.backward()


def not_a_scalar(torch):
    (leaf(torch) * 2).backward()


def no_grad_at_all(torch):
    torch.tensor(DATA).sum().backward()


def saved_value_modified(torch):
    y = leaf(torch).exp()
    y.add_(1)
    y.sum().backward()


def saved_operand_modified(torch):
    a = leaf(torch) * 1
    b = leaf(torch) * 1
    c = a * b
    a.mul_(2)
    c.sum().backward()


def leaf_in_place(torch):
    leaf(torch).add_(1)


def view_of_leaf_in_place(torch):
    leaf(torch)[0].add_(1)


def wrong_gradient_shape(torch):
    (leaf(torch) * 2).backward(torch.ones(3))


def integer_requires_grad(torch):
    torch.tensor([1, 2], requires_grad=True)


def numpy_of_a_graph(torch):
    (leaf(torch) * 2).numpy()


def grad_of_wrong_shape_assigned(torch):
    leaf(torch).grad = torch.ones(2)


def unused_not_allowed(torch):
    torch.autograd.grad(leaf(torch).sum(), leaf(torch))


def gradient_of_text(torch):
    torch.autograd.grad("loss", leaf(torch))


def gradient_by_text(torch):
    torch.autograd.grad(leaf(torch).sum(), ["x"])


def backward_of_nothing(torch):
    torch.autograd.backward([None])


def backward_into_text(torch):
    leaf(torch).sum().backward(inputs="x")


def truth_of_many(torch):
    bool(torch.ones(3) > 0)


def item_of_many(torch):
    torch.ones(3).item()


def in_place_shape(torch):
    torch.ones(3).add_(torch.ones(2, 3))


def in_place_dtype(torch):
    torch.ones(3, dtype=torch.int64).add_(0.5)


def in_place_expanded(torch):
    torch.ones(1, 3).expand(2, 3).add_(1)


ERRORS = [
    backward_twice,
    not_a_scalar,
    no_grad_at_all,
    saved_value_modified,
    saved_operand_modified,
    leaf_in_place,
    view_of_leaf_in_place,
    wrong_gradient_shape,
    integer_requires_grad,
    numpy_of_a_graph,
    grad_of_wrong_shape_assigned,
    unused_not_allowed,
    gradient_of_text,
    gradient_by_text,
    backward_of_nothing,
    backward_into_text,
    truth_of_many,
    item_of_many,
    in_place_shape,
    in_place_dtype,
    in_place_expanded,
]


@pytest.mark.parametrize("program", ERRORS, ids=lambda p: p.__name__)
def test_same_error_as_torch(program):
    same(program, message=True)


def test_a_failed_in_place_write_changes_nothing():
    x = jaxlearn.ones(3)
    with pytest.raises(RuntimeError):
        x.add_(jaxlearn.ones(2, 3))
    assert x.tolist() == [1, 1, 1] and x._version == 0


def test_reading_the_loss_before_backward_changes_no_number():
    grads = []
    for read in (False, True):
        x = leaf(jaxlearn)
        loss = (x.sin() * x).sum()
        if read:
            loss.item()
        loss.backward()
        grads.append(x.grad.numpy())
    np.testing.assert_allclose(grads[0], grads[1], rtol=1e-6)


def test_the_gradient_of_an_empty_selection_has_a_history():
    """Where the formula reads something; one that does not has none, as for any other size."""

    def program(lib):
        results = []
        for select in (
            lambda x: x[:0] ** 3,
            lambda x: x[x > 5].exp(),
            lambda x: x[lib.tensor([], dtype=lib.int64)].sin(),
            lambda x: lib.cat([x[:0, None], x[3:, None]]) ** 2,
            lambda x: x[:0] * 2,
        ):
            x = lib.ones(3, requires_grad=True)
            (g,) = lib.autograd.grad(select(x).sum(), x, create_graph=True)
            results.append(g)
            if g.requires_grad:
                results.append(lib.autograd.grad(g.sum(), x))
        y = lib.ones(3, requires_grad=True)
        total = (y[:0] + 1).sum()
        total.backward()
        total.backward()
        return results, y.grad

    same(program)

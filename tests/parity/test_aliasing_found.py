"""Small programs of views, writes in place and hooks in which random programs once found a difference from torch."""

from __future__ import annotations

import numpy as np
import pytest

from tests.parity.helper import aligned, same


def base(torch, grad=True):
    """A leaf and a matrix computed from it."""
    w = torch.linspace(-1.3, 1.7, 16).reshape(4, 4).clone().requires_grad_(grad)
    return w, w * 1.5


def test_a_retained_gradient_is_that_of_the_value_after_a_write():
    def program(torch):
        w, x = base(torch)
        x.retain_grad()
        x.mul_(0.5)
        x[0].mul_(3)
        (x * x).sum().backward()
        return x.grad, w.grad

    same(program)


def test_a_retained_gradient_stays_that_of_the_shape_before():
    def program(torch):
        w, x = base(torch)
        x.retain_grad()
        x.t_()
        (x * torch.arange(16.0).reshape(4, 4)).sum().backward()
        return x.grad, w.grad

    same(program)


def test_a_reshape_in_place_without_gradients_keeps_the_history():
    def program(torch):
        w, x = base(torch)
        name = x.grad_fn.name()
        with torch.no_grad():
            x.unsqueeze_(0)
        (x * x).sum().backward()
        return name == x.grad_fn.name(), x, w.grad

    same(program)


def test_a_view_of_what_was_reshaped_in_place_may_be_used_after_a_write():
    def program(torch):
        x = base(torch)[1]
        x.squeeze_()
        v = x[None]
        x.detach().mul_(0.5)
        return v.grad_fn.name(), v * 1.0

    same(program, grad_fn=True)


@pytest.mark.parametrize(
    "use", [lambda v: v.grad_fn, lambda v: v.retain_grad(), lambda v: v.register_hook(id)]
)
def test_one_of_several_views_is_refused_after_a_write(use):
    def program(torch):
        a, b = base(torch)[1].split(2)
        with torch.no_grad():
            b.squeeze_()
            a.mul_(2)
        return use(b)

    same(program, message=True)


def test_the_gradient_of_a_write_through_as_strided_reaches_all_that_it_shows():
    def program(torch):
        w, x = base(torch)
        v = x.diagonal().as_strided((2, 2), (2, 1), 1)  # elements that the diagonal does not have
        v.mul_(-2)
        x.sum().backward()
        return w.grad

    same(program)


def test_a_gradient_that_is_zero_whatever_the_values_has_no_history():
    def program(torch):
        w, x = base(torch)
        x.zero_()
        (g,) = torch.autograd.grad(x.sin().sum(), w, create_graph=True)
        return g.sum().backward()

    same(program, message=True)


def test_aliases_without_history_may_be_detached_in_place():
    same(lambda torch: base(torch)[1].detach().detach_())
    same(lambda torch: base(torch)[1][0].detach_(), message=True)


LAYOUTS = {
    "columns": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "turned": np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
    "integers": np.arange(6).reshape(2, 3).T,
}


@pytest.mark.parametrize("array", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("make", ["tensor", "as_tensor", "from_numpy", "asarray"])
def test_a_numpy_array_in_another_order_keeps_it(array, make):
    def program(torch):
        x = getattr(torch, make)(array)
        y = x + 1
        made = [x, y, x.to(torch.float32), x.clone(), x.contiguous()]
        return [(t, t.stride(), t.is_contiguous()) for t in made], x.permute(
            1, 0, *range(2, x.dim())
        ).stride()

    same(program)


def test_a_gradient_has_the_layout_of_its_leaf():
    def program(torch):
        x = torch.tensor(np.arange(12.0).reshape(3, 4).T, requires_grad=True)
        (x * 2).sum().backward()
        y = torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last).requires_grad_()
        y.sin().sum().backward()
        return x.grad.stride(), y.grad.is_contiguous(memory_format=torch.channels_last)

    same(program)


def test_names_of_reshapes_that_are_views():
    def program(torch):
        x = base(torch)[1]
        made = [
            x.t().ravel(),
            x.t().reshape(-1),
            x[:, ::2].flatten(),
            x.t().reshape(4, 4, 1),
            x.reshape(2, 8),
        ]
        return [(t.grad_fn.name(), t._is_view(), t.stride()) for t in made]

    same(program)


@pytest.mark.parametrize(
    ("shape", "wrap"), [((4, 4), False), ((7, 3), False), ((7, 3), True), ((3, 7), True), ((3, 3, 3), False)]
)
def test_fill_diagonal(shape, wrap):
    def program(torch):
        x = torch.ones(shape, requires_grad=True)
        y = (x * 2).transpose(0, 1) if shape[0] == shape[1] else x * 2
        y.fill_diagonal_(5, wrap)
        y.sum().backward()
        return y, x.grad, y._version, torch.ones(4, 4, dtype=torch.int64).fill_diagonal_(2.7)

    same(program)


@pytest.mark.parametrize("shape", [(3,), (2, 3, 3)])
def test_fill_diagonal_refuses(shape):
    same(lambda torch: torch.zeros(shape).fill_diagonal_(1), message=True)


REFUSED = {
    "copy_ of more dimensions": lambda torch: torch.zeros(4, 4).copy_(torch.ones(1, 4, 4)),
    "copy_ of a longer one": lambda torch: torch.zeros(1).copy_(torch.ones(3)),
    "copy_ of another size": lambda torch: torch.zeros(2, 3).copy_(torch.ones(4, 1, 5)),
    "brackets": lambda torch: torch.zeros(3).__setitem__(..., torch.ones(4, 4)),
    "index_put_": lambda torch: torch.zeros(4).index_put_((torch.tensor([0, 1]),), torch.ones(1, 2)),
    "index_copy_": lambda torch: torch.zeros(4, 2).index_copy_(0, torch.tensor([0]), torch.ones(3)),
    "addcmul": lambda torch: torch.zeros(4, 4).addcmul_(torch.ones(2, 4), torch.ones(2, 4)),
}  # fmt: skip


@pytest.mark.parametrize("program", REFUSED.values(), ids=REFUSED)
def test_writes_that_do_not_fit(program):
    same(program, message=True)


def test_a_scalar_is_flipped():
    same(lambda torch: (torch.tensor(3.0).flip(0), torch.tensor(3.0).flip(-1)))


def test_an_array_written_to_after_it_was_an_index_or_operand():
    def program(torch):
        weight = torch.arange(4.0).requires_grad_()
        rows = torch.arange(64.0).reshape(16, 4)
        order, factors = aligned(np.arange(16)), aligned(np.ones((16, 4), np.float32))
        results = []
        for start in (0, 8):  # minibatches are views of an order that is shuffled in its place
            loss = (rows * weight)[order[start : start + 8]].square().sum()
            results += [loss, *torch.autograd.grad(loss, weight)]
            order[:] = order[::-1].copy()
        for combine in (lambda x, y: x * y, lambda x, y: x - y):
            results.append(combine((rows * weight).detach(), factors))
            factors[:] = 7
        written = rows * weight.detach()
        written[order] = rows.flip(0) * weight.detach()
        order[:] = 0
        return [*results, written]

    same(program)


@pytest.mark.parametrize(
    "index", [0, 1, (0,), slice(0, 1), (slice(0, 1),), (..., 0), (None, 0), [0], (True, 0)], ids=repr
)
def test_indices_of_a_tensor_without_dimensions(index):
    same(lambda torch: torch.zeros(())[index], message=True)
    same(lambda torch: torch.zeros(()).__setitem__(index, 1), message=True)


@pytest.mark.parametrize(
    ("index", "shape"),
    [
        ([0, 1], (2, 4)),
        ([0, 0], (1, 1, 2, 4)),
        ((0, [0, 0]), (1, 3, 4)),
        (0, (1, 3, 4)),
        (..., (1, 3, 4)),
        ([5], (3,)),
    ],
    ids=repr,
)
def test_the_shape_of_what_is_written_is_looked_at_before_the_indices(index, shape):
    same(lambda torch: torch.zeros(1, 4, 4).__setitem__(index, torch.zeros(shape)), message=True)


def test_data_of_integers_does_not_require_gradients():
    same(lambda torch: setattr(torch.ones(2, requires_grad=True), "data", torch.ones(3).long()), message=True)


def test_parameters_made_in_inference_mode_are_inference_tensors():
    def program(torch):
        with torch.inference_mode():
            layer, tensor = torch.nn.Linear(2, 2), torch.ones(2)
        asked = [layer.weight.is_inference(), layer.bias.requires_grad, layer.weight.data.is_inference()]
        return (
            asked,
            torch.nn.Parameter(tensor, requires_grad=False).is_inference(),
            layer.double().weight.is_inference(),
        )

    same(program)

    def required(torch):
        with torch.inference_mode():
            tensor = torch.ones(2)
        torch.nn.Parameter(tensor)

    same(required, message=True)

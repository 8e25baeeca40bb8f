"""Where autograd is not torch's: each known difference, as README lists them. The values are jaxlearn's."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import torch

pytestmark = pytest.mark.unoptimized


def test_a_gradients_gradient_by_a_result_follows_the_operand():
    def program(lib):
        x = lib.tensor(0.5, requires_grad=True)
        y = x.exp()
        (g,) = lib.autograd.grad(y, x, create_graph=True)
        (by_result,) = lib.autograd.grad(g, y, allow_unused=True, retain_graph=True)
        (by_leaf,) = lib.autograd.grad(g, x)
        return None if by_result is None else round(by_result.item(), 4), round(by_leaf.item(), 4)

    assert program(torch) == (1.0, 1.6487)  # its formula of exp keeps the result
    assert program(jaxlearn) == (None, 1.6487)  # ours keeps the operand; the whole derivative is the same


def test_a_hook_on_a_result_is_not_asked_for_a_gradients_gradient():
    def program(lib):
        x = lib.tensor(0.5, requires_grad=True)
        y = x.exp()
        y.register_hook(lambda g: g * 3)
        (g,) = lib.autograd.grad(y, x, create_graph=True)
        (second,) = lib.autograd.grad(g, x)
        return round(g.item(), 4), round(second.item(), 4)

    assert program(torch) == (4.9462, 14.8385)  # 3 exp(x), and 9 exp(x): through the result, which it keeps
    assert program(jaxlearn) == (4.9462, 4.9462)  # the derivative of 3 exp(x)


def test_set_takes_the_version_of_its_source():
    def program(lib):
        source, x = lib.ones(3), lib.zeros(3)
        source.add_(1)
        source.add_(1)
        x.set_(source)
        return x._version

    assert program(torch) == 1  # torch's counter is the tensor's own
    assert program(jaxlearn) == 2  # here it is the memory's


def test_a_hook_stays_with_a_view_that_is_written_to():
    def program(lib):
        x = lib.ones(2, 2, requires_grad=True) * 1
        v, seen = x[0], []
        v.register_hook(lambda g: seen.append(g.tolist()))
        v.mul_(2)
        v.sum().backward()
        return seen

    assert program(torch) == []  # torch derives the view's history anew from its base
    assert program(jaxlearn) == [[2.0, 2.0]]  # the gradient of the value that it had


def test_old_backward_hooks_see_the_operands_of_the_layers_one_operation():
    def program(lib):
        layer, seen = lib.nn.Linear(2, 3), []
        layer.register_backward_hook(
            lambda module, inputs, outputs: seen.append([tuple(g.shape) for g in inputs])
        )
        layer(lib.ones(1, 2, requires_grad=True)).sum().backward()
        return seen

    assert program(torch) == [[(3,), (1, 2), (2, 3)]]  # of addmm: the bias, the input, the weight transposed
    assert program(jaxlearn) == [[(3,), (1, 2), (3, 2)]]  # the weight as it is


def test_the_third_derivative_of_batch_normalisation():
    """PyTorch's formula of the second one takes the batch's statistics for constants."""

    def program(lib, normalized):
        x = lib.linspace(-1.0, 2.0, 12, dtype=lib.float64).cos().view(4, 3).requires_grad_()
        y = (normalized(lib, x) ** 3).sum()
        for _ in range(3):
            (g,) = lib.autograd.grad(y, x, create_graph=True)
            y = (g**2 * lib.arange(12.0, dtype=lib.float64).view(4, 3)).sum()
        return g.detach().numpy()

    def written_out(lib, x):
        centred = x - x.mean(0)
        return centred / ((centred * centred).mean(0) + 0.5).sqrt()

    def operation(lib, x):
        return lib.nn.functional.batch_norm(x, None, None, training=True, eps=0.5)

    exact = program(torch, written_out)
    np.testing.assert_allclose(program(jaxlearn, operation), exact)
    assert not np.allclose(program(torch, operation), exact)


def test_the_second_derivative_of_layer_normalisation_in_forward_mode():
    """PyTorch's formula of the tangent is not the derivative of itself."""

    def program(lib, normalized):
        x = lib.tensor([0.3, -1.2, 0.7, 2.0], dtype=lib.float64)
        weight = lib.tensor([0.2, -0.7, 1.1, 0.4], dtype=lib.float64)

        def slope(x):
            return lib.func.jvp(lambda x: (normalized(lib, x) * weight).sum(), (x,), (weight.flip(0),))[1]

        return [*lib.func.grad(slope)(x).tolist(), lib.func.jvp(slope, (x,), (weight,))[1].item()]

    def written_out(lib, x):
        centred = x - x.mean()
        return centred / ((centred * centred).mean() + 1e-5).sqrt()

    def operation(lib, x):
        return lib.nn.functional.layer_norm(x, (4,))

    exact = program(torch, written_out)
    np.testing.assert_allclose(program(jaxlearn, operation), exact)
    assert not np.allclose(program(torch, operation), exact)

"""A read between forward and backward makes two programs of them; what is costly is not computed in both."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn._engine import program
from jaxlearn._engine.signature import x64

pytestmark = pytest.mark.unoptimized


def products(p: program.Program) -> int:
    """How many matrix products a program computes."""
    shapes = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in p.leaf_avals]
    with x64():
        lowered = p.parts[0].stage.jitted.lower(
            [shapes[i] for i in p.donated],
            [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in p.parts[0].stage.recycled],
            [shapes[i] for i in p.kept],
            None,
            None,
        )
    return lowered.compile().as_text().count(" dot(")


def attention(q):
    return nn.functional.scaled_dot_product_attention(q, q * 2, q + 1, is_causal=True).pow(2).sum()


def recurrent(x):
    torch.manual_seed(0)
    return nn.LSTM(16, 8)(x[0])[0].pow(2).sum()


def decomposition(x):
    square = x[0, 0, :8, :8]
    return torch.linalg.cholesky(square @ square.T + torch.eye(8)).pow(3).sum()


def only_some_results(x):
    return torch.linalg.svd(x[0, 0])[1].pow(2).sum()


FUNCTIONS = [attention, recurrent, decomposition, only_some_results]


def gradient(function, *, early=False, twice=False, wrapper=lambda f: f):
    x = torch.from_numpy(np.random.RandomState(0).rand(2, 4, 8, 16).astype("f")).requires_grad_()

    def run():
        x.grad = None
        loss = function(x)
        if early:
            loss.item()
        if twice:
            loss.backward(retain_graph=True)
        loss.backward()

    wrapper(run)()
    return x.grad.numpy()


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_the_gradient_is_the_same_whatever_is_read(function):
    expected = gradient(function)
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(gradient(function, early=True), expected, rtol=2e-4, atol=1e-6)
    np.testing.assert_allclose(gradient(function, wrapper=torch.compile), expected, rtol=2e-4, atol=1e-6)
    np.testing.assert_allclose(gradient(function, early=True, twice=True), 2 * expected, rtol=2e-4, atol=1e-6)


def test_attention_is_not_computed_again_after_a_read():
    x = torch.rand(2, 4, 8, 16).requires_grad_()
    loss = attention(x)
    loss.item()
    loss.backward()
    assert x.grad.shape == x.shape
    x.grad.sum().item()
    last = max(program._programs.values(), key=lambda p: p.used)
    assert (
        products(last) == 4
    )  # by q, k, v and the weights; the two products of the forward are not among them


def test_second_derivatives_and_packed_tensors():
    x = torch.rand(1, 1, 4, 4).requires_grad_()
    results = []
    for early in (False, True):
        loss = attention(x)
        if early:
            loss.item()
        (slope,) = torch.autograd.grad(loss, x, create_graph=True)
        (curve,) = torch.autograd.grad(slope.pow(2).sum(), x)
        results.append(curve.numpy())
    np.testing.assert_allclose(*results, rtol=1e-4)

    packed = []

    def pack(t):
        packed.append(t)
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        loss = attention(x)
    loss.item()
    (again,) = torch.autograd.grad(loss, x)
    assert packed
    np.testing.assert_allclose(again.numpy(), torch.autograd.grad(attention(x), x)[0].numpy(), rtol=1e-5)


def test_an_overwritten_operand_is_still_refused():
    x = torch.rand(1, 1, 4, 4).requires_grad_()
    q = x * 1
    loss = nn.functional.scaled_dot_product_attention(q, q, q).sum()
    loss.item()
    q.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()

"""Donation: memory is reused only where nobody can see it."""

from __future__ import annotations

import copy

import numpy as np

import jaxlearn as torch
from jaxlearn._engine import program


def make(n=2000):
    w = torch.nn.Parameter(torch.ones(n))
    return w, torch.optim.SGD([w], lr=0.1, momentum=0.9)


def step(w, optimizer):
    optimizer.zero_grad()
    (w * w).sum().backward()
    optimizer.step()


def test_arrays_that_somebody_holds_stay():
    w, optimizer = make()
    held = []
    for _ in range(4):
        step(w, optimizer)
        held.append((w.detach().jax(), w.detach().numpy().copy(), w.detach().clone()))
    for array, copied, cloned in held:
        np.testing.assert_array_equal(np.asarray(array), copied)
        np.testing.assert_array_equal(cloned.numpy(), copied)


def test_numpy_copies_stay():
    w, optimizer = make()
    step(w, optimizer)
    taken = w.detach().numpy()
    before = taken.copy()
    for _ in range(3):
        step(w, optimizer)
    np.testing.assert_array_equal(taken, before)


def test_state_dict_values_follow_and_copies_stay():
    w, optimizer = make()
    net = torch.nn.Module()
    net.w = w
    alias, snapshot = net.state_dict()["w"], copy.deepcopy(net.state_dict())["w"]
    for _ in range(3):
        step(w, optimizer)
    np.testing.assert_array_equal(alias.numpy(), w.detach().numpy())
    np.testing.assert_array_equal(snapshot.numpy(), np.ones(2000, np.float32))


def test_a_graph_that_still_needs_the_old_value_has_it():
    w, optimizer = make()
    step(w, optimizer)
    kept = (w * w).sum()  # its backward needs w as it is now
    kept.item()
    expected = 2 * w.detach().numpy()
    saved = w.detach().clone()
    optimizer.zero_grad()
    (w * 3).sum().backward()
    held = w.grad.clone()
    with torch.no_grad():
        other = torch.nn.Parameter(saved)
    (g,) = torch.autograd.grad((other * other).sum(), other)
    np.testing.assert_allclose(g.numpy(), expected)
    assert held[0].item() == 3


def test_memory_is_reused():
    w, optimizer = make()
    for _ in range(3):
        step(w, optimizer)
    last = next(reversed(program._programs.values()))
    # The momentum; the parameter's old value stays until the gradient, computed from it if asked for, is dropped.
    assert [last.leaf_avals[i].shape for i in last.donated] == [(2000,)]
    assert len(last.output_avals) == 2


def test_a_gradient_read_after_the_step_is_right_and_compiles_once():
    w, optimizer = make()
    for _ in range(2):
        step(w, optimizer)
    before = w.detach().numpy()
    torch.reset_stats()
    for i in range(4):
        step(w, optimizer)
        np.testing.assert_allclose(w.grad.numpy(), 2 * before, rtol=1e-6)
        before = w.detach().numpy()
        # The gradient alone, then the step with its gradient as a result; nothing more.
        assert torch.stats()["compiles"] == min(i + 1, 2)


def test_a_deferred_gradient_enters_later_operations():
    w, optimizer = make(5)
    for _ in range(3):
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()
        old = w.detach().clone()
        kept = w.grad
        (w * 3).sum().backward()  # adds to the gradient of before the step
        expected = kept.numpy()
        assert w.grad is kept
    np.testing.assert_allclose(expected, w.grad.numpy())
    assert (expected > 3).all() and old.shape == w.shape


def test_compiled_gradients_read_after_the_step_are_right():
    w, optimizer = make(5)
    compiled = torch.compile(lambda: step(w, optimizer))
    other, other_optimizer = make(5)
    for _ in range(5):
        compiled()
        step(other, other_optimizer)
        np.testing.assert_allclose(w.grad.numpy(), other.grad.numpy(), rtol=1e-6)
    for _ in range(3):
        compiled()
        step(other, other_optimizer)
    np.testing.assert_allclose(w.detach().numpy(), other.detach().numpy(), rtol=1e-6)

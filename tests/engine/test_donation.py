"""Donation: memory is reused only where nobody can see it."""

from __future__ import annotations

import copy

import numpy as np

import jaxlearn as torch


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


def test_the_same_parameter_memory_is_reused():
    w, optimizer = make()
    for _ in range(3):
        step(w, optimizer)
    from jaxlearn._engine import program

    last = next(reversed(program._programs.values()))
    assert len(last.donated) == 2  # the parameter and its momentum

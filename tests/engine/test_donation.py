"""Donation: memory is reused only where nobody can see it."""

from __future__ import annotations

import copy

import jax
import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn._engine import program, recycling
from jaxlearn._engine.signature import x64


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


def last_program():
    return max(program._programs.values(), key=lambda p: p.used)


def test_memory_is_reused():
    w, optimizer = make()
    for _ in range(3):
        step(w, optimizer)
    last = last_program()
    # parameter and momentum, which goes in and comes out in one bundle
    assert [repr(last.leaf_avals[i]) for i in last.donated] == ["float32[2000]", "1 arrays"]
    assert [repr(a) for a in last.output_avals] == ["float32[2000]", "2 arrays"]  # and the gradient


def copies_of_donated(last):
    """The instructions of the compiled program that copy a donated input."""
    shapes = [a.struct for a in last.leaf_avals]
    with x64():
        lowered = last.parts[0].stage.jitted.lower(
            [shapes[i] for i in last.donated], [], [shapes[i] for i in last.kept], None, None
        )
    text = lowered.compile().as_text()
    entry = text[text.index("ENTRY") :]
    return [line for line in entry.splitlines() if " copy(" in line and "donated" in line]


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_results_take_over_the_memory_of_what_they_replace(kind):
    """Equal types, so that only the graph tells which result belongs where."""
    ws = [torch.nn.Parameter(torch.full((32, 32), 1.0 + i)) for i in range(3)]
    options = {"momentum": 0.9} if kind == "SGD" else {}
    optimizer = getattr(torch.optim, kind)(ws, lr=0.01, **options)
    for _ in range(2):
        optimizer.zero_grad()
        ((ws[2] @ ws[0]).sin() @ ws[1]).sum().backward()
        optimizer.step()
    last = last_program()
    states = 1 if kind == "SGD" else 2
    counts = 1 if kind == "Adam" else 0  # of the steps, which all three share
    shapes = [a.struct for a in last.leaf_avals]
    assert len(jax.tree.leaves([shapes[i] for i in last.donated])) == 3 * (1 + states) + counts
    copies = copies_of_donated(last)
    copies = [line for line in copies if "= f32[] " not in line]  # the step count
    # A parameter that the backward reads late is copied in a hand-written step too; state never is.
    assert len(copies) <= 3, copies


def test_running_statistics_take_over_their_own_memory():
    net = torch.nn.Sequential(torch.nn.Linear(4, 32), torch.nn.BatchNorm1d(32), torch.nn.Linear(32, 3))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        net(torch.ones(8, 4)).sum().backward()
        optimizer.step()
    last = last_program()
    # bias, weight, bias, mean and variance
    assert list(map(repr, last.leaf_avals)).count("float32[32]") == 5
    # The three parameters are read late by the backward; mean and variance by nothing.
    copies = [line for line in copies_of_donated(last) if "f32[32]" in line]
    assert len(copies) <= 3, copies


def test_the_first_compiled_step_copies_no_state(caplog):
    w, optimizer = make(1 << 20)
    compiled = torch.compile(lambda: step(w, optimizer))
    with jax.log_compiles():
        compiled()
    assert "Compiling jit(trace)" in caplog.text
    assert "Compiling jit(copy)" not in caplog.text


def test_a_gradient_is_there_after_the_step_at_no_further_compile():
    w, optimizer = make()
    for _ in range(2):
        step(w, optimizer)
    before = w.detach().numpy()
    torch.reset_stats()
    for _ in range(4):
        step(w, optimizer)
        np.testing.assert_allclose(w.grad.numpy(), 2 * before, rtol=1e-6)
        before = w.detach().numpy()
    assert torch.stats()["compiles"] == 0


@pytest.mark.parametrize("keep", ["tensor", "array", "view"])
def test_gradients_that_somebody_keeps_are_not_written_over(keep):
    n = 40_000  # large enough for its memory to be used again
    w, optimizer = make(n)
    kept, expected = [], []
    for i in range(5):
        optimizer.zero_grad()
        (w * float(i + 1)).sum().backward()
        optimizer.step()
        expected.append(float(i + 1))
        grad = w.grad
        kept.append({"tensor": grad, "array": grad.numpy(), "view": grad[3:7]}[keep])
    for k, e in zip(kept, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(k), np.full(k.shape, e, np.float32))


def test_memory_of_dropped_gradients_is_used_again():
    recycling.forget_spare_arrays()
    w, optimizer = make(40_000)
    for _ in range(4):
        step(w, optimizer)
    held = [a for arrays in recycling._pool.values() for a in arrays]
    assert [a.shape for a in held] == [(40_000,)]
    optimizer.zero_grad()
    pointer = held[0].unsafe_buffer_pointer()
    held = None
    step(w, optimizer)
    assert w.grad._cell.value.array.unsafe_buffer_pointer() == pointer


def test_a_gradient_of_before_the_step_enters_later_operations():
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


def test_a_step_with_recycled_gradients_compiles_once(caplog):
    # JAX takes arrays that are committed to a device for another program's than those that are not.
    torch.clear_cache()
    w, optimizer = make(20000)
    step(w, optimizer)
    w.detach().jax()
    assert any(part.stage.recycled for p in program._programs.values() for part in p.parts)
    with jax.log_compiles():
        for _ in range(3):
            step(w, optimizer)
            w.detach().jax()
    assert "Compiling jit(trace)" not in caplog.text

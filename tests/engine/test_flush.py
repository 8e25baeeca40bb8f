"""Recording and flushing: what is computed, when, and how often something is compiled."""

from __future__ import annotations

import threading

import jax
import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn._engine import graph, instructions, program
from jaxlearn._engine.plan import Plan
from jaxlearn._engine.recorder import recorder

pytestmark = pytest.mark.unoptimized


@pytest.fixture(autouse=True)
def empty_graph():
    graph.flush()
    torch.reset_stats()


def compiles(loop) -> int:
    before = torch.stats()["compiles"]
    loop()
    return torch.stats()["compiles"] - before


def test_nothing_is_computed_before_a_value_is_needed():
    x = torch.from_numpy(np.ones((300, 300), np.float32))
    y = torch.exp(x).sum()
    assert graph.pending() == 2 and y._cell.value.array is None
    assert y.item() == pytest.approx(300 * 300 * np.e, rel=1e-5)
    assert graph.pending() == 0


def test_dead_operations_are_not_computed():
    x = torch.from_numpy(np.ones((300, 300), np.float32))
    torch.exp(x)
    kept = torch.sin(x)
    order = Plan(recorder.nodes).order
    for node in recorder.nodes:
        node.uses, node.index, node.needed, node.kept = 0, -1, False, False
    assert [n.signature.name for n in order] == ["sin"]
    assert kept.sum().item() > 0


def test_a_graph_without_backward_is_compiled_when_it_repeats():
    x = torch.from_numpy(np.ones((300, 300), np.float32))

    def once():
        return (torch.exp(x) * 3 + x).sum().item()

    assert compiles(once) == 0
    assert compiles(once) == 1
    assert compiles(once) == 0


def test_a_loop_over_an_index_compiles_twice_at_most():
    x = torch.from_numpy(np.arange(90000, dtype=np.float32).reshape(300, 300))
    y = torch.sqrt(x)
    y.sum().item()
    seen = []

    def loop():
        for i in range(20):
            seen.append(torch.exp(-y[i]).sum().item())

    assert compiles(loop) <= 2
    expected = np.exp(-np.sqrt(np.arange(90000, dtype=np.float32).reshape(300, 300)))[:20].sum(1)
    np.testing.assert_allclose(seen, expected, rtol=1e-5, atol=1e-6)


def test_an_annealed_number_compiles_twice_at_most():
    w = torch.ones(4, requires_grad=True)

    def loop():
        for i in range(10):
            loss = (w * w).sum() * (0.9**i)
            loss.backward()
            assert w.grad[0].item() == pytest.approx(2 * 0.9**i, rel=1e-6)
            w.grad = None

    assert compiles(loop) <= 4  # the backward's graph and the one that reads an element of the gradient


def test_an_integer_number_is_not_taken_for_a_float():
    x = torch.from_numpy(np.arange(3, dtype=np.int64))
    assert (x * 2).dtype == torch.int64
    assert (x * 2.0).dtype == torch.float32


def test_a_program_says_why_it_was_compiled():
    torch.clear_cache()  # else it is told from one of the same operations, if there is one
    w = torch.ones(4, requires_grad=True)
    for n in (4, 4, 2):
        (w[:n] * 2).sum().backward()
        w.grad.sum().item()
        w.grad = None
    reasons = torch.stats()["reasons"]
    assert reasons[0].endswith("new graph")


def test_an_endless_graph_is_cut():
    x = torch.from_numpy(np.zeros(70000, np.float32))
    for _ in range(20000):
        x = x + 1
    assert graph.pending() < graph.BOUND
    assert x[0].item() == 20000
    assert torch.stats()["compiles"] <= 3


# XLA computes each result of a chain from the chain's beginning: 20 seconds to compile.
@pytest.mark.parametrize("body", [pytest.param(1, marks=pytest.mark.slow), 7])
def test_a_loop_that_nobody_reads_is_one_small_program_whatever_its_length(body):
    w = torch.full((64,), 0.5, requires_grad=True)
    x = w
    for i in range(2600 // body):
        for k in range(body):
            x = x * 0.999 if k % 2 else torch.sin(x)
        if i % 500 == 0:
            assert graph.pending() < graph.BOUND
    with torch.no_grad():
        assert torch.isfinite(x.sum()).item()
    # The first piece with what stands before the loop, the others, the rest; each without its twin from before.
    assert torch.stats()["compiles"] <= 4, torch.stats()["reasons"]
    x.sum().backward()
    expected, slope = np.float64(0.5), 1.0
    for _ in range(2600 // body):
        for k in range(body):
            slope *= 0.999 if k % 2 else np.cos(expected)
            expected = expected * 0.999 if k % 2 else np.sin(expected)
    assert w.grad[0].item() == pytest.approx(slope, rel=1e-3)
    assert torch.stats()["compiles"] <= 12, torch.stats()["reasons"]


def test_a_growing_number_in_a_loop_that_nobody_reads():
    x = torch.from_numpy(np.zeros(70000, np.float32)) * 1
    for i in range(5000):
        x = x + i % 7
    assert x[0].item() == sum(i % 7 for i in range(5000))
    assert torch.stats()["compiles"] <= 4


def test_zero_second_derivatives_are_not_multiplied_out():
    """Through relu, the gradient of a gradient by the input is zero: none of the products behind it is computed."""
    w, v = torch.rand(8, 8).requires_grad_(), torch.rand(8, 8).requires_grad_()
    x = torch.rand(4, 8, requires_grad=True)
    (slope,) = torch.autograd.grad((torch.relu(x @ w) @ v).sum(), x, create_graph=True)
    slope.pow(2).sum().backward()
    expected = [p.grad.numpy() for p in (w, v, x)]
    last = max(program._programs.values(), key=lambda p: p.used)
    zeros = instructions._zeros(last.parts[0].stage.instructions)
    assert zeros
    np.testing.assert_array_equal(expected[2], np.zeros((4, 8), np.float32))
    mask = (x @ w > 0).float().detach()
    ones = torch.ones(4, 8)
    a, b = w.detach().clone().requires_grad_(), v.detach().clone().requires_grad_()
    (((ones @ b.T) * mask) @ a.T).pow(2).sum().backward()
    np.testing.assert_allclose(expected[0], a.grad.numpy(), rtol=1e-5)
    np.testing.assert_allclose(expected[1], b.grad.numpy(), rtol=1e-5)


def test_many_kept_tensors_do_not_slow_a_flush():
    kept = [torch.zeros(1) for _ in range(2000)]
    x = torch.from_numpy(np.zeros(70000, np.float32)) + 1
    assert graph.pending() == 1
    assert x.sum().item() == 70000 and len(kept) == 2000


def test_programs_are_bounded(monkeypatch):
    monkeypatch.setattr(program, "PROGRAMS", 3)
    w = torch.ones(9, requires_grad=True)
    for n in range(1, 8):
        (w[:n] * 2).sum().backward()
        w.grad.sum().item()
        w.grad = None
    assert len(program._programs) <= 3


def test_another_threads_pending_value_is_computed():
    box = []
    base = torch.from_numpy(np.ones(70000, np.float32))
    thread = threading.Thread(target=lambda: box.append(base * 2))
    thread.start()
    thread.join()
    assert box[0]._cell.value.array is None
    assert (box[0] + 1)[0].item() == 3
    assert (box[0] * 1)[1].item() == 2


def test_results_of_another_threads_operation_are_computed_one_after_the_other():
    base = torch.from_numpy(np.arange(70000, dtype=np.float32).reshape(100, 700))
    made = []
    thread = threading.Thread(target=lambda: made.extend((base * 2).max(1)))
    thread.start()
    thread.join()
    largest, places = made
    assert largest._cell.value.array is None
    assert largest[1].item() == 2 * 1399
    assert places[1].item() == 699


def test_an_interrupted_flush_loses_nothing(monkeypatch):
    x = torch.from_numpy(np.ones(70000, np.float32))
    y = x * 2

    def interrupt(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as m:
        m.setattr(graph, "one_by_one", interrupt)
        with pytest.raises(KeyboardInterrupt):
            y.sum().item()
    assert y.sum().item() == 140000


def test_shape_errors_come_at_the_line_that_made_them():
    a, b = torch.ones(2, 3), torch.ones(4, 5)
    with pytest.raises(RuntimeError, match=r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 4x5\)"):
        a @ b
    assert graph.pending() == 0


def test_x64_is_scoped():
    import jax.numpy as jnp

    assert torch.arange(3).dtype == torch.int64
    assert (torch.ones(70000, dtype=torch.float64) * 2).sum().dtype == torch.float64
    assert jnp.arange(3).dtype == jnp.int32


def test_a_gradient_is_that_of_its_own_operation_when_numbers_part():
    """Two powers of one value, equal exponents when the program is made and others in the next run."""
    w = torch.nn.Parameter(torch.ones(200, 200))

    def gradient(a: float, b: float) -> float:
        w.grad = None
        x = w @ w
        (x.pow(a).sum() + x.pow(b).detach().sum()).backward()
        return w.grad[0, 0].item()

    gradient(2.0, 2.0)
    gradient(3.0, 3.0)  # from here on the exponents are operands
    assert gradient(2.0, 1.0) == 2 * 200 * 400
    assert gradient(1.0, 2.0) == 400


def test_an_operation_that_cannot_be_computed_stands_in_nobodys_way(monkeypatch):
    x = torch.ones(300, 300) @ torch.ones(300, 300)
    good, bad = x.sum(), x * 3

    def fails(*args, **kwargs):
        raise RuntimeError("no memory")

    with monkeypatch.context() as patch:
        patch.setattr(graph, "one_by_one", fails)
        with pytest.raises(RuntimeError, match="no memory"):
            good.item()
    assert torch.ones(3).exp().sum().item() == pytest.approx(3 * np.e)
    assert good.item() == 300 * 300 * 300
    assert bad[0, 0].item() == 900


def test_the_pieces_of_a_long_loop_serve_the_next_steps():
    start = torch.linspace(0, 1, 5)

    def step():
        x = start * 0.9
        for _ in range(graph.BOUND // 3 + 50):
            x = (x * 1.0001).sin() + 0.1
        return x.sum().item()

    counts = [compiles(step) for _ in range(4)]
    # a piece; then, as they repeat, what leads to it and what follows
    assert counts[2:] == [0, 0] and sum(counts) <= 4, torch.stats()["reasons"]


def test_programs_run_with_jit_switched_off():
    weight = torch.nn.Embedding(5, 3).weight
    program.clear_cache()
    with jax.disable_jit():
        rows = torch.nn.functional.embedding(torch.tensor([1, 4, 1]), weight)
        rows.sum().backward()
        assert weight.grad.tolist() == [[0] * 3, [2] * 3, [0] * 3, [0] * 3, [1] * 3]
        assert rows.tolist() == weight.detach()[[1, 4, 1]].tolist()
    program.clear_cache()

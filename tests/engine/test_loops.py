"""Loops whose Python numbers change: each is compiled at most twice, with constants and then with operands."""

from __future__ import annotations

import pytest

import jaxlearn as torch

pytestmark = pytest.mark.unoptimized

ROWS = 24


def read_rows(x):
    return [x[i].sum().item() for i in range(ROWS)]


def read_rows_of_a_view(x):
    y = x.t()
    return [y[:, i].sum().item() for i in range(ROWS)]


def read_windows(x):
    return [x[i : i + 2].sum().item() for i in range(ROWS - 1)]


def set_rows(x):
    for i in range(ROWS):
        x[i] = 2.0 * i
        x.sum().item()


def set_rows_to_tensors(x):
    for i in range(1, ROWS):
        x[i] = x[i - 1] * 0.5
        x.sum().item()


def add_to_rows(x):
    for i in range(ROWS):
        x[i].add_(1)
        x.sum().item()


def increase_rows(x):
    for i in range(ROWS):
        x[i] += 1
        x.sum().item()


def add_to_columns_of_a_view(x):
    y = x.t()
    for i in range(ROWS):
        y[:, i].mul_(2)
        x.sum().item()


def add_to_elements(x):
    for i in range(ROWS):
        x[i][i % 8].add_(1)
        x.sum().item()


def add_to_windows(x):
    for i in range(ROWS - 1):
        x[i : i + 2].add_(1)
        x.sum().item()


def set_windows(x):
    for i in range(ROWS - 1):
        x[i : i + 2, 3] = 5
        x.sum().item()


def anneal(x):
    return [(x * (0.5 + 0.1 * i)).sum().item() for i in range(ROWS)]


def grow(x):
    return [(x * i + i).sum().item() for i in range(ROWS)]


def gradients_of_rows(x):
    w = torch.ones(8, requires_grad=True)
    for i in range(ROWS):
        (x[i] * w * w).sum().backward()
        w.grad.sum().item()


def gradients_through_written_rows(x):
    w = torch.ones(8, requires_grad=True)
    for i in range(ROWS):
        y = x * w
        y[i].mul_(3)
        y.sum().backward()
        w.grad.sum().item()
        w.grad = None


LOOPS = [
    read_rows,
    read_rows_of_a_view,
    read_windows,
    set_rows,
    set_rows_to_tensors,
    add_to_rows,
    increase_rows,
    add_to_columns_of_a_view,
    add_to_elements,
    add_to_windows,
    set_windows,
    anneal,
    grow,
    gradients_of_rows,
    gradients_through_written_rows,
]


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_a_loop_is_compiled_at_most_twice(loop):
    x = torch.arange(ROWS * 8.0).reshape(ROWS, 8).clone().requires_grad_()
    (x * x).sum().backward()  # the gradient is on the device, where no operation is done by NumPy
    on_device = x.grad
    on_device.sum().item()
    before = torch.stats()["compiles"]
    loop(on_device)
    made = torch.stats()["compiles"] - before
    # A loop that accumulates starts with a graph of its own.
    assert made <= (3 if loop is gradients_of_rows else 2), torch.stats()["reasons"][-made:]


def test_quantiles_of_many_shares_compile_at_most_twice():
    x = torch.arange(12.0)
    step = torch.compile(lambda share: torch.quantile(x, share))
    before = torch.stats()["compiles"]
    assert [step(n / 11).item() for n in range(8)] == pytest.approx(list(range(8)))
    assert torch.stats()["compiles"] - before <= 2

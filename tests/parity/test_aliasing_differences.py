"""Where memory is not torch's: each known difference, as README lists them. The values are jaxlearn's."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import torch


def test_numpy_of_a_computed_tensor_is_a_copy():
    def program(lib):
        x = lib.ones(300, 300).matmul(lib.ones(300, 300))
        x.numpy()[0, 0] = 5.0
        return x[0, 0].item()

    assert program(torch) == 5.0
    assert program(jaxlearn) == 300.0  # XLA's arrays never change


def test_an_array_that_a_tensor_was_made_of_is_seen_until_the_tensor_is_written():
    def program(lib):
        array = np.zeros(3, np.float32)
        x = lib.from_numpy(array)
        array[0] = 1.0
        before = x.tolist()
        x.add_(1)
        return before, array.tolist()

    assert program(torch) == ([1.0, 0.0, 0.0], [2.0, 1.0, 1.0])
    assert program(jaxlearn) == ([1.0, 0.0, 0.0], [1.0, 0.0, 0.0])


def test_a_gradient_uses_the_values_that_its_operation_saw():
    def program(lib):
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        y = (x * x).sum()
        x.data.mul_(10)  # torch's autograd does not notice, and multiplies by what is there now
        y.backward()
        return x.grad.tolist()

    assert program(torch) == [20.0, 40.0]
    assert program(jaxlearn) == [2.0, 4.0]


def test_an_assignment_to_data_in_a_compiled_function_copies():
    x, y = jaxlearn.zeros(2), jaxlearn.ones(2)

    @jaxlearn.compile
    def assigned():
        x.data = y

    assigned()
    y.add_(1)
    assert x.tolist() == [1.0, 1.0]  # replays write to the storage that x had


def test_growing_in_place_takes_new_memory():
    def program(lib):
        x = lib.arange(4.0)
        v = x.view(2, 2)
        x.resize_(6).fill_(7)
        return v.tolist()

    assert program(torch) == [[7.0, 7.0], [7.0, 7.0]]
    assert program(jaxlearn) == [[0.0, 1.0], [2.0, 3.0]]


def test_overlapping_windows_are_written_once():
    def program(lib):
        x = lib.ones(3)
        x.unfold(0, 2, 1).mul_(2)
        return x.tolist()

    assert program(torch) == [2.0, 4.0, 2.0]  # the order of its loop
    assert program(jaxlearn) == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda v: v[1:].copy_(v[:-1]), [0.0, 0.0, 2.0, 4.0]),
        (lambda v: v[1:].add_(v[:-1]), [0.0, 2.0, 6.0, 10.0]),
    ],
)
def test_all_is_read_before_anything_is_written(write, expected):
    """torch refuses this where it can tell that the two overlap; elsewhere it goes in the order of its loop."""
    v = jaxlearn.arange(8.0)[::2]
    write(v)
    assert v.tolist() == expected


def test_one_of_two_parameters_on_the_same_memory_is_updated():
    def program(lib):
        a = lib.nn.Parameter(lib.ones(2, dtype=lib.float64))
        b = lib.nn.Parameter(a.data)
        optimizer = lib.optim.SGD([a, b], lr=0.25)
        (a.sum() + 2 * b.sum()).backward()
        optimizer.step()
        return a.tolist()

    assert program(torch) == [0.25, 0.25]
    assert program(jaxlearn) == [0.5, 0.5]  # all parameters of an optimizer are updated at once

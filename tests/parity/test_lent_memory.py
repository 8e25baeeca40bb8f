"""NumPy arrays whose memory a tensor is on, written to between what is recorded and what is computed."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import jaxlearn

from .helper import aligned, same

ROWS = np.arange(1.0, 65.0, dtype=np.float32).reshape(16, 4)

USES = {
    "operand": lambda torch, x, w: x * w,
    "second operand": lambda torch, x, w: w - x,
    "layer": lambda torch, x, w: torch.nn.functional.linear(x, w.expand(3, 4)),
    "row": lambda torch, x, w: x[1] * w,
    "view of a view": lambda torch, x, w: x.unsqueeze(0).transpose(0, 1)[2:5] * w,
    "mask": lambda torch, x, w: torch.where(x > 9, w, 0.0),
    "list": lambda torch, x, w: torch.stack([x[0] * 1, w, x[1]]),
    "alias": lambda torch, x, w: x.detach() * w,
}
INDEX_USES = {
    "index": lambda torch, i, w: (w * 2)[i],
    "gather": lambda torch, i, w: (w * 2).gather(0, i),
    "embedding": lambda torch, i, w: torch.nn.functional.embedding(i, (w * 2)[:, None]),
    "written": lambda torch, i, w: (w * 2).index_put((i,), w * 3),
}


@pytest.mark.parametrize("how", ["from_numpy", "as_tensor", "asarray", "frombuffer"])
@pytest.mark.parametrize("name", USES)
def test_what_is_recorded_sees_the_values_of_then(name, how):
    def program(torch):
        array = aligned(ROWS)
        if how == "frombuffer":
            x = torch.frombuffer(memoryview(array.reshape(-1)), dtype=torch.float32).reshape(16, 4)
        else:
            x = getattr(torch, how)(array)
        w = torch.arange(4.0).requires_grad_()
        found = []
        for factor in (1, 2):  # the tensor shows the array's values
            array[...] = ROWS * factor
            y = USES[name](torch, x, w)
            array[...] = 0
            found.append(y)
        return found

    same(program)


@pytest.mark.parametrize("name", INDEX_USES)
def test_indices(name):
    def program(torch):
        array = aligned(np.array([3, 1, 0, 2]))
        y = INDEX_USES[name](torch, torch.from_numpy(array), torch.arange(4.0).requires_grad_())
        array[...] = 0
        return y

    same(program)


def test_an_array_that_the_tensor_gave():
    def program(torch):
        x = torch.tensor([1.0, 2.0, 3.0, 4.0])
        array = x.numpy()
        w = torch.ones(4, requires_grad=True)
        y = x * w
        array[...] = 7
        return y, x * w

    same(program)


@pytest.mark.parametrize("result", ["a value", "a tensor with a history"])
def test_a_compiled_function_is_given_one_buffer_again_and_again(result):
    layer = jaxlearn.nn.Linear(4, 3)
    step = jaxlearn.compile(lambda x: layer(x).detach() if result == "a value" else layer(x))
    array, found = aligned(ROWS), []
    for factor in (1, 2, 3):
        array[...] = ROWS * factor
        found.append(step(jaxlearn.from_numpy(array)))
        array[...] = 0
    for factor, y in zip((1, 2, 3), found, strict=True):
        expected = layer(jaxlearn.tensor(ROWS * factor))
        np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-6)


def test_a_compiled_function_reads_an_array_from_outside():
    array = aligned(ROWS)
    x = jaxlearn.from_numpy(array)
    double = jaxlearn.compile(lambda y: x * y)
    found = []
    for factor in (1, 2, 3):
        array[...] = ROWS * factor
        found.append(double(jaxlearn.tensor(2.0)))
        array[...] = 0
    for factor, y in zip((1, 2, 3), found, strict=True):
        np.testing.assert_array_equal(y.numpy(), 2 * factor * ROWS)


def test_numpy_while_something_on_the_tensor_is_recorded():
    def program(torch):
        x = torch.tensor([1.0, 2.0, 3.0, 4.0])
        row = x[1:]
        w = torch.ones(4, requires_grad=True)
        y, z = x * w, row * w[1:]
        array = x.numpy()
        array[...] = 7
        return y, z, x, row, x * w, row * 2, array.tolist()

    same(program)


LARGE = aligned(np.arange(3 * 20_000, dtype=np.float32).reshape(3, 20_000))


def test_large_arrays_in_used_memory():
    def program(torch):
        w = torch.tensor(2.0, requires_grad=True)
        found, kept = [], []
        for factor in range(8):
            array = LARGE * factor
            x = torch.from_numpy(array)
            y = x * w + x[0].sum()
            array[...] = -1
            kept.append(y)
            if factor % 3:
                found.append(y.sum().item())
        return found, [y[:, ::5000] for y in kept]

    same(program)


def test_an_array_that_nobody_else_has_is_not_copied():
    x = jaxlearn.from_numpy(LARGE.copy())
    w = jaxlearn.ones(3, 1, requires_grad=True)
    number = id(x._cell.value.array)
    y = x * w
    assert id(y.grad_fn.inputs[0].array) == number
    held = x.numpy()  # known to others again, and another one, as y reads the first
    assert id((x * w).grad_fn.inputs[0].array) not in (number, id(held))
    held[...] = 5
    np.testing.assert_array_equal(y.detach().numpy(), LARGE)
    assert x[0, 0].item() == 5


def test_an_array_that_a_view_of_another_array_is_is_copied():
    whole = LARGE.copy()
    x = jaxlearn.from_numpy(whole[:2])
    y = x * jaxlearn.ones(2, 1, requires_grad=True)
    whole[...] = 0
    np.testing.assert_array_equal(y.detach().numpy(), LARGE[:2])


def test_a_compiled_function_does_not_copy_an_argument_that_nobody_else_has(monkeypatch):
    from jaxlearn._engine import replay

    copied = []
    monkeypatch.setattr(replay, "snapshot", lambda array: copied.append(id(array)) or array.copy())
    double = jaxlearn.compile(lambda x: x * 2)
    array = LARGE.copy()
    for x in (
        jaxlearn.from_numpy(LARGE.copy()),
        jaxlearn.from_numpy(LARGE.copy()),
        jaxlearn.from_numpy(array),
    ):
        np.testing.assert_array_equal(double(x).numpy(), LARGE * 2)
    assert copied == [id(array)]


def test_threads_take_different_buffers():
    def run(factor):
        found = []
        for k in range(20):
            array = LARGE * (factor + k)
            y = jaxlearn.from_numpy(array) * jaxlearn.ones(3, 1, requires_grad=True)
            array[...] = -1
            found.append((y.detach()[2, -1].item(), float(LARGE[2, -1]) * (factor + k)))
        return found

    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(run, (1, 100, 200, 300)):
            for got, expected in found:
                np.testing.assert_allclose(got, expected, rtol=1e-6)

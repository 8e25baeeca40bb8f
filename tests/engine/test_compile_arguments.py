"""What a compiled function may be given and may return."""

from __future__ import annotations

import collections
import dataclasses

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()
    torch.reset_stats()


def counts() -> tuple[int, int, int]:
    """Recordings, programs compiled for them, and replays."""
    seen = torch.stats()
    compiles = sum(reason.startswith("compile(") for reason in seen["reasons"])
    return seen["recordings"], compiles, seen["replays"]


Pair = collections.namedtuple("Pair", "a b")


@dataclasses.dataclass
class Batch:
    x: object
    size: int


class Bag:
    """Not a dataclass, but made of tensors all the same."""

    def __init__(self, x):
        self.x = x
        self.name = "bag"


def test_containers_go_in_and_come_out_as_they_are():
    @torch.compile
    def f(d, *, pair, batch, bag, nothing=None):
        assert nothing is None
        made = {
            "z": d["x"] + pair.a,
            "a": (pair.b * 2, None, "text"),
            "batch": Batch(batch.x + 1, batch.size),
        }
        return made, [bag.x, Pair(bag.x * 3, 4)]

    for i in range(3):
        base = torch.full((2,), float(i))
        made, rest = f(
            {"x": base, "list": [torch.ones(1), "s"]},
            pair=Pair(torch.ones(2), base),
            batch=Batch(base, 7),
            bag=Bag(base),
        )
        assert list(made) == ["z", "a", "batch"]
        assert made["z"].tolist() == [i + 1, i + 1]
        assert made["a"][0].tolist() == [2 * i, 2 * i] and made["a"][1:] == (None, "text")
        assert type(made["batch"]) is Batch and made["batch"].x.tolist() == [i + 1, i + 1]
        assert made["batch"].size == 7
        assert rest[0] is base and type(rest[1]) is Pair and rest[1].b == 4
        assert rest[1].a.tolist() == [3 * i, 3 * i]
    assert counts() == (1, 1, 3)


def test_results_that_are_arguments_parameters_or_aliases_of_them():
    w = nn.Parameter(torch.ones(2))

    @torch.compile
    def f(x):
        return x, w, w.detach(), x[0], x + 1, x.view(2, 1)

    for _ in range(2):
        x = torch.ones(2)
        same, weight, alias, row, new, column = f(x)
        assert same is x and weight is w and alias.data_ptr() == w.data_ptr()
        row.add_(1)
        assert x.tolist() == [2, 1] and column.tolist() == [[2], [1]] and new.tolist() == [2, 2]
    assert counts() == (1, 1, 2)


def test_views_are_arguments_as_any_other_and_their_place_is_no_part_of_the_program():
    data = torch.rand(40, 3)
    w = nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([w], 0.1)

    @torch.compile
    def step(x):
        optimizer.zero_grad()
        loss = (x * w).sum()
        loss.backward()
        optimizer.step()
        return loss.detach()

    for i in range(0, 40, 8):
        step(data[i : i + 8])
    np.testing.assert_allclose(w.detach().numpy(), 1 - 0.1 * data.numpy().sum(0), rtol=1e-5)
    assert counts()[:2] == (1, 1)


def test_a_write_to_a_view_among_the_arguments_reaches_its_base():
    data = torch.zeros(4, 3)

    @torch.compile
    def add(x):
        x.add_(1)

    for i in range(4):
        add(data[i])
    assert data.tolist() == [[1] * 3] * 4


def test_views_from_outside_follow_their_base():
    base = torch.zeros(4)
    view = base[1:3]
    read = torch.compile(lambda: view + 1 + 0 * base[:2] * base.detach()[2:])
    write = torch.compile(lambda: view.add_(1).sum())
    assert read().tolist() == [1, 1]
    base.fill_(5.0)
    assert read().tolist() == [6, 6]
    assert [write().item() for _ in range(3)] == [12, 14, 16]
    assert base.tolist() == [5, 8, 8, 5] and view.tolist() == [8, 8]


def test_numbers_become_operands():
    @torch.compile
    def f(x, scale, shift=2):
        return x * scale + (1 - scale) * shift

    x = torch.ones(3)
    for i in range(7):
        expected = 0.1 * i + (1 - 0.1 * i) * i
        assert f(x, 0.1 * i, shift=i)[0:1].numpy()[0] == pytest.approx(expected, abs=1e-6)
    assert counts() == (7, 2, 7)
    f(x, 0.1, shift=1)
    assert counts() == (7, 2, 8)


def test_a_python_branch_on_a_number_is_followed():
    f = torch.compile(lambda x, n: x + 1 if n % 3 == 0 else x * 2)
    assert [f(torch.ones(1), n).tolist() for n in range(5)] == [[2], [2], [2], [2], [2]]
    assert [f(torch.full((1,), 5.0), n).tolist() for n in range(5)] == [[6], [10], [10], [6], [10]]
    assert torch.stats()["compiles"] == 2


def test_a_number_that_is_a_size_is_static():
    f = torch.compile(lambda x, n: x.view(n, -1).sum(0))
    x = torch.arange(12.0)
    assert [f(x, n).shape[0] for n in (2, 3, 4, 2, 3)] == [6, 4, 3, 6, 4]
    assert counts() == (3, 3, 5)


def test_gradients_of_a_step_with_a_changing_number_that_are_read_after_it():
    w = nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([w], 0.0)

    @torch.compile
    def step(weight):
        optimizer.zero_grad()
        (w * weight).sum().backward()
        optimizer.step()

    for i in range(5):
        step(0.5 * i)
        assert w.grad.tolist() == [0.5 * i] * 3
    assert torch.stats()["compiles"] <= 4


def test_other_arguments_count_by_value_or_by_identity():
    net, other = nn.Linear(2, 2), nn.Linear(2, 2)

    @torch.compile
    @torch.no_grad()
    def f(module, x, how="relu", dtype=torch.float32, flag=True):
        y = module(x).to(dtype)
        return getattr(torch, how)(y) if flag else y

    x = torch.ones(1, 2)
    for _ in range(2):
        for module in (net, other):
            expected = torch.relu(module(x)).detach()
            np.testing.assert_allclose(f(module, x).numpy(), expected.numpy())
        assert f(net, x, dtype=torch.float64).dtype == torch.float64
        np.testing.assert_allclose(f(net, x, "sigmoid").numpy(), torch.sigmoid(net(x)).detach().numpy())
        np.testing.assert_allclose(f(net, x, flag=False).numpy(), net(x).detach().numpy())
    assert counts()[0] == 5


def test_arrays_of_numpy_are_read_in_each_call():
    f = torch.compile(lambda a: torch.from_numpy(a) * 2)
    assert f(np.ones(2)).tolist() == [2, 2]
    assert f(np.zeros(2)).tolist() == [0, 0]


def test_methods_lambdas_defaults_partial_functions_and_objects():
    class Model:
        def __init__(self):
            self.w = torch.full((2,), 3.0)

        @torch.compile
        def decorated(self, x):
            return x * self.w

        def plain(self, x, scale=2.0):
            return x * self.w * scale

        def __call__(self, x):
            return x + self.w

    model, x = Model(), torch.ones(2)
    for _ in range(2):
        assert model.decorated(x).tolist() == [3, 3]
    bound = torch.compile(model.plain)
    assert bound(x).tolist() == bound(x).tolist() == [6, 6]
    assert bound(x, scale=3.0).tolist() == [9, 9]
    called = torch.compile(model)
    assert called(x).tolist() == called(x).tolist() == [4, 4]
    assert torch.compile(lambda x, y=x: x + y)(x).tolist() == [2, 2]
    decorated = torch.compile(fullgraph=True, mode="max-autotune")(lambda x: x * 5)
    assert decorated(x).tolist() == [5, 5]
    model.w = torch.ones(2)
    assert bound(x).tolist() == [2, 2]


def test_compiled_functions_inside_each_other_and_recursion():
    inner = torch.compile(lambda x: x * 2)
    outer = torch.compile(lambda x: inner(x) + inner(x + 1))
    assert outer(torch.ones(1)).tolist() == outer(torch.ones(1)).tolist() == [6]
    assert counts() == (1, 1, 2)

    @torch.compile
    def power(x, n):
        return x if n == 0 else power(x * 2, n - 1)

    assert [power(torch.ones(1), n).tolist() for n in (3, 3, 2)] == [[8], [8], [4]]


def test_arguments_that_share_memory_are_told_from_those_that_do_not():
    @torch.compile
    def f(a, b):
        a.add_(1)
        return b * 2

    x, y = torch.ones(2), torch.ones(2)
    assert f(x, y).tolist() == [2, 2] and f(x, x).tolist() == [6, 6] and f(y, x).tolist() == [6, 6]


def test_reasons_say_what_changed():
    net = nn.Linear(7, 3)

    @torch.compile
    @torch.no_grad()
    def f(batch, scale=1.0):
        return net(batch["x"]) * scale

    f({"x": torch.ones(64, 7)})
    f({"x": torch.ones(32, 7)})
    f({"x": torch.ones(32, 7)}, scale=0.5)
    net.double()
    f({"x": torch.ones(32, 7, dtype=torch.float64)})
    reasons = torch.stats()["reasons"]
    assert "first call" in reasons[0]
    assert "argument 0['x'] changed shape (64, 7) → (32, 7)" in reasons[1]
    assert "argument 'scale' is new" in reasons[2]
    assert "float32" in reasons[3] and "float64" in reasons[3]


def test_programs_are_bounded(monkeypatch):
    from jaxlearn._engine import program

    monkeypatch.setattr(program, "PROGRAMS", 3)
    f = torch.compile(lambda x: x * 2 + 1)
    for _ in range(2):
        for n in range(1, 7):
            assert f(torch.ones(n)).tolist() == [3] * n
    assert len(program._programs) <= 3
    assert "compiled again" in torch.stats()["reasons"][-1]


def test_a_number_that_changes_in_each_call_is_not_recorded_for_ever():
    settings = {"scale": 0.0}
    w = torch.ones(3, requires_grad=True)

    def step(x, beta):
        loss = (w * x * beta).sum() + settings["scale"]
        w.grad = None
        loss.backward()
        return loss.detach()

    compiled, x = torch.compile(step), torch.arange(3.0)
    before = torch.stats()["recordings"]
    for i in range(30):
        assert compiled(x, 0.1 * i).item() == pytest.approx(0.3 * i)
        assert w.grad.tolist() == pytest.approx([0, 0.1 * i, 0.2 * i])
    assert torch.stats()["recordings"] == before + 8
    for _ in range(5):  # it stays as it is from now on
        assert compiled(x, 7.0).item() == pytest.approx(21)
    assert torch.stats()["recordings"] == before + 9
    for i in range(200):  # something else that it depends on changes
        settings["scale"] = float(i)
        assert compiled(x, 7.0).item() == pytest.approx(21 + i)
    assert torch.stats()["recordings"] <= before + 9 + 8 + 2
    assert any("used once each" in reason for reason in torch.stats()["called"])

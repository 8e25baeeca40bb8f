"""Values that do not allow what was asked for: NaN in matrices, complex numbers as real ones, computed indices."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch as reference

import jaxlearn

from .helper import same

SINGULAR: dict[str, Callable[[Any, Any], Any]] = {
    "linalg.svd": lambda torch, x: torch.linalg.svd(x),
    "svd": lambda torch, x: torch.svd(x),
    "method": lambda torch, x: x.svd(),
    "svdvals": lambda torch, x: torch.linalg.svdvals(x),
    "pinv": lambda torch, x: torch.linalg.pinv(x),
    "matrix_rank": lambda torch, x: torch.linalg.matrix_rank(x),
    "cond": lambda torch, x: torch.linalg.cond(x),
}


@pytest.mark.parametrize("name", SINGULAR)
@pytest.mark.parametrize("batch", [False, True])
def test_nan_in_a_matrix(name: str, batch: bool) -> None:
    told = []
    for torch in (reference, jaxlearn):
        x = torch.eye(3)
        x[0, 1] = float("nan")
        with pytest.raises(torch.linalg.LinAlgError) as raised:
            SINGULAR[name](torch, torch.stack([torch.eye(3), x]) if batch else x)
        told.append(str(raised.value))
    assert told[0] == told[1]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_eig_refuses_what_is_not_finite(number: float) -> None:
    same(lambda torch: torch.linalg.eig(torch.tensor([[1.0, number], [0.0, 1.0]])), message=True)


@pytest.mark.parametrize("name", ["svdvals", "matrix_rank", "cond"])
def test_infinities_give_nan_and_come_to_an_end(name: str) -> None:
    def program(torch: Any) -> Any:
        x = torch.eye(3).repeat(2, 1, 1)
        x[1, 0, 0] = float("inf")
        return SINGULAR[name](torch, x)

    same(program)


def test_inside_a_compiled_function_nan_stays_nan() -> None:
    torch = jaxlearn
    values = torch.compile(torch.linalg.svdvals)
    for _ in range(3):
        assert values(torch.full((2, 2), float("nan"))).isnan().all().item()


def test_gradients_of_finite_matrices_are_as_before() -> None:
    def program(torch: Any) -> Any:
        x = torch.tensor([[2.0, 1.0], [0.5, 3.0]], requires_grad=True)
        total = (
            torch.linalg.svdvals(x).sum() + torch.linalg.pinv(x).sum() + torch.linalg.matrix_norm(x, "nuc")
        )
        total.backward()
        return x.grad

    same(program)


@pytest.mark.parametrize("convert", [float, int, complex, bool])
@pytest.mark.parametrize("number", [1j, 2 + 0j, float("nan"), float("inf"), 2.5, True])
def test_numbers(convert: type, number: Any) -> None:
    same(lambda torch: str(convert(torch.tensor(number))), message=True)


def test_rounding_integers() -> None:
    for decimals in (0, 1):
        same(lambda torch, d=decimals: torch.special.round(torch.tensor([15]), decimals=d), message=True)
        same(lambda torch, d=decimals: torch.special.round(torch.tensor([1.25, 2.5]), decimals=d))
    same(lambda torch: torch.round(torch.tensor([15])))


def test_powers_of_two_are_exact_to_a_step() -> None:
    x = np.linspace(-149, 127.99, 20001, dtype=np.float32)
    exact = np.exp2(x.astype(np.float64))
    ours = jaxlearn.exp2(jaxlearn.tensor(x)).numpy().astype(np.float64)
    normal = x > -125
    assert np.abs(ours / exact - 1)[normal].max() < 2.0**-22.5
    theirs = reference.exp2(reference.tensor(x)).numpy().astype(np.float64)
    assert np.abs(theirs / exact - 1)[normal].max() < 2.0**-22.5
    special = [
        0.0,
        1.0,
        10.0,
        -1.0,
        127.0,
        128.0,
        1e10,
        -1e10,
        float("inf"),
        float("-inf"),
        float("nan"),
        -126.0,
    ]
    same(lambda torch: torch.exp2(torch.tensor(special)), rtol=0, atol=0)
    same(lambda torch: torch.exp2(torch.tensor(special, dtype=torch.float64)), rtol=1e-15, atol=0)


def computed(torch: Any, numbers: list[int]) -> Any:
    """Indices that are the result of a computation."""
    return torch.tensor(numbers).sort().values


CHECKED: dict[str, Callable[[Any], Any]] = {
    "index": lambda torch: torch.ones(3)[computed(torch, [0, 3])],
    "gather": lambda torch: torch.gather(torch.ones(3), 0, computed(torch, [0, 3])),
    "index_select": lambda torch: torch.index_select(torch.ones(3, 2), 0, computed(torch, [0, 3])),
    "embedding": lambda torch: torch.nn.functional.embedding(computed(torch, [0, 3]), torch.ones(3, 2)),
    "cross_entropy": lambda torch: torch.nn.functional.cross_entropy(
        torch.ones(2, 3), computed(torch, [0, 3])
    ),
    "take": lambda torch: torch.take(torch.ones(3), computed(torch, [0, 3])),
    "scatter": lambda torch: torch.zeros(3).scatter(0, computed(torch, [0, 3]), 1.0),
}


@pytest.mark.parametrize("name", CHECKED)
def test_computed_indices_are_looked_at_if_asked_for(name: str) -> None:
    with jaxlearn.set_index_check(True):
        assert jaxlearn.is_index_check_enabled()
        same(CHECKED[name])
    assert not jaxlearn.is_index_check_enabled()
    CHECKED[name](jaxlearn)


@pytest.mark.parametrize("bad", [-1, 4])
@pytest.mark.parametrize("count", [8, 600], ids=["few", "many"])
def test_one_index_among_many_is_out_of_range(count: int, bad: int) -> None:
    def numbers(torch: Any) -> Any:
        found = [i % 4 for i in range(count)]
        found[count // 2] = bad
        return torch.tensor(found)

    same(lambda torch: torch.nn.functional.nll_loss(torch.zeros(count, 4), numbers(torch)), message=True)
    same(lambda torch: torch.nn.functional.embedding(numbers(torch), torch.zeros(4, 2)), message=True)
    same(
        lambda torch: torch.nn.functional.multi_margin_loss(torch.zeros(count, 4), numbers(torch)),
        message=True,
    )

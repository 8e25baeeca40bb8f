"""Values and arguments at the edge that the operator database's samples leave out: NaN, infinities, nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxlearn

from .helper import same, torch

pytestmark = pytest.mark.unoptimized

NAN, INF = float("nan"), float("inf")


def with_gradient(torch: Any, function: Callable[[Any], Any], values: list[Any]) -> Any:
    x = torch.tensor(values, requires_grad=True)
    y = function(x)
    return y, torch.autograd.grad(y, x, torch.ones_like(y))


BOUNDS: dict[str, Callable[..., Any]] = {
    "both": lambda t, x: t.clamp(x, NAN, 1.0),
    "above": lambda t, x: t.clamp(x, 0.0, NAN),
    "least": lambda t, x: x.clamp_min(NAN),
    "greatest": lambda t, x: t.clamp_max(x, NAN),
    "tensors": lambda t, x: t.clamp(x, t.tensor(NAN), t.tensor(1.0)),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_that_is_no_number_takes_all(name: str) -> None:
    same(lambda torch: with_gradient(torch, lambda x: BOUNDS[name](torch, x), [1.0, 2.0, 0.0]))
    same(lambda torch: BOUNDS[name](torch, torch.tensor([1.0, 2.0, 0.0])))


def test_means_of_nothing_but_nan() -> None:
    same(lambda torch: with_gradient(torch, lambda x: torch.nanmean(x, 1), [[NAN, NAN], [1.0, NAN]]))
    same(lambda torch: with_gradient(torch, lambda x: torch.nansum(x, 1), [[NAN, NAN], [1.0, NAN]]))


@pytest.mark.parametrize("scale", [1e-25, 1e-9, 1.0, 1e19, 1e37])
def test_deviations_whose_squares_no_float32_holds(scale: float) -> None:
    def program(torch: Any) -> Any:
        y, (g,) = with_gradient(torch, torch.std, [1 * scale, 2 * scale, -3 * scale])
        return y / scale, g

    same(program)
    same(lambda torch: torch.std_mean(torch.tensor([[scale, 2 * scale], [1.0, 3.0]]), 1)[0] / scale)


INFINITE: dict[str, Callable[..., Any]] = {
    "histc": lambda t, x: t.histc(x, 4),
    "histogram": lambda t, x: t.histogram(x, 4),
    "method": lambda t, x: x.histogram(4),
    "points": lambda t, x: t.histogramdd(x.reshape(2, 2), [2, 2]),
    "given": lambda t, x: t.histogram(x, 2, range=(0.0, INF)),
    "reversed": lambda t, x: t.histogram(x, 2, range=(6.5, 5.0)),
    "too many": lambda t, x: t.histogram(x, 2, range=(6.5, 5.0, 1.0)),
}


@pytest.mark.parametrize("name", INFINITE)
def test_histograms_of_infinite_range(name: str) -> None:
    same(lambda torch: INFINITE[name](torch, torch.tensor([1.0, INF, 3.0, -2.0])), message=True)


def test_nuclear_norms_of_nan() -> None:
    for library in (torch, jaxlearn):
        with pytest.raises(library.linalg.LinAlgError, match="contained non-finite values"):
            library.norm(library.tensor([[1.0, NAN], [2.0, 3.0]]), "nuc")
    same(lambda torch: torch.ones(2, 2, 3).norm("nuc", dim=(0, 2)))


EMPTY: dict[str, Callable[..., Any]] = {
    "joined": lambda t: t.cat([t.ones(0), t.ones(0)], 5),
    "rolled": lambda t: t.roll(t.ones(0, 3), 1, 5),
    "rolled twice": lambda t: t.roll(t.ones(0), (1, 2), (0, 3)),
    "maxima": lambda t: t.cummax(t.ones(0, 3), 2),
    "minima": lambda t: t.cummin(t.ones(0), -2),
    "maxima of a number": lambda t: t.cummax(t.tensor(1.0), 2),
    "sums": lambda t: t.cumsum(t.ones(0), 2),
    "rolled, not empty": lambda t: t.roll(t.ones(3), 1, 5),
}


@pytest.mark.parametrize("name", EMPTY)
def test_dimensions_of_nothing(name: str) -> None:
    same(EMPTY[name], message=True)


def test_numbers_are_their_own_transposes() -> None:
    same(lambda torch: [torch.tensor(1.0).mT, torch.tensor(1 + 2j).adjoint().resolve_conj()])
    same(lambda torch: torch.ones(3).mH, message=True)


def test_a_copy_needs_no_view() -> None:
    same(lambda torch: torch.view_copy(torch.arange(12).reshape(3, 4).t(), (12,)))
    same(lambda torch: torch.view_copy(torch.arange(12).reshape(3, 4), torch.int32))


@pytest.mark.parametrize("dtype", ["bool", "int64", "complex64"])
@pytest.mark.parametrize("name", ["amax", "argmin", "logsumexp", "softmax", "softmin", "norm", "normalize"])
def test_what_stands_for_masked_elements(name: str, dtype: str) -> None:
    def program(torch: Any) -> Any:
        x = torch.arange(6).reshape(2, 3).to(getattr(torch, dtype))
        order = (-INF,) if name.startswith("norm") else ()
        return getattr(torch.masked, name)(x, *order, 1, mask=x != 1)

    same(program, message=True)


def test_integers_have_no_sum_of_exponentials() -> None:
    same(lambda torch: torch.logaddexp(torch.tensor([1]), torch.tensor([2])), message=True)
    same(lambda torch: torch.logaddexp2(torch.tensor([1]), torch.tensor([2])), message=True)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_convolutions_of_nothing(n: int) -> None:
    name, cube = f"conv_transpose{n}d", [2] * n
    one = (1, 1)
    shapes = [
        (name, (*one, *cube), (*one, *cube[1:], 0), {}),
        (name, (*one, *cube), (1, 0, *cube), {}),
        (name, (*one, *[0] * n), (*one, *cube), {}),
        (name, (*one, *[1] * n), (*one, *cube), {"padding": 1}),
        (f"conv{n}d", (*one, *[0] * n), (*one, *cube), {"padding": 1}),
    ]
    for function, x, w, options in shapes:
        same(
            lambda torch: getattr(torch.nn.functional, function)(torch.ones(x), torch.ones(w), **options),  # noqa: B023
            message=True,
        )


def test_more_memory_than_there_is() -> None:
    same(lambda torch: torch.Tensor(2**45))
    same(lambda torch: torch.nn.Linear(2**24, 2**24))
    same(lambda torch: torch.nn.Linear(2**33, 2**33), message=True)
    same(lambda torch: list(torch.nn.LayerNorm(2**45, device="meta").weight.shape))


PRODUCTS = ([1.0, INF, 2.0], [1.0, INF, 0.0], [2.0, NAN, 3.0], [0.0, 0.0, 3.0], [[1.0, 0.0], [3.0, 4.0]])


@pytest.mark.parametrize("values", PRODUCTS, ids=str)
def test_gradients_of_products(values: list[Any]) -> None:
    same(lambda torch: with_gradient(torch, lambda x: x.prod(), values))
    same(lambda torch: with_gradient(torch, lambda x: x.prod(-1), values))
    if 0.0 not in values:
        same(lambda torch: with_gradient(torch, lambda x: x.cumprod(0), values))


def test_combinations_are_counted_first() -> None:
    for n, r in ((0, 0), (4, 0), (2, 3), (4, 2)):
        same(lambda torch: torch.combinations(torch.arange(n), r))  # noqa: B023
        same(lambda torch: torch.combinations(torch.arange(n), r, with_replacement=True))  # noqa: B023
    with pytest.raises(RuntimeError):
        jaxlearn.combinations(jaxlearn.arange(2**22))


@pytest.mark.parametrize("p", [0.0, 2.0, INF])
def test_distances_of_what_is_no_number(p: float) -> None:
    def program(torch: Any) -> Any:
        x = torch.tensor([[NAN, 1.0], [INF, 2.0], [0.0, 0.0]])
        return torch.cdist(x, torch.tensor([[1.0, 1.0], [INF, 3.0]]), p)

    same(program)


def test_many_complex_numbers_are_added_as_exactly_as_real_ones() -> None:
    values = np.random.default_rng(0).uniform(0.5, 1.5, (2, 3, 20, 30, 30, 2)).astype(np.float32)

    def program(torch: Any) -> Any:
        x = torch.view_as_complex(torch.tensor(values))
        bias = torch.zeros(3, dtype=x.dtype, requires_grad=True)
        y = torch.nn.functional.conv3d(x, torch.ones(3, 1, 1, 1, 1, dtype=x.dtype), bias, groups=3)
        return x.sum((0, 2, 3, 4)), x.mean((0, 2, 3, 4)), torch.autograd.grad(y, bias, x)[0].resolve_conj()

    same(program)


@pytest.mark.parametrize("name", ["i1", "i1e"])
def test_slopes_of_bessel_functions_at_zero_and_nan(name: str) -> None:
    values = [NAN, 0.0, 1e-8, 1e-5, -1.0, 20.0]
    same(lambda torch: with_gradient(torch, getattr(torch.special, name), values))


@pytest.mark.parametrize("beta", [12.0, 90.0, 100.0])
def test_steep_windows_overflow(beta: float) -> None:
    same(lambda torch: torch.signal.windows.kaiser(64, beta=beta))


HALVES: dict[str, Callable[..., Any]] = {
    "added": lambda t, x, b: x + b,
    "multiplied": lambda t, x, b: x * b,
    "expanded": lambda t, x, b: b.expand(512, 8),
    "chosen": lambda t, x, b: t.where(x > 0.9, b, x),
    "bias": lambda t, x, b: t.nn.functional.conv1d(x.t()[None], t.eye(8, dtype=x.dtype)[..., None], b)[0].t(),
}


@pytest.mark.parametrize("name", HALVES)
def test_gradients_of_spread_halves_are_added_in_float32(name: str) -> None:
    values = np.random.default_rng(0).uniform(0.5, 1.5, (2, 512, 8)).astype(np.float32)

    def program(torch: Any) -> Any:
        x, g = torch.tensor(values).to(torch.bfloat16)
        b = torch.ones(8, dtype=torch.bfloat16, requires_grad=True)
        return torch.autograd.grad(HALVES[name](torch, x, b), b, g)[0].float()

    # One rounding to bfloat16, by half of its last digit, of each library's sum.
    same(program, rtol=2**-8)

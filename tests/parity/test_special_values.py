"""NaN, infinities, signed zeros and equal elements: results and gradients as torch has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .helper import same

NAN, INF = float("nan"), float("inf")
X = [NAN, 1.0, -2.0, 0.0, -0.0, INF, -INF, 3.0]
Y = [0.0, 1.0, NAN, 2.0, 0.0, INF, -1.0, 5.0]
Z = [1.0, 0.0, NAN, 2.0, NAN, -INF, -1.0, 4.0]

PROGRAMS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "abs": lambda torch, x, y, z: x.abs(),
    "amax": lambda torch, x, y, z: x.amax(),
    "amin": lambda torch, x, y, z: x[1:5].amin(),
    "clamp": lambda torch, x, y, z: torch.clamp(x, y, z),
    "clamp to numbers": lambda torch, x, y, z: torch.clamp(x, 0, 1),
    "clamp_max": lambda torch, x, y, z: torch.clamp(x, max=z),
    "clamp_min": lambda torch, x, y, z: torch.clamp(x, min=y),
    "divided by a number": lambda torch, x, y, z: x / 3,
    "divided by zero": lambda torch, x, y, z: x / 0.0,
    "floor division": lambda torch, x, y, z: torch.div(x, y, rounding_mode="floor"),
    "fmax": lambda torch, x, y, z: torch.fmax(x, y),
    "huber_loss": lambda torch, x, y, z: torch.nn.functional.huber_loss(x, y),
    "hardtanh": lambda torch, x, y, z: torch.nn.functional.hardtanh(x),
    "l1_loss": lambda torch, x, y, z: torch.nn.functional.l1_loss(x, y),
    "max of all": lambda torch, x, y, z: x.max(),
    "max of equal ones": lambda torch, x, y, z: x[3:5].max() * 2,
    "maximum": lambda torch, x, y, z: torch.maximum(x, y),
    "mean": lambda torch, x, y, z: x.mean(),
    "median": lambda torch, x, y, z: x.median(),
    "min of all": lambda torch, x, y, z: x.min(),
    "minimum": lambda torch, x, y, z: torch.minimum(x, y),
    "nanmedian": lambda torch, x, y, z: x.nanmedian(),
    "normalize": lambda torch, x, y, z: torch.nn.functional.normalize(x, dim=0).detach(),
    "relu": lambda torch, x, y, z: torch.relu(x),
    "sgn": lambda torch, x, y, z: torch.sgn(x),
    "smooth_l1_loss": lambda torch, x, y, z: torch.nn.functional.smooth_l1_loss(x, y),
    "where": lambda torch, x, y, z: torch.where(x > 0, x, y),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_not_finite(name: str) -> None:
    def program(torch: Any) -> Any:
        x, y, z = (torch.tensor(values, requires_grad=True) for values in (X, Y, Z))
        result = PROGRAMS[name](torch, x, y, z)
        if result.requires_grad:
            result.sum().backward()
        return result.detach(), x.grad, y.grad, z.grad

    same(program)


@pytest.mark.parametrize("name", ["std", "var"])
def test_spread_of_equal_elements_is_zero(name: str) -> None:
    """And so is its gradient, which rounding of the mean would fill with noise."""

    def program(torch: Any) -> Any:
        x = torch.full((3, 4), 0.1)
        x[:, 1] = torch.tensor([1.0, 2.0, 5.0])
        x.requires_grad_()
        result = getattr(x, name)(0)
        result.sum().backward()
        return result.detach(), x.grad

    same(program, rtol=1e-6, atol=0)


SHAPES: dict[str, Callable[[Any], Any]] = {
    "attention": lambda torch: torch.nn.functional.scaled_dot_product_attention(
        torch.zeros(2, 4, 3, 8), torch.zeros(4, 4, 6, 8), torch.zeros(4, 4, 6, 8)
    ),
    "bincount": lambda torch: torch.bincount(
        torch.zeros(0, dtype=torch.int64), weights=torch.ones(3), minlength=4
    ),
    "cast": lambda torch: torch.zeros(()).long(memory_format=torch.channels_last),
    "cast kept": lambda torch: torch.zeros(2, 3, 4, 5).float(memory_format=torch.channels_last).stride(),
    "einsum": lambda torch: torch.einsum("aij,ajk->aik", torch.zeros(0, 2, 3), torch.zeros(1, 3, 4)),
    "index_select": lambda torch: torch.index_select(torch.tensor(1.0), 0, torch.tensor([0, 0])),
    "normalize": lambda torch: torch.nn.functional.normalize(torch.tensor(3.0)),
    "out of another dtype": lambda torch: torch.mm(
        torch.ones(2, 2), torch.ones(2, 2), out=torch.ones(2, 2, dtype=torch.float64)
    ),
    "out converted": lambda torch: torch.add(torch.ones(2), 1, out=torch.ones(2, dtype=torch.float64)),
    "pad": lambda torch: torch.nn.functional.pad(torch.zeros(0, 3), (1, 1), mode="reflect"),
    "repeat_interleave": lambda torch: torch.ones(2).repeat_interleave(
        torch.tensor([2, 1]), 0, output_size=4
    ),
    "repeat_interleave 0-d": lambda torch: torch.tensor(1.0).repeat_interleave(torch.tensor([2]), 0),
    "unique": lambda torch: torch.unique(torch.zeros(0, 5), dim=1),
    "unique 0": lambda torch: torch.unique(torch.zeros(0, 0, 5), dim=1),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name: str) -> None:
    same(SHAPES[name], message=True)

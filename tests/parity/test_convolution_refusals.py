"""Convolutions whose operands or parameters do not fit: torch's error, and of several faults the one it names."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from .helper import same

# Each changes one thing of a call that is right; the sizes are for one window dimension and repeated for more.
FAULTS: dict[str, dict[str, Any]] = {
    "negative padding": {"padding": (-1,)},
    "no stride": {"stride": (0,)},
    "negative dilation": {"dilation": (-1,)},
    "no groups": {"groups": 0},
    "three groups": {"groups": 3},
    "weight of more dimensions": {"weight": 1},
    "weight of fewer dimensions": {"weight": -1},
    "bare weight": {"weight": None},
    "channels": {"channels": 3},
    "bias": {"bias": (5,)},
    "bias of a type": {"bias_dtype": "float64"},
    "weight of a type": {"weight_dtype": "float16"},
    "many strides": {"stride": (1, 1, 1, 1)},
    "no strides": {"stride": None},
    "float padding": {"padding": (0.5,)},
    "true padding": {"padding": True},
    "unknown padding": {"padding": "some"},
}


def call(torch: Any, n: int, faults: tuple[str, ...]) -> Any:
    given = {key: value for fault in faults for key, value in FAULTS[fault].items()}
    more = given.get("weight", 0)
    kernel = (3,) * (0 if more is None else n + more)
    x = torch.zeros(2, given.get("channels", 2), *(6,) * n)
    weight = torch.zeros(4, 2, *kernel, dtype=getattr(torch, given.get("weight_dtype", "float32")))
    bias = torch.zeros(given.get("bias", (4,)), dtype=getattr(torch, given.get("bias_dtype", "float32")))
    settings = {}
    for name in ("stride", "padding", "dilation"):
        value = given.get(name, 0 if name == "padding" else 1)
        settings[name] = (
            value * n if isinstance(value, tuple) and len(value) == 1 else () if value is None else value
        )
    return getattr(torch.nn.functional, f"conv{n}d")(
        x, weight, bias, groups=given.get("groups", 1), **settings
    )


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_one_fault(n: int, fault: str) -> None:
    same(lambda torch: call(torch, n, (fault,)), message=True)


@pytest.mark.parametrize("first", FAULTS)
def test_the_first_of_two_faults(first: str) -> None:
    for second in FAULTS:
        if not set(FAULTS[first]) & set(FAULTS[second]):
            same(lambda torch, pair=(first, second): call(torch, 2, pair), message=True)


@pytest.mark.parametrize(
    ("given", "other"), list(itertools.permutations(["float16", "float32", "float64", "int64"], 2))
)
@pytest.mark.parametrize(("batch", "kernel", "groups"), [(1, 3, 1), (2, 3, 1), (1, 4, 1), (1, 3, 2)])
def test_other_types(given: str, other: str, batch: int, kernel: int, groups: int) -> None:
    def program(torch: Any) -> Any:
        x = torch.ones(batch, 2, 6, 6, dtype=getattr(torch, given))
        weight = torch.ones(4, 2 // groups, kernel, kernel, dtype=getattr(torch, other))
        return torch.nn.functional.conv2d(x, weight, groups=groups)

    same(program, message=True)

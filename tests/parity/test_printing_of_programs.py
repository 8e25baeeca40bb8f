"""The text of tensors as programs print them, drawn at random: values of every kind, layouts, histories, options."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import jaxlearn

from .helper import torch

DTYPES = (
    "float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "int8", "bool", "complex64", "complex128"
)  # fmt: skip
OPTIONS: dict[str, list[Any]] = {
    "precision": [0, 1, 2, 3, 6, 8],
    "threshold": [0, 1, 5, 10, 1000, float("inf")],
    "edgeitems": [1, 2, 3, 4],
    "linewidth": [20, 40, 80, 120, 200],
    "sci_mode": [True, False, None],
    "profile": ["default", "short", "full"],
}
FORMS = ("repr", "str", "format", "list", "leaf", "history", "parameter", "transposed", "strided", "nested")


def _values(choose: random.Random, draw: Any, n: int) -> Any:
    kinds = (
        lambda: draw.normal(size=n),
        lambda: draw.normal(size=n) * 10.0 ** draw.integers(-12, 12),
        lambda: draw.integers(-5, 1000, n).astype(float),
        lambda: 10.0 ** draw.integers(-20, 20, n),
        lambda: draw.integers(0, 3, n) * 1e8,
        lambda: np.where(draw.random(n) < 0.3, np.nan, draw.normal(size=n)),
        lambda: np.where(draw.random(n) < 0.3, np.inf, draw.integers(-3, 3, n).astype(float)),
        lambda: np.zeros(n) * -1.0,
    )
    return choose.choice(kinds)()


def _drawn(choose: random.Random, draw: Any) -> tuple[Any, str]:
    shape = tuple(choose.choice([0, 1, 2, 3, 5, 7, 12, 40]) for _ in range(choose.randrange(4)))
    dtype, n = choose.choice(DTYPES), int(np.prod(shape))
    if n > 3000:
        return _drawn(choose, draw)
    values = _values(choose, draw, n)
    if dtype.startswith("complex"):
        values = values + 1j * _values(choose, draw, n)
    elif dtype.startswith(("int", "uint")):
        values = np.clip(np.nan_to_num(values), 0, 127 if "8" in dtype else 2**31 - 1).astype(np.int64)
    elif dtype == "bool":
        values = np.nan_to_num(values) > 0
    return values.reshape(shape), dtype


def _text(library: Any, values: Any, dtype: str, form: str) -> str:
    x = library.tensor(values).to(getattr(library, dtype))
    if form in ("leaf", "history", "parameter") and (x.is_floating_point() or x.is_complex()):
        # A product with 1 would change complex infinities.
        changed = {"leaf": x.requires_grad_, "parameter": lambda: library.nn.Parameter(x)}
        x = changed.get(form, lambda: x.requires_grad_().clone())()
    if form == "transposed" and x.dim() > 1:
        x = x.transpose(0, 1)
    if form == "strided" and x.numel():
        x = x.reshape(-1)[::2]
    shown = {
        "str": str,
        "format": "{}".format,
        "list": lambda t: repr([t, t]),
        "nested": lambda t: repr({"a": (t,)}),
    }
    return shown.get(form, repr)(x)


@pytest.mark.parametrize("seed", range(6))
def test_texts(seed: int) -> None:
    choose, draw = random.Random(seed), np.random.default_rng(seed)
    try:
        with np.errstate(all="ignore"):
            for _ in range(80):
                values, dtype = _drawn(choose, draw)
                options = {key: choose.choice(of) for key, of in OPTIONS.items() if choose.random() < 0.25}
                form = choose.choice(FORMS)
                for library in (torch, jaxlearn):
                    library.set_printoptions(profile="default")
                    library.set_printoptions(**options)
                expected, got = (_text(library, values, dtype, form) for library in (torch, jaxlearn))
                assert got == expected, (dtype, values.shape, options, form)
    finally:
        for library in (torch, jaxlearn):
            library.set_printoptions(profile="default")


@pytest.mark.parametrize("form", ["{}", "{!r:>8}", "{:.2f}", "{:>40}"])
def test_a_parameter_in_a_format(form: str) -> None:
    """Only a tensor of no subclass shows its number, so a parameter shows its text and takes no format."""

    def program(torch: Any) -> Any:
        return form.format(torch.nn.Parameter(torch.tensor(0.3)))

    def outcome(library: Any) -> str:
        try:
            return program(library)
        except TypeError as e:
            return repr(e)

    assert outcome(jaxlearn) == outcome(torch)

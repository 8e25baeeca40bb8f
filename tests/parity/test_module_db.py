"""Every module of torch's module database, and those that it lacks, against torch.

For every constructor sample: text, names and shapes of the state, parameters bit-equal from the same seed, then, from a
state that torch wrote, result, gradients of inputs and parameters, and buffers afterwards, in training and evaluation.
A plain run takes some samples of each module in float32; ``-m exhaustive`` takes all of them, in float64 too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxlearn

from .helper import array, compare, force, torch
from .module_extra import EXTRA, extra_samples
from .module_samples import Sample, build, described, leaves, loaded, run, samples, spread, torch_state

pytest.importorskip("expecttest", reason="torch's module database imports it")
module_db = pytest.importorskip("torch.testing._internal.common_modules").module_db

pytestmark = [
    pytest.mark.unoptimized,
    pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning"),
]

INFO = {info.name.removeprefix("nn."): info for info in module_db}

# Entries still to be done: an entry that passes fails here until it is taken out.
NOT_YET: dict[str, str] = {}

# What is left out, each with its reason; nothing else is.
LEFT_OUT = {
    "LinearCrossEntropyOptions": "no module: options of LinearCrossEntropyLoss, whose samples have them",
}

# Samples of each module in a plain run, and together in one group of compiled programs.
QUICK = 3
TOGETHER = 8
# Fewer of those that are large programs: each takes a second or two to compile.
LARGE = {
    "MultiheadAttention": 2,
    "Transformer": 1,
    "TransformerDecoder": 1,
    "TransformerDecoderLayer": 1,
    "TransformerEncoder": 1,
    "TransformerEncoderLayer": 2,
}

# Looser tolerances in float32, each with its reason.
LOOSE = {"CTCLoss": 1e-4}  # torch's own gradients are off by up to 6e-5 from those in float64, ours by 3e-6

# In float32 a sum is off by roundings of its largest terms: errors up to this part of a tensor's largest element
# count as equal beside torch's own tolerance. float64 is compared with that alone.
ROUNDING = 2e-6


def all_samples(name: str, dtype: Any) -> list[Sample]:
    return samples(INFO[name], dtype) if name in INFO else extra_samples(name)


def outcome(name: str, sample: Sample, library: Any, state: Any) -> Any:
    try:
        return run(name, sample, library, state)
    except Exception as error:  # it belongs to the comparison
        return error


def check(name: str, chosen: list[Sample]) -> None:
    """Record a group of samples, compute them together, then compare one by one."""
    for start in range(0, len(chosen), TOGETHER):
        group = chosen[start : start + TOGETHER]
        states = [torch_state(name, sample) for sample in group]
        got = [
            outcome(name, sample, jaxlearn, loaded(state))
            for sample, state in zip(group, states, strict=True)
        ]
        force([g for g in got if not isinstance(g, Exception)])
        for number, (sample, state, ours) in enumerate(zip(group, states, got, strict=True), start):
            expected = outcome(name, sample, torch, state)
            where = f"{name}, sample {number}: {described(sample)}"
            if isinstance(expected, Exception):
                raise AssertionError(f"{where}: torch's {expected!r}") from expected
            if isinstance(ours, Exception):
                raise AssertionError(f"{where}: {ours!r}") from ours
            compare_all(ours, expected, where)


def compare_all(got: dict[str, Any], expected: dict[str, Any], where: str) -> None:
    assert got.keys() == expected.keys(), where
    for key in ("text", "metadata", "parameters"):
        assert got[key] == expected[key], f"{where}: {key}"
    assert list(got["fresh"]) == list(expected["fresh"]), where
    for key, value in expected["fresh"].items():
        assert got["fresh"][key].shape == value.shape and np.array_equal(
            array(got["fresh"][key]), array(value), equal_nan=True
        ), f"{where}: fresh {key}"
    loose = LOOSE.get(where.partition(",")[0], 0)
    for key in ("result", "gradients of inputs", "gradients", "buffers"):
        if key in expected:
            atol = absolute(expected[key])
            atol = max(atol, loose) if atol else atol
            compare(got[key], expected[key], atol=atol, where=f"{where}: {key}")


def absolute(expected: Any) -> float | None:
    """The absolute tolerance for these tensors; None for torch's own."""
    largest = [
        float(x.detach().abs().nan_to_num(0, 0).max())
        for x in leaves(expected)
        if x.dtype == torch.float32 and x.numel()
    ]
    return max(1e-5, ROUNDING * max(largest)) if largest else None


def expecting(name: str, body: Any) -> None:
    """Run a test; an entry of NOT_YET has to fail."""
    if name not in NOT_YET:
        body()
        return
    try:
        body()
    except Exception:
        pytest.xfail(NOT_YET[name])
    pytest.fail(f"{name} passes: take it out of NOT_YET")


@pytest.mark.parametrize("name", [*INFO, *EXTRA])
def test_module(name: str) -> None:
    expecting(name, lambda: check(name, spread(all_samples(name, torch.float32), LARGE.get(name, QUICK))))


@pytest.mark.exhaustive
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", INFO)
def test_all_samples(name: str, dtype: str) -> None:
    expecting(name, lambda: check(name, all_samples(name, getattr(torch, dtype))))


def errors(name: str) -> list[Any]:
    torch.manual_seed(0)
    info = INFO[name]
    return list(  # type: ignore[no-any-return]
        info.module_error_inputs_func(
            info, device="cpu", dtype=torch.float32, requires_grad=False, training=False
        )
    )


def raised(name: str, sample: Sample, library: Any) -> Exception | None:
    try:
        module, inputs, named = build(name, sample, library)
        if sample.inputs is not None:
            force(module(*inputs, **named))
    except Exception as error:
        return error
    return None


@pytest.mark.parametrize("name", [n for n, info in INFO.items() if info.module_error_inputs_func])
def test_errors(name: str) -> None:
    def body() -> None:
        for given in errors(name):
            g = given.module_error_input
            forward = g.forward_input
            sample = Sample(
                g.constructor_input.args,
                g.constructor_input.kwargs,
                None if forward is None else forward.args,
                {} if forward is None else forward.kwargs,
                False,
            )
            expected, got = raised(name, sample, torch), raised(name, sample, jaxlearn)
            assert expected is not None
            where = f"{name}: {described(sample)}"
            assert type(got) is type(expected), f"{where}: {got!r}, torch's {expected!r}"
            assert str(got).split("\n")[0] == str(expected).split("\n")[0], where

    expecting(name, body)


def test_nothing_is_missing() -> None:
    """Every class of ``torch.nn`` is in the database, in EXTRA or in LEFT_OUT."""
    listed = set(torch.nn.modules.__all__)
    assert listed - set(INFO) - set(EXTRA) - set(LEFT_OUT) == set()
    assert {name for name in listed - set(LEFT_OUT) if not hasattr(jaxlearn.nn, name)} <= set(NOT_YET)

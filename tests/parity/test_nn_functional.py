"""``nn.functional`` against torch: values, gradients of all inputs, shapes, dtypes and names of ``grad_fn``.

Several cases are recorded before the first value is read, so they are compiled as few programs, not as hundreds.
"""

from __future__ import annotations

import functools
from typing import Any

import pytest

import jaxlearn

from .helper import compare, force, torch
from .nn_functional_cases import CASES, LOOSE

pytestmark = pytest.mark.unoptimized

# Cases in one program: compiling takes more than twice as long for twice as many.
TOGETHER = 12


def outcome(library: Any, name: str) -> Any:
    """The function's result and the gradients of a weighted sum of it by all floating inputs."""
    program, arrays = CASES[name]
    tensors = [library.tensor(a) for a in arrays]
    for t in tensors:
        if t.is_floating_point():
            t.requires_grad_()
    result = program(library.nn.functional, *tensors)
    parts = [r for r in (result if isinstance(result, (tuple, list)) else [result]) if r.requires_grad]
    for r in parts:
        weights = library.arange(1, r.numel() + 1).reshape(r.shape).to(r.dtype) / r.numel()
        r.backward(weights, retain_graph=True)
    return result, [t.grad for t in tensors]


NAMES = list(CASES)


@functools.lru_cache(maxsize=2)
def recorded(group: int) -> dict[str, Any]:
    """The outcomes of a group's cases, computed together."""
    results: dict[str, Any] = {}
    for name in NAMES[group * TOGETHER : (group + 1) * TOGETHER]:
        try:
            results[name] = outcome(jaxlearn, name)
        except Exception as error:  # it belongs to the case's own test
            results[name] = error
    force(list(results.values()))
    return results


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", CASES)
def test_same_as_torch(name: str) -> None:
    got = recorded(NAMES.index(name) // TOGETHER)[name]
    if isinstance(got, Exception):
        raise got
    expected = outcome(torch, name)
    compare(got[0], expected[0], grad_fn=True, rtol=LOOSE.get(name), where="result")
    compare(got[1], expected[1], rtol=LOOSE.get(name), where="gradient")

"""What classes are called, alone and in messages, is what torch calls them, with this library's name in front."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

PLACES = [
    "", "_C", "autograd", "autograd.function", "autograd.grad_mode", "autograd.graph", "distributions", "library",
    "distributions.transforms", "nn", "nn.parameter", "optim", "optim.lr_scheduler", "optim.swa_utils",
    "utils.checkpoint", "utils.data", "utils.hooks",
]  # fmt: skip

# What torch has in modules that are not here, and tensor types, which are called as torch calls them.
ELSEWHERE = {"CustomOpDef", "TypedStorage", "UntypedStorage"}


def classes() -> Iterator[tuple[type, type]]:
    for place in PLACES:
        ours, theirs = (importlib.import_module(f"{n}.{place}".rstrip(".")) for n in ("jaxlearn", "torch"))
        for name in sorted(set(dir(ours)) & set(dir(theirs)) - ELSEWHERE):
            a, b = getattr(ours, name), getattr(theirs, name)
            if isinstance(a, type) and isinstance(b, type) and a.__module__.startswith("jaxlearn"):
                yield a, b


def test_classes_are_where_torch_has_them():
    found = list(classes())
    assert len(found) > 300
    for ours, theirs in found:
        assert f"{ours.__module__}.{ours.__qualname__}".replace("jaxlearn", "torch", 1) == (
            f"{theirs.__module__}.{theirs.__qualname__}"
        )


def test_classes_are_found_by_their_names():
    for ours, _ in classes():
        assert getattr(importlib.import_module(ours.__module__), ours.__name__) is ours
        assert pickle.loads(pickle.dumps(ours)) is ours and copy.deepcopy(ours) is ours


def test_pickles_by_former_names():
    # As programs wrote them that knew the classes by the files that define them.
    for module, name in (
        ("jaxlearn._size", "Size"),
        ("jaxlearn._engine.device", "Device"),
        ("jaxlearn._dtype_objects", "dtype"),
        ("jaxlearn.nn.modules.activation_smooth", "GELU"),
        ("jaxlearn.nn.module", "Module"),
        ("jaxlearn.optim.lr_scheduler.decay", "StepLR"),
    ):
        assert inspect.isclass(pickle.loads(f"c{module}\n{name}\n.".encode()))


def test_text_of_classes():
    model = jaxlearn.nn.Sequential(jaxlearn.nn.GELU())
    found = [
        type(model),
        type(model[0]),
        jaxlearn.Size,
        jaxlearn.device,
        jaxlearn.float32.__class__,
        jaxlearn.no_grad,
    ]
    assert [str(k).replace("jaxlearn", "torch") for k in found] == [
        "<class 'torch.nn.modules.container.Sequential'>",
        "<class 'torch.nn.modules.activation.GELU'>",
        "<class 'torch.Size'>",
        "<class 'torch.device'>",
        "<class 'torch.dtype'>",
        "<class 'torch.autograd.grad_mode.no_grad'>",
    ]


class Own:
    pass


# Objects that are no tensors, numbers or sequences, some of them the libraries' own.
OBJECTS = {
    "None": lambda torch: None,
    "dict": lambda torch: {},
    "set": lambda torch: {1},
    "decimal": lambda torch: Decimal(1),
    "fraction": lambda torch: Fraction(1, 2),
    "date": lambda torch: date(2020, 1, 1),
    "own": lambda torch: Own(),
    "array": lambda torch: np.ones(2),
    "numpy number": lambda torch: np.float32(1),
    "slice": lambda torch: slice(1),
    "type": lambda torch: int,
    "function": lambda torch: len,
    "size": lambda torch: torch.Size([2]),
    "dtype": lambda torch: torch.float32,
    "device": lambda torch: torch.device("cpu"),
    "finfo": lambda torch: torch.finfo(torch.float32),
    "layout": lambda torch: torch.strided,
    "memory format": lambda torch: torch.contiguous_format,
    "generator": lambda torch: torch.Generator(),
    "module": lambda torch: torch.nn.Linear(1, 1),
    "distribution": lambda torch: torch.distributions.Normal(0.0, 1.0),
}  # fmt: skip

CALLS = {
    "sin": lambda torch, x: torch.sin(x),
    "add": lambda torch, x: torch.ones(2).add(x),
    "cat": lambda torch, x: torch.cat([torch.ones(1), x]),
    "sum over": lambda torch, x: torch.ones(2).sum(x),
    "zeros": lambda torch, x: torch.zeros(2, x),
    "tensor": lambda torch, x: torch.tensor([x]),
    "linear": lambda torch, x: torch.nn.functional.linear(x, torch.ones(1, 1)),
    "manual_seed": lambda torch, x: torch.Generator().manual_seed(x),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", OBJECTS)
def test_messages_on_arguments(call: str, name: str):
    def program(torch: Any) -> Any:
        x = OBJECTS[name](torch)
        result = CALLS[call](torch, x)
        return str(result) if call != "manual_seed" else None

    same(program, message=True)

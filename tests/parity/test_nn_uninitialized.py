"""Parameters and buffers without a shape, and the lazy modules that have them, against torch."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import pytest

import jaxlearn

from .helper import torch

# What works on a parameter or buffer without a shape, and what refuses by which name.
USES = """
p.size()
p.ndim
p.dtype, p.requires_grad, p.is_leaf, p.grad
p.half().dtype
p.to(torch.float64).dtype
type(p.long()).__name__
p.is_floating_point()
p.data.dtype
p.cls_to_become.__name__
p.shape
p.dim()
p.numel()
p + 1
1 - p
p.add_(1)
p.zero_()
p[0]
p.requires_grad_(False)
p.register_hook(print)
p.type()
len(p)
iter(p)
p @ p
~p
f"{p}"
torch.add(p, 1)
torch.cat([p, p])
torch.nn.functional.relu(p)
torch.nn.functional.linear(torch.ones(2), p)
torch.nn.Parameter(p)
p.materialize((2, -3))
p.materialize((2, 3), device="meta")
p.materialize((2, 3), dtype=torch.float64), p.dtype, p.shape
copy.copy(p)
pickle.loads(pickle.dumps(p))
""".strip().splitlines()


def said(use: str, library: Any, **names: Any) -> str:
    """What the expression gives, or its error."""
    try:
        found = eval(use, {"torch": library, "copy": copy, "pickle": pickle, **names})
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    text = re.sub("0x[0-9a-f]+", "", str(found))
    return text.replace("jaxlearn", "torch")


@pytest.mark.parametrize("kind", ["UninitializedParameter", "UninitializedBuffer"])
@pytest.mark.parametrize("use", USES)
def test_use_of_a_tensor_without_shape(kind: str, use: str) -> None:
    ours, theirs = (
        said(use, library, p=getattr(library.nn.parameter, kind)()) for library in (jaxlearn, torch)
    )
    assert ours == theirs


# What lazy modules do before they have been called.
MODULES = ["LazyLinear(3)", "LazyConv1d(3, 2)", "LazyBatchNorm1d()"]
CALLS = [
    "m.double()(torch.ones(2, 4, dtype=torch.float64)).dtype",
    "m.to('meta').weight.device",
    "m.cpu().weight.device",
    "m.bfloat16()",
    "m.requires_grad_(False)",
    "m(1)",
    "m()",
    "[*m.__dict__][:12]",
]


@pytest.mark.parametrize("made", MODULES)
@pytest.mark.parametrize("call", CALLS)
def test_lazy_module_before_its_first_call(made: str, call: str) -> None:
    ours, theirs = (
        said(call, library, m=eval(f"nn.{made}", {"nn": library.nn})) for library in (jaxlearn, torch)
    )
    assert ours == theirs


def test_uninitialized_buffer_assigned_is_a_buffer() -> None:
    for library in (jaxlearn, torch):
        module = library.nn.Module()
        module.b = library.nn.UninitializedBuffer()
        assert [name for name, _ in module.named_buffers()] == ["b"]

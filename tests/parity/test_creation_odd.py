"""Tensors of data that is odd: empty and uneven lists, NumPy's numbers, text, buffers, tensors."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from .helper import same

ODD = (
    "[[], [1]]",
    "range(0)",
    "b'ab'",
    "[1, 'a']",
    "object()",
    "[None]",
    "{1, 2}",
    "{1: 2}",
    "{}.keys()",
    "np.float32(3)",
    "[np.float32(3), 1]",
    "[np.bool_(True)]",
    "[np.array([1, 2]), np.array([3, 4])]",
    "[1, [2]]",
    "[1j, 1]",
    "torch.float32",
    "[torch.tensor(1), torch.tensor(2.0)]",
)
MAKERS = (
    "tensor({})",
    "as_tensor({})",
    "asarray({})",
    "Tensor({})",
    "LongTensor({})",
    "tensor({}, dtype=torch.bool)",
)


@pytest.mark.parametrize("maker", MAKERS)
def test_exception_and_text_or_value(maker: str) -> None:
    for data in ODD:
        if (maker, data) == ("asarray({})", "b'ab'"):
            continue  # no multiple of an element's size: the next test
        code = "torch." + maker.format(data)
        same(lambda torch, code=code: eval(code, {"torch": torch, "np": np}), message=True)


def test_asarray_of_tensors_and_buffers() -> None:
    def program(torch: Any) -> Any:
        x = torch.ones(2, requires_grad=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kept = torch.asarray(x)
        forms = [
            torch.asarray(x, requires_grad=True),
            torch.asarray(x * 2, requires_grad=True),
            torch.asarray(x, copy=True, requires_grad=False),
        ]
        buffers = [torch.asarray(b"abcdefgh"), torch.asarray(bytearray(4), dtype=torch.int16)]
        return kept is x, forms, [f.is_leaf for f in forms], buffers, torch.Tensor(x), torch.FloatTensor(x)

    same(program)
    same(lambda t: t.asarray(b"abc"), message=True)
    same(lambda t: t.asarray(np.float32(3), copy=False), message=True)
    same(lambda t: t.asarray(t.ones(2), dtype=t.float64, copy=False), message=True)
    same(lambda t: t.as_tensor([1], t.float64), message=True)

"""Convolutions in every form that they are computed in: values, gradients and second derivatives as torch's."""

from __future__ import annotations

import numpy as np
import pytest

from jaxlearn.ops import nn_conv_kernel
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

# (input, weight, options): fewer places than channels, 1x1, depthwise, and what is left to XLA.
CASES = {
    "few places": ((1, 2, 4, 4), (20, 2, 3, 3), {"padding": 1}),
    "few places, strided": ((1, 2, 7, 7), (30, 2, 3, 2), {"stride": (2, 1), "padding": (1, 0)}),
    "few places, dilated": ((1, 2, 7, 7), (30, 2, 3, 2), {"dilation": (1, 2)}),
    "as large as the image": ((2, 3, 5, 5), (4, 3, 5, 5), {}),
    "few places, 1d": ((2, 2, 6), (30, 2, 3), {"padding": 1}),
    "few places, 3d": ((1, 2, 3, 3, 3), (30, 2, 2, 2, 2), {"padding": (0, 1, 0)}),
    "1x1": ((2, 5, 4, 3), (3, 5, 1, 1), {}),
    "1x1, strided": ((2, 5, 4, 3), (3, 5, 1, 1), {"stride": 2}),
    "depthwise": ((2, 3, 5, 4), (3, 1, 3, 3), {"groups": 3, "padding": 1}),
    "depthwise, several each": ((2, 3, 5, 4), (6, 1, 3, 2), {"groups": 3, "padding": (3, 0), "dilation": (1, 2)}),
    "depthwise, 1d": ((2, 3, 7), (3, 1, 3), {"groups": 3}),
    "by XLA": ((2, 2, 6, 6), (4, 2, 3, 3), {"padding": 1}),
    "by XLA, in groups": ((2, 4, 6, 6), (4, 2, 3, 3), {"groups": 2}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_values_and_derivatives(case):
    sizes, kernel, options = CASES[case]
    draw = np.random.RandomState(0)
    x, weight = draw.randn(*sizes), draw.randn(*kernel)

    def program(torch):
        inputs = (torch.tensor(x, requires_grad=True), torch.tensor(weight, requires_grad=True))
        y = getattr(torch.nn.functional, f"conv{len(sizes) - 2}d")(*inputs, **options)
        first = torch.autograd.grad((y**3).sum(), inputs, create_graph=True)
        second = torch.autograd.grad(sum((g**2).sum() for g in first), inputs)
        return y.detach(), [g.detach() for g in first], second

    same(program)


def test_every_form_is_taken(monkeypatch):
    taken = []
    for form in ("_general", "_windows_product", "_depthwise"):
        monkeypatch.setattr(nn_conv_kernel, form, lambda *args, form=form: taken.append(form))
    for case, (sizes, kernel, options) in CASES.items():
        n = len(sizes) - 2
        wide = {k: v if isinstance(v, tuple) else (v,) * n for k, v in options.items() if k != "groups"}
        pads = tuple((p, p) for p in wide.get("padding", (0,) * n))
        nn_conv_kernel.convolve(
            np.zeros(sizes),
            np.zeros(kernel),
            wide.get("stride", (1,) * n),
            pads,
            wide.get("dilation", (1,) * n),
            options.get("groups", 1),
        )
        expected = {"few": "_windows_product", "as": "_windows_product", "1x1": "_windows_product"}
        kind = case.replace(",", "").split()[0]
        assert taken.pop() == {**expected, "depthwise": "_depthwise", "by": "_general"}[kind], case

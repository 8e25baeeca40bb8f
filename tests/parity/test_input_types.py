"""Inputs whose type or size a layer does not take: what torch says of each."""

from __future__ import annotations

import itertools
import operator
from typing import Any

import numpy as np
import pytest

from .helper import same

pytestmark = pytest.mark.unoptimized

TYPES = ("float16", "bfloat16", "float32", "float64", "int64")
NORMS = {
    "layer_norm": lambda F, x, w, v: F.layer_norm(x, (3,), v, v),
    "rms_norm": lambda F, x, w, v: F.rms_norm(x, (3,), v),
    "group_norm": lambda F, x, w, v: F.group_norm(x, 2, w, w),
    "instance_norm": lambda F, x, w, v: F.instance_norm(x, None, None, w, w),
    "batch_norm": lambda F, x, w, v: F.batch_norm(x, None, None, w, w, True),
    "batch_norm, evaluated": lambda F, x, w, v: F.batch_norm(x, w, w),
}


@pytest.mark.filterwarnings("ignore:Mismatch dtype")
@pytest.mark.parametrize("norm", NORMS)
def test_parameters_of_another_type(norm: str) -> None:
    for given, other in itertools.product(TYPES, TYPES):

        def program(torch: Any, given: str = given, other: str = other) -> Any:
            x = torch.arange(24).reshape(2, 4, 3).to(getattr(torch, given))
            w, v = (torch.ones(n, dtype=getattr(torch, other)) for n in (4, 3))
            return NORMS[norm](torch.nn.functional, x, w, v)

        half = given in ("float16", "bfloat16")  # both libraries round what they computed in float32
        same(program, message=True, rtol=2e-2 if half else 1e-5, atol=1e-3 if half else 1e-5)


CALLS = """
nn.AdaptiveMaxPool1d(3)(torch.ones(2, 0))
nn.AdaptiveMaxPool1d(3)(torch.ones(2, 0, 4))
nn.AdaptiveMaxPool2d(3)(torch.ones(2, 2, 0))
nn.AdaptiveMaxPool2d(3)(torch.ones(2, 2, 0, 6))
nn.AdaptiveMaxPool2d(3)(torch.ones(0, 2, 4, 6))
nn.AdaptiveMaxPool3d(3)(torch.ones(2, 2, 0, 6))
nn.AdaptiveAvgPool1d(3)(torch.ones(0, 3))
nn.AdaptiveAvgPool1d(3)(torch.ones(2, 2, 0))
nn.AdaptiveAvgPool2d(3)(torch.ones(2, 0, 4))
nn.AdaptiveAvgPool2d(3)(torch.ones(0, 2, 4, 4))
nn.AdaptiveAvgPool2d(3)(torch.ones(2, 2, 0, 6))
nn.AdaptiveAvgPool3d(3)(torch.ones(2, 0))
nn.AdaptiveAvgPool3d(3)(torch.ones(2, 2, 0, 6))
nn.MaxUnpool1d(2)(torch.ones(1, 2, 3), torch.zeros(2, 2, 3).long())
nn.MaxUnpool2d(2)(torch.ones(2, 3), torch.zeros(2, 2, 3, 3).long())
nn.MaxUnpool2d(2)(torch.ones(2, 2, 3, 3).long(), torch.zeros(2, 2, 3, 3).long())
nn.MaxUnpool3d(2)(torch.ones(2, 2, 3, 3, 3).bool(), torch.zeros(2, 2, 3, 3, 3).long())
nn.Bilinear(2, 3, 4)(torch.ones(1, 2).double(), torch.ones(1, 3))
nn.Bilinear(2, 3, 4, bias=False)(torch.ones(1, 2).double(), torch.ones(1, 3))
nn.Linear(3, 4)(torch.ones(2, 3).bool())
nn.ELU()(torch.ones(2).numpy())
nn.LogSigmoid()(None)
nn.LazyLinear(-1)(torch.ones(2, 3))
nn.LazyLinear(2.5)(torch.ones(2, 3))
nn.SmoothL1Loss(beta=float("nan"))(torch.ones(2), torch.ones(2))
nn.HuberLoss(delta=float("nan"))(torch.ones(2), torch.ones(2))
nn.CosineSimilarity(eps=-1)(torch.ones(2, 3), torch.ones(2, 3))
nn.GaussianNLLLoss(full=1)(torch.ones(2), torch.ones(2), torch.ones(2))
nn.CrossEntropyLoss(label_smoothing=-1)(torch.eye(3), torch.tensor([0, 1, 2]))
nn.CTCLoss()(torch.zeros(4, 2, 3), torch.ones(1, 2, 2).long(), torch.tensor([4, 4]), torch.tensor([1, 1]))
""".strip().splitlines()


@pytest.mark.parametrize("call", CALLS)
def test_what_a_layer_does_not_take(call: str) -> None:
    same(lambda torch: eval(call, {"torch": torch, "nn": torch.nn}).detach(), message=True)


LOSSES = {
    "binary_cross_entropy_with_logits": TYPES[:4],
    "huber_loss": TYPES,
    "soft_margin_loss": TYPES[:4],
    "multilabel_soft_margin_loss": TYPES[:4],
    "l1_loss": TYPES[:4],
    "gaussian_nll_loss": TYPES[:4],
}


@pytest.mark.parametrize("loss", LOSSES)
def test_targets_of_another_type(loss: str) -> None:
    for given, other in itertools.product(LOSSES[loss], LOSSES[loss]):

        def program(torch: Any, given: str = given, other: str = other) -> Any:
            x = torch.arange(6).reshape(2, 3).to(getattr(torch, given))
            target = torch.ones(2, 3, dtype=getattr(torch, other))
            more = [target] if loss == "gaussian_nll_loss" else []
            return getattr(torch.nn.functional, loss)(x, x if more else target, *more)

        half = {given, other} & {"float16", "bfloat16"}  # both libraries round what they computed in float32
        same(program, message=True, rtol=2e-2 if half else 1e-5)


def test_booleans_are_not_subtracted() -> None:
    for name, given in itertools.product(("l1_loss", "pairwise_distance"), ([True], [1.0])):
        same(
            lambda torch, name=name, given=given: getattr(torch.nn.functional, name)(
                torch.tensor([given]), torch.tensor([[True]])
            ),
            message=True,
        )


ARRAYS = {
    "float32": np.array([3, 4], "f4"),
    "float64": np.array([3.0, 4.0]),
    "int64": np.array([1, 2]),
    "0-d": np.array(3.0),
    "scalar": np.float64(3),
}


@pytest.mark.parametrize("name", "add sub mul truediv floordiv mod pow and_ matmul iadd lt eq".split())
def test_arithmetic_with_arrays(name: str) -> None:
    """NumPy computes what a tensor and an array give, in its dtype."""
    for (kind, array), data, turned in itertools.product(
        ARRAYS.items(), ([2.0, 2.0], [2, 2], [True, False], 2.0), (0, 1)
    ):
        if kind == "scalar" and data == 2.0 and turned:
            continue  # NumPy's scalar is asked first, and its words depend on its version

        def program(torch: Any, array: Any = array, data: Any = data, turned: int = turned) -> Any:
            pair = torch.tensor(data), np.copy(array) if array.shape else array
            return getattr(operator, name)(*pair[:: -1 if turned else 1])

        same(program, message=True)


def test_an_array_needs_the_values_of_a_tensor() -> None:
    same(lambda torch: torch.ones(2, requires_grad=True) * np.ones(2), message=True)

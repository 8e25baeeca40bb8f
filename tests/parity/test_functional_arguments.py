"""Wrong arguments of ``nn.functional``: torch names the function in C that each is handed to, and its place there."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from .helper import same

pytestmark = pytest.mark.unoptimized

CALLS = """
F.cross_entropy(x, t, weight='a')
F.cross_entropy(x, t, ignore_index=2.5)
F.cross_entropy(x, t, label_smoothing='a')
F.cross_entropy(x, None)
F.nll_loss(x, t, ignore_index=2.5)
F.nll_loss(x, t, weight=3)
F.smooth_l1_loss(x, x, beta='a')
F.huber_loss(x, x, delta='a')
F.kl_div(x, None)
F.hinge_embedding_loss(x, x, margin='a')
F.margin_ranking_loss(x, x, x, margin='a')
F.multi_margin_loss(x, t, margin='a')
F.poisson_nll_loss(x, None)
F.embedding(None, x)
F.embedding_bag(t.view(1, 3), x, None, scale_grad_by_freq=3)
F.layer_norm(x, 'a')
F.layer_norm(x, (4,), eps='a')
F.rms_norm(x, (4,), eps='a')
F.group_norm(x, 2, eps='a')
F.batch_norm(x, None, None, training=True, momentum='a')
F.instance_norm(x.view(1, 3, 4), eps='a')
F.pad(x, (1, 'a'))
F.pad(x, (1, 1), value='a')
F.unfold(x.view(1, 1, 3, 4), 'a')
F.unfold(x.view(1, 1, 3, 4), 2, dilation=None)
F.fold(torch.ones(1, 4, 4), 'a', 2)
F.max_pool2d(x.view(1, 1, 3, 4), 2.5)
F.max_pool2d(x.view(1, 1, 3, 4), 2, padding={})
F.max_pool2d(x.view(1, 1, 3, 4), 2, padding=-1, return_indices=True)
torch.max_pool2d(x.view(1, 1, 3, 4), 2.5)
""".strip().splitlines()


@pytest.mark.parametrize("call", CALLS)
def test_the_function_inside_is_named(call: str) -> None:
    def program(torch: Any) -> Any:
        names = {
            "torch": torch,
            "F": torch.nn.functional,
            "x": torch.ones(3, 4),
            "t": torch.tensor([0, 1, 2]),
        }
        return eval(call, names)

    same(program, message=True)


POOLINGS: dict[str, dict[str, Any]] = {
    "negative padding": {"padding": (-1,)},
    "large padding": {"padding": (2,)},
    "no stride": {"stride": (0,)},
    "negative stride": {"stride": (-1,)},
    "strides": {"stride": (1, 1, 1, 1)},
    "no strides": {"stride": ()},
    "no kernel": {"kernel_size": (0,)},
    "kernels": {"kernel_size": (2, 2, 2, 2)},
    "large kernel": {"kernel_size": (30,)},
    "paddings": {"padding": (0, 0, 0, 0)},
    "input of more dimensions": {"more": 1},
    "input of fewer dimensions": {"more": -1},
    "no elements": {"size": 0},
}
MAXIMA = {
    "no dilation": {"dilation": 0},
    "large dilation": {"dilation": 9},
    "dilations": {"dilation": (1, 1, 1, 1)},
}
MEANS = {"no divisor": {"divisor_override": 0}}


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("name", ["max_pool", "avg_pool"])
def test_poolings_that_do_not_fit(name: str, n: int) -> None:
    faults = POOLINGS | (MAXIMA if name == "max_pool" else {} if n == 1 else MEANS)
    pairs = (
        itertools.combinations_with_replacement(faults, 2) if n == 2 else [(fault, fault) for fault in faults]
    )
    for pair in pairs:
        if pair[0] != pair[1] and set(faults[pair[0]]) & set(faults[pair[1]]):
            continue

        def program(torch: Any, pair: tuple[str, str] = pair) -> Any:
            given = {"kernel_size": (2,), **faults[pair[0]], **faults[pair[1]]}
            x = torch.ones(2, 2, *(given.pop("size", 6),) * (n + given.pop("more", 0)))
            return getattr(torch.nn.functional, f"{name}{n}d")(x, **given)

        same(program, message=True)

"""compile: what a mask selects, whose size is known only when the program runs."""

from __future__ import annotations

import numpy as np
import pytest
import torch as reference

import jaxlearn as torch
from jaxlearn._engine.capture import HostRead

pytestmark = pytest.mark.unoptimized


def losses(library, x, y, target, weight):
    F = library.nn.functional
    known, positive = target >= 0, x > 0
    inner = x[positive]
    return (
        F.cross_entropy(x[known], target[known], weight=weight, label_smoothing=0.1),
        F.cross_entropy(x[known], y[known].softmax(-1)),
        -x[known].log_softmax(1).gather(1, target[known][:, None]).mean(),
        F.kl_div(x[known].log_softmax(1), y[known].softmax(1), reduction="batchmean"),
        F.mse_loss(x[positive], library.zeros_like(inner)),
        inner.log().sum() / positive.sum(),
        (x[known].argmax(1) == target[known]).float().mean(),
        F.binary_cross_entropy_with_logits(library.masked_select(x, positive), (y > 0).float()[positive]),
    )


def reductions(library, x, y, target, weight):
    rows, inner = x[target >= 0], x[x > 0]
    return (
        inner.std(), inner.var(unbiased=False), inner.max(), inner.amin(), inner.norm(), inner.any(),
        (inner > 1).all(), library.logsumexp(inner, 0), inner[inner > 0.5].sum(), rows.mean(0), rows.std(0),
        rows.mean((0, 1)), rows.amax(0), rows.sum(0, keepdim=True), (rows @ y[:4, :3]).relu().mean(1).sum(),
        (rows[:, :, None] * rows[:, None]).sum(0), library.stack([rows, rows], 1).cumsum(1).sum(0), rows.T.sum(1),
        rows.topk(2, 1).values.sum(), rows.sort(1)[0].sum(0),
    )  # fmt: skip


def writes(library, x, y, target, weight):
    known, a, b, c, d = target >= 0, y * 1, y * 1, y * 1, y * 1
    a[known] += weight
    a[known] *= 2
    b[b > 0] -= 1
    c[known] = x[known].softmax(1)
    c[known, 1] = x[known, 2] * 3
    d[:, weight > 0.3] *= 2
    kept = x[known]
    kept.clamp_(min=0).mul_(2)
    kept += 1
    return a, b, c, d, kept.sum(0), library.masked_scatter(y, x > 0, x[x > 0] * 2)


def arguments(library):
    rng = np.random.RandomState(0)
    x, y = rng.randn(6, 4).astype("f"), rng.randn(6, 4).astype("f")
    target, weight = np.array([-100, 0, 3, 1, -100, 2]), rng.rand(4).astype("f")
    return [library.tensor(x, requires_grad=True), *map(library.tensor, (y, target, weight))]


@pytest.mark.parametrize("function", [losses, reductions, writes])
def test_what_is_done_with_what_a_mask_selects(function):
    found = []
    for library in (reference, torch):
        x, *rest = arguments(library)
        call = torch.compile(function) if library is torch else function
        results = call(library, x, *rest)
        sum(r.sum() for r in results if r.requires_grad).backward()
        found.append([r.detach().tolist() for r in (*results, x.grad)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    assert torch.compiler.is_compiling() is False


REFUSED = {
    "count": lambda x, v: x * len(v),
    "product": lambda x, v: (v @ v.T).sum(),
    "merged": lambda x, v: v.reshape(3, -1).sum(),
    "numbered": lambda x, v: (v[:, 0] * torch.arange(6)).sum(),
    "other mask": lambda x, v: (v * x[x[:, 1] > 0]).sum(),
    "other size": lambda x, v: (v + x).sum(),
    "smallest norm": lambda x, v: v.norm(p=-1),
    "branch": lambda x, v: x if v.any() else -x,
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_the_number_of_what_a_mask_selects(name):
    @torch.compile
    def step(x):
        return REFUSED[name](x, x[x[:, 0] > 0])

    with pytest.raises(HostRead, match=r"test_compile_masks.py:\d+ .*read on the host inside"):
        step(torch.ones(6, 3))
    assert torch.ones(2)[torch.tensor([True, False])].tolist() == [1]  # functions are as they were


def test_what_a_mask_selects_where_the_recording_is_given_up():
    @torch.compile
    def step(x):
        chosen = x[x > 0]
        torch.manual_seed(0)
        return chosen.cumsum(0), chosen

    x = torch.tensor([1.0, -1.0, 2.0], requires_grad=True)
    total, chosen = step(x)
    assert type(chosen) is torch.Tensor and chosen.tolist() == [1, 2]
    total.sum().backward()
    assert x.grad.tolist() == [2, 0, 1]

"""compile: what needs the order or the number of the rows that a mask selects, and what is found by values."""

from __future__ import annotations

import numpy as np
import pytest
import torch as reference

import jaxlearn as torch
from jaxlearn._engine.capture import HostRead
from jaxlearn._overrides.modes import _Entered

pytestmark = pytest.mark.unoptimized


def along(library, x, y, target):
    rows, inner = x[target >= 0], x[x > 0]
    shares = inner.softmax(0)
    return (
        rows.cumsum(0), inner.cumprod(0), inner.logcumsumexp(0), *rows.cummax(0), rows.log_softmax(0),
        -(shares * shares.log()).sum(), inner.flip(0) * inner, rows.T @ y[target >= 0],
        library.einsum("ni,nj->ij", rows, rows.exp()), rows.flatten().cumsum(0), rows.diff(dim=0),
        library.cat([inner, y[y > 0], x[0]]).cumsum(0), library.cat([rows, y]).mean(0), rows.repeat(1, 2),
        library.nn.functional.normalize(rows, dim=0), x[:, y[0] > 0].cumsum(1),
    )  # fmt: skip


def layers(library, x, y, target):
    F, rows = library.nn.functional, x[target >= 0]
    norm = library.nn.BatchNorm1d(4).eval()
    library.manual_seed(0)
    cell = library.nn.GRUCell(4, 3)
    return (
        norm(rows), cell(rows), F.pad(rows, (1, 1)), F.conv1d(rows[:, None], y[:2, None, :3]), rows.nanmean(0),
        F.max_pool1d(rows[:, None], 2), *library.var_mean(rows, 0), *library.std_mean(x[x > 0]),
        F.layer_norm(rows, (4,)), F.embedding(target[target >= 0], y),
        F.triplet_margin_loss(rows, y[target >= 0], rows.flip(1)),
    )  # fmt: skip


def sorting(library, x, y, target):
    rows, inner, whole = x[target >= 0], x[x > 0], target[target >= 0]
    order = rows[:, 1].argsort(descending=True)
    return (
        *inner.sort(), *rows.sort(0, descending=True), rows[order], rows[order][:2], *inner.topk(3), *inner.sort()[:1],
        *inner.topk(2, largest=False), inner.median(), *rows.median(0), *rows.max(0), *rows.min(dim=0), inner.argmax(),
        rows.argmin(0), inner.quantile(0.3), rows.quantile(library.tensor([0.2, 0.9]), dim=0), inner.sort()[0] * inner,
        whole.sort()[0], whole.sort(descending=True)[0], whole.median(), *whole.topk(2), (whole > 1).sort()[0],
    )  # fmt: skip


def special(library, x, y, target):
    odd = library.where(x > 1.2, float("nan"), library.where(x > 0.9, -float("inf"), x * 1)).detach()
    some = odd[x > 0.3]
    return (
        some.sort()[0], some.sort(descending=True)[0], some.median(), some.nanmedian(), some.topk(3)[0], some.argmax(),
        some.topk(3, largest=False)[0], some.quantile(0.5), some.nanquantile(0.5), some.max(0).values, some.cumsum(0),
    )  # fmt: skip


def parts(library, x, y, target):
    rows, inner = x[target >= 0], x[x > 0]
    n = inner.shape[0]
    return (
        inner[0], rows[-1], rows[1, 2], inner[1:], inner[:-1], inner[:3], inner[-2:], inner[::2], inner[1:-1],
        inner[2:5], inner[-4:-1], inner[: n // 2], inner[1:] - inner[:-1], rows[0, 1:], rows[1:, 0] + rows[:-1, 1],
        rows[:, None, 1:].sum(0), rows[library.tensor([0, -1])], rows[rows[:, 1] > 0], rows[rows > 0.2],
        rows.select(0, 1), rows.narrow(0, 1, 2), inner[inner >= inner.topk(2)[0][-1]], inner.sum() / n, inner / n,
        inner.sum() * inner.numel() / (n + 1), rows.view(rows.size(0), 2, -1).sum(1),
        library.where(library.as_tensor(n > 3), rows[0], rows[1]), n, rows.shape[0], rows.shape[1],
    )  # fmt: skip


def found(library, x, y, target):
    i, j = library.where(x > 0)
    (k,) = library.where(target >= 0)
    total = library.zeros_like(x).index_add_(0, k, x[k] * y[k])
    written, filled = y.clone(), y * 1
    written[k] = x[k] * 2
    written[k] += x[k, 0][:, None]
    filled[target >= 0] = x[target >= 0].sort(0)[0]
    return (
        (x > 0).nonzero(), (target >= 0).nonzero().squeeze(1), x[i, j] * j, total, written, filled,
        library.zeros(4).scatter_add_(0, target[k], x[k, 1]), y.index_put((i, j), x[i, j] * 2, accumulate=True),
        y.index_fill(0, k, 0.5), y.index_copy(0, k, x[k]), target.unique(), target[target >= 0].unique(),
        *library.unique(target, return_inverse=True, return_counts=True), x.index_select(0, k),
        *target[k].unique(return_inverse=True, return_counts=True),
        *library.unique_consecutive((x[0] > 0).long(), return_inverse=True, return_counts=True),
        library.repeat_interleave(x[:, 0], target.clamp(0), output_size=7),
    )  # fmt: skip


def experts(library, x, y, target):
    """Tokens to the two best of three experts, of which the last gets none."""
    chances = (x @ y[:4, :3] - library.tensor([0.0, 0.0, 50.0])).softmax(-1)
    best, chosen = chances.topk(2, -1)
    out = library.zeros_like(x)
    mask = library.nn.functional.one_hot(chosen, 3).permute(2, 1, 0)
    for e in range(3):
        rank, token = library.where(mask[e] > 0)
        out.index_add_(0, token, (x[token] * (e + 1)).relu() * best[token, rank, None])
    return out, {"kept": [chosen[mask.sum((0, 1)) > 0]]}


def bodies(library, x, y, target):
    chosen = x[target >= 0]
    if library is reference:  # whose own operators take seconds
        total = y.sum()
        for _ in range(3):
            total = total + x[x > total.tanh() - 1].cumsum(0)[-1]
        return x[x > 0].sum(), chosen.mean(0), x[x > 0].sum(), total
    start = torch.tensor(0), y.sum()
    return (
        torch.cond(x.sum() > 0, lambda x: x[x > 0].sum(), lambda x: x[x < 0].mean(), (x,)),
        torch.cond(chosen.shape[0] > 99, lambda v: v.sum(0), lambda v: v.mean(0), (chosen,)),
        torch.scan(lambda c, row: (c + row[row > 0].sum(), c * 1), torch.tensor(0.0), x)[0],
        torch.while_loop(
            lambda i, v: i < 3, lambda i, v: (i + 1, v + x[x > v.tanh() - 1].cumsum(0)[-1]), start
        )[1],
    )


def whole(library, x, y, target):
    F, rows, inner = library.nn.functional, x[target >= 0], x[x > 0]
    norm, mean, variance = library.nn.BatchNorm1d(4), library.zeros(3), library.ones(3)
    few = (rows * 2).round().detach()
    return (
        norm(rows), norm.running_mean, norm.running_var,
        F.batch_norm(rows[:, :3, None] * y[0], mean, variance, training=True), mean, variance,
        F.scaled_dot_product_attention(rows[None], rows[None] * 2, y[target >= 0][None]),
        F.scaled_dot_product_attention(y[None], rows[None], rows[None], scale=0.5),
        F.scaled_dot_product_attention(rows, rows, rows, is_causal=True),
        *few.mode(0), *few[:, 1].mode(), *few.long().mode(0, True),
        *rows.kthvalue(2, 0), inner.kthvalue(3, keepdim=True)[0],
        inner.roll(2), rows.roll((-5, 1), (0, 1)), inner.detach().histc(5, 0.2, 1),
        library.isin(x, inner), library.isin(inner, inner[2:]), library.isin(x, inner, invert=True),
        library.searchsorted(inner.sort()[0], y), library.searchsorted(inner.sort()[0], x, right=True),
        library.bucketize(x, inner.sort()[0]),
    )  # fmt: skip


def leaves(results):
    if isinstance(results, dict):
        results = list(results.values())
    if not isinstance(results, (tuple, list)):
        return [results]
    return [leaf for r in results for leaf in leaves(r)]


@pytest.mark.parametrize("function", [along, layers, sorting, special, parts, found, experts, bodies, whole])
def test_against_torch(function):
    values = np.random.RandomState(0).randn(2, 6, 4).astype("f")
    outcomes = []
    for library in (reference, torch):
        x, y = (library.tensor(v, requires_grad=True) for v in values)
        target = library.tensor([-1, 0, 3, 1, -1, 3])
        call = torch.compile(function) if library is torch else function
        results = leaves(call(library, x, y, target))
        flowing = [r for r in results if getattr(r, "requires_grad", False)]
        if flowing:
            sum((r * r + r).sum() for r in flowing).backward()
        outcomes.append([getattr(r, "detach", lambda r=r: r)() for r in (*results, x.grad, y.grad)])
    for number, (theirs, ours) in enumerate(zip(*outcomes, strict=True)):
        if type(theirs) is not reference.Tensor:
            assert type(ours) is type(theirs) and ours == theirs, number
            continue
        assert tuple(ours.shape) == tuple(theirs.shape) and str(ours.dtype) == str(theirs.dtype), number
        np.testing.assert_allclose(ours.tolist(), theirs.tolist(), rtol=1e-4, atol=1e-5, err_msg=str(number))


def test_where_nothing_is_selected():
    @torch.compile
    def step(x, i):
        chosen = x[x > i]
        (places,) = torch.where(x > i)
        return (
            chosen,
            chosen.cumsum(0),
            chosen.sort()[0],
            x.clone().index_add_(0, places, x[places]),
            chosen[:2],
            places,
        )

    x = torch.tensor([1.0, 2.0])
    assert [r.tolist() for r in step(x, torch.tensor(1.5))] == [[2], [2], [2], [1, 4], [2], [1]]
    assert [r.tolist() for r in step(x, torch.tensor(5.0))] == [[], [], [], [1, 2], [], []]


def test_all_of_nothing():
    def function(library, x):
        chosen, F = x[x[:, 0] > 5], library.nn.functional
        return (
            F.scaled_dot_product_attention(x, chosen, chosen), F.scaled_dot_product_attention(chosen, chosen, chosen),
            library.isin(x, chosen), library.isin(x, chosen, invert=True), chosen.roll(1, 0),
            library.searchsorted(chosen[:, 0].sort()[0], x), chosen.detach().histc(3, 0, 1),
        )  # fmt: skip

    found = []
    for library in (reference, torch):
        x = library.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
        results = (torch.compile(function) if library is torch else function)(library, x)
        sum(r.sum() for r in results if r.requires_grad).backward()
        found.append([r.detach().tolist() for r in (*results, x.grad)])
    assert found[0] == found[1]


def test_gradients_where_nothing_is_selected():
    x, w = torch.tensor([-1.0, float("nan")]), torch.tensor(2.0, requires_grad=True)
    torch.compile(lambda x, w: (x[x > 5] * w).sqrt().log().sum().backward())(x, w)
    assert w.grad.item() == 0


def test_a_place_that_is_not_there_holds_nan():
    step = torch.compile(lambda x: (x[x > 0][1], x[x > 0].topk(2)[0]))
    assert [r.isnan().tolist() for r in step(torch.tensor([1.0, -1.0, 2.0]))] == [False, [False, False]]
    assert [r.isnan().all().item() for r in step(torch.tensor([1.0, -1.0, -2.0]))] == [True, True]


def test_functions_are_as_they_were_after_masks_in_transforms():
    x, mask = torch.arange(6.0).reshape(2, 3), torch.tensor([True, False, True])
    before = _Entered.count
    step = torch.compile(lambda x, mask: torch.vmap(lambda row: row[mask].cumsum(0).sum())(x))
    assert step(x, mask).tolist() == [2, 11]
    with pytest.raises(HostRead):
        torch.cond(x.sum() > 0, lambda x: x[x > 0], lambda x: x[0], (x,))
    with pytest.raises(RuntimeError, match="boolean mask"):
        torch.compile(lambda x: torch.vmap(lambda row: row[row > 0].sum())(x))(x)
    assert _Entered.count == before


def test_one_program_serves_all_numbers():
    step = torch.compile(lambda x: x[x > 0].sort()[0].cumsum(0).sum())
    before = torch.stats()["recordings"]
    for seed in range(3):
        x = np.random.RandomState(seed).randn(7).astype("f")
        assert step(torch.tensor(x)).item() == pytest.approx(
            float(np.sort(x[x > 0]).cumsum().sum()), rel=1e-5
        )
    assert torch.stats()["recordings"] == before + 1


REFUSED = {
    "branch": lambda x, v: x if v.shape[0] > 2 else -x,
    "range": lambda x, v: sum(v[i] for i in range(v.shape[0])),
    "fill": lambda x, v: torch.zeros(v.shape[0]),
    "text": lambda x, v: f"{v.shape[0]}",
    "another mask": lambda x, v: v.sort(0)[0] + x[x[:, 1] > 0],
    "of another": lambda x, v: x[v[:, 0] > 0],
    "result of a branch": lambda x, v: torch.cond(x.sum() > 0, lambda x: x[x > 0], lambda x: x[x < 0], (x,)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_the_number_itself(name):
    step = torch.compile(lambda x: REFUSED[name](x, x[x[:, 0] > 0]))
    with pytest.raises(HostRead, match=r"test_compile_selections.py:\d+ .*read on the host inside"):
        step(torch.ones(6, 3))

"""Strides of results: operations times layouts of their operand, against torch."""

from __future__ import annotations

import warnings

import pytest

import jaxlearn
from tests.parity.helper import torch

LAYOUTS = {
    "transposed": lambda t: t.arange(12.0).reshape(3, 4).t(),
    "permuted": lambda t: t.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
    "channels last": lambda t: t.arange(96.0).reshape(2, 3, 4, 4).contiguous(memory_format=t.channels_last),
    "every other": lambda t: t.arange(24.0).reshape(4, 6)[:, ::2],
    "row-major": lambda t: t.arange(12.0).reshape(3, 4),
    "expanded": lambda t: t.arange(3.0).reshape(3, 1).expand(3, 4),
}


def F(t):
    return t.nn.functional


OPERATIONS = {
    "sort": lambda t, x: x.sort(-1)[0],
    "sort_i": lambda t, x: x.sort(0)[1],
    "argsort": lambda t, x: x.argsort(0),
    "topk": lambda t, x: x.topk(1, 0)[0],
    "msort": lambda t, x: x.msort(),
    "index_put": lambda t, x: x.index_put((t.tensor([0]),), t.tensor(1.0)),
    "index_add": lambda t, x: x.index_add(0, t.tensor([0]), x[:1]),
    "index_copy": lambda t, x: x.index_copy(0, t.tensor([0]), x[:1]),
    "index_fill": lambda t, x: x.index_fill(0, t.tensor([0]), 1.0),
    "index_select": lambda t, x: x.index_select(0, t.tensor([0, 1])),
    "getidx": lambda t, x: x[[0, 1]],
    "getidx1": lambda t, x: x[:, [0, 1]],
    "mask": lambda t, x: x[x > 1],
    "masked_fill": lambda t, x: x.masked_fill(x > 1, 0.0),
    "masked_scatter": lambda t, x: x.masked_scatter(x > 1, x),
    "scatter": lambda t, x: x.scatter(0, t.zeros_like(x).long(), 1.0),
    "scatter_add": lambda t, x: x.scatter_add(0, t.zeros_like(x).long(), x),
    "gather": lambda t, x: x.gather(0, t.zeros_like(x).long()),
    "where": lambda t, x: t.where(x > 1, x, 0.0),
    "take_along": lambda t, x: t.take_along_dim(x, t.zeros_like(x).long(), 0),
    "cat": lambda t, x: t.cat([x, x]),
    "cat1": lambda t, x: t.cat([x, x], 1),
    "stack": lambda t, x: t.stack([x, x]),
    "repeat": lambda t, x: x.repeat(*[2] * x.dim()),
    "flip": lambda t, x: x.flip(0),
    "roll": lambda t, x: x.roll(1, 0),
    "tile": lambda t, x: x.tile(2),
    "ri": lambda t, x: x.repeat_interleave(2, 0),
    "rot90": lambda t, x: x.rot90(),
    "softmax": lambda t, x: x.softmax(-1),
    "softmax0": lambda t, x: x.softmax(0),
    "log_softmax": lambda t, x: x.log_softmax(1),
    "cumsum": lambda t, x: x.cumsum(0),
    "cumprod": lambda t, x: x.cumprod(1),
    "cummax": lambda t, x: x.cummax(0)[0],
    "logcumsumexp": lambda t, x: x.logcumsumexp(0),
    "sum": lambda t, x: x.sum(0),
    "sumk": lambda t, x: x.sum(0, keepdim=True),
    "sum1": lambda t, x: x.sum(-1),
    "mean": lambda t, x: x.mean(1),
    "amax": lambda t, x: x.amax(0),
    "max": lambda t, x: x.max(0)[0],
    "argmax": lambda t, x: x.argmax(0),
    "var": lambda t, x: x.var(0),
    "std": lambda t, x: x.std(-1),
    "prod": lambda t, x: x.prod(0),
    "norm": lambda t, x: x.norm(dim=0),
    "all": lambda t, x: (x > 0).all(0),
    "any": lambda t, x: (x > 0).any(-1),
    "lse": lambda t, x: x.logsumexp(0),
    "median": lambda t, x: x.median(0)[0],
    "mode": lambda t, x: x.mode(0)[0],
    "kth": lambda t, x: x.kthvalue(1, 0)[0],
    "nansum": lambda t, x: x.nansum(0),
    "cnz": lambda t, x: x.count_nonzero(0),
    "aminmax": lambda t, x: t.aminmax(x, dim=0)[0],
    "clone": lambda t, x: x.clone(),
    "contig": lambda t, x: x.contiguous(),
    "add": lambda t, x: x + 1,
    "exp": lambda t, x: x.exp(),
    "gt": lambda t, x: x > 1,
    "to": lambda t, x: x.double(),
    "neg": lambda t, x: -x,
    "clamp": lambda t, x: x.clamp(0, 1),
    "lerp": lambda t, x: t.lerp(x, x, 0.5),
    "addcmul": lambda t, x: t.addcmul(x, x, x),
    "pow": lambda t, x: x**2,
    "round": lambda t, x: x.round(),
    "isnan": lambda t, x: x.isnan(),
    "nan_to_num": lambda t, x: x.nan_to_num(),
    "bit": lambda t, x: (x > 1) & (x > 2),
    "fmod": lambda t, x: x % 2,
    "floor_div": lambda t, x: x // 2,
    "sigmoid": lambda t, x: x.sigmoid(),
    "gelu": lambda t, x: F(t).gelu(x),
    "elu": lambda t, x: F(t).elu(x),
    "dropout": lambda t, x: F(t).dropout(x, 0.5),
    "relu": lambda t, x: x.relu(),
    "softplus": lambda t, x: F(t).softplus(x),
    "glu": lambda t, x: F(t).glu(x, -1) if x.shape[-1] % 2 == 0 else x,
    "lrelu": lambda t, x: F(t).leaky_relu(x),
    "mish": lambda t, x: F(t).mish(x),
    "silu": lambda t, x: F(t).silu(x),
    "tril": lambda t, x: x.tril(),
    "triu": lambda t, x: x.triu(),
    "diag": lambda t, x: x.diagonal(0, 0, 1),
    "trace2": lambda t, x: x.mT.contiguous(),
    "reshape": lambda t, x: x.reshape(-1),
    "matmul": lambda t, x: x @ x.mT,
    "pad": lambda t, x: F(t).pad(x, (1, 1)),
    "copy_": lambda t, x: t.empty_like(x).copy_(x),
    "fill": lambda t, x: t.empty_like(x).fill_(1),
    "new": lambda t, x: x.new_zeros(x.shape),
    "zl": lambda t, x: t.zeros_like(x),
    "unfold": lambda t, x: x.unfold(0, 2, 1),
    "bern": lambda t, x: t.bernoulli(t.zeros_like(x)),
    "layer_norm": lambda t, x: F(t).layer_norm(x, x.shape[-1:]),
    "renorm": lambda t, x: x.renorm(2, 0, 1.0),
    "cdist": lambda t, x: t.cdist(x, x),
    "bucketize": lambda t, x: t.bucketize(x, t.tensor([1.0, 2.0])),
    "normalize": lambda t, x: F(t).normalize(x),
    "mse": lambda t, x: F(t).mse_loss(x, x, reduction="none"),
    "onehot": lambda t, x: F(t).one_hot(x.long(), 100),
    "emb": lambda t, x: F(t).embedding((x % 3).long(), t.ones(3, 2)),
    "diff": lambda t, x: x.diff(dim=0),
    "cov": lambda t, x: x.flatten(0, -2).cov(),
    "unique": lambda t, x: x.unique(),
    "nonzero": lambda t, x: x.nonzero(),
    "argwhere": lambda t, x: t.argwhere(x),
    "sq": lambda t, x: x.sum(0, keepdim=True).squeeze(0),
    "select": lambda t, x: x.select_scatter(x[0], 0, 0),
    "slice_sc": lambda t, x: x.slice_scatter(x[:1], 0, 0, 1),
    "smooth_l1": lambda t, x: F(t).smooth_l1_loss(x, x, reduction="none"),
    "huber": lambda t, x: F(t).huber_loss(x, x, reduction="none"),
    "l1": lambda t, x: F(t).l1_loss(x, x, reduction="none"),
    "bce": lambda t, x: F(t).binary_cross_entropy_with_logits(x, x, reduction="none"),
    "reflect": lambda t, x: F(t).pad(x, (1, 1), mode="reflect"),
    "replicate": lambda t, x: F(t).pad(x, (1, 1), mode="replicate"),
    "roll2": lambda t, x: x.roll((1, 1), (0, 1)),
    "cat_mixed": lambda t, x: t.cat([x, x.contiguous()]),
    "put_add": lambda t, x: x.index_put((t.tensor([0]),), x[:1], accumulate=True),
    "mse_mixed": lambda t, x: F(t).mse_loss(x, x.contiguous(), reduction="none"),
}
# torch gives these the strides of what it read: nothing but stride() tells.
DIFFERENT = {
    ("getidx", "channels last"),
    ("getidx1", "permuted"),
    ("stack", "channels last"),
    ("select", "every other"),
    ("slice_sc", "every other"),
}


def strides(t, operation, layout):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return tuple(OPERATIONS[operation](t, LAYOUTS[layout](t)).stride())
        except (RuntimeError, IndexError, ValueError) as error:
            return type(error).__name__


@pytest.mark.parametrize("layout", LAYOUTS)
def test_strides_of_results(layout):
    differences = {
        (operation, layout): (strides(jaxlearn, operation, layout), strides(torch, operation, layout))
        for operation in OPERATIONS
    }
    found = {case: pair for case, pair in differences.items() if pair[0] != pair[1]}
    assert found.keys() == {case for case in DIFFERENT if case[1] == layout}, found
